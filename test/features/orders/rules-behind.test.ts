import { beforeEach, expect, it } from 'vitest';
import { rulesBehind } from '../../../src/features/orders/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { shopOrder } from '../../stores/bigcommerce/shop.ts';
import { testDatabase } from '../../support/database.ts';
import { channelRule, rulesOf, type World, world } from './world.ts';

let db: Database;
let w: World;
beforeEach(async () => {
  db ??= await testDatabase();
  w = await world(db);
});

const behind = async () => {
  const rows = await db.query<{ id: bigint; number: string }>('select id, number from "order" order by external_id');
  const found = await rulesBehind(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map(({ id }) => found.get(id));
};

it('an order names the rules that gave its partner and country, and none while it is to be decided again', async () => {
  const bySource = { gives: 'partner', from: { place: 'external_source' }, values: { POS: 'sud' } };
  await w.orders.importMappingRules(rulesOf(bySource, channelRule), { dryRun: false });
  w.shop.orders = [shopOrder(1, { channel_id: 7 }), shopOrder(2, { channel_id: 7, external_source: 'POS' })];
  await w.orders.syncStore(w.connection);
  expect(await behind()).toEqual([
    { partner: { rule: 2, place: 'channel' }, country: null },
    { partner: { rule: 1, place: 'external_source' }, country: null },
  ]);
  await w.orders.importMappingRules(rulesOf({ ...channelRule, values: { '7': 'sud' } }), { dryRun: false });
  expect(await behind()).toEqual([undefined, { partner: { rule: 1, place: 'channel' }, country: null }]);
  await w.orders.importMappingRules(rulesOf(), { dryRun: false });
  await w.orders.remap();
  expect(await behind()).toEqual([
    { partner: null, country: null },
    { partner: null, country: null },
  ]);
});
