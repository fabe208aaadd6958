import { createPostgresBackend, withBackend } from 'bullmq';
import pg from 'pg';
import { type Backend, consumerDefaults, jobDefaults, producers, streams } from './backend.ts';

const { Queue, Worker } = withBackend(createPostgresBackend);

/**
 * Queues in a schema of their own in the product's database. Workers are woken by LISTEN; without work each asks only twice
 * a minute. Connections: up to 2 for each queue added to, up to 5 for each worker (1 when idle).
 */
export const postgresBackend = (connectionString: string, namespace: string): Backend => {
  const connection = (name: string, max: number) => ({
    connectionString,
    schema: `${namespace.replace(/\W/g, '_')}_queue`,
    migrate: true,
    max,
    connectionTimeoutMillis: 2000,
    application_name: `${namespace}-${name}`,
    // A job is a hint: losing the last few in a crash of the server costs a sweep, waiting for the disk costs every add.
    options: '-c synchronous_commit=off',
  });
  const pool = new pg.Pool({ connectionString, max: 1, connectionTimeoutMillis: 2000, query_timeout: 4000 });
  // An idle connection that drops is replaced by the next call, which carries its own error.
  pool.on('error', () => undefined);

  const ready = producers((name) => {
    const queue = new Queue(name, {
      connection: { ...connection('producer', 2), query_timeout: 4000 },
      defaultJobOptions: jobDefaults,
      streams,
    });
    queue.on('error', () => undefined);
    return queue;
  });

  return {
    producer: (queue) => ready.get(queue),
    consumer: (queue, processor, options) =>
      new Worker(queue, processor, {
        ...consumerDefaults(options),
        drainDelay: 30,
        connection: connection('worker', Math.min(options.concurrency, 4)),
      }),
    async ping() {
      await pool.query('SELECT 1');
    },
    async close() {
      await ready.close();
      await pool.end();
    },
  };
};
