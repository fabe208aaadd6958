import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createQueues, type Queues } from '../../../src/platform/queue/queues.ts';
import { testDatabase } from '../../support/database.ts';
import { type Gate, gateBefore } from '../../support/gate.ts';
import { testRedis } from '../../support/redis.ts';

const database = await testDatabase();
const redis = await testRedis();
afterAll(() => redis?.close());

const backends = [
  { backend: 'Redis', target: redis?.url, options: (url: string) => ({ redisUrl: url, databaseUrl: '' }) },
  { backend: 'PostgreSQL', target: database.url, options: (url: string) => ({ databaseUrl: url }) },
];

for (const { backend, target, options } of backends) {
  describe.skipIf(!target)(`an outage of ${backend}`, { timeout: 20_000 }, () => {
    let gate: Gate;
    let queues: Queues;
    const job = { name: 'lot', data: {} };

    beforeEach(async () => {
      gate = await gateBefore(target ?? '');
      queues = createQueues({
        ...options(gate.url),
        log: pino({ level: 'silent' }),
        namespace: `test_${randomUUID().slice(0, 8)}`,
        closeWithinMs: 500,
      });
    });
    afterEach(async () => {
      await queues.close();
      await gate.close();
    });

    /** Adds until the queue takes the job: a producer comes back a moment after its server. */
    const addWhenBack = () => vi.waitFor(() => queues.add('gather', [job]), { timeout: 10_000, interval: 25 });

    it('at the start: adding fails at once, and the worker runs as soon as the server is there', async () => {
      const { promise: ran, resolve } = Promise.withResolvers<void>();
      queues.work('gather', async () => resolve(), { concurrency: 2 });
      const startMs = performance.now();
      await expect(queues.add('gather', [job])).rejects.toThrow();
      await expect(queues.ping()).rejects.toThrow();
      expect(performance.now() - startMs).toBeLessThan(5000);
      await gate.open();
      await addWhenBack();
      await ran;
    });

    it('in the middle: adding fails at once, and worker and producer come back by themselves', async () => {
      let resolveRun: () => void = () => undefined;
      const nextRun = () => new Promise<void>((resolve) => (resolveRun = resolve));
      await gate.open();
      queues.work('gather', async () => resolveRun(), { concurrency: 2 });
      const before = nextRun();
      await queues.add('gather', [job]);
      await before;

      await gate.shut();
      const startMs = performance.now();
      await expect(queues.add('gather', [job])).rejects.toThrow();
      expect(performance.now() - startMs).toBeLessThan(5000);

      const after = nextRun();
      await gate.open();
      await addWhenBack();
      await after;
    });

    it('as silence: adding fails within seconds', async () => {
      await gate.open();
      await queues.add('gather', [job]);
      gate.freeze();
      await expect(queues.add('gather', [job])).rejects.toThrow();
      await gate.shut();
    });

    it('does not hold up the end of the program', async () => {
      queues.work('gather', async () => undefined, { concurrency: 2 });
      await expect(queues.add('gather', [job])).rejects.toThrow();
      const startMs = performance.now();
      await queues.close();
      expect(performance.now() - startMs).toBeLessThan(4000);
    });
  });
}
