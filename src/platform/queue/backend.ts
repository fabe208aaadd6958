import type { Job, Processor, Queue, Worker } from 'bullmq';

type Producer = Pick<Queue, 'addBulk' | 'waitUntilReady' | 'close'>;
export type Consumer = Pick<Worker, 'waitUntilReady' | 'run' | 'close' | 'disconnect'> & {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'active', listener: () => void): unknown;
  on(event: 'failed', listener: (job: Job | undefined, error: Error) => void): unknown;
  on(event: 'stalled', listener: (jobId: string) => void): unknown;
};

export interface ConsumerOptions {
  readonly concurrency: number;
  readonly stalledAfterMs: number;
}

/** What differs between Redis and PostgreSQL. */
export interface Backend {
  /** A producer that is connected; rejects where the server is away. */
  producer(queue: string): Promise<Producer>;
  /** A worker that does not run yet; `waitUntilReady` may reject, and the worker is then of no further use. */
  consumer(queue: string, processor: Processor, options: ConsumerOptions): Consumer;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Nobody reads a finished job; a few failed ones help when looking into a fault. BullMQ never tries a job again: a sweep
 * finds unfinished work in the database, with its own attempts and due times.
 */
export const jobDefaults = { attempts: 1, removeOnComplete: true, removeOnFail: { count: 200, age: 7 * 24 * 3600 } };

/** BullMQ's event stream, which nothing here reads. */
export const streams = { events: { maxLen: 100 } };

/** A job may outlive this many deaths of its process before BullMQ gives it up as poison. */
export const consumerDefaults = ({ concurrency, stalledAfterMs }: ConsumerOptions) => ({
  autorun: false,
  concurrency,
  lockDuration: stalledAfterMs,
  stalledInterval: stalledAfterMs,
  maxStalledCount: 3,
  runRetryDelay: 1000,
});

/** One ready producer per queue. One that never became ready is thrown away: BullMQ remembers a failed start for good. */
export const producers = (create: (queue: string) => Producer) => {
  const ready = new Map<string, Promise<Producer>>();
  const start = async (queue: string): Promise<Producer> => {
    const producer = create(queue);
    try {
      await producer.waitUntilReady();
      return producer;
    } catch (error) {
      ready.delete(queue);
      await producer.close();
      throw error;
    }
  };
  return {
    get(queue: string): Promise<Producer> {
      const known = ready.get(queue) ?? start(queue);
      ready.set(queue, known);
      return known;
    },
    async close(): Promise<void> {
      const started = await Promise.allSettled(ready.values());
      await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
      ready.clear();
    },
  };
};
