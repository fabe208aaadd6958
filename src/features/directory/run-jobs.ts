import { AppError, Conflict, LimitReached, UpstreamError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import type { Log } from '../../platform/log.ts';
import {
  claimJob,
  endJob,
  type Job,
  type JobProgress,
  loadJob,
  mostJobAttempts,
  noteJobProgress,
  releaseJob,
} from './jobs.ts';

/** What a job's kind does: from `job.stand` on, telling its progress at least every few seconds. Resolves to the result. */
export type JobHandler = (
  job: Job,
  context: {
    /** Stores how far it is; throws where the job is no longer this worker's. */
    readonly progress: (progress: JobProgress) => Promise<void>;
    /** The worker stops: throw its reason after the current lot. */
    readonly stop: AbortSignal;
    /** A short pause where others are at work on what is left; it ends early when the worker stops. */
    readonly rest: () => Promise<void>;
  },
) => Promise<unknown>;

export interface JobRunner {
  /** Works on one job, if one is free. Resolves to whether there was one. */
  runNext(stop: AbortSignal): Promise<boolean>;
  /** Waits for a job's end, working on it here where nobody else does. `stop` leaves it to the workers. */
  follow(id: bigint, options?: { readonly onProgress?: (job: Job) => void; readonly stop?: AbortSignal }): Promise<Job>;
}

const lookEveryMs = 500;

/** Of an expected failure its own words; what else fails says only that the log has it: a database's words quote rows. */
const wordsOf = (error: unknown): string =>
  error instanceof AppError ? error.message : 'It failed for a reason that the log of its worker names';

/** Not the fault of what was asked: it may go well later. */
const passes = (error: unknown): boolean =>
  !(error instanceof AppError) ||
  error instanceof LimitReached ||
  error.code === 'unavailable' ||
  (error instanceof UpstreamError && error.retryable);

/** Runs background jobs, each kind by its handler. Rows are the truth: a job whose worker was killed goes on at another one. */
export const createJobRunner = (deps: {
  readonly db: Database;
  readonly clock: Clock;
  /** The wall's time, in which other processes are waited for; absent: the clock's. */
  readonly wall?: Clock;
  readonly log: Log;
  readonly handlers: Readonly<Record<string, JobHandler>>;
}): JobRunner => {
  const { db, clock, wall = clock, log, handlers } = deps;
  const kinds = Object.keys(handlers);

  const run = async (job: Job, stop: AbortSignal, onProgress?: (job: Job) => void): Promise<void> => {
    const handler = handlers[job.kind];
    const line = { step: 'job', job: String(job.id), kind: job.kind, attempt: job.attempts };
    const fail = async (error: string): Promise<void> => {
      await endJob(db, job, { error, now: clock.now() });
      log.error({ ...line, outcome: 'failed' }, 'job');
    };
    if (!handler || job.attempts > mostJobAttempts)
      return fail(job.error ?? `It was begun ${mostJobAttempts} times and never came to its end; see the log`);
    let taken = false;
    try {
      const result = await handler(job, {
        stop,
        rest: () => wall.sleep(lookEveryMs, stop),
        async progress(progress) {
          try {
            await noteJobProgress(db, job, progress);
          } catch (error) {
            taken = error instanceof Conflict;
            throw error;
          }
          onProgress?.({ ...job, done: progress.done, total: progress.total, error: progress.waitsFor ?? null });
        },
      });
      await endJob(db, job, { result, now: clock.now() });
      log.info({ ...line, outcome: 'done' }, 'job');
    } catch (error) {
      if (taken) return;
      if (stop.aborted) return releaseJob(db, job, { stopped: true });
      if (error instanceof AppError && !passes(error)) {
        // A no to what was asked: whoever asked reads it of the job.
        await endJob(db, job, { error: error.message, now: clock.now() });
        log.info({ ...line, outcome: 'refused', code: error.code, reason: error.message }, 'job');
        return;
      }
      log.warn({ ...line, err: error }, 'a job met a failure');
      if (job.attempts >= mostJobAttempts) return fail(wordsOf(error));
      await releaseJob(db, job, { stopped: false, error: wordsOf(error) });
    }
  };

  return {
    async runNext(stop) {
      const job = await claimJob(db, { kinds, now: clock.now() });
      if (!job) return false;
      await run(job, stop);
      return true;
    },

    async follow(id, { onProgress, stop = new AbortController().signal } = {}) {
      for (;;) {
        const mine = stop.aborted ? null : await claimJob(db, { kinds, only: id, now: clock.now() });
        if (mine) await run(mine, stop, onProgress);
        const job = await loadJob(db, id);
        if (job.state === 'done' || job.state === 'failed' || stop.aborted) return job;
        onProgress?.(job);
        await wall.sleep(lookEveryMs, stop);
      }
    },
  };
};
