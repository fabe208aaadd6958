import { expect } from 'vitest';
import { minuteMs } from '../../../src/core/time.ts';
import type { StoreMetafield, StoreRefund } from '../../../src/stores/port.ts';
import { type Check, lamp, longAgo, nothing, spoilOrder, type World, walked, withShop } from './check.ts';

const many = 7;

const placeMany = async ({ shop, clock }: World): Promise<string[]> => {
  const ids: string[] = [];
  for (let made = 0; made < many; made += 1) {
    await clock.sleep(minuteMs);
    ids.push(shop.place(lamp));
  }
  return ids;
};

export const walkingChecks: readonly Check[] = [
  withShop('a walk names every changed order, the oldest change first, to the end of the list', async (world) => {
    const ids = await placeMany(world);
    world.upstream.rewrite = world.shop.smallPages;
    const { orders } = await walked(world.client(), longAgo);
    expect([...new Set(orders.map(({ externalId }) => externalId))]).toEqual(ids);
    const times = orders.map(({ modifiedAt }) => modifiedAt.getTime());
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  }),
  withShop('a walk begins where it is told to', async (world) => {
    const ids = await placeMany(world);
    const since = new Date((world.shop.truth().get(ids[4] ?? '') ?? 0) - 1000);
    const { orders } = await walked(world.client(), since);
    expect(orders.map(({ externalId }) => externalId).toSorted()).toEqual(ids.slice(4).toSorted());
  }),
  withShop('an order that changes during the walk loses no other', async (world) => {
    const ids = await placeMany(world);
    world.upstream.rewrite = world.shop.smallPages;
    const seen = new Set<string>();
    let changed = 0;
    for await (const { orders } of world.client().walkOrders(longAgo, nothing)) {
      for (const { externalId } of orders) seen.add(externalId);
      // Each takes one from the pages that were read, so that the rest moves up.
      if (changed < 3) world.shop.change(ids[changed] ?? '');
      changed += 1;
      await world.clock.sleep(minuteMs);
    }
    expect([...seen].toSorted()).toEqual(ids.toSorted());
  }),
  withShop('a walk goes past an order that cannot be read, and tells of it', async (world, { indispensable }) => {
    const ids = await placeMany(world);
    const bad = ids[2] ?? '';
    spoilOrder(world, bad, indispensable);
    const { orders, unreadable } = await walked(world.client(), longAgo);
    expect(orders.map(({ externalId }) => externalId)).toEqual(ids.filter((id) => id !== bad));
    expect(unreadable.join()).toContain(bad);
    expect(unreadable.join()).not.toContain(lamp.email);
  }),
  withShop('a walk over places tells of those that changed although their orders did not', async (world) => {
    const { shop, clock, client } = world;
    const id = shop.place({ ...lamp, seller: 'nord' });
    await clock.sleep(10 * minuteMs);
    const since = clock.now();
    shop.setSeller(id, 'sud');
    const found: StoreMetafield[] = [];
    for await (const page of client().walkMetafields(new Date(since.getTime() - 1000), shop.wanted))
      found.push(...page);
    expect(found).toMatchObject([{ orderExternalId: id, value: 'sud' }]);
    for await (const page of client().walkMetafields(longAgo, nothing)) expect(page).toEqual([]);
  }),
  withShop('a walk over refunds tells of those made since', async (world) => {
    const { shop, clock, client } = world;
    const [first, second] = [shop.place(lamp), shop.place(lamp)];
    shop.refund(first, { cents: 100, taxCents: 0, declinedCents: 0 });
    await clock.sleep(10 * minuteMs);
    const since = clock.now();
    shop.refund(second, { cents: 200, taxCents: 0, declinedCents: 0 });
    const found: StoreRefund[] = [];
    for await (const page of client().walkRefunds(new Date(since.getTime() - 1000))) found.push(...page);
    expect(found.map(({ orderExternalId }) => orderExternalId)).toEqual([second]);
  }),
];
