import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

export interface TestRedis {
  readonly url: string;
  close(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
};

const canRun = async (): Promise<boolean> => {
  const probe = spawn('redis-server', ['--version'], { stdio: 'ignore' });
  const code = await Promise.race([once(probe, 'exit').then(([exit]) => exit), once(probe, 'error').then(() => 1)]);
  return code === 0;
};

const start = async (): Promise<TestRedis> => {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}/0`;
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: 100 });
  client.on('error', () => undefined);
  await client.ping();
  client.disconnect();
  return {
    url,
    async close() {
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/**
 * REDIS_URL where it is set, else a private redis-server from PATH on a free port, ended by its process id; null, loudly,
 * where none is installed. With DESKLEDGER_NO_SKIP=1 its absence is a failure.
 */
export const testRedis = async (): Promise<TestRedis | null> => {
  if (process.env.REDIS_URL) return { url: process.env.REDIS_URL, close: async () => undefined };
  if (await canRun()) return start();
  const message = 'redis-server is not installed: tests on Redis cannot run (apt-get install redis-server)';
  if (process.env.DESKLEDGER_NO_SKIP === '1') throw new Error(message);
  console.warn(`\n!!! SKIPPED: ${message}\n`);
  return null;
};
