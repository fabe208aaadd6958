import { beforeEach, describe, expect, it } from 'vitest';
import { dayMs, hourMs } from '../../../src/core/time.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { rfc, shopMetafield, shopOrder } from '../../stores/bigcommerce/shop.ts';
import { testDatabase } from '../../support/database.ts';
import { addRate, channelRule, ledger, rulesOf, sellerRule, type World, world } from './world.ts';

let db: Database;
let w: World;
beforeEach(async () => {
  db ??= await testDatabase();
  w = await world(db);
  await addRate(db, '2026-01-30', '1.10');
  await w.orders.importMappingRules(rulesOf(sellerRule, channelRule), { dryRun: false });
});

const sync = () => w.orders.syncStore(w.connection);

describe('metafields', () => {
  it('are there when their order is first stored', async () => {
    w.shop.orders = [shopOrder(1), shopOrder(2, { channel_id: 8 })];
    w.shop.metafields.push(shopMetafield(1, 'N-1', '2026-02-01T10:00:05+00:00'));
    await sync();
    expect((await ledger(db)).map(({ shares }) => shares.split(' ')[0])).toEqual(['nord', 'sud']);
    expect(w.told).toHaveLength(1);
    expect(w.shop.calls.filter(({ path }) => path === '/v3/orders/{id}/metafields')).toEqual([]);
  });

  it('change an order that itself did not change', async () => {
    w.shop.orders = [shopOrder(1)];
    await sync();
    w.shop.metafields.push(shopMetafield(1, 'sud', '2026-03-02T11:00:00+00:00'));
    w.clock.advance(2 * hourMs);
    expect((await sync()).changed).toHaveLength(1);
    expect((await ledger(db))[0]?.shares).toContain('sud');
  });

  it('stay with an order that changes without them', async () => {
    w.shop.orders = [shopOrder(1)];
    w.shop.metafields.push(shopMetafield(1, 'nord', '2026-02-01T10:00:05+00:00'));
    await sync();
    w.clock.advance(dayMs);
    w.shop.orders[0] = shopOrder(1, { status_id: 2, date_modified: rfc('2026-03-03T09:00:00Z') });
    await sync();
    expect((await ledger(db))[0]?.shares).toContain('nord');
  });

  it('bug: one that was taken away with a change of its order went on deciding', async () => {
    w.shop.orders = [shopOrder(1), shopOrder(2)];
    w.shop.metafields.push(shopMetafield(1, 'nord', '2026-02-01T10:00:05+00:00'));
    await sync();
    w.shop.metafields.length = 0;
    w.clock.advance(dayMs);
    for (const index of [0, 1])
      w.shop.orders[index] = shopOrder(index + 1, { status_id: 2, date_modified: rfc('2026-03-03T09:00:00Z') });
    w.shop.calls.length = 0;
    await sync();
    expect((await ledger(db)).map(({ shares }) => shares.split(' ')[0])).toEqual(['direct', 'direct']);
    // An order that had none has lost none.
    expect(w.shop.calls.filter(({ path }) => path === '/v3/orders/{id}/metafields')).toHaveLength(1);
  });

  it('bug: one that was taken away without a change of its order went on deciding for ever', async () => {
    w.shop.orders = [shopOrder(1), shopOrder(2)];
    w.shop.metafields.push(
      shopMetafield(1, 'nord', '2026-02-01T10:00:05+00:00'),
      shopMetafield(2, 'sud', '2026-02-01T10:00:05+00:00'),
    );
    await sync();
    w.shop.metafields.shift();
    w.clock.advance(6 * dayMs);
    await sync();
    expect((await ledger(db))[0]?.shares).toContain('nord');
    w.clock.advance(dayMs);
    w.told.length = 0;
    await sync();
    expect((await ledger(db)).map(({ shares }) => shares.split(' ')[0])).toEqual(['direct', 'sud']);
    expect(w.told).toHaveLength(1);
    w.shop.calls.length = 0;
    await sync();
    expect(w.shop.calls.filter(({ path }) => path === '/v3/orders/{id}/metafields')).toEqual([]);
  });

  it('bug: those of a whole store were held in memory until its orders came', async () => {
    w.shop.mostRows = 50;
    for (let id = 1; id <= 120; id += 1) {
      w.shop.orders.push(shopOrder(id));
      w.shop.metafields.push(shopMetafield(id, 'nord', '2026-02-01T10:00:05+00:00'));
    }
    const stored = async () =>
      Number((await db.query<{ n: bigint }>('select count(*) as n from order_metafield'))[0]?.n);
    const last = w.shop.metafields.pop();
    w.shop.metafields.push({ ...last, value: { no: 'text' } });
    await expect(sync()).rejects.toThrow('a metafield');
    expect(await stored()).toBe(100);
    w.shop.metafields[119] = last ?? {};
    await w.another().syncStore(w.connection);
    expect(await stored()).toBe(120);
    expect((await ledger(db)).filter(({ shares }) => shares.startsWith('nord'))).toHaveLength(120);
  });

  it('of an order that is looked up are stored, and stay at the next sync', async () => {
    await sync();
    w.shop.orders = [shopOrder(1)];
    w.shop.metafields.push(shopMetafield(1, 'nord', '2026-02-01T10:00:05+00:00'));
    await w.orders.lookUpLive([
      { ticketId: 1n, numbers: ['1'], email: null, since: w.clock.now(), ticketCreatedAt: w.clock.now() },
    ]);
    w.clock.advance(dayMs);
    w.shop.orders[0] = shopOrder(1, { date_modified: rfc('2026-03-03T09:00:00Z') });
    await sync();
    expect((await ledger(db))[0]?.shares).toContain('nord');
  });

  it('of an old order that is new to us are asked for', async () => {
    w.shop.orders = [shopOrder(1, { date_created: rfc('2020-01-01T00:00:00Z') })];
    w.shop.metafields.push(shopMetafield(1, 'nord', '2020-01-01T00:00:00+00:00'));
    await sync();
    expect((await ledger(db))[0]?.shares).toContain('nord');
  });

  it('that a rule newly names are fetched from the import on, without walking the orders again', async () => {
    await w.orders.importMappingRules(rulesOf(channelRule), { dryRun: false });
    w.shop.orders = [
      shopOrder(1, { date_modified: rfc('2026-02-01T10:00:00Z') }),
      shopOrder(2, { date_modified: rfc('2026-02-27T10:00:00Z') }),
    ];
    w.shop.metafields.push(shopMetafield(1, 'nord', '2026-02-01T10:00:05+00:00'));
    await sync();
    expect((await ledger(db))[0]?.shares).toContain('direct');
    w.clock.advance(dayMs);
    await w.orders.importMappingRules(rulesOf(sellerRule, channelRule), { dryRun: false });
    expect(await sync()).toMatchObject({ orders: 1 });
    expect((await ledger(db))[0]?.shares).toContain('nord');
  });
});

describe('a form field that a rule newly names', () => {
  it('is fetched from the import on', async () => {
    w.shop.orders = [
      shopOrder(1, { billing_address: { country_iso2: 'SE', form_fields: [{ name: 'Partner', value: 'sud' }] } }),
    ];
    await sync();
    const [plain] = await db.query<{ places: { formFields: unknown } }>('select places from "order"');
    expect(plain?.places.formFields).toEqual({});
    await w.orders.importMappingRules(rulesOf({ gives: 'partner', from: { place: 'form_field', name: 'Partner' } }), {
      dryRun: false,
    });
    w.shop.orders.push(shopOrder(2, { date_modified: rfc('2026-03-01T00:00:00Z') }));
    expect(await sync()).toMatchObject({ orders: 2 });
    expect((await ledger(db))[0]?.shares).toContain('sud');
  });
});
