import { expect, test } from 'vitest';
import { hourMs, minuteMs } from '../../../src/core/time.ts';
import { askForSeal, parseMonth, parseWeek, sealHandler } from '../../../src/features/books/index.ts';
import { createJobRunner, type Job } from '../../../src/features/directory/index.ts';
import * as ingest from '../../../src/features/ingest/index.ts';
import { partnerReport } from '../../../src/features/reports/index.ts';
import { reading } from '../ingest/fake-desk.ts';
import { type World, world } from '../ingest/world.ts';

const basis = { currency: 'USD', timeZone: 'UTC' };

/** A ticket of Monday 2 March whose 5 minutes of work nobody has pulled, a minute before the week ends. */
const openWork = async (): Promise<World> => {
  const w = await world();
  w.put('1');
  await w.deliver('1');
  w.clock.advance(7 * hourMs);
  await w.drain();
  w.clock.advance(Date.parse('2026-03-08T23:58:00Z') - w.clock.now().getTime());
  w.put('1', {
    updatedAt: w.clock.now(),
    history: {
      work: [reading('audit:1', 300)],
      touches: [],
      choices: { partner: [], region: [] },
      solvedAt: null,
      closedAt: null,
    },
  });
  await w.deliver('1', { urgency: 'later' });
  return w;
};

const sealing = (
  w: World,
  { walk = true, patienceMs = 10_000, seen = [] }: { walk?: boolean; patienceMs?: number; seen?: Job[] } = {},
) => {
  const handler = sealHandler({
    db: w.db,
    clock: w.clock,
    wall: w.clock,
    patienceMs,
    basis,
    connections: async () => await w.directory.connections.list(),
    walk: async ({ id, kind }) => {
      if (!walk) return;
      await w.db.query(
        `insert into sync_cursor (connection_id, stream, cursor, last_run_at) values ($1, $2, jsonb_build_object('endedAt', $3::text), $3::timestamptz)
         on conflict (connection_id, stream) do update set cursor = excluded.cursor, last_run_at = excluded.last_run_at`,
        [id, String(kind) === 'shop' ? 'orders' : 'tickets', w.clock.now().toISOString()],
      );
    },
    async gatherSome() {
      const due = await ingest.claimDue(w.db, w.clock.now());
      for (const lot of due) await w.first.gather(lot);
      const stale = await ingest.claimStale(w.db, w.clock.now());
      for (const lot of stale) await w.first.decide(lot);
      return due.length + stale.length > 0;
    },
  });
  const jobs = createJobRunner({ db: w.db, clock: w.clock, log: w.log, handlers: { seal: handler } });
  return async (period = parseWeek('2026-W10')): Promise<Job> =>
    jobs.follow(await askForSeal(w.db, period, { revise: false, actor: 'mia', now: w.clock.now(), ...basis }), {
      onProgress: (job) => seen.push(job),
    });
};

const week = (w: World, asOf?: 'seal') =>
  partnerReport(w.db, {
    from: '2026-03-02',
    to: '2026-03-08',
    groupBy: ['partner'],
    ...basis,
    costBasis: 'true',
    asOf,
  });

test('before a seal the work of open tickets is pulled, whatever hour it waits for', async () => {
  const w = await openWork();
  w.clock.advance(hourMs);
  expect((await week(w)).total.supportCost?.amount).toBe('0.000000');
  const job = await sealing(w)();
  expect(job).toMatchObject({
    state: 'done',
    error: null,
    done: 1,
    total: 1,
    result: { period: '2026-W10', revision: 1, made: true },
  });
  expect((await week(w, 'seal')).total.supportCost?.amount).toBe('3.000000');
  expect((await week(w, 'seal')).seal).toMatchObject({ kind: 'week', sealedBy: 'mia' });
  const again = await sealing(w)();
  expect(again.result).toMatchObject({ seal: (job.result as { seal: number }).seal, made: false });
});

test('a helpdesk that cannot be read keeps its period open, by name', async () => {
  const w = await openWork();
  w.clock.advance(hourMs);
  const job = await sealing(w, { walk: false })();
  expect(job.state).toBe('failed');
  expect(job.error).toContain('"desk": its changes were not read since');
  expect(await w.db.query('select 1 from seal')).toEqual([]);
});

test('work that cannot be pulled is waited for, and then the seal is refused with what is missing', async () => {
  const w = await openWork();
  w.clock.advance(hourMs);
  await w.db.query("update ticket set claimed_until = now() + interval '1 day'");
  const job = await sealing(w)();
  expect(job).toMatchObject({
    state: 'failed',
    done: 0,
    total: 1,
    error: expect.stringContaining('"desk": 1 ticket to be pulled'),
  });
  expect(w.clock.slept.filter((ms) => ms === 500).length).toBeGreaterThan(19);
});

test('a helpdesk in trouble is waited for a minute, and the job says meanwhile what it waits for', async () => {
  const w = await openWork();
  w.clock.advance(hourMs);
  await w.db.query("update ticket set claimed_until = now() + interval '1 day'");
  await w.db.query(
    "insert into connection_trouble (connection_id, area, state, text, next_step, since, failures, hold_until) select id, 'account', 'unreachable', 'away', 'wait', now(), 1, now() from connection",
  );
  const [seen, startedAtMs] = [[] as Job[], w.clock.now().getTime()];
  const job = await sealing(w, { patienceMs: hourMs, seen })();
  expect(job).toMatchObject({ state: 'failed', error: expect.stringContaining('"desk": 1 ticket to be pulled') });
  expect((w.clock.now().getTime() - startedAtMs) / minuteMs).toBeCloseTo(1, 1);
  expect(seen.at(-1)).toMatchObject({ done: 0, total: 1, error: '"desk": 1 ticket to be pulled' });
});

test('a period that is not over is refused at once, without a job', async () => {
  const w = await openWork();
  await expect(sealing(w)()).rejects.toThrow(/2026-W10 is not over/);
  await expect(sealing(w)(parseMonth('2026-03'))).rejects.toThrow(/2026-03 is not over/);
  expect(await w.db.query('select 1 from background_job')).toEqual([]);
});
