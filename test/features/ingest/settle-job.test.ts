import { expect, test } from 'vitest';
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
