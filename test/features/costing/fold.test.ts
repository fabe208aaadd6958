import { expect, test } from 'vitest';
import { foldRollups } from '../../../src/features/costing/index.ts';
import { testDatabase } from '../../support/database.ts';
import { rowsRead } from '../reports/rows-read.ts';

const foldAtOnce = 10_000;

test('bug: each fold of a few thousand rows read all that were not folded yet', async () => {
  const db = await testDatabase();
  await db.query(
    `insert into rollup_delta (day, partner, region, measured, microseconds, cost_micros)
     select date '2026-01-01' + n % 365, 'nord', null, true, 1000000, n from generate_series(1, $1::int) n`,
    [4 * foldAtOnce],
  );
  await db.query('analyze rollup_delta');
  const { rows } = await rowsRead(db, 'rollup_delta', async (sql) => {
    await foldRollups({ ...db, transaction: (work) => work(sql) });
  });
  expect(rows).toBeLessThanOrEqual(3 * foldAtOnce);
  // The look at what was read has folded as well.
  expect(await foldRollups(db)).toBe(foldAtOnce);
  expect(await foldRollups(db)).toBe(foldAtOnce);
  expect(await foldRollups(db)).toBe(0);
});
