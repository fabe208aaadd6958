import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Refused, UpstreamError } from '../../../src/core/errors.ts';
import {
  claimJob,
  endJob,
  enqueueJob,
  listJobs,
  loadJob,
  mostJobAttempts,
} from '../../../src/features/directory/jobs.ts';
import { createJobRunner, type JobHandler } from '../../../src/features/directory/run-jobs.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { standingClock } from '../../support/standing-clock.ts';

let db: Database;
const clock = standingClock();
const log = pino({ level: 'silent' });
const never = new AbortController().signal;

beforeEach(async () => {
  db ??= await testDatabase();
  await db.query('delete from background_job');
});

const ask = (kind = 'count', wanted: object = { to: 3 }) =>
  enqueueJob(db, { kind, wanted, askedBy: 'ada', now: clock.now() });
const runner = (handler: JobHandler) => createJobRunner({ db, clock, log, handlers: { count: handler } });
/** The lease of every job has run out: its worker was killed. */
const loseLeases = () => db.query("update background_job set claimed_until = now() - interval '1 s'");

describe('a background job', () => {
  it('is done once, with its progress and its result', async () => {
    const id = await ask();
    const seen: (number | null)[][] = [];
    const { runNext } = runner(async (job, { progress }) => {
      const { to } = job.wanted as { to: number };
      for (let done = 1; done <= to; done += 1) await progress({ done, total: to, stand: { done } });
      const { done, total, stand, state } = await loadJob(db, id);
      seen.push([done, total]);
      return { counted: to, stand, state };
    });
    expect(await runNext(never)).toBe(true);
    expect(await runNext(never)).toBe(false);
    expect(seen).toEqual([[3, 3]]);
    expect(await loadJob(db, id)).toMatchObject({
      state: 'done',
      askedBy: 'ada',
      result: { counted: 3, stand: { done: 3 }, state: 'running' },
      startedAt: clock.now(),
      endedAt: clock.now(),
      error: null,
    });
  });

  it('goes on where a killed worker stood, and the killed one writes nothing more', async () => {
    const id = await ask();
    const begun: unknown[] = [];
    let late: (() => Promise<void>) | undefined;
    const first = runner(async (job, { progress }) => {
      begun.push(job.stand);
      await progress({ done: 2, total: 3, stand: { after: 2 } });
      await loseLeases();
      await second.runNext(never);
      late = () => progress({ done: 1, total: 3, stand: { after: 1 } });
      return late();
    });
    const second = runner(async (job) => {
      begun.push(job.stand);
      return { after: job.stand };
    });
    await first.runNext(never);
    expect(begun).toEqual([null, { after: 2 }]);
    expect(await loadJob(db, id)).toMatchObject({
      state: 'done',
      done: 2,
      attempts: 2,
      result: { after: { after: 2 } },
    });
    await expect(late?.()).rejects.toThrow('another worker');
  });

  it('is given back at once by a worker that stops', async () => {
    const id = await ask();
    const stopping = new AbortController();
    await runner(async (_job, { progress, stop }) => {
      await progress({ done: 1, total: 3, stand: { after: 1 } });
      stopping.abort();
      stop.throwIfAborted();
    }).runNext(stopping.signal);
    expect(await loadJob(db, id)).toMatchObject({ state: 'running', attempts: 0, stand: { after: 1 } });
    expect(await runner(async () => 'rest').runNext(never)).toBe(true);
    expect(await loadJob(db, id)).toMatchObject({ state: 'done', result: 'rest' });
  });

  it('fails at once for what is wrong with it, in words', async () => {
    const id = await ask();
    await runner(async () => {
      throw new Refused('Rule 2 names nobody');
    }).runNext(never);
    expect(await loadJob(db, id)).toMatchObject({ state: 'failed', error: 'Rule 2 names nobody', result: null });
  });

  it('bug: a no to what was asked was an error line with a stack and the paths of this machine', async () => {
    const lines: Record<string, unknown>[] = [];
    const told = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) });
    const failing = async (error: Error) => {
      lines.length = 0;
      await ask();
      const handlers = { count: () => Promise.reject(error) };
      await createJobRunner({ db, clock, log: told, handlers }).runNext(never);
      return lines.map(({ level, outcome, reason, err }) => ({ level, outcome, reason, stack: err !== undefined }));
    };
    expect(await failing(new Refused('The month is not over'))).toEqual([
      { level: 30, outcome: 'refused', reason: 'The month is not over', stack: false },
    ]);
    expect(await failing(new Error('a fault of ours'))).toMatchObject([{ level: 40, stack: true }]);
  });

  it('is tried again where the outside failed, a bounded number of times, and tells no words of a database', async () => {
    const id = await ask();
    const { runNext } = runner(async () => {
      throw new UpstreamError('The store is away', { retryable: true });
    });
    await runNext(never);
    expect(await loadJob(db, id)).toMatchObject({ state: 'running', error: 'The store is away' });
    expect(await runNext(never)).toBe(false);
    await loseLeases();
    await runner(async () => {
      throw new Error('duplicate key (email)=(ada@example.com)');
    }).runNext(never);
    expect((await loadJob(db, id)).error).not.toContain('example.com');
    for (let attempt = 2; attempt < mostJobAttempts; attempt += 1) {
      await loseLeases();
      await runNext(never);
    }
    expect(await loadJob(db, id)).toMatchObject({ state: 'failed', attempts: mostJobAttempts });
  });

  it('that kills each of its workers ends as failed', async () => {
    const id = await ask();
    for (let attempt = 0; attempt < mostJobAttempts; attempt += 1) {
      await claimJob(db, { kinds: ['count'], now: clock.now() });
      await loseLeases();
    }
    await runner(async () => 'never').runNext(never);
    expect(await loadJob(db, id)).toMatchObject({ state: 'failed', error: expect.stringContaining('5 times') });
  });

  it('waits for another of its kind, and not for one of another', async () => {
    const first = await ask();
    const second = await ask();
    const other = await ask('other');
    const kinds = ['count', 'other'];
    const claims = await Promise.all([1, 2, 3].map(() => claimJob(db, { kinds, now: clock.now() })));
    expect(claims.flatMap((job) => (job ? [job.id] : [])).sort((a, b) => Number(a - b))).toEqual([first, other]);
    expect(await claimJob(db, { kinds, only: second, now: clock.now() })).toBeNull();
  });

  it('is followed to its end by whoever asked, here or elsewhere', async () => {
    const id = await ask();
    const shown: number[] = [];
    const { follow } = runner(async (_job, { progress }) => {
      await progress({ done: 1, total: 1 });
      return 'here';
    });
    const job = await follow(id, { onProgress: ({ done }) => shown.push(done) });
    expect(job).toMatchObject({ state: 'done', result: 'here' });
    expect(shown).toEqual([1]);

    const elsewhere = await ask();
    const held = await claimJob(db, { kinds: ['count'], now: clock.now() });
    const looks: string[] = [];
    const ended = await follow(elsewhere, {
      onProgress: ({ state }) => {
        looks.push(state);
        void loseLeases();
      },
    });
    expect(held?.id).toBe(elsewhere);
    expect(looks[0]).toBe('running');
    expect(ended.state).toBe('done');
  });

  it('is listed, the newest first, in pages', async () => {
    const ids = [await ask(), await ask(), await ask('other')];
    expect((await listJobs(db, { limit: 2 })).map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect((await listJobs(db, { limit: 2, after: ids[1] ?? null })).map(({ id }) => id)).toEqual([ids[0]]);
    expect((await listJobs(db, { limit: 9, kind: 'other', state: 'queued' })).map(({ id }) => id)).toEqual([ids[2]]);
  });

  it('is forgotten 90 days after its end', async () => {
    const id = await ask();
    await runner(async () => null).runNext(never);
    clock.advance(91 * 86_400_000);
    await ask();
    await expect(loadJob(db, id)).rejects.toThrow('There is no job');
  });
});

it('bug: whoever followed a job of another worker waited for ever under a clock that nobody moves', async () => {
  const id = await ask();
  const still = { ...clock, sleep: () => new Promise<void>(() => undefined) };
  const theirs = await claimJob(db, { kinds: ['count'], now: clock.now() });
  const jobs = createJobRunner({ db, clock: still, wall: clock, log, handlers: { count: async () => 'mine' } });
  const following = jobs.follow(id, {
    onProgress: () => void endJob(db, theirs ?? { id, attempts: 0 }, { result: 'theirs', now: clock.now() }),
  });
  expect((await following).result).toBe('theirs');
});
