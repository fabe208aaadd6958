import { within } from '../deadline.ts';
import type { Log } from '../log.ts';
import type { Backend } from './backend.ts';
import { createDisturbance } from './disturbance.ts';
import { postgresBackend } from './postgres.ts';
import { redisBackend } from './redis.ts';
import { runWorker } from './worker.ts';

export interface QueueJob {
  readonly name: string;
  /** Plain JSON, and small: the row in the database is the truth, a job is only a hint to look at it. */
  readonly data: object;
  /**
   * While a job of this key waits, further ones are dropped; one that comes while it runs is run once more after it.
   */
  readonly dedupe?: string;
}

export type JobHandler = (data: unknown, name: string) => Promise<void>;

/** Hints that wake workers. A lost job loses nothing: the sweeps find the same work in the database. */
export interface Queues {
  /**
   * Adds jobs in as few calls as the backend allows. Rejects within seconds where the queue is down, so that a caller may
   * ignore it.
   */
  add(queue: string, jobs: readonly QueueJob[]): Promise<void>;
  /**
   * Runs `handler` for each job, `concurrency` at a time. A handler's error is logged and ends the job: trying again is the
   * sweeps' business. A job whose process died is run again. `close` waits for running handlers, at most `closeWithinMs`.
   */
  work(queue: string, handler: JobHandler, options: { readonly concurrency: number }): { close(): Promise<void> };
  /** Rejects within seconds where the queue does not answer. */
  ping(): Promise<void>;
  /** Closes the workers, then the producers. */
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly redisUrl?: string | undefined;
  readonly databaseUrl: string;
  readonly log: Log;
  /** Keeps installations that share one server apart: key prefix on Redis, part of the schema's name on PostgreSQL. */
  readonly namespace?: string;
  /** How long a job may be silent before it counts as that of a dead process. */
  readonly stalledAfterMs?: number;
  readonly closeWithinMs?: number;
}

/** Jobs per call: keeps one call short on either backend. */
const lot = 1000;
const addWithinMs = 5000;

/** BullMQ on Redis where `redisUrl` is given, else on PostgreSQL. */
export const createQueues = ({
  redisUrl,
  databaseUrl,
  log,
  namespace = 'deskledger',
  stalledAfterMs = 30_000,
  closeWithinMs = 10_000,
}: QueueOptions): Queues => {
  const backend: Backend = redisUrl ? redisBackend(redisUrl, namespace) : postgresBackend(databaseUrl, namespace);
  const disturbance = createDisturbance(log);
  const workers = new Set<{ close(): Promise<void> }>();
  let closing: Promise<void> | undefined;
  return {
    async add(queue, jobs) {
      for (let from = 0; from < jobs.length; from += lot) {
        const bulk = jobs.slice(from, from + lot).map(({ name, data, dedupe }) => ({
          name,
          data,
          opts: dedupe === undefined ? {} : { deduplication: { id: dedupe, keepLastIfActive: true } },
        }));
        const added = backend.producer(queue).then((producer) => producer.addBulk(bulk));
        try {
          await within(added, addWithinMs, `the queue did not take jobs for "${queue}"`);
        } catch (error) {
          disturbance.met(error, queue);
          throw error;
        }
        disturbance.well();
      }
    },
    work(queue, handler, { concurrency }) {
      const running = runWorker(backend, queue, handler, {
        concurrency,
        stalledAfterMs,
        closeWithinMs,
        log,
        disturbance,
      });
      const worker = {
        async close() {
          workers.delete(worker);
          await running.close();
        },
      };
      workers.add(worker);
      return worker;
    },
    ping: () => within(backend.ping(), addWithinMs, 'the queue did not answer'),
    close() {
      closing ??= Promise.all([...workers].map((worker) => worker.close())).then(() => backend.close());
      return closing;
    },
  };
};
