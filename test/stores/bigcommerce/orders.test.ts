import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapOrder, mapRefund } from '../../../src/stores/bigcommerce/orders.ts';
import { noExtras } from '../../../src/stores/bigcommerce/places.ts';
import {
  decimal,
  instant,
  order,
  orderProduct,
  refund,
  shippingAddress,
} from '../../../src/stores/bigcommerce/schema.ts';
import { nothingWanted, shopLine, shopOrder } from './shop.ts';

const mapped = (
  overrides: Record<string, unknown> = {},
  {
    lines = [shopLine(1)],
    addresses = [] as unknown[],
    formFields = [] as string[],
    accountEmail = null as string | null,
  } = {},
) =>
  mapOrder(
    {
      order: order.parse(shopOrder(7, overrides)),
      products: lines.map((line) => orderProduct.parse(line)),
      addresses: addresses.map((address) => shippingAddress.parse(address)),
      accountEmail,
      extras: noExtras,
    },
    { metafields: [], formFields },
  );

describe('money', () => {
  it.each([
    ['62.6793', '62.6793'],
    ['8', '8'],
    ['', '0'],
    [50, '50'],
    [0.1, '0.1'],
    [0.0000001, '0.0000001000'],
  ])('%j is %s', (given, text) => expect(decimal.parse(given)).toBe(text));

  it('of V3, a JSON number of two decimals, is exactly what the JSON says', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9_999_999_999, max: 9_999_999_999 }), (cents) => {
        const text = `${cents < 0 ? '-' : ''}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`;
        const [whole, fraction = ''] = decimal.parse(JSON.parse(text)).split('.');
        return BigInt(`${whole}${fraction.padEnd(2, '0')}`) === BigInt(cents);
      }),
    );
  });

  it.each(['12,50', 'NaN', '1e3', 'free'])('%s is refused', (given) =>
    expect(decimal.safeParse(given).success).toBe(false),
  );
});

describe('dates', () => {
  it.each([
    'Tue, 05 Mar 2019 21:40:11 +0000',
    'Tue, 05 Mar 2019 16:40:11 -0500',
    '2019-03-05T21:40:11Z',
    '2019-03-05T22:40:11+01:00',
    '2019-03-05T21:40:11',
    '2019-03-05 21:40:11',
  ])('%s is one instant', (text) => expect(instant.parse(text).toISOString()).toBe('2019-03-05T21:40:11.000Z'));
  it('an empty one is refused', () => expect(instant.safeParse('').success).toBe(false));
});

describe('revenue', () => {
  it('is the total without tax where prices are without', () => expect(mapped().revenue).toBe('100.0000'));
  it('is the total with tax less the tax where prices include it, whatever the estimate says', () =>
    expect(
      mapped({
        is_tax_inclusive_pricing: true,
        total_ex_tax: '99.9999',
        total_inc_tax: '125.0000',
        total_tax: '25.0100',
      }).revenue,
    ).toBe('99.990000'));
  it('is in the currency the shopper pays in', () => {
    expect(mapped().currency).toBe('EUR');
    expect(mapped({ default_currency_code: '', store_default_currency_code: 'DKK' }).currency).toBe('DKK');
    expect(order.safeParse(shopOrder(1, { default_currency_code: '', currency_code: '' })).success).toBe(false);
  });

  it.each([
    ['no discount', {}, false, '100.000000'],
    ['a discount, in proportion of net to gross', { discounted_total_inc_tax: '100.0000' }, false, '80.000000'],
    [
      'discounts listed alone',
      { discounted_total_inc_tax: null, applied_discounts: [{ amount: 20 }, { amount: '5' }] },
      false,
      '80.000000',
    ],
    ['inclusive prices', { total_ex_tax: '99', total_tax: '25' }, true, '100.000000'],
    [
      'a line that costs nothing',
      { total_ex_tax: '0', total_inc_tax: '0', discounted_total_inc_tax: '0' },
      false,
      '0.000000',
    ],
  ])('of a line: %s', (_, line, inclusive, revenue) =>
    expect(mapped({ is_tax_inclusive_pricing: inclusive }, { lines: [shopLine(1, line)] }).lines[0]?.revenue).toBe(
      revenue,
    ),
  );
});

describe('an order', () => {
  it('lies where it is shipped to first, else where it is billed', () => {
    expect(mapped({}, { addresses: [{ country_iso2: 'no' }, { country_iso2: 'FI' }] }).country).toBe('NO');
    expect(mapped({}, { addresses: [{ country_iso2: '' }] }).country).toBe('SE');
    expect(mapped({ billing_address: {} }).country).toBeNull();
  });

  it('of a guest has no customer', () => {
    expect(mapped().customerId).toBeNull();
    expect(mapped({ customer_id: 12 }).customerId).toBe('12');
  });

  it('keeps of form fields only those that a rule reads', () => {
    const fields = [
      { name: 'Partner code', value: ' nord ' },
      { name: 'Door code', value: '1234' },
      { name: 'Size', value: 12 },
      { name: 'Boxes', value: ['a', 'b'] },
      { name: 'Odd', value: { deep: true } },
    ];
    const order = mapped(
      { billing_address: { form_fields: fields } },
      {
        addresses: [{ form_fields: [{ name: 'partner CODE', value: 'sud' }] }],
        formFields: ['Partner Code', 'Size', 'Boxes', 'Odd', 'Missing'],
      },
    );
    expect(order.places.formFields).toEqual({ 'Partner Code': 'nord', Size: '12', Boxes: 'a, b' });
  });

  it('is archived where the store deleted it', () => expect(mapped({ is_deleted: true }).archived).toBe(true));

  it('may have odd and missing parts', () => {
    const bare = order.parse({
      id: '9',
      date_created: '2026-01-01T00:00:00Z',
      status_id: '0',
      total_ex_tax: 1,
      total_inc_tax: 1,
      default_currency_code: 'eur',
      extra: {},
    });
    expect(
      mapOrder({ order: bare, products: [], addresses: [], accountEmail: null, extras: noExtras }, nothingWanted),
    ).toMatchObject({
      externalId: '9',
      statusId: 0,
      currency: 'EUR',
      emails: [],
      externalNumber: null,
      lines: [],
      places: { channel: null, externalSource: null },
    });
  });
});

describe('a refund', () => {
  it('of which every payment was declined paid nothing', () => {
    const declined = refund.parse({
      id: 1,
      order_id: 2,
      created: '2026-01-01T00:00:00Z',
      total_amount: 10,
      total_tax: -1,
      payments: [{ amount: 10, is_declined: true }],
    });
    expect(mapRefund(declined)).toMatchObject({ paid: '0.000000', totalTax: '-1' });
  });
});
