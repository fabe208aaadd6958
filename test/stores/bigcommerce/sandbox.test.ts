import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BigcommerceSandbox, createBigcommerceSandbox } from '../../../src/sandbox/bigcommerce/index.ts';
import type { OrderInput } from '../../../src/sandbox/bigcommerce/model.ts';
import { bigcommerce } from '../../../src/stores/bigcommerce/adapter.ts';
import type { StoreClient, StoreOrder } from '../../../src/stores/port.ts';
import { orderInput } from '../../support/order-input.ts';
import { type StandingClock, standingClock } from '../../support/standing-clock.ts';
import { nothingWanted } from './shop.ts';

let clock: StandingClock;
let sandbox: BigcommerceSandbox;
let client: StoreClient;
const wanted = { metafields: [{ namespace: 'market', key: 'seller' }], formFields: ['Partner'] };

beforeEach(async () => {
  clock = standingClock();
  sandbox = await createBigcommerceSandbox({ clock, seed: 's', firstOrderId: 1001, limits: { total: 20 } });
  client = bigcommerce.connect(bigcommerce.settings.parse(sandbox.settings), { clock, allowPrivate: true });
});
afterEach(() => sandbox.close());

const place = (changes: Partial<OrderInput> = {}) =>
  sandbox.shop.place(
    orderInput({
      placedAtMs: clock.now().getTime(),
      currency: 'SEK',
      formFields: [{ name: 'Partner', value: 'nord' }],
      metafields: [{ namespace: 'market', key: 'seller', value: 'nord', permissionSet: 'read' }],
      taxInclusive: true,
      lines: [
        { sku: 'HD-1', name: 'Vase', brand: '', priceCents: 10_000, quantity: 2 },
        { sku: 'HD-2', name: 'Rug', brand: 'Nord', priceCents: 30_000, quantity: 1 },
      ],
      ...changes,
    }),
  );

const walked = async (): Promise<StoreOrder[]> => {
  const orders: StoreOrder[] = [];
  for await (const page of client.walkOrders(new Date('2020-01-01T00:00:00Z'), nothingWanted)) {
    expect(page.unreadable).toEqual([]);
    orders.push(...page.orders);
  }
  return orders;
};

it('gives its name', async () =>
  expect(await client.verify()).toEqual({ storeName: 'Sandbox Home Decor', lacking: [] }));

it('walks every order of a store that allows few calls, lines and address folded in', async () => {
  for (let made = 0; made < 700; made += 1) {
    clock.advance(10_000);
    place();
  }
  const orders = await walked();
  expect(new Set(orders.map(({ externalId }) => externalId)).size).toBe(700);
  // 500.00 with 25 % of tax in it.
  expect(orders[0]).toMatchObject({ externalId: '1001', revenue: '400.000000', currency: 'SEK', country: 'SE' });
  expect(orders[0]?.lines.map(({ brand, revenue }) => [brand, revenue])).toEqual([
    [null, '160.000000'],
    ['Nord', '240.000000'],
  ]);
});

it('fetches the lines of a large order page by page', async () => {
  place({
    lines: Array.from({ length: 300 }, (_, index) => ({
      sku: `HD-${index}`,
      name: 'Vase',
      brand: 'Nord',
      priceCents: 100,
      quantity: 1,
    })),
  });
  expect((await walked())[0]?.lines).toHaveLength(300);
});

it('reads metafields, form fields, numbers and addresses', async () => {
  place({ externalOrderId: 'AMZ-7' });
  const places = { metafields: { 'market.seller': 'nord' }, formFields: { Partner: 'nord' } };
  expect(await client.ordersByNumber('1001', wanted)).toMatchObject([{ externalId: '1001', places }]);
  expect(await client.ordersByNumber('AMZ-7', wanted)).toMatchObject([{ externalId: '1001' }]);
  expect(await client.ordersByNumber('9', wanted)).toEqual([]);
  expect(await client.ordersByEmail('eva@example.com', new Date(0), wanted)).toMatchObject([{ places }]);
  const fields = [];
  for await (const page of client.walkMetafields(new Date(0), wanted)) fields.push(...page);
  expect(fields).toEqual([{ orderExternalId: '1001', name: 'market.seller', value: 'nord' }]);
});

it('reads the categories and custom fields of products, and what the shop calls the status', async () => {
  const line = { sku: 'HD-1', name: 'Vase', brand: '', priceCents: 10_000, quantity: 1 };
  const customFields = [{ name: 'Vendor', value: 'Nord' }];
  place({
    lines: [
      { ...line, categories: ['Vases', 'Nord'], customFields },
      { ...line, sku: 'HD-2' },
    ],
  });
  const [order] = await client.ordersByNumber('1001', {
    ...nothingWanted,
    productCategories: true,
    productFields: ['Vendor'],
  });
  const externalId = order?.lines[0]?.externalId ?? '';
  expect(order?.places).toMatchObject({ customStatus: 'Awaiting Fulfillment' });
  expect(order?.places.productFields).toEqual({ [externalId]: { Vendor: 'Nord' } });
  expect(order?.places.productCategories).toEqual({
    [externalId]: [
      { id: '18', name: 'Vases' },
      { id: '19', name: 'Nord' },
    ],
  });
});

it('reads refunds, declined payments left out', async () => {
  place();
  clock.advance(1000);
  sandbox.shop.refund(1001, {
    reason: 'broken',
    totalCents: 12_500,
    taxCents: 2_500,
    payments: [
      { cents: 10_000, declined: false },
      { cents: 2_500, declined: true },
    ],
    lines: [{ index: 0, quantity: 1 }],
  });
  const expected = { orderExternalId: '1001', totalAmount: '125', totalTax: '25', paid: '100.000000' };
  expect(await client.refundsOf(['1001'])).toMatchObject([expected]);
  const refunds = [];
  for await (const page of client.walkRefunds(clock.now())) refunds.push(...page);
  expect(refunds).toMatchObject([expected]);
});
