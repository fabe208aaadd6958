import { beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/features/directory/index.ts';
import { activeRules, mappingCoverage, rulesHeld, unmappedValues } from '../../../src/features/orders/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { shopOrder } from '../../stores/bigcommerce/shop.ts';
import { testDatabase } from '../../support/database.ts';
import { channelRule, rulesOf, sellerRule, type World, world } from './world.ts';

let db: Database;
let w: World;
let bags: Connection;
beforeEach(async () => {
  db ??= await testDatabase();
  w = await world(db);
  bags = await w.directory.connections.create({ kind: 'shop', settings: { name: 'bags' } });
  // Both stores have an order of the channel that each of them calls 7.
  w.shop.orders = [shopOrder(1, { channel_id: 7 })];
  for (const store of [w.connection, bags]) await w.orders.syncStore(store);
});

const load = (...rules: unknown[]) => w.orders.importMappingRules(rulesOf(...rules), { dryRun: false });
const ofBags = { gives: 'partner', store: 'bags', from: { place: 'channel' }, values: { '7': 'sud' } };
const byStore = (values: Record<string, string>, gives = 'partner') => ({ gives, from: { place: 'store' }, values });

/** Partner and country of the one order of each store. */
const borne = async () =>
  Object.fromEntries(
    (
      await db.query<{ id: number; partner: string | null; country: string }>(
        'select o.connection_id as id, s.partner, o.country from "order" o join order_share s on s.order_id = o.id',
      )
    ).map(({ id, partner, country }) => [id === bags.id ? 'bags' : 'lamps', `${partner ?? '?'} ${country}`]),
  );

describe('rules of one store', () => {
  it('bug: a channel of one store was bound in every store', async () => {
    await load(ofBags, channelRule);
    await w.orders.remap();
    expect(await borne()).toEqual({ lamps: 'nord SE', bags: 'sud SE' });
  });

  it('decide what is stored anew as well', async () => {
    await load(ofBags, channelRule);
    w.shop.orders = [shopOrder(2, { channel_id: 7 })];
    await w.orders.lookUpLive([
      { ticketId: 1n, numbers: ['2'], email: null, since: w.clock.now(), ticketCreatedAt: w.clock.now() },
    ]);
    const rows = await db.query<{ id: number; partner: string }>(
      `select o.connection_id as id, s.partner from "order" o join order_share s on s.order_id = o.id where number = '2' order by 1`,
    );
    expect(rows).toEqual([
      { id: w.connection.id, partner: 'nord' },
      { id: bags.id, partner: 'sud' },
    ]);
  });

  it('may say whose all orders of a store are, and where they went', async () => {
    await load(byStore({ bags: 'nord' }), byStore({ lamps: 'DE' }, 'country'));
    await w.orders.remap();
    expect(await borne()).toEqual({ lamps: 'direct DE', bags: 'nord SE' });
  });

  it('have the dearer places of that store alone asked for', async () => {
    await load({ ...sellerRule, store: 'bags' });
    const asked = async (store: Connection) => {
      w.shop.calls.length = 0;
      await w.orders.syncStore(store);
      return w.shop.calls.filter(({ path }) => path.includes('metafields')).length;
    };
    expect([await asked(w.connection), await asked(bags)]).toEqual([0, 1]);
  });

  it('name a store that is none', async () => {
    await expect(load({ ...ofBags, store: 'hats' })).rejects.toMatchObject({
      faults: [{ field: 'rule 1, store', reason: '"hats" is no store; known are lamps, bags' }],
    });
  });

  it('go with a store that is renamed, and hold when it is disconnected', async () => {
    await load(ofBags, byStore({ bags: 'nord', lamps: 'direct' }));
    await w.directory.connections.changeSettings(bags.id, { name: 'sacks' });
    const renamed = [{ ...ofBags, store: 'sacks' }, byStore({ sacks: 'nord', lamps: 'direct' })];
    expect(await activeRules(db)).toEqual(renamed);
    expect(await load(...renamed)).toMatchObject({ unchanged: 2, changed: 0 });
    await w.directory.connections.disable(bags.id);
    await w.orders.remap();
    expect(await borne()).toEqual({ lamps: 'direct SE', bags: 'sud SE' });
    expect(await load(...renamed)).toMatchObject({ unchanged: 2, changed: 0 });
  });

  it('are told apart on a dry run and in what they leave open', async () => {
    await load(channelRule);
    const given = rulesOf({ ...ofBags, values: { '7': 'ost' } }, channelRule);
    expect(await w.orders.importMappingRules(given, { dryRun: true })).toMatchObject({
      preview: [
        { gives: 'partner', store: 'bags', from: 'channel', values: '7: ost' },
        { gives: 'partner', from: 'channel' },
      ],
      warnings: [expect.stringContaining('rule 1: "7" maps to "ost"')],
    });
    await w.orders.importMappingRules(given, { dryRun: false });
    await w.orders.remap();
    expect(await unmappedValues(db, { limit: 10 })).toMatchObject([
      { gives: 'partner', place: 'channel', store: 'bags', value: '7', orders: 1 },
    ]);
    const books = { partners: await w.directory.partners(), regions: await w.directory.regions() };
    expect((await mappingCoverage(db, { ...(await rulesHeld(db)), ...books }, 10)).rules).toEqual([
      { rule: 1, gives: 'partner', store: 'bags', place: 'channel', decided: 1, unmapped: 1 },
      { rule: 2, gives: 'partner', store: null, place: 'channel', decided: 1, unmapped: 0 },
    ]);
  });
});
