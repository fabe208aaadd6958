import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createQueues, type QueueOptions, type Queues } from '../../../src/platform/queue/queues.ts';
import { testDatabase } from '../../support/database.ts';
import { testRedis } from '../../support/redis.ts';

const database = await testDatabase();
const redis = await testRedis();
afterAll(() => redis?.close());

const backends: { backend: string; server: Pick<QueueOptions, 'redisUrl' | 'databaseUrl'> | null }[] = [
  { backend: 'Redis', server: redis && { redisUrl: redis.url, databaseUrl: database.url } },
  { backend: 'PostgreSQL', server: { databaseUrl: database.url } },
];

/** A promise that the test settles, so that nothing waits by the clock. */
const deferred = () => Promise.withResolvers<void>();

for (const { backend, server } of backends) {
  describe.skipIf(!server)(`queues on ${backend}`, { timeout: 20_000 }, () => {
    let namespace: string;
    let logged: Record<string, unknown>[];
    let opened: Queues[];

    const open = (options: Partial<QueueOptions> = {}): Queues => {
      const log = pino({ level: 'warn' }, { write: (line: string) => logged.push(JSON.parse(line)) });
      const queues = createQueues({ databaseUrl: '', ...server, log, namespace, ...options });
      opened.push(queues);
      return queues;
    };
    beforeEach(() => {
      namespace = `test_${randomUUID().slice(0, 8)}`;
      logged = [];
      opened = [];
    });
    afterEach(() => Promise.all(opened.map((queues) => queues.close())));

    /** Collects what a queue hands out and tells when a number of jobs has come. */
    const collect = (queues: Queues, queue: string, concurrency = 4) => {
      const seen: { data: unknown; name: string }[] = [];
      const waits: { count: number; reached: () => void }[] = [];
      queues.work(
        queue,
        async (data, name) => {
          seen.push({ data, name });
          for (const { count, reached } of waits) if (seen.length >= count) reached();
        },
        { concurrency },
      );
      return {
        seen,
        async reach(count: number) {
          if (seen.length >= count) return;
          const { promise, resolve } = deferred();
          waits.push({ count, reached: resolve });
          await promise;
        },
      };
    };

    it('hands each job with its name and data to a handler of its queue alone', async () => {
      const queues = open();
      const gather = collect(queues, 'gather');
      const act = collect(queues, 'act');
      await queues.add('gather', [
        { name: 'lot', data: { connection: 7, tickets: ['1', '2'] } },
        { name: 'lot', data: { connection: 8, tickets: [] } },
      ]);
      await queues.add('act', [{ name: 'tags', data: { ticket: '1' } }]);
      await Promise.all([gather.reach(2), act.reach(1)]);
      expect(gather.seen).toEqual([
        { name: 'lot', data: { connection: 7, tickets: ['1', '2'] } },
        { name: 'lot', data: { connection: 8, tickets: [] } },
      ]);
      expect(act.seen).toEqual([{ name: 'tags', data: { ticket: '1' } }]);
    });

    it('drops a job whose key waits, and runs once more for one that comes while its key runs', async () => {
      const queues = open();
      const started = deferred();
      const release = deferred();
      const done = deferred();
      const seen: unknown[] = [];
      queues.work(
        'gather',
        async (data) => {
          seen.push(data);
          if (seen.length === 1) {
            started.resolve();
            await release.promise;
          }
          if ((data as { last?: boolean }).last) done.resolve();
        },
        { concurrency: 1 },
      );
      await queues.add('gather', [{ name: 'lot', data: { n: 1 }, dedupe: 'ticket-1' }]);
      await started.promise;
      await queues.add('gather', [{ name: 'lot', data: { n: 2 }, dedupe: 'ticket-1' }]);
      await queues.add('gather', [{ name: 'lot', data: { n: 3 }, dedupe: 'ticket-1' }]);
      await queues.add('gather', [
        { name: 'lot', data: { n: 4 }, dedupe: 'ticket-2' },
        { name: 'lot', data: { n: 5 }, dedupe: 'ticket-2' },
      ]);
      release.resolve();
      await queues.add('gather', [{ name: 'end', data: { last: true } }]);
      await done.promise;
      const numbers = seen.map((data) => (data as { n?: number }).n).filter((n) => n !== undefined);
      expect(numbers.filter((n) => n === 4 || n === 5)).toEqual([4]);
      // The key that ran is run once more, with the last of what came meanwhile; it may be behind the end marker.
      expect(numbers.filter((n) => n < 4).slice(0, 1)).toEqual([1]);
      expect(numbers).not.toContain(2);
    });

    it('runs the kept job after the one of its key that ran', async () => {
      const queues = open();
      const started = deferred();
      const release = deferred();
      const again = deferred();
      let runs = 0;
      queues.work(
        'gather',
        async () => {
          runs++;
          if (runs === 1) {
            started.resolve();
            await release.promise;
          } else again.resolve();
        },
        { concurrency: 2 },
      );
      await queues.add('gather', [{ name: 'lot', data: {}, dedupe: 'ticket-1' }]);
      await started.promise;
      await queues.add('gather', [{ name: 'lot', data: {}, dedupe: 'ticket-1' }]);
      expect(runs).toBe(1);
      release.resolve();
      await again.promise;
      expect(runs).toBe(2);
    });

    it("logs a handler's error and goes on with the next job", async () => {
      const queues = open();
      const next = deferred();
      queues.work(
        'act',
        async (_, name) => {
          if (name === 'bad') throw new Error('the vendor is away');
          next.resolve();
        },
        { concurrency: 1 },
      );
      await queues.add('act', [
        { name: 'bad', data: {} },
        { name: 'good', data: {} },
      ]);
      await next.promise;
      expect(logged).toContainEqual(
        expect.objectContaining({
          msg: 'job failed',
          queue: 'act',
          job: 'bad',
          err: expect.objectContaining({ message: 'the vendor is away' }),
        }),
      );
    });

    it('shares jobs among workers: each is run once', async () => {
      const first = open();
      const second = open();
      const one = collect(first, 'gather');
      const two = collect(second, 'gather');
      const jobs = Array.from({ length: 200 }, (_, n) => ({ name: 'lot', data: { n } }));
      await first.add('gather', jobs);
      await vi.waitFor(() => expect(one.seen.length + two.seen.length).toBe(200), { timeout: 5000, interval: 5 });
      const numbers = [...one.seen, ...two.seen].map(({ data }) => (data as { n: number }).n);
      expect(numbers.toSorted((a, b) => a - b)).toEqual(jobs.map(({ data }) => data.n));
    });

    it('waits for running handlers when it closes', async () => {
      const queues = open();
      const started = deferred();
      const release = deferred();
      let finished = false;
      const worker = queues.work(
        'act',
        async () => {
          started.resolve();
          await release.promise;
          finished = true;
        },
        { concurrency: 1 },
      );
      await queues.add('act', [{ name: 'tags', data: {} }]);
      await started.promise;
      const closing = worker.close();
      expect(finished).toBe(false);
      release.resolve();
      await closing;
      expect(finished).toBe(true);
    });

    it('gives up waiting for a handler that never ends, and another worker runs its job again', async () => {
      const dying = open({ closeWithinMs: 50, stalledAfterMs: 400 });
      const started = deferred();
      dying.work(
        'act',
        () => {
          started.resolve();
          return new Promise(() => undefined);
        },
        { concurrency: 1 },
      );
      await dying.add('act', [{ name: 'tags', data: { ticket: '9' } }]);
      await started.promise;
      await dying.close();
      expect(logged).toContainEqual(expect.objectContaining({ msg: expect.stringContaining('jobs are run again') }));
      const heir = collect(open({ stalledAfterMs: 400 }), 'act');
      await heir.reach(1);
      expect(heir.seen).toEqual([{ name: 'tags', data: { ticket: '9' } }]);
    });

    it('hands out each of more jobs than one call adds, once', { timeout: 60_000 }, async () => {
      const queues = open();
      const jobs = Array.from({ length: 2500 }, (_, n) => ({ name: 'lot', data: { n }, dedupe: `ticket-${n}` }));
      await queues.add('gather', jobs);
      const { seen, reach } = collect(queues, 'gather', 20);
      await reach(jobs.length);
      const numbers = seen.map(({ data }) => (data as { n: number }).n).toSorted((a, b) => a - b);
      expect(numbers).toEqual(jobs.map(({ data }) => data.n));
    });

    it('answers a ping', async () => {
      await expect(open().ping()).resolves.toBeUndefined();
    });
  });
}
