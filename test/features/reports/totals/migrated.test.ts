import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { migrate, migrationsFolder } from '../../../../src/platform/database/migrate.ts';
import { testDatabaseUrl } from '../../../support/database.ts';

const written = '20261202090000_rollup_written';

const migrationsBefore = async (name: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'deskledger-migrations-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(migrationsFolder, folder, { recursive: true });
  for (const one of await readdir(folder))
    if (one >= name && one !== 'migration_lock.toml') await rm(join(folder, one), { recursive: true });
  return folder;
};

test('bug: what was being added up while kept totals were first written was missing from them for good', async () => {
  const url = await testDatabaseUrl({ empty: true });
  await migrate(url, await migrationsBefore(written));
  const [worker, onlooker] = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })];
  await Promise.all([worker.connect(), onlooker.connect()]);
  onTestFinished(async () => {
    await Promise.all([worker.end(), onlooker.end()]);
  });
  await worker.query("insert into rollup_again values ('2026-05-04', 'work', '2026-05-01', 'nord', '', 1)");
  await worker.query("insert into rollup_pooled values (1, '2026-05-04', 'nord', '', 1, 0, 0)");
  await worker.query('begin isolation level repeatable read');
  await worker.query('update rollup_pooled set cost_micros = 2');
  await worker.query('update rollup_again set ppm = 2');
  const migrated = migrate(url);
  await vi.waitUntil(async () => {
    const { rows } = await onlooker.query('select from pg_locks where not granted and relation is not null');
    return rows.length > 0;
  });
  await worker.query('commit');
  await migrated;
  const { rows } = await worker.query('select cells from rollup_written union all select cells from rollup_again');
  expect(rows.map(({ cells }) => cells)).toEqual(['["nord",null]\t2 0 0', '["nord",null]\t2 0']);
});
