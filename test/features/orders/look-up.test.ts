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

const want = (extra: { ticketId?: bigint; numbers?: string[]; email?: string | null }) => ({
  ticketId: 1n,
  numbers: [],
  email: null,
  since: new Date('2025-12-02T10:00:00Z'),
  ticketCreatedAt: w.clock.now(),
  ...extra,
});

describe('a live look-up', () => {
  it('stores the order of a number, and tells of it', async () => {
    w.shop.orders = [shopOrder(1001, { channel_id: 7 })];
    const { changed, unanswered } = await w.orders.lookUpLive([want({ numbers: ['#1001', ' 1001 '] })]);
    expect(changed).toHaveLength(1);
    expect(unanswered.size).toBe(0);
    expect(w.told).toEqual([[...changed]]);
    expect(await ledger(db)).toMatchObject([{ number: '1001', shares: 'nord 1000000 -' }]);
    expect(w.shop.calls).toHaveLength(2);
  });

  it('asks again for a number of no order only after a while', async () => {
    await w.orders.lookUpLive([want({ numbers: ['4711'] })]);
    const calls = w.shop.calls.length;
    await w.orders.lookUpLive([want({ numbers: ['4711'] })]);
    expect(w.shop.calls).toHaveLength(calls);
    w.clock.advance(11 * 60_000);
    w.shop.orders = [shopOrder(4711)];
    expect((await w.orders.lookUpLive([want({ numbers: ['4711'] })])).changed).toHaveLength(1);
  });

  it('asks for no number that cannot be one', async () => {
    await w.orders.lookUpLive([want({ numbers: ['', '  ', 'x'.repeat(65)] })]);
    expect(w.shop.calls).toEqual([]);
  });

  it('finds orders of an address that our copy does not reach', async () => {
    w.shop.orders = [shopOrder(1, { billing_address: { email: 'eva@example.com', country_iso2: 'NO' } }), shopOrder(2)];
    expect((await w.orders.lookUpLive([want({ email: 'eva@example.com' })])).changed).toHaveLength(1);
    expect(await ledger(db)).toMatchObject([{ number: '1', region: 'nordics' }]);
  });

  it('asks for no address where our copy is whole', async () => {
    await w.orders.syncStore(w.connection);
    w.shop.calls.length = 0;
    await w.orders.lookUpLive([want({ email: 'eva@example.com' })]);
    expect(w.shop.calls).toEqual([]);
    w.clock.advance(60_000);
    await w.orders.lookUpLive([want({ email: 'eva@example.com' })]);
    expect(w.shop.calls).toHaveLength(1);
  });

  it.each([
    new UpstreamError('401', { status: 401, retryable: false }),
    new UpstreamError('403', { status: 403, retryable: false }),
    new UpstreamError('down', { retryable: true }),
    new LimitReached('wait', 5000),
  ])('has tickets come again where the store does not answer: %s', async (fault) => {
    w.shop.faults.set('/v2/orders', fault);
    const wants = Array.from({ length: 30 }, (_, index) =>
      want({ ticketId: BigInt(index), email: `buyer${index}@example.com` }),
    );
    expect(await w.orders.lookUpLive(wants)).toEqual({
      changed: [],
      unanswered: new Set(wants.map((one) => one.ticketId)),
    });
    // A store that is away is not asked thirty times.
    expect(w.shop.calls.length).toBeLessThan(5);
    w.shop.faults.clear();
    expect((await w.orders.lookUpLive(wants)).unanswered.size).toBe(0);
  });

  it.each([400, 422])(
    'bug: a question the store refuses with %i had its ticket come round for ever',
    async (status) => {
      w.shop.orders = [shopOrder(1001)];
      const refusal = new UpstreamError('refused', { status, retryable: false });
      w.shop.faults.set('/v2/orders', refusal);
      const odd = want({ ticketId: 1n, email: 'o dd@example.com' });
      expect((await w.orders.lookUpLive([odd])).unanswered.size).toBe(0);
      w.shop.faults.clear();
      w.shop.calls.length = 0;
      const { changed, unanswered } = await w.orders.lookUpLive([odd, want({ ticketId: 2n, numbers: ['1001'] })]);
      expect([changed.length, unanswered.size]).toEqual([1, 0]);
      expect(w.shop.calls.filter(({ query }) => query.email !== undefined)).toEqual([]);
    },
  );

  it('lets a bug of ours through', async () => {
    w.shop.faults.set('/v2/orders', new TypeError('ours'));
    await expect(w.orders.lookUpLive([want({ email: 'eva@example.com' })])).rejects.toThrow('ours');
  });

  it('bug: every ticket of a lot listed connections and rules again, and asked alone', async () => {
    w.shop.orders = [shopOrder(1001), shopOrder(1002)];
    let lists = 0;
    const { list } = w.directory.connections;
    w.directory.connections.list = () => {
      lists += 1;
      return list();
    };
    expect(await w.orders.lookUpLive([want({}), want({ numbers: [' '] })])).toMatchObject({ changed: [] });
    expect(lists).toBe(0);
    const wants = ['1001', '1002', '1001'].map((number, index) => want({ ticketId: BigInt(index), numbers: [number] }));
    expect((await w.orders.lookUpLive(wants)).changed).toHaveLength(2);
    expect(lists).toBe(1);
    expect(w.shop.calls.filter(({ path }) => path === '/v2/orders/{id}')).toHaveLength(2);
    expect(w.told).toHaveLength(1);
  });

  it('writes over no newer state', async () => {
    w.shop.orders = [shopOrder(1001, { status_id: 2, date_modified: rfc('2026-02-20T00:00:00Z') })];
    await w.orders.syncStore(w.connection);
    w.shop.orders = [shopOrder(1001, { status_id: 1, channel_id: 7 })];
    expect((await w.orders.lookUpLive([want({ numbers: ['1001'] })])).changed).toEqual([]);
    expect(await db.query('select status_id from "order"')).toEqual([{ status_id: 2 }]);
  });
});

