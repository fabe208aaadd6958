import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { deploy, schemaDiff } from '../../../prisma/schema-engine.ts';
import { migrate, migrationsFolder } from '../../../src/platform/database/migrate.ts';
import { testDatabaseUrl } from '../../support/database.ts';

const schema = await readFile('prisma/schema.prisma', 'utf8');

const rowsOf = async <Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
};

test('the migrations produce exactly schema.prisma', async () => {
  const url = await testDatabaseUrl({ empty: true });
  await migrate(url);
  expect(await schemaDiff(url, schema)).toBe('');
});

test('a difference between migrations and schema is found', async () => {
  const url = await testDatabaseUrl();
  const longer = schema.replace('model Partner {', 'model Partner {\n  motto String?');
  expect(longer).not.toBe(schema);
  expect(await schemaDiff(url, longer)).toContain('ADD COLUMN     "motto"');
  await rowsOf(url, 'alter table partner add column stray text');
  expect(await schemaDiff(url, schema)).toContain('DROP COLUMN "stray"');
});

test('a second run applies nothing, and the history reads as Prisma writes it', async () => {
  const url = await testDatabaseUrl({ empty: true });
  const applied = await migrate(url);
  expect(applied).toContain('20261121000000_ledger');
  expect(await migrate(url)).toEqual([]);
  const history = await rowsOf(url, 'select * from _prisma_migrations order by started_at');
  expect(history).toHaveLength(applied.length);
  expect(history[0]).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    migration_name: '20261121000000_ledger',
    finished_at: expect.any(Date),
    rolled_back_at: null,
    logs: null,
    applied_steps_count: 1,
  });
});

test("Prisma's own deploy and ours take over from one another", async () => {
  const ours = await testDatabaseUrl({ empty: true });
  await migrate(ours);
  expect(await deploy(ours, migrationsFolder)).toEqual([]);
  const theirs = await testDatabaseUrl({ empty: true });
  expect(await deploy(theirs, migrationsFolder)).toContain('20261121000000_ledger');
  expect(await migrate(theirs)).toEqual([]);
});

test('processes that migrate at once apply each migration once', async () => {
  const url = await testDatabaseUrl({ empty: true });
  const runs = await Promise.all([migrate(url), migrate(url), migrate(url)]);
  expect(runs.filter((applied) => applied.length > 0)).toHaveLength(1);
});

/** A copy of the migrations, to be changed. */
const copyOfMigrations = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'deskledger-migrations-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(migrationsFolder, folder, { recursive: true });
  return folder;
};

test('an applied migration that was changed since is refused by name', async () => {
  const url = await testDatabaseUrl();
  const folder = await copyOfMigrations();
  const file = join(folder, '20261121000000_ledger', 'migration.sql');
  await writeFile(file, `${await readFile(file, 'utf8')}\n-- changed\n`);
  await expect(migrate(url, folder)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('20261121000000_ledger'),
  });
});

test('a migration that fails is taken back whole, and the one before it stays', async () => {
  const url = await testDatabaseUrl();
  const folder = await copyOfMigrations();
  const later = [
    ['20991231000000_good', 'create table good (id int)'],
    ['20991231000001_bad', 'create table half (id int); select 1 / 0'],
  ] as const;
  for (const [name, script] of later) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'migration.sql'), script);
  }
  await expect(migrate(url, folder)).rejects.toMatchObject({ message: expect.stringContaining('20991231000001_bad') });
  const [tables] = await rowsOf(
    url,
    "select to_regclass('good') is not null as good, to_regclass('half') is not null as half",
  );
  expect(tables).toEqual({ good: true, half: false });
});
