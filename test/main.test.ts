import { once } from 'node:events';
import { createServer } from 'node:http';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { AppError } from '../src/core/errors.ts';
import { listenFailure, start } from '../src/main.ts';
import { catchingUpClock } from '../src/platform/clock.ts';
import { temporaryFolder } from './simulation/server.ts';
import { vendors } from './simulation/vendors.ts';
import { atEndOfFile } from './support/cleanup.ts';
import { freePort } from './support/cli.ts';
import { testDatabase, testDatabaseUrl } from './support/database.ts';

const startMs = Date.parse('2026-03-02T10:00:00Z');
const clock = catchingUpClock({ startMs, speed: 10 });

/** A server between us and the helpdesk that keeps answers to itself while it is shut. */
const holdingProxy = async (target: string, holds: (path: string) => boolean) => {
  const waiting: (() => void)[] = [];
  let shut = true;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { authorization: String(request.headers.authorization), 'content-type': 'application/json' },
      ...(chunks.length > 0 && { body: new Uint8Array(Buffer.concat(chunks)) }),
    });
    const text = await answer.text();
    if (shut && holds(request.url ?? '')) await new Promise<void>((resolve) => waiting.push(resolve));
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEndOfFile(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    url: `http://127.0.0.1:${address.port}`,
    waiting,
    open() {
      shut = false;
      for (const resolve of waiting.splice(0)) resolve();
    },
  };
};

const configFor = async (databaseUrl: string, env: Readonly<Record<string, string>> = {}) =>
  loadConfig({
    DATABASE_URL: databaseUrl,
    DATA_DIR: await temporaryFolder(),
    SECRET_KEY: 'k'.repeat(32),
    PORT: String(await freePort()),
    FX_URL: 'off',
    ALLOW_PRIVATE_UPSTREAMS: 'true',
    LOG_LEVEL: 'silent',
    WORKER_PORT: '0',
    ...env,
  });

test('a graceful stop finishes the ticket that is being gathered', async () => {
  const at = await vendors(clock);
  const proxy = await holdingProxy(at.zendesk.url, (path) => path.includes('/tickets/show_many'));
  const config = await configFor(await testDatabaseUrl());
  const running = await start(config, { web: true, worker: true, clock });
  Object.assign(at.zendesk, { settings: { ...at.zendesk.settings, baseUrl: proxy.url } });
  await at.setUp(running.product);
  const { id } = at.open('eva@example.com');
  await at.zendesk.idle();
  await vi.waitUntil(() => proxy.waiting.length > 0, { timeout: 10_000 });
  const stopped = running.stop();
  proxy.open();
  await stopped;

  const after = await start(config, { web: false, worker: false, clock });
  atEndOfFile(() => after.stop());
  const [row] = await after.product.db.query<{ settled: boolean; claimed_until: Date | null }>(
    'select settled_seq = dirty_seq as settled, claimed_until from ticket where external_id = $1',
    [String(id)],
  );
  expect(row).toEqual({ settled: true, claimed_until: null });
}, 30_000);

test('a graceful stop answers the delivery that is being stored', async () => {
  const at = await vendors(clock);
  const other = await testDatabase();
  const config = await configFor(other.url);
  const running = await start(config, { web: true, worker: false, clock });
  await at.setUp(running.product);
  const blocked = Promise.withResolvers<void>();
  const holding = Promise.withResolvers<void>();
  const lock = other.transaction(async (tx) => {
    await tx.query('lock table delivery in access exclusive mode');
    holding.resolve();
    await blocked.promise;
  });
  await holding.promise;
  at.open('eva@example.com');
  await vi.waitUntil(async () => {
    const [row] = await other.query<{ n: bigint }>(
      "select count(*) as n from pg_stat_activity where wait_event_type = 'Lock' and query like '%into delivery%'",
    );
    return (row?.n ?? 0n) > 0n;
  });
  const stopped = running.stop();
  blocked.resolve();
  await Promise.all([stopped, lock]);
  await at.zendesk.idle();
  expect(at.zendesk.delivery).toMatchObject({ delivered: 1, lost: 0, retried: 0 });
  expect(await other.query('select state from delivery')).toEqual([{ state: 'stored' }]);
}, 30_000);

