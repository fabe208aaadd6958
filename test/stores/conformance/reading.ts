import { expect } from 'vitest';
import { Refused } from '../../../src/core/errors.ts';
import { microsOf } from '../../../src/core/money.ts';
import { dayMs } from '../../../src/core/time.ts';
import { metafieldName } from '../../../src/stores/port.ts';
import { present, thrownBy } from '../../conformance/check.ts';
import { type Check, lamp, longAgo, nothing, one, spoilOrder, withShop } from './check.ts';

const million = 1_000_000n;

export const readingChecks: readonly Check[] = [
  withShop(
    'credentials that work name the store, others are refused before anything else',
    async ({ client, shop }) => {
      expect((await client().verify()).storeName).toMatch(/\w/);
      expect(await thrownBy(client(shop.wrongCredentials).verify())).toBeInstanceOf(Refused);
    },
  ),
  withShop('an order comes whole: who, where, when, what, and every line', async ({ client, shop, clock }) => {
    const placedAt = clock.now();
    const id = shop.place({ ...lamp, customerId: '12', externalNumber: 'AMZ-7' });
    const { orders, missing, unreadable } = await client().pullOrders([id], nothing);
    expect({ missing, unreadable }).toEqual({ missing: [], unreadable: [] });
    const order = one(orders);
    expect(order).toMatchObject({
      externalId: id,
      number: expect.stringMatching(/\w/),
      externalNumber: 'AMZ-7',
      country: 'SE',
      currency: 'USD',
      customerId: '12',
      archived: false,
      coupons: 0,
    });
    expect(order.emails).toContain(lamp.email);
    expect(Math.abs(order.placedAt.getTime() - placedAt.getTime())).toBeLessThan(2000);
    expect(order.lines.map(({ sku, brand }) => [sku, brand || null])).toEqual([
      ['LX-1', 'Nord'],
      ['LX-2', null],
    ]);
    expect(new Set(order.lines.map(({ externalId }) => externalId)).size).toBe(2);
  }),
  withShop('a guest is no customer', async ({ client, shop }) => {
    const ids = [shop.place(lamp), shop.place({ ...lamp, email: 'other@example.com' })];
    const { orders } = await client().pullOrders(ids, nothing);
    expect(orders.map(({ customerId }) => customerId)).toEqual([null, null]);
  }),
  withShop('money is without tax, after discounts and before them, of the order and of each line', async (world) => {
    const { client, shop } = world;
    const id = shop.place({ ...lamp, discountCents: 3_000, coupon: true });
    const order = one((await client().pullOrders([id], nothing)).orders);
    expect(microsOf(order.revenue)).toBe(120n * million);
    expect(microsOf(order.gross)).toBe(150n * million);
    expect(order.coupons).toBe(1);
    expect(order.lines.map(({ gross, revenue }) => [microsOf(gross), microsOf(revenue)])).toEqual([
      [100n * million, 80n * million],
      [50n * million, 40n * million],
    ]);
  }),
  withShop('what the store has not is missing, and is no error', async ({ client, shop }) => {
    const id = shop.place(lamp);
    const { orders, missing } = await client().pullOrders([shop.absentId, id, 'no-id-at-all'], nothing);
    expect(orders.map(({ externalId }) => externalId)).toEqual([id]);
    expect(missing.toSorted()).toEqual([shop.absentId, 'no-id-at-all'].toSorted());
  }),
  withShop('many orders are pulled in few calls', async ({ client, shop, calls }) => {
    const ids = Array.from({ length: 30 }, () => shop.place(lamp));
    const own = client();
    const made = await calls(async () => {
      const { orders } = await own.pullOrders(ids, nothing);
      expect(orders.map(({ externalId }) => externalId).toSorted()).toEqual(ids.toSorted());
    });
    expect(made).toBeLessThanOrEqual(6);
  }),
  withShop('an order that cannot be read is told and stops no other', async (world, { indispensable }) => {
    const { client, shop } = world;
    const [bad, good] = [shop.place(lamp), shop.place({ ...lamp, email: 'other@example.com' })];
    spoilOrder(world, bad, indispensable);
    const { orders, unreadable } = await client().pullOrders([bad, good], nothing);
    expect(orders.map(({ externalId }) => externalId)).toEqual([good]);
    const told = one(unreadable);
    expect(told.externalId).toBe(bad);
    expect(told.fault).not.toContain(lamp.email);
  }),
  withShop('orders are found by their own number and by a marketplace’s', async ({ client, shop }) => {
    const id = shop.place({ ...lamp, externalNumber: 'AMZ-7' });
    const order = one((await client().pullOrders([id], nothing)).orders);
    for (const number of [order.number, 'AMZ-7'])
      expect((await client().ordersByNumber(number, nothing)).map(({ externalId }) => externalId)).toEqual([id]);
    for (const number of ['999999999', 'AMZ-8', '#', 'a number?&x=1'])
      expect(await client().ordersByNumber(number, nothing)).toEqual([]);
  }),
  withShop('orders are found by an address, those placed since alone', async ({ client, shop, clock }) => {
    const nowMs = clock.now().getTime();
    shop.place({ ...lamp, placedAt: new Date(nowMs - 100 * dayMs) });
    const recent = shop.place({ ...lamp, placedAt: new Date(nowMs - 10 * dayMs) });
    shop.place({ ...lamp, email: 'other@example.com' });
    const found = await client().ordersByEmail(lamp.email, new Date(nowMs - 90 * dayMs), nothing);
    expect(found.map(({ externalId }) => externalId)).toEqual([recent]);
  }),
  withShop('an address is known by an order, however old, or by an account', async ({ client, shop, clock }) => {
    shop.place({ ...lamp, placedAt: new Date(clock.now().getTime() - 900 * dayMs) });
    shop.register('40', 'account@example.com');
    const own = client();
    const known = (email: string) => own.knowsAddress(email);
    expect([await known(lamp.email), await known('account@example.com'), await known('no@example.com')]).toEqual([
      true,
      true,
      false,
    ]);
  }),
  withShop('the addresses of accounts come by customer', async ({ client, shop }) => {
    shop.register('40', 'account@example.com');
    shop.register('41', 'another@example.com');
    expect([...(await client().addressesOf(['40', '41', '999']))].toSorted()).toEqual([
      ['40', 'account@example.com'],
      ['41', 'another@example.com'],
    ]);
  }),
  withShop('refunds tell what was paid, declined payments left out, and the tax in them', async ({ client, shop }) => {
    const id = shop.place(lamp);
    shop.refund(id, { cents: 6_000, taxCents: 1_000, declinedCents: 2_000 });
    const refund = one(await client().refundsOf([id]));
    expect(refund.orderExternalId).toBe(id);
    expect([refund.totalAmount, refund.totalTax, refund.paid].map(microsOf)).toEqual([
      60n * million,
      10n * million,
      40n * million,
    ]);
  }),
  withShop('refunds of many orders take few calls, and none for no order', async ({ client, shop, calls }) => {
    const ids = Array.from({ length: 40 }, () => shop.place(lamp));
    for (const id of ids) shop.refund(id, { cents: 100, taxCents: 0, declinedCents: 0 });
    const own = client();
    const made = await calls(async () => {
      const refunds = await own.refundsOf(ids);
      expect(refunds.map(({ orderExternalId }) => orderExternalId).toSorted()).toEqual(ids.toSorted());
    });
    expect(made).toBeLessThanOrEqual(4);
    expect(await calls(() => own.refundsOf([]))).toBe(0);
  }),
  withShop('places that a rule reads are filled, and no others', async ({ client, shop }) => {
    const id = shop.place({ ...lamp, seller: 'nord' });
    const [name] = shop.wanted.metafields.map(metafieldName);
    if (!name) throw new Error('the shop tells no place');
    const own = client();
    const read = one((await own.pullOrders([id], shop.wanted)).orders).places;
    expect(read.metafields).toEqual({ [name]: 'nord' });
    expect(await own.metafieldsOf(id, shop.wanted)).toEqual([{ orderExternalId: id, name, value: 'nord' }]);
    expect(one((await own.pullOrders([id], nothing)).orders).places.metafields).toEqual({});
    shop.setSeller(id, null);
    expect(await own.metafieldsOf(id, shop.wanted)).toEqual([]);
  }),
  withShop(
    'the store’s own count is of the orders placed since',
    async ({ client, shop, clock }) => {
      const nowMs = clock.now().getTime();
      for (const days of [100, 10, 1]) shop.place({ ...lamp, placedAt: new Date(nowMs - days * dayMs) });
      const count = present(client().count, 'count');
      expect(await count(new Date(nowMs - 50 * dayMs))).toBe(2);
      expect(await count(longAgo)).toBe(3);
    },
    'count',
  ),
];
