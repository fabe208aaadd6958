import { beforeEach, describe, expect, it } from 'vitest';
import { LimitReached, UpstreamError } from '../../../src/core/errors.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { rfc, shopOrder } from '../../stores/bigcommerce/shop.ts';
import { testDatabase } from '../../support/database.ts';
import { channelRule, ledger, rulesOf, type World, world } from './world.ts';

let db: Database;
let w: World;
beforeEach(async () => {
  db ??= await testDatabase();
  w = await world(db);
  await w.orders.importMappingRules(rulesOf(channelRule), { dryRun: false });
});

const want = (extra: { numbers?: string[]; email?: string | null }) => ({
  numbers: [],
  email: null,
  since: new Date('2025-12-02T10:00:00Z'),
  ticketCreatedAt: w.clock.now(),
  ...extra,
});

describe('a live look-up', () => {
  it('stores the order of a number, and tells of it', async () => {
    w.shop.orders = [shopOrder(1001, { channel_id: 7 })];
    const ids = await w.orders.lookUpLive(want({ numbers: ['#1001', ' 1001 '] }));
    expect(ids).toHaveLength(1);
    expect(w.told).toEqual([[...ids]]);
    expect(await ledger(db)).toMatchObject([{ number: '1001', shares: 'nord 1000000 -' }]);
    expect(w.shop.calls).toHaveLength(1);
  });

  it('asks again for a number of no order only after a while', async () => {
    await w.orders.lookUpLive(want({ numbers: ['4711'] }));
    const calls = w.shop.calls.length;
    await w.orders.lookUpLive(want({ numbers: ['4711'] }));
    expect(w.shop.calls).toHaveLength(calls);
    w.clock.advance(11 * 60_000);
    w.shop.orders = [shopOrder(4711)];
    expect(await w.orders.lookUpLive(want({ numbers: ['4711'] }))).toHaveLength(1);
  });

  it('asks for no number that cannot be one', async () => {
    await w.orders.lookUpLive(want({ numbers: ['', '  ', 'x'.repeat(65)] }));
    expect(w.shop.calls).toEqual([]);
  });

  it('finds orders of an address that our copy does not reach', async () => {
    w.shop.orders = [shopOrder(1, { billing_address: { email: 'eva@example.com', country_iso2: 'NO' } }), shopOrder(2)];
    expect(await w.orders.lookUpLive(want({ email: 'eva@example.com' }))).toHaveLength(1);
    expect(await ledger(db)).toMatchObject([{ number: '1', region: 'nordics' }]);
  });

  it('asks for no address where our copy is whole', async () => {
    await w.orders.syncStore(w.connection);
    w.shop.calls.length = 0;
    await w.orders.lookUpLive(want({ email: 'eva@example.com' }));
    expect(w.shop.calls).toEqual([]);
    w.clock.advance(60_000);
    await w.orders.lookUpLive(want({ email: 'eva@example.com' }));
    expect(w.shop.calls).toHaveLength(1);
  });

  it('blames no ticket for a store that does not answer', async () => {
    const failing = async (error: Error) => {
      w.shop.afterPage = () => {
        throw error;
      };
      return w
        .another()
        .lookUpLive(want({ email: 'eva@example.com' }))
        .catch((thrown: unknown) => thrown);
    };
    expect(await failing(new UpstreamError('401', { status: 401, retryable: false }))).toMatchObject({
      code: 'upstream',
      retryable: true,
    });
    expect(await failing(new UpstreamError('down', { retryable: true }))).toMatchObject({ message: 'down' });
    expect(await failing(new LimitReached('wait', 5000))).toBeInstanceOf(LimitReached);
  });

  it('writes over no newer state', async () => {
    w.shop.orders = [shopOrder(1001, { status_id: 2, date_modified: rfc('2026-02-20T00:00:00Z') })];
    await w.orders.syncStore(w.connection);
    w.shop.orders = [shopOrder(1001, { status_id: 1, channel_id: 7 })];
    expect(await w.orders.lookUpLive(want({ numbers: ['1001'] }))).toEqual([]);
    expect(await db.query('select status_id from "order"')).toEqual([{ status_id: 2 }]);
  });
});