test('a port that is taken is said plainly, and nothing is left running', async () => {
  const config = await configFor(await testDatabaseUrl());
  const first = await start(config, { web: true, worker: false, clock });
  await expect(start(config, { web: true, worker: false, clock })).rejects.toThrow(`Port ${config.port}`);
  await first.stop();
});

test.each(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EACCES'])(
  'bug: an address that cannot be listened on ended in a stack: %s',
  (code) => {
    const cause = Object.assign(new Error(`listen ${code} 192.0.2.1`), { code });
    const failure = listenFailure(cause, { host: 'nowhere.invalid', port: 80 });
    expect(failure).toBeInstanceOf(AppError);
    expect((failure as AppError).message).toMatch(/nowhere\.invalid.*set it to|port 80; set PORT/);
    expect(listenFailure(failure, { host: '', port: 0 })).toBe(failure);
  },
);

test('bug: a HOST of another machine ended in a stack', async () => {
  const config = await configFor(await testDatabaseUrl(), { HOST: '192.0.2.1' });
  await expect(start(config, { web: true, worker: false, clock })).rejects.toThrow(
    /HOST 192\.0\.2\.1 is no address of this machine/,
  );
});

test('bug: a worker that could not stop left the database open', async () => {
  const stuck = { ...clock, every: () => ({ stop: () => Promise.reject(new Error('the sweep does not end')) }) };
  const config = await configFor(await testDatabaseUrl());
  const running = await start(config, { web: true, worker: true, clock: stuck });
  const { db } = running.product;
  expect(await db.query('select 1 as n')).toEqual([{ n: 1 }]);
  await expect(running.stop()).rejects.toThrow('the sweep does not end');
  await expect(db.query('select 1 as n')).rejects.toThrow('PostgreSQL');
  await expect(fetch(`${running.url}/healthz`)).rejects.toThrow('fetch failed');
});

test('bug: a start that failed behind its listening went on answering', async () => {
  const broken = {
    ...clock,
    every: () => {
      throw new Error('no sweep can be started');
    },
  };
  const config = await configFor(await testDatabaseUrl());
  await expect(start(config, { web: true, worker: true, clock: broken })).rejects.toThrow('no sweep can be started');
  await expect(fetch(`http://${config.host}:${config.port}/healthz`)).rejects.toThrow('fetch failed');
});

test('a worker alone answers /readyz on its own port; the second one on the machine says what to set and works on', async () => {
  const port = await freePort();
  const databaseUrl = await testDatabaseUrl();
  const worker = async () => {
    const lines: string[] = [];
    const log = pino({ base: null, level: 'warn' }, { write: (line) => void lines.push(line) });
    const config = await configFor(databaseUrl, { WORKER_PORT: String(port) });
    const running = await start(config, { web: false, worker: true, clock, log });
    atEndOfFile(() => running.stop());
    return { running, lines };
  };
  const first = await worker();
  expect(first.running).toMatchObject({ url: null, probesUrl: `http://127.0.0.1:${port}` });
  expect((await fetch(`${first.running.probesUrl}/readyz`)).status).toBe(200);
  expect(first.lines).toEqual([]);

  const second = await worker();
  expect(second.running.probesUrl).toBeNull();
  expect(second.lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 40, msg: expect.stringMatching(new RegExp(`${port}.*WORKER_PORT`)) },
  ]);
  await first.running.stop();
  await expect(fetch(`http://127.0.0.1:${port}/readyz`)).rejects.toThrow('fetch failed');
  // It works: what waits to be folded into the daily totals is gone soon.
  const { db } = second.running.product;
  await db.query(
    "insert into rollup_delta (day, measured, microseconds, cost_micros) values ('2026-03-01', true, 1000000, 1)",
  );
  await vi.waitUntil(async () => (await db.query('select 1 from rollup_delta')).length === 0, { timeout: 15_000 });
  await second.running.stop();
});

test('a worker listens nowhere with WORKER_PORT=0, and a process with the web role has no second port', async () => {
  const alone = await start(await configFor(await testDatabaseUrl()), { web: false, worker: true, clock });
  expect(alone.probesUrl).toBeNull();
  await alone.stop();
  const port = await freePort();
  const config = await configFor(await testDatabaseUrl(), { WORKER_PORT: String(port) });
  const both = await start(config, { web: true, worker: true, clock });
  expect(both.probesUrl).toBeNull();
  await expect(fetch(`http://127.0.0.1:${port}/readyz`)).rejects.toThrow('fetch failed');
  await both.stop();
});
