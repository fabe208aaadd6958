import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Product } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { connect } from '../../src/connect.ts';
import { importText } from '../../src/import.ts';
import { start } from '../../src/main.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { testDatabaseUrl } from '../support/database.ts';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port was given')),
      );
    });
  });

export interface RunningProduct {
  readonly product: Product;
  bring(what: string, text: string): Promise<void>;
  /** Connects a helpdesk or a store in mode `act`, webhook and all. */
  join(kind: string, settings: object): Promise<void>;
  /** The JSON of a GET with a token of these scopes. */
  get<Answer>(path: string, scopes?: 'read' | 'read,rates'): Promise<Answer>;
  text(path: string): Promise<string>;
  /** Stops it before the file ends. */
  stop(): Promise<void>;
}

/** A whole product, web and worker, on a database and a port of its own; stopped when the file ends. */
export const startProduct = async ({
  clock,
  currency = 'USD',
  timeZone = 'UTC',
  fxUrl = 'off',
}: {
  readonly clock: Clock;
  readonly currency?: string;
  readonly timeZone?: string;
  readonly fxUrl?: string;
}): Promise<RunningProduct> => {
  const databaseUrl = await testDatabaseUrl();
  const dataDir = await mkdtemp(join(tmpdir(), 'deskledger-product-'));
  atEndOfFile(() => rm(dataDir, { recursive: true }));
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    SECRET_KEY: 'a key for tests that nobody else uses',
    PORT: String(await freePort()),
    REPORTING_CURRENCY: currency,
    REPORTING_TIMEZONE: timeZone,
    FX_URL: fxUrl,
    ALLOW_PRIVATE_UPSTREAMS: 'true',
  });
  const running = await start(config, { web: true, worker: true, clock, log: pino({ level: 'silent' }) });
  atEndOfFile(() => running.stop());
  const { product, url } = running;
  const tokens = new Map<string, string>();
  const ask = async (path: string, scopes: string): Promise<Response> => {
    const token =
      tokens.get(scopes) ?? (await product.access.createToken({ name: `token ${tokens.size + 1}`, scopes })).token;
    tokens.set(scopes, token);
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };
  return {
    product,
    bring: async (what, text) => {
      await importText(product, what, text, { dryRun: false, actor: 'test' });
    },
    join: async (kind, settings) => {
      await connect(product, {
        kind,
        settings,
        mode: 'act',
        remoteSetup: product.helpdesks.has(kind),
        actor: 'test',
      });
    },
    get: async <Answer>(path: string, scopes = 'read,rates') => (await (await ask(path, scopes)).json()) as Answer,
    stop: () => running.stop(),
    text: async (path) => (await ask(path, 'read,rates')).text(),
  };
};
