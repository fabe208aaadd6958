import { describe, expect, test } from 'vitest';
import { settleWork } from '../../../src/features/costing/index.ts';
import type { Job } from '../../../src/features/directory/index.ts';
import { createSettleJob } from '../../../src/features/ingest/settle-job.ts';
import { testDatabase } from '../../support/database.ts';
import { standingClock } from '../../support/standing-clock.ts';
import { now, openLedger, reading, wholly } from '../costing/ledger.ts';

test('bug: work that was being settled while a rate changed kept the old one, so that the hour of arrival decided its cost', async () => {
  const db = await testDatabase();
  const ledger = await openLedger(db);
  await ledger.rates('default,,30,USD,2026-01-01');
  const ticketId = await ledger.ticket();
  await db.query('update ticket set snapshot_at = $2 where id = $1', [ticketId, now]);
  const basis = { currency: 'USD', timeZone: 'UTC' };
  const [settled, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const underWay = db.transaction(async (tx) => {
    await tx.query('select id from ticket where id = $1 for update', [ticketId]);
    const ticket = { ticketId, connectionId: ledger.connection.id, channel: 'email' as const, shares: wholly('nord') };
    await settleWork(tx, {
      tickets: [{ ...ticket, readings: [reading()], attributionVersion: 1, reprice: false }],
      reportingCurrency: basis.currency,
      reportingTimezone: basis.timeZone,
      now,
    });
    settled.resolve();
    await commit.promise;
  });
  await settled.promise;
  await ledger.rates('default,,60,USD,2026-01-01');

  const job = createSettleJob({
    sql: db,
    clock: standingClock(now.toISOString()),
    basis,
    orders: { repriceOrders: async () => [] },
    async decide({ ticketIds }) {
      await ledger.settle(ticketIds.map((id) => ({ ticketId: id, reprice: true })));
      await db.query('update ticket set stale_since = null, claimed_until = null where id = any($1::bigint[])', [
        ticketIds,
      ]);
    },
  });
  await job({ wanted: { from: '2026-01-01', to: null, reprice: true } } as Job, {
    progress: async () => undefined,
    stop: new AbortController().signal,
    async rest() {
      commit.resolve();
      await underWay;
    },
  });
  commit.resolve();
  await underWay;
  expect((await ledger.cost(ticketId))?.[0]).toBe(10_000_000n);
  expect(await ledger.toReprice('2026-01-01')).toEqual([]);
});

describe('while somebody writes', () => {
  /** A job that finds a transaction open; `rest` is told how often it rested. */
  const jobBeside = async (rest: (nth: number) => void, { stop = new AbortController().signal } = {}) => {
    const db = await testDatabase();
    const open = Promise.withResolvers<void>();
    const [written, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const writer = db
      .transaction(async (tx) => {
        await tx.query("insert into setting (key, value, updated_at) values ('open', '1', now())");
        written.resolve();
        await open.promise;
      })
      .finally(ended.resolve);
    await written.promise;
    const said: object[] = [];
    let rests = 0;
    const job = createSettleJob({
      sql: db,
      clock: standingClock(now.toISOString()),
      basis: { currency: 'USD', timeZone: 'UTC' },
      orders: { repriceOrders: async () => [] },
      decide: async () => undefined,
    });
    const running = job(
      { wanted: { from: '2026-01-01', to: null, reprice: true }, done: 0, total: null } as unknown as Job,
      {
        async progress(progress) {
          said.push({ rests, ...progress });
        },
        stop,
        async rest() {
          rests += 1;
          rest(rests);
          if (rests < 3) return;
          open.resolve();
          await ended.promise;
        },
      },
    );
    const outcome = await running.then(
      () => 'done',
      (error: unknown) => error,
    );
    open.resolve();
    await writer;
    return { said, rests, outcome };
  };

  test('bug: the job told nothing of itself, so that its lease ended and another worker took it', async () => {
    const { said, outcome } = await jobBeside(() => undefined);
    expect(outcome).toBe('done');
    expect(said.slice(0, 3)).toEqual([1, 2, 3].map((rests) => ({ rests, done: 0, total: null })));
  });

  test('bug: a worker that stopped asked the database again and again', async () => {
    const stop = new AbortController();
    const { rests, outcome } = await jobBeside((nth) => nth === 2 && stop.abort(), { stop: stop.signal });
    expect([rests, outcome]).toEqual([2, stop.signal.reason]);
  });
});