describe('whether a store knows an address', () => {
  const createdAt = new Date('2026-03-01T00:00:00Z');
  const known = async (email: string, numbers: string[] = []) =>
    (await w.orders.candidates(db, [{ ticketId: 1n, numbers, emailHash: w.vault.hashAddress(email), createdAt }])).get(
      1n,
    )?.requesterKnown;
  const ask = (email: string) => w.orders.askAddresses([{ ticketId: 1n, email }]);

  it('bug: a customer whose last order is old, or who has none yet, counted as unknown', async () => {
    await w.orders.syncStore(w.connection);
    w.shop.orders = [
      shopOrder(1, { billing_address: { email: 'old@example.com' }, date_created: rfc('2020-01-01T00:00:00Z') }),
    ];
    w.shop.customers.push({ id: 12, email: 'new@example.com' });
    expect(await known('old@example.com')).toBeNull();
    for (const email of ['old@example.com', 'new@example.com', 'nobody@example.com'])
      expect((await ask(email)).size).toBe(0);
    expect(await known('old@example.com')).toBe(true);
    expect(await known('new@example.com')).toBe(true);
    expect(await known('nobody@example.com')).toBe(false);
  });

  it('is asked once; that it is unknown, again after a day', async () => {
    w.shop.customers.push({ id: 12, email: 'eva@example.com' });
    const asking = async () => {
      w.shop.calls.length = 0;
      await w.another().askAddresses([
        { ticketId: 1n, email: 'eva@example.com' },
        { ticketId: 2n, email: 'EVA@example.com' },
        { ticketId: 3n, email: 'nobody@example.com' },
      ]);
      return w.shop.calls.length;
    };
    expect(await asking()).toBe(4);
    expect(await asking()).toBe(0);
    w.clock.advance(86_400_000);
    expect(await asking()).toBe(2);
  });

  it('stays open where the store does not answer', async () => {
    w.shop.faults.set('/v3/customers', new UpstreamError('down', { status: 503, retryable: true }));
    expect(await ask('nobody@example.com')).toEqual(new Set([1n]));
    expect(await known('nobody@example.com')).toBeNull();
    w.shop.faults.clear();
    expect((await ask('nobody@example.com')).size).toBe(0);
    expect(await known('nobody@example.com')).toBe(false);
  });

  it('is settled by a refusal of the address itself: the store has none such', async () => {
    w.shop.faults.set('/v2/orders', new UpstreamError('odd', { status: 422, retryable: false }));
    expect((await ask('o dd@example.com')).size).toBe(0);
    expect(await known('o dd@example.com')).toBe(false);
  });
});
