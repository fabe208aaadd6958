import { once } from 'node:events';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { AppError } from '../../core/errors.ts';
import { type Backend, consumerDefaults, jobDefaults, producers, streams } from './backend.ts';

const retryStrategy = (times: number): number => Math.min(times * 100, 2000);
const connectWithinMs = 1000;

/** Queues in Redis: one connection for all producers, two for each worker. */
export const redisBackend = (url: string, namespace: string): Backend => {
  const client = new Redis(url, {
    retryStrategy,
    // A producer must fail at once while Redis is away; commands that wait in memory would pile up and come late.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 2000,
    connectTimeout: 2000,
    connectionName: `${namespace}-producer`,
  });
  // Every call carries its own error; without a listener ioredis prints each failed reconnect.
  client.on('error', () => undefined);

  const connected = async (): Promise<void> => {
    if (client.status === 'ready') return;
    await once(client, 'ready', { signal: AbortSignal.timeout(connectWithinMs) }).catch((cause) => {
      throw new AppError('unavailable', 'Redis cannot be reached; see that it runs and that REDIS_URL names it', {
        cause,
      });
    });
  };
  const ready = producers((name) => {
    const queue = new Queue(name, { connection: client, prefix: namespace, defaultJobOptions: jobDefaults, streams });
    queue.on('error', () => undefined);
    return queue;
  });

  return {
    async producer(queue) {
      await connected();
      return ready.get(queue);
    },
    consumer: (queue, processor, options) =>
      new Worker(queue, processor, {
        ...consumerDefaults(options),
        prefix: namespace,
        connection: { url, retryStrategy, maxRetriesPerRequest: null, connectTimeout: 2000 },
      }),
    async ping() {
      await connected();
      await client.ping();
    },
    async close() {
      await ready.close();
      client.disconnect();
    },
  };
};
