import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partnerBook } from '../../../src/features/directory/index.ts';
import { type MappingRule, mapCountry, mapPartner } from '../../../src/features/orders/mapping.ts';
import type { MappedLine, MappedPlaces, MappingSource } from '../../../src/features/orders/mapping-source.ts';
import type { OrderPlaces } from '../../../src/stores/port.ts';

const known = partnerBook([
  { code: 'nord', name: 'Nord', aliases: ['Nord AB'] },
  { code: 'sud', name: 'Sud', aliases: [] },
]);
const nowhere: OrderPlaces = { channel: null, externalSource: null, metafields: {}, formFields: {} };
const rule = (
  from: MappingSource,
  values: Record<string, string> = {},
  gives: 'partner' | 'country' = 'partner',
): MappingRule => ({ gives, from, values });
const channel = rule({ place: 'channel' }, { '7': 'nord', '1': 'direct' });
const seller = rule({ place: 'metafield', namespace: 'market', key: 'seller' }, { 'N-1': 'nord' });
const brand = rule({ place: 'line_brand' }, { Northern: 'nord' });
const whole = (partner: string | null) => [{ partner, ppm: 1_000_000 }];

const map = (rules: MappingRule[], places: Partial<MappedPlaces> = {}, lines: MappedLine[] = []) =>
  mapPartner(rules, { places: { ...nowhere, ...places }, lines }, known);
const line = (name: string | null, revenueMicros: bigint): MappedLine => ({ brand: name, revenueMicros });

describe('whose order', () => {
  it.each<[string, MappingRule[], Partial<OrderPlaces>, string | null]>([
    ['no rule at all', [], { channel: '7' }, 'direct'],
    ['no rule yields', [seller], { channel: '7' }, 'direct'],
    ['a channel that is listed', [channel], { channel: '7' }, 'nord'],
    ["the company's own channel", [channel], { channel: '1' }, 'direct'],
    [
      'the first that yields decides',
      [seller, channel],
      { channel: '1', metafields: { 'market.seller': 'N-1' } },
      'nord',
    ],
    ['and the second where the first does not', [seller, channel], { channel: '1' }, 'direct'],
    [
      'a blank value yields nothing',
      [seller, channel],
      { channel: '7', metafields: { 'market.seller': '  ' } },
      'nord',
    ],
    ['a value not listed stands for itself', [seller], { metafields: { 'market.seller': 'sud' } }, 'sud'],
    ['an alias', [seller], { metafields: { 'market.seller': ' nord ab' } }, 'nord'],
    ['another case of a listed value', [seller], { metafields: { 'market.seller': 'n-1' } }, 'nord'],
    ['a form field', [rule({ place: 'form_field', name: 'Partner' })], { formFields: { Partner: 'Nord' } }, 'nord'],
    [
      'an external source',
      [rule({ place: 'external_source' }, { 'POS (Sud)': 'sud' })],
      { externalSource: 'POS (Sud)' },
      'sud',
    ],
    [
      'rules for countries give no partner',
      [rule({ place: 'channel' }, { '7': 'SE' }, 'country')],
      { channel: '7' },
      'direct',
    ],
    ['a name that every object has', [rule({ place: 'form_field', name: 'constructor' })], {}, 'direct'],
  ])('%s', (_, rules, places, partner) =>
    expect(map(rules, places)).toMatchObject({ shares: whole(partner), unmapped: null }),
  );

  it.each<[string, MappingRule[], Partial<OrderPlaces>, string, string]>([
    [
      'a channel that is not listed',
      [channel, seller],
      { channel: '9', metafields: { 'market.seller': 'N-1' } },
      'channel',
      '9',
    ],
    ['a code that is no partner', [rule({ place: 'channel' }, { '7': 'west' })], { channel: '7' }, 'channel', '7'],
    [
      'a stranger in a metafield',
      [seller, channel],
      { channel: '7', metafields: { 'market.seller': 'Ost' } },
      'metafield market.seller',
      'Ost',
    ],
    [
      'a name that every object has',
      [seller],
      { metafields: { 'market.seller': 'constructor' } },
      'metafield market.seller',
      'constructor',
    ],
  ])('is unknown for %s, and no later rule decides', (_, rules, places, place, value) =>
    expect(map(rules, places)).toMatchObject({
      shares: whole(null),
      unmapped: { place, values: [value] },
    }),
  );
});

