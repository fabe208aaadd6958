import { expect, test } from 'vitest';
import { createFxRun, type PriceImportReport } from '../../../src/features/costing/index.ts';

const report = (priced: PriceImportReport['priced']): PriceImportReport => ({
  what: 'fx',
  rows: 1,
  added: priced ? 1 : 0,
  changed: 0,
  unchanged: priced ? 0 : 1,
  removed: 0,
  dryRun: false,
  preview: [],
  warnings: [],
  priced,
});
const days = { from: '2026-03-02', to: '2026-03-09' };

test('after a start everything is priced once, then what new rates price', async () => {
  const asked: PriceImportReport['priced'][] = [];
  const reports = [report(days), report(null), report(days)];
  const run = createFxRun(
    async () => reports.shift() ?? report(null),
    async ({ priced }) => asked.push(priced),
  );
  for (let turn = 0; turn < 4; turn += 1) await run();
  expect(asked).toEqual([null, days]);
});

test('bug: pricing that failed after rates were stored was never made good', async () => {
  const asked: PriceImportReport['priced'][] = [];
  const reports = [report(null), report(days), report(null), report(null)];
  let works = true;
  const run = createFxRun(
    async () => reports.shift() ?? report(null),
    async ({ priced }) => {
      if (!works) throw new Error('the connection was lost');
      asked.push(priced);
    },
  );
  await run();
  works = false;
  await expect(run()).rejects.toThrow('the connection was lost');
  works = true;
  await run();
  await run();
  expect(asked).toEqual([null, null]);
});
