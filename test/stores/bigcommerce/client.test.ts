import { beforeEach, describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import type { StoreOrder } from '../../../src/stores/port.ts';
import { clientOf, type FakeShop, fakeShop, nothingWanted, rfc, shippedTo, shopLine, shopOrder } from './shop.ts';

let shop: FakeShop;
beforeEach(() => {
  shop = fakeShop();
});

const longAgo = new Date('2020-01-01T00:00:00Z');

const walk = async (
  since = longAgo,
  wanted = nothingWanted as Parameters<ReturnType<typeof clientOf>['walkOrders']>[1],
) => {
  const orders: StoreOrder[] = [];
  const unreadable: string[] = [];
  for await (const page of clientOf(shop).walkOrders(since, wanted)) {
    orders.push(...page.orders);
    unreadable.push(...page.unreadable);
  }
  return { orders, unreadable };
};
const callsTo = (path: string) => shop.calls.filter((call) => call.path === path).length;
const ids = (orders: readonly StoreOrder[]) => orders.map(({ externalId }) => externalId);
const second = (number: number) => rfc(new Date(Date.parse('2026-02-01T00:00:00Z') + number * 1000).toISOString());

describe('the walk over orders', () => {
  it('gives nothing where the store answers 204', async () => {
    expect(await walk()).toEqual({ orders: [], unreadable: [] });
    expect(shop.calls).toHaveLength(1);
  });

  it('takes one call for a page whose lines and addresses are folded in', async () => {
    shop.orders = [shopOrder(1), shopOrder(2)];
    const { orders } = await walk();
    expect(ids(orders)).toEqual(['1', '2']);
    expect(orders[0]).toMatchObject({ country: 'SE', lines: [{ externalId: '1', brand: 'Nord' }] });
    expect(shop.calls).toHaveLength(1);
    expect(shop.calls[0]?.query).toMatchObject({
      limit: 250,
      sort: 'date_modified:asc',
      min_date_modified: longAgo.toISOString(),
    });
  });

  it('asks for lines and addresses where the store folds nothing in', async () => {
    shop.folds = false;
    shop.orders = [shopOrder(1)];
    shop.addresses.set(1, [{ country_iso2: 'DE', email: 'x@example.com', form_fields: [] }]);
    const { orders } = await walk();
    expect(orders[0]).toMatchObject({ country: 'DE', lines: [{ sku: 'L-1' }] });
    expect(callsTo('/v2/orders/{id}/products') + callsTo('/v2/orders/{id}/shipping_addresses')).toBe(2);
  });

  it('asks for the lines of an order that has more than a folded list holds', async () => {
    const lines = Array.from({ length: 130 }, (_, index) => shopLine(index + 1));
    shop.lines.set(1, lines);
    shop.mostRows = 50;
    shop.orders = [shopOrder(1, { items_total: 130, consignments: shippedTo('SE', lines.slice(0, 50)) })];
    const { orders } = await walk();
    expect(orders[0]?.lines).toHaveLength(130);
    expect(callsTo('/v2/orders/{id}/products')).toBe(3);
  });

  it('asks for the lines where fewer items are folded in than the order counts', async () => {
    shop.lines.set(1, [shopLine(1), shopLine(2)]);
    shop.orders = [shopOrder(1, { items_total: 2, consignments: shippedTo('SE', [shopLine(1)]) })];
    const { orders } = await walk();
    expect(orders[0]?.lines).toHaveLength(2);
  });

  it.each([250, 50])('comes to the end of 620 orders at %i rows a page, each once', async (rows) => {
    shop.mostRows = rows;
    shop.orders = Array.from({ length: 620 }, (_, index) =>
      shopOrder(index + 1, { date_modified: second(Math.floor(index / 7)) }),
    );
    const { orders } = await walk();
    expect(ids(orders)).toEqual(shop.orders.map(({ id }) => String(id)));
  });

  it('comes through more orders of one second than a page holds', async () => {
    shop.orders = Array.from({ length: 600 }, (_, index) => shopOrder(index + 1, { date_modified: second(5) }));
    expect(new Set(ids((await walk()).orders)).size).toBe(600);
  });

  it('loses no order when one of an earlier page changes under way', async () => {
    shop.orders = Array.from({ length: 300 }, (_, index) =>
      shopOrder(index + 1, { date_modified: second(index * 10) }),
    );
    shop.afterPage = () => {
      shop.afterPage = () => undefined;
      for (const order of shop.orders.slice(0, 20)) order.date_modified = second(1_000_000);
    };
    const { orders } = await walk();
    expect(new Set(ids(orders)).size).toBe(300);
    expect(ids(orders).filter((id) => id === '1')).toHaveLength(2);
  });

  it('bug: an order had the billing address alone, not those of shipping and of the customer’s account', async () => {
    const shipping = (email: string) => shippedTo('SE', [], { email }).shipping as unknown[];
    const lines = shippedTo('SE', [shopLine(1)], { email: 'gift@example.com' });
    shop.orders = [
      shopOrder(1, {
        customer_id: 12,
        consignments: { ...lines, shipping: [...(lines.shipping as unknown[]), ...shipping('other@example.com')] },
      }),
      shopOrder(2, { customer_id: 12 }),
      shopOrder(3),
    ];
    shop.customers.push({ id: 12, email: 'eva@example.com' }, { id: 13, email: 'no@example.com' });
    const { orders } = await walk();
    expect(orders.map(({ emails }) => emails)).toEqual([
      ['buyer1@example.com', 'gift@example.com', 'other@example.com', 'eva@example.com'],
      ['buyer2@example.com', 'x@example.com', 'eva@example.com'],
      ['buyer3@example.com', 'x@example.com'],
    ]);
    expect(callsTo('/v3/customers')).toBe(1);
  });

  it('names an order that cannot be read, and takes the rest', async () => {
    shop.orders = [shopOrder(1), shopOrder(2, { total_ex_tax: 'secret words' }), shopOrder(3)];
    const { orders, unreadable } = await walk();
    expect(ids(orders)).toEqual(['1', '3']);
    expect(unreadable).toEqual(['order 2: total_ex_tax: is not a decimal number']);
  });
});

describe('metafields', () => {
  const wanted = {
    metafields: [
      { namespace: 'market', key: 'seller' },
      { namespace: 'market', key: 'land' },
    ],
    formFields: [],
  };
  const field = (id: number, key: string, value: string, day = '2026-02-01') => ({
    resource_id: id,
    namespace: 'market',
    key,
    value,
    date_modified: `${day}T00:00:00+00:00`,
  });
  beforeEach(() => {
    shop.orders = [shopOrder(1)];
    shop.metafields.push(field(1, 'seller', ' nord '), field(1, 'land', 'SE', '2025-01-01'), field(2, 'other', 'x'));
  });

  it('come by walks over the namespace since an instant, one for all its keys', async () => {
    const found = [];
    for await (const page of clientOf(shop).walkMetafields(new Date('2026-01-01T00:00:00Z'), wanted))
      found.push(...page);
    expect(found).toEqual([{ orderExternalId: '1', name: 'market.seller', value: 'nord' }]);
    expect(shop.calls).toHaveLength(1);
    expect(shop.calls[0]?.query).toMatchObject({ 'key:in': 'seller,land', 'date_modified:min': '2026-01-01T00:00:00' });
  });

  it('come with an order that is looked up, and only where rules want them', async () => {
    const [order] = await clientOf(shop).ordersByNumber('1', wanted);
    expect(order?.places.metafields).toEqual({ 'market.seller': 'nord', 'market.land': 'SE' });
    shop.calls.length = 0;
    const [plain] = await clientOf(shop).ordersByNumber('1', nothingWanted);
    expect(plain?.places.metafields).toEqual({});
    expect(callsTo('/v3/orders/{id}/metafields')).toBe(0);
  });
});

describe('looking up', () => {
  it("finds an order by its id, and by a marketplace's number", async () => {
    shop.orders = [shopOrder(1001), shopOrder(1002, { external_order_id: 'AMZ-7' })];
    expect(ids(await clientOf(shop).ordersByNumber('1001', nothingWanted))).toEqual(['1001']);
    expect(shop.calls).toHaveLength(2);
    expect(ids(await clientOf(shop).ordersByNumber('AMZ-7', nothingWanted))).toEqual(['1002']);
    expect(callsTo('/v2/orders/{id}')).toBe(1);
  });

  it('bug: a marketplace’s number that is also the id of another order was never looked up', async () => {
    shop.orders = [shopOrder(1001), shopOrder(1002, { external_order_id: '1001' })];
    expect(ids(await clientOf(shop).ordersByNumber('1001', nothingWanted))).toEqual(['1001', '1002']);
    shop.orders = [shopOrder(1001, { external_order_id: '1001' })];
    expect(ids(await clientOf(shop).ordersByNumber('1001', nothingWanted))).toEqual(['1001']);
  });

  it('bug: an id above 31 bits was asked for, which the store refuses', async () => {
    shop.orders = [shopOrder(1, { external_order_id: '2147483648' })];
    expect(ids(await clientOf(shop).ordersByNumber('2147483648', nothingWanted))).toEqual(['1']);
    expect(callsTo('/v2/orders/{id}')).toBe(0);
  });

  it('knows an address by an order of any age, or by an account without one', async () => {
    const client = clientOf(shop);
    shop.orders = [
      shopOrder(1, { billing_address: { email: 'eva@example.com' }, date_created: rfc('2015-01-01T00:00:00Z') }),
    ];
    shop.customers.push({ id: 12, email: 'new@example.com' });
    expect(await client.knowsAddress('eva@example.com')).toBe(true);
    expect(await client.knowsAddress('new@example.com')).toBe(true);
    expect(await client.knowsAddress('nobody@example.com')).toBe(false);
  });

  it('is told by orders alone where the token may not read customers', async () => {
    shop.faults.set('/v3/customers', new UpstreamError('hidden', { status: 403, retryable: false }));
    shop.orders = [shopOrder(1, { customer_id: 12 })];
    expect((await clientOf(shop).ordersByNumber('1', nothingWanted))[0]?.emails).toContain('buyer1@example.com');
    expect(await clientOf(shop).knowsAddress('nobody@example.com')).toBe(false);
    shop.faults.set('/v3/customers', new UpstreamError('down', { status: 500, retryable: true }));
    await expect(clientOf(shop).knowsAddress('nobody@example.com')).rejects.toThrow('down');
  });

  it('tries digits of no order as a marketplace number', async () => {
    shop.orders = [shopOrder(1, { external_order_id: '55512' })];
    expect(ids(await clientOf(shop).ordersByNumber('55512', nothingWanted))).toEqual(['1']);
    expect(await clientOf(shop).ordersByNumber('99999', nothingWanted)).toEqual([]);
    expect(await clientOf(shop).ordersByNumber('12345678901', nothingWanted)).toEqual([]);
    expect(shop.calls.filter(({ path }) => path === '/v2/orders/{id}')).toHaveLength(2);
  });

  it('finds the orders of an address since a day', async () => {
    shop.orders = [
      shopOrder(1, { billing_address: { email: 'eva@example.com' } }),
      shopOrder(2, { billing_address: { email: 'eva@example.com' }, date_created: rfc('2025-01-01T00:00:00Z') }),
      shopOrder(3),
    ];
    const found = await clientOf(shop).ordersByEmail(
      'eva@example.com',
      new Date('2025-12-01T00:00:00Z'),
      nothingWanted,
    );
    expect(ids(found)).toEqual(['1']);
    expect(shop.calls[0]?.query).toMatchObject({ sort: 'date_created:desc' });
  });
});

describe('refunds', () => {
  const refund = (id: number, orderId: number, created = '2026-02-03T10:00:00+00:00') => ({
    id,
    order_id: orderId,
    created,
    total_amount: 50.1,
    total_tax: 5,
    payments: [
      { amount: 30.05, is_declined: false },
      { amount: 20.05, is_declined: true },
    ],
  });

  it('of many orders come in few calls, declined payments left out', async () => {
    for (let id = 1; id <= 250; id += 1) shop.refunds.push(refund(id, id));
    const found = await clientOf(shop).refundsOf(shop.refunds.map((one) => String(one.order_id)));
    expect(found).toHaveLength(250);
    expect(shop.calls).toHaveLength(3);
    expect(found[0]).toEqual({
      externalId: '1',
      orderExternalId: '1',
      madeAt: new Date('2026-02-03T10:00:00Z'),
      totalAmount: '50.1',
      totalTax: '5',
      paid: '30.050000',
    });
  });

  it('are walked to the last page since an instant', async () => {
    shop.mostRows = 50;
    for (let id = 1; id <= 120; id += 1)
      shop.refunds.push(refund(id, id, id <= 10 ? '2026-01-01T00:00:00+00:00' : undefined));
    let count = 0;
    for await (const page of clientOf(shop).walkRefunds(new Date('2026-02-01T00:00:00Z'))) count += page.length;
    expect(count).toBe(110);
    expect(shop.calls).toHaveLength(3);
  });
});
