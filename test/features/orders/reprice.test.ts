import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../../src/platform/database/open.ts';
import { writersEnded } from '../../../src/platform/database/under-way.ts';
import { rfc, shopOrder, shopRefund } from '../../stores/bigcommerce/shop.ts';
import { testDatabase } from '../../support/database.ts';
import { addRate, channelRule, ledger, refundLedger, rulesOf, type World, world } from './world.ts';

let db: Database;
let w: World;
beforeEach(async () => {
  db ??= await testDatabase();
  w = await world(db);
  await addRate(db, '2026-01-30', '1.10');
  await w.orders.importMappingRules(rulesOf(channelRule), { dryRun: false });
});

const sync = () => w.orders.syncStore(w.connection);

describe('a rate that comes late', () => {
  it('prices an order that had none', async () => {
    w.shop.orders = [shopOrder(1, { date_created: rfc('2026-01-20T10:00:00Z') })];
    w.shop.refunds.push(shopRefund(1, 1));
    await sync();
    expect((await ledger(db))[0]).toMatchObject({ reporting_micros: null, shares: 'direct 1000000 -' });
    expect(await refundLedger(db)).toMatchObject([
      { net_micros: 100_000_000n, reporting_micros: null, shares: 'direct -' },
    ]);
    await addRate(db, '2026-01-19', '1.2345675');
    expect(await w.orders.repriceOrders()).toHaveLength(1);
    expect((await ledger(db))[0]).toMatchObject({ reporting_micros: 123_456_750n, shares: 'direct 1000000 123456750' });
    expect(await refundLedger(db)).toMatchObject([{ reporting_micros: 123_456_750n, shares: 'direct 123456750' }]);
    expect(await w.orders.repriceOrders()).toEqual([]);
  });
});

describe('a rate that goes away', () => {
  it('bug: an order kept a rate that no table has any more, so that the hour of arrival decided what it brought', async () => {
    w.shop.orders = [shopOrder(1, { channel_id: 7 })];
    w.shop.refunds.push(shopRefund(1, 1));
    await sync();
    expect((await ledger(db))[0]?.reporting_micros).not.toBeNull();
    await db.query('delete from fx_rate');
    const days = { from: '2026-02-01', to: '2026-02-07' };
    expect(await w.orders.repriceOrders(days)).toHaveLength(1);
    expect((await ledger(db))[0]).toMatchObject({ reporting_micros: null, shares: 'nord 1000000 -' });
    expect(await refundLedger(db)).toMatchObject([{ reporting_micros: null, shares: 'nord -' }]);
    expect(await w.orders.repriceOrders(days)).toEqual([]);
    await addRate(db, '2026-01-31', '1.30');
    expect(await w.orders.repriceOrders(days)).toHaveLength(1);
    expect((await ledger(db))[0]?.reporting_micros).toBe(130_000_000n);
  });
});

describe('a rate that goes away while an order is being stored', () => {
  it('bug: who waited for writers passed an import that had read rates and written nothing yet, and its order kept the rate', async () => {
    w.shop.orders = [shopOrder(1, { channel_id: 7 })];
    const [held, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // Holds the import up between its read of the rates and its first write.
    const blocker = db.transaction(async (tx) => {
      await tx.query('lock table "order" in share mode');
      held.resolve();
      await free.promise;
    });
    await held.promise;
    const importing = sync();
    await vi.waitUntil(async () => {
      const waiting = await db.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return waiting.length > 0;
    });
    await db.query('delete from fx_rate');
    const letGo = async () => {
      free.resolve();
      await Promise.all([blocker, importing]);
    };
    await writersEnded(db, letGo);
    const days = { from: '2026-02-01', to: '2026-02-07' };
    await w.orders.repriceOrders(days);
    await letGo();
    expect(await ledger(db)).toMatchObject([{ reporting_micros: null, shares: 'nord 1000000 -' }]);
  });
});

describe('a rate that is another than the orders have', () => {
  beforeEach(async () => {
    w.shop.orders = [shopOrder(1, { channel_id: 7 }), shopOrder(2)];
    await sync();
    w.told.length = 0;
  });

  it('bug: an order kept the rate of the hour it arrived in', async () => {
    w.shop.refunds.push(shopRefund(1, 1));
    await sync();
    await addRate(db, '2026-01-31', '1.30');
    expect(await w.orders.repriceOrders({ from: '2026-02-02', to: null })).toEqual([]);
    const repriced = await w.orders.repriceOrders({ from: '2026-02-01', to: '2026-02-07' });
    expect(repriced).toHaveLength(2);
    expect((await ledger(db))[0]).toMatchObject({ reporting_micros: 130_000_000n, shares: 'nord 1000000 130000000' });
    expect(await refundLedger(db)).toMatchObject([{ reporting_micros: 130_000_000n, shares: 'nord 130000000' }]);
    expect(w.told).toEqual([]);
    expect(await w.orders.repriceOrders({ from: '2026-02-01', to: '2026-02-07' })).toEqual([]);
    // One that arrives after the rate has the same.
    w.shop.orders.push(shopOrder(3, { date_modified: rfc('2026-02-20T10:00:00Z') }));
    await sync();
    expect((await ledger(db))[2]?.reporting_micros).toBe(130_000_000n);
  });

  it('prices only the orders whose rate differs, also where it is worth nothing', async () => {
    w.shop.orders.push(
      shopOrder(3, {
        total_ex_tax: '0',
        total_inc_tax: '0',
        total_tax: '0',
        date_modified: rfc('2026-02-20T10:00:00Z'),
      }),
      shopOrder(4, { default_currency_code: 'USD', date_modified: rfc('2026-02-20T10:00:00Z') }),
    );
    await sync();
    await addRate(db, '2026-01-31', '1.30');
    const days = { from: '2026-02-01', to: '2026-02-07' };
    expect(await w.orders.repriceOrders(days)).toHaveLength(3);
    expect(await w.orders.repriceOrders(days)).toEqual([]);
  });
});
