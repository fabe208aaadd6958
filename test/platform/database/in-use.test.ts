import { beforeAll, expect, test } from 'vitest';
import { announceUse, takeAlone } from '../../../src/platform/database/in-use.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';

let db: Database;
beforeAll(async () => {
  db = await testDatabase();
});

const isAlone = (): Promise<boolean> => db.transaction((tx) => takeAlone(tx));
const failures: unknown[] = [];
const announce = () => announceUse(db.url, (error) => failures.push(error));

test('nobody takes alone what another uses; any number may use it together', async () => {
  expect(await isAlone()).toBe(true);
  const uses = [await announce(), await announce()];
  expect(await isAlone()).toBe(false);
  await uses[0]?.end();
  expect(await isAlone()).toBe(false);
  await uses[1]?.end();
  expect(await isAlone()).toBe(true);
});

test('a use outlives its connection', async () => {
  const use = await announce();
  const before = await db.query<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = 'deskledger use'",
  );
  await db.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'deskledger use' and datname = current_database()",
  );
  await expect
    .poll(async () => {
      const [now] = await db.query<{ pid: number }>(
        "select pid from pg_stat_activity where application_name = 'deskledger use' and datname = current_database()",
      );
      return now !== undefined && !before.some(({ pid }) => pid === now.pid) && !(await isAlone());
    })
    .toBe(true);
  await use.end();
  expect(await isAlone()).toBe(true);
});

test('ending twice is ending once', async () => {
  const use = await announce();
  await Promise.all([use.end(), use.end()]);
  expect(await isAlone()).toBe(true);
  expect(failures).toEqual([]);
});
