import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { vi } from 'vitest';
import type { Product } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { connect } from '../../src/connect.ts';
import { dayMs, hourMs } from '../../src/core/time.ts';
import { importText } from '../../src/import.ts';
import { start } from '../../src/main.ts';
import { pacedClock } from '../../src/platform/clock.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { testDatabaseUrl } from '../support/database.ts';

export interface Simulation {
  readonly sandbox: Sandbox;
  readonly product: Product;
  /** The JSON of a GET with a token of these scopes. */
  get<Answer>(path: string, scopes?: 'read' | 'rates'): Promise<Answer>;
  text(path: string): Promise<string>;
  /** Lets clock time pass until nothing is due, nobody is still to answer and no open ticket's work is unread. */
  settle(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

/** Wall time for setting up before the first day begins. */
const setUpMs = 4_000;
/** Customers answer within this time of their mail. */
const patienceMs = 21 * hourMs;

/**
 * Plays days of the marketplace against a real product, at many times the wall's speed: real webhooks, clients, queue,
 * mails and survey pages. Resolves when the days are over and all is settled; everything is closed when the file ends.
 */
export const simulate = async (options: {
  readonly seed: string;
  readonly days: number;
  readonly scale: number;
  /** Clock milliseconds per wall millisecond. */
  readonly speed: number;
  readonly currency: string;
  readonly timeZone: string;
}): Promise<Simulation> => {
  const { seed, days, scale, speed, currency, timeZone } = options;
  const databaseUrl = await testDatabaseUrl();
  const dataDir = await mkdtemp(join(tmpdir(), 'deskledger-simulation-'));
  atEndOfFile(() => rm(dataDir, { recursive: true }));
  const startMs = Date.parse('2026-03-20T00:00:00Z');
  const clock = pacedClock({ wallStartMs: Date.now() + setUpMs, startMs, endMs: startMs + 1000 * dayMs, speed });
  const sandbox = await createSandbox({ clock, seed, startsAt: new Date(startMs), days, scale, limits: 'off' });
  atEndOfFile(() => sandbox.close());
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    SECRET_KEY: 'a key for tests that nobody else uses',
    PORT: String(await freePort()),
    REPORTING_CURRENCY: currency,
    REPORTING_TIMEZONE: timeZone,
    FX_URL: sandbox.fx.url,
    ALLOW_PRIVATE_UPSTREAMS: 'true',
  });
  const running = await start(config, { web: true, worker: true, clock, log: pino({ level: 'silent' }) });
  atEndOfFile(() => running.stop());
  const { product } = running;

  const { inputs } = sandbox;
  const bring = (what: string, text: string) => importText(product, what, text, { dryRun: false, actor: 'test' });
  await bring('partners', inputs.partners);
  await bring('regions', inputs.regions);
  await bring('mapping-rules', inputs.mappingRules);
  await bring('ticket-rules', inputs.ticketRules);
  await bring('fx', inputs.fx);
  const connecting = { actor: 'test', mode: 'act' as const };
  await connect(product, {
    ...connecting,
    kind: 'zendesk',
    settings: sandbox.zendesk.settings,
    remoteSetup: true,
  });
  await connect(product, {
    ...connecting,
    kind: 'bigcommerce',
    settings: sandbox.bigcommerce.settings,
    remoteSetup: false,
  });
  await bring('agents', inputs.agents);
  await bring('rates', inputs.rates);
  const tokens = {
    read: (await product.access.createToken({ name: 'reader', scopes: 'read' })).token,
    rates: (await product.access.createToken({ name: 'controller', scopes: 'read,rates' })).token,
  };

  const ask = async (path: string, scopes: 'read' | 'rates'): Promise<Response> => {
    const answer = await fetch(`${running.url}${path}`, { headers: { authorization: `Bearer ${tokens[scopes]}` } });
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };
  const simulation: Simulation = {
    sandbox,
    product,
    get: async <Answer>(path: string, scopes: 'read' | 'rates' = 'rates') =>
      (await (await ask(path, scopes)).json()) as Answer,
    text: async (path) => (await ask(path, 'rates')).text(),
    async settle() {
      await sandbox.zendesk.idle();
      const since = clock.now();
      await vi.waitUntil(
        async () => {
          const [row] = await product.db.query<{ left: bigint; read: boolean; mailedAt: Date | null }>(
            `select (select count(*) from ticket where due_at is not null or deep_due_at is not null or stale_since is not null)
                    + (select count(*) from wanted_tag where state = 'pending')
                    + (select count(*) from invitation where state in ('pending', 'sending')) as left,
                    (select bool_and(seen_until > $1) from sync_cursor where stream in ('orders', 'refunds', 'tickets')) as read,
                    (select max(sent_at) from invitation) as "mailedAt"`,
            [since],
          );
          const answered = !row?.mailedAt || clock.now().getTime() > row.mailedAt.getTime() + patienceMs;
          const { pending } = await simulation.get<{ pending: number }>('/api/v1/status');
          return row?.left === 0n && row.read && answered && pending === 0;
        },
        { timeout: 60_000, interval: 200 },
      );
    },
  };
  sandbox.answerSurveys({ outboxDir: product.outboxDir });
  await sandbox.play({ signal: new AbortController().signal, endAfterDays: true });
  await simulation.settle();
  return simulation;
};