describe('brands of lines', () => {
  it('share an order by line revenue', () => {
    const mapping = map([brand], {}, [line('Northern', 70_000_000n), line('Sud', 30_000_000n)]);
    expect(mapping).toEqual({
      shares: [
        { partner: 'nord', ppm: 700_000 },
        { partner: 'sud', ppm: 300_000 },
      ],
      linePartners: ['nord', 'sud'],
      unmapped: null,
      rule: 0,
    });
  });

  it('leave the share of a line without a known brand unknown, and list strangers once', () => {
    const mapping = map([brand], {}, [line('Nord', 50n), line(null, 25n), line('Ost', 15n), line('Ost', 10n)]);
    expect(mapping.shares).toEqual([
      { partner: 'nord', ppm: 500_000 },
      { partner: null, ppm: 500_000 },
    ]);
    expect(mapping.linePartners).toEqual(['nord', null, null, null]);
    expect(mapping.unmapped).toEqual({ place: 'line_brand', values: ['Ost'] });
  });

  it('yield nothing where no line has one', () => {
    expect(map([brand, channel], { channel: '7' }, [line(null, 5n), line(' ', 5n)]).shares).toEqual(whole('nord'));
    expect(map([brand], {}, []).shares).toEqual(whole('direct'));
  });

  it('weigh the same where no line earns anything', () => {
    expect(map([brand], {}, [line('Nord', 0n), line('Sud', -5n)]).shares.map(({ ppm }) => ppm)).toEqual([
      500_000, 500_000,
    ]);
    expect(map([brand], {}, [line('Nord', 10n), line('Sud', -5n)]).shares).toEqual(whole('nord'));
  });

  it('give the odd millionth to the larger share, then by code, the unknown last', () => {
    expect(map([brand], {}, [line('Sud', 1n), line('Nord', 1n), line('Ost', 1n)]).shares).toEqual([
      { partner: 'nord', ppm: 333_334 },
      { partner: 'sud', ppm: 333_333 },
      { partner: null, ppm: 333_333 },
    ]);
  });

  it('always sum to the whole, whatever the order of the lines', () => {
    const lines = fc.array(
      fc.record({
        brand: fc.constantFrom('nord', 'sud', 'ost', null),
        revenueMicros: fc.bigInt({ min: -5n, max: 10n ** 12n }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(lines, (given) => {
        fc.pre(given.some((one) => one.brand !== null));
        const { shares } = map([brand], {}, given);
        expect(shares.reduce((sum, { ppm }) => sum + ppm, 0)).toBe(1_000_000);
        expect(map([brand], {}, given.toReversed()).shares).toEqual(shares);
      }),
    );
  });
});

describe('every place of an order', () => {
  const at = (from: MappingSource, places: Partial<OrderPlaces>, values: Record<string, string> = {}) =>
    map([rule(from, values)], places).shares[0]?.partner;

  it.each<[string, MappingSource, Partial<OrderPlaces>, Record<string, string>?]>([
    ['how it came in', { place: 'order_source' }, { orderSource: 'amazon' }, { amazon: 'nord' }],
    ["a marketplace's number", { place: 'external_order_id', pattern: '^([a-z]+)-' }, { externalOrderId: 'NORD-17' }],
    ["a merchant's id", { place: 'external_merchant_id' }, { externalMerchantId: 'M-9' }, { 'm-9': 'nord' }],
    ["the customer's group", { place: 'customer_group' }, { customerGroup: '4' }, { '4': 'nord' }],
    [
      'an attribute',
      { place: 'customer_attribute', name: 'Reseller' },
      { customerAttributes: { Reseller: 'Nord AB' } },
    ],
    ['a field of the account', { place: 'customer_field', name: 'Rep' }, { customerFields: { Rep: 'nord' } }],
    ['a field of billing', { place: 'form_field', name: 'By', of: 'billing' }, { billingFields: { By: 'nord' } }],
    ['a field of shipping', { place: 'form_field', name: 'By', of: 'shipping' }, { shippingFields: { By: 'nord' } }],
    ['the zone', { place: 'shipping_zone' }, { shippingZone: 'Zone N' }, { 'zone n': 'nord' }],
    ["the store's own external id", { place: 'external_id' }, { externalId: 'POS-1' }, { 'pos-1': 'nord' }],
    ['where it is billed', { place: 'billing_country' }, { billingCountry: 'NO' }, { no: 'nord' }],
    ['where it is shipped to', { place: 'shipping_country' }, { shippingCountry: 'NO' }, { no: 'nord' }],
    ['the language of the checkout', { place: 'customer_locale' }, { customerLocale: 'nb-NO' }, { 'nb-NO': 'nord' }],
    ['the network address', { place: 'geoip_country' }, { geoipCountry: 'NO' }, { NO: 'nord' }],
    ['a note', { place: 'staff_note', pattern: 'by (\\w+)' }, { staffNotes: { 'by (\\w+)': 'Nord' } }],
    ['a message', { place: 'customer_message', pattern: 'x' }, { customerMessages: { x: 'nord' } }],
    ['a coupon', { place: 'coupon' }, { coupons: ['SPRING', 'nord10'] }, { NORD10: 'nord' }],
    ['a part of any text', { place: 'external_source', pattern: 'POS \\((\\w+)\\)' }, { externalSource: 'POS (Nord)' }],
  ])('is read: %s', (_, from, places, values) => expect(at(from, places, values)).toBe('nord'));

  it.each<[string, MappingSource, Partial<OrderPlaces>]>([
    [
      'a field of the other address',
      { place: 'form_field', name: 'By', of: 'billing' },
      { shippingFields: { By: 'nord' } },
    ],
    ['a coupon that is not listed', { place: 'coupon' }, { coupons: ['SPRING'] }],
    ['a pattern that finds nothing', { place: 'external_source', pattern: 'POS (\\w+)' }, { externalSource: 'web' }],
    ['a place that nobody fetched', { place: 'customer_group' }, {}],
  ])('yields nothing: %s', (_, from, places) => {
    expect(map([rule(from, { SUMMER: 'nord' }), channel], { channel: '8', ...places }).unmapped?.place).toBe('channel');
  });

  it('names the rule that decided', () => {
    expect(map([seller, channel], { channel: '7' }).rule).toBe(1);
    expect(map([seller]).rule).toBeNull();
  });
});

describe('lines by SKU and by their products', () => {
  const sku = (text: string | null, externalId = '1'): MappedLine => ({
    sku: text,
    externalId,
    brand: null,
    revenueMicros: 1n,
  });

  it('share an order by what stands before a separator', () => {
    const mapping = map([rule({ place: 'sku_prefix', separator: '-' })], {}, [
      sku('NORD-1'),
      sku('sud-2'),
      sku('X1'),
      sku('ost-1'),
    ]);
    expect(mapping.linePartners).toEqual(['nord', 'sud', null, null]);
    expect(mapping.unmapped).toEqual({ place: 'sku_prefix', values: ['ost'] });
  });

  it('share it by the longest listed prefix', () => {
    const rules = [rule({ place: 'sku_prefix' }, { N: 'nord', NS: 'sud' }), channel];
    expect(map(rules, {}, [sku('n100'), sku('NS100'), sku('Q')]).linePartners).toEqual(['nord', 'sud', null]);
    expect(map(rules, { channel: '7' }, [sku('Q'), sku(null)]).shares).toEqual(whole('nord'));
  });

  it("share it by a custom field of each line's product", () => {
    const rules = [rule({ place: 'product_field', name: 'Vendor' })];
    const productFields = { '1': { Vendor: 'Nord' }, '2': { Vendor: 'Sud' } };
    expect(map(rules, { productFields }, [sku('a', '1'), sku('b', '2')]).linePartners).toEqual(['nord', 'sud']);
  });

  describe("by the categories of each line's product", () => {
    const productCategories = {
      '1': [
        { id: '18', name: 'Lamps' },
        { id: '23', name: 'Made by Nord' },
      ],
      '2': [{ id: '24', name: null }],
    };
    const lines = [sku('a', '1'), sku('b', '2'), sku('c', '3')];
    const from = { place: 'product_category' } as const;

    it('share it by what is listed, by id or by name in whatever case', () => {
      const rules = [rule(from, { 'made by nord': 'nord', '24': 'sud' })];
      expect(map(rules, { productCategories }, lines).linePartners).toEqual(['nord', 'sud', null]);
    });

    it("yield nothing where none is listed: most are nobody's", () => {
      const rules = [rule(from, { Rugs: 'nord' }), channel];
      expect(map(rules, { channel: '7', productCategories }, lines).rule).toBe(1);
    });

    it('share it by what a pattern takes of a name, listed or not', () => {
      const mapping = map([rule({ ...from, pattern: '^Made by (.+)$' })], { productCategories }, lines);
      expect(mapping.linePartners).toEqual(['nord', null, null]);
      const other = { '1': [{ id: '1', name: 'Made by Ost' }] };
      expect(map([rule({ ...from, pattern: '^Made by (.+)$' })], { productCategories: other }, lines).unmapped).toEqual(
        {
          place: 'product_category /^Made by (.+)$/',
          values: ['Ost'],
        },
      );
    });
  });
});

describe('several stores', () => {
  const ofBags = { ...rule({ place: 'channel' }, { '1': 'sud' }), store: 'bags' };
  const brandOfBags = { ...brand, store: 'bags' };
  const byStore = rule({ place: 'store' }, { bags: 'sud' });
  it.each<[string, MappingRule[], Partial<MappedPlaces>, string]>([
    ['a rule of its own before one of every store', [ofBags, channel], { channel: '1', store: 'bags' }, 'sud'],
    ['none of another store', [ofBags, channel], { channel: '1', store: 'main' }, 'direct'],
    ['one of lines too', [brandOfBags], { store: 'bags' }, 'nord'],
    ['none of lines of another store', [brandOfBags], { store: 'main' }, 'direct'],
    ['the store itself', [byStore, channel], { channel: '7', store: 'bags' }, 'sud'],
    ['the next rule where the store is not listed', [byStore, channel], { channel: '7', store: 'main' }, 'nord'],
    ['the next rule where it is listed in another case', [byStore, channel], { channel: '7', store: 'Bags' }, 'nord'],
  ])('an order is decided by %s', (_, rules, places, partner) =>
    expect(map(rules, places, [line('Northern', 1n)]).shares).toEqual(whole(partner)),
  );

  it('a country is given likewise', () => {
    const rules = [rule({ place: 'store' }, { bags: 'SE' }, 'country')];
    const ofMain = [{ ...rule({ place: 'geoip_country' }, {}, 'country'), store: 'main' }];
    const places = { ...nowhere, geoipCountry: 'NO' };
    expect(mapCountry(rules, { ...nowhere, store: 'bags' }, 'DE').country).toBe('SE');
    expect(mapCountry(rules, { ...nowhere, store: 'main' }, 'DE').country).toBe('DE');
    expect(mapCountry(ofMain, { ...places, store: 'main' }, 'DE').country).toBe('NO');
    expect(mapCountry(ofMain, { ...places, store: 'bags' }, 'DE').country).toBe('DE');
  });
});

describe('the country', () => {
  const land = rule({ place: 'form_field', name: 'Land' }, { Sverige: 'se', Elsewhere: 'nowhere' }, 'country');
  it.each([
    ['of a rule', { Land: 'sverige' }, 'SE'],
    ['of the address where no rule yields', {}, 'DE'],
    ['of a code that stands for itself', { Land: 'no' }, 'NO'],
    ['of a name in another language', { Land: 'NORVÈGE' }, 'NO'],
  ])('is that %s', (_, formFields, country) =>
    expect(mapCountry([land], { ...nowhere, formFields }, 'DE')).toMatchObject({ country, unmapped: null }),
  );

  it.each(['Atlantis', 'Elsewhere'])('is that of the address where %s is none, and the value is listed', (Land) =>
    expect(mapCountry([land], { ...nowhere, formFields: { Land } }, 'DE')).toEqual({
      country: 'DE',
      unmapped: { place: 'form field Land', values: [Land] },
      rule: 0,
    }),
  );
});
