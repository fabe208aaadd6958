import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { compose, type Product } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { atEndOfFile } from './cleanup.ts';
import { testDatabaseUrl } from './database.ts';
import { holdToDescription } from './described-answers.ts';
import { standingClock } from './standing-clock.ts';

/**
 * The whole product on a database of its own, without any role started; `lines` is what it logged. What its app answers to
 * `inject` is held to the API's description.
 */
export const testProduct = async ({
  clock = standingClock(),
  env = {},
}: {
  clock?: Clock;
  env?: Readonly<Record<string, string>>;
} = {}): Promise<{ product: Product; lines: string[] }> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'deskledger-product-'));
  atEndOfFile(() => rm(dataDir, { recursive: true }));
  const lines: string[] = [];
  const config = loadConfig({
    DATABASE_URL: await testDatabaseUrl(),
    SECRET_KEY: 'k'.repeat(32),
    DATA_DIR: dataDir,
    PUBLIC_URL: 'https://desk.example.com',
    FX_URL: 'off',
    ALLOW_PRIVATE_UPSTREAMS: 'true',
    ...env,
  });
  const log = pino({ base: null, level: 'trace' }, { write: (line) => void lines.push(line) });
  const product = await compose(config, { clock, log });
  atEndOfFile(() => product.close());
  return { product: { ...product, buildApp: async () => holdToDescription(await product.buildApp()) }, lines };
};
