import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { joinEmbeddedPostgres } from '../../src/platform/database/embedded.ts';
import { migrate } from '../../src/platform/database/migrate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The run's PostgreSQL server. */
    databaseUrl: string;
  }
}

/** Every test database is a copy of this one. */
export const templateDatabase = 'template_migrated';

/** One private PostgreSQL server for the whole run, with a migrated database to copy. */
export const setup = async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'deskledger-test-'));
  await chmod(dataDir, 0o755);
  const server = await joinEmbeddedPostgres({ dataDir, volatile: true });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(`create database ${templateDatabase}`);
  await client.end();
  await migrate(databaseAt(server.url, templateDatabase));
  provide('databaseUrl', server.url);
  return async () => {
    await server.leave();
    await rm(dataDir, { recursive: true });
  };
};

/** The URL of another database on the same server. */
export const databaseAt = (url: string, name: string): string => {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
};
