import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { readFxFile } from '../../src/features/costing/fx-file.ts';
import { findFx, fxKey, importFx } from '../../src/features/costing/index.ts';
import type { Database } from '../../src/platform/database/open.ts';
import { testDatabase } from '../support/database.ts';

const sample = (name: string): string =>
  readFileSync(new URL(`../../../shared/contracts/fx/${name}`, import.meta.url), 'utf8');

const rateOf = (name: string, date: string, quote: string): string | undefined =>
  readFxFile(sample(name)).rows.find((row) => row.date === date && row.quote === quote)?.rate;

describe("the ECB's own files", () => {
  test.each([
    ['eurofxref-daily.2025-04-03.xml', 1, 30, '2025-04-03'],
    ['eurofxref-daily.2026-09-24.xml', 1, 29, '2026-09-24'],
    ['eurofxref-daily.csv', 1, 30, '2024-10-11'],
    ['eurofxref-hist-90d.2025-04-04.xml', 65, 30, '2025-04-04'],
    ['eurofxref-hist.excerpt.csv', 66, 30, '2024-10-11'],
  ])('%s: %d days, %d currencies on %s', (name, days, currencies, newest) => {
    const { source, rows } = readFxFile(sample(name));
    expect(source).toBe('ecb');
    expect(new Set(rows.map(({ date }) => date)).size).toBe(days);
    expect(rows.filter(({ date }) => date === newest)).toHaveLength(currencies);
  });

  test('both dialects say the same of one day', () => {
    expect(Number(rateOf('eurofxref-daily.csv', '2024-10-11', 'SEK'))).toBe(11.354);
    expect(Number(rateOf('eurofxref-hist.excerpt.csv', '2024-10-11', 'SEK'))).toBe(11.354);
    expect(Number(rateOf('eurofxref-daily.2025-04-03.xml', '2025-04-03', 'PLN'))).toBe(
      Number(rateOf('eurofxref-hist-90d.2025-04-04.xml', '2025-04-03', 'PLN')),
    );
  });

  test('an ended currency has no rate after its end', () => {
    const days = (quote: string) =>
      readFxFile(sample('eurofxref-hist.excerpt.csv'))
        .rows.filter((row) => row.quote === quote)
        .map(({ date }) => date)
        .sort();
    expect(days('RUB').at(-1)).toBe('2022-03-01');
    expect(days('HRK').at(-1)).toBe('2022-12-30');
    expect(rateOf('eurofxref-daily.2026-09-24.xml', '2026-09-24', 'BGN')).toBeUndefined();
  });
});

describe('the rate of a day', () => {
  let db: Database;
  beforeAll(async () => {
    db = await testDatabase();
    const options = { dryRun: false, now: new Date('2026-10-01T00:00:00Z') };
    await importFx(db, sample('eurofxref-hist.excerpt.csv'), options);
  });

  test.each([
    ['2024-03-30', '2024-03-28'],
    ['2024-04-02', '2024-03-28'],
    ['2024-04-03', '2024-04-02'],
    ['2024-10-11', '2024-10-10'],
    ['2024-10-18', '2024-10-11'],
    ['2024-10-19', null],
  ])('over Easter, weekends and the end of the file: %s takes %s', async (day, date) => {
    const want = { from: 'GBP', to: 'USD', day };
    expect((await findFx(db, [want])).get(fxKey(want))?.date ?? null).toBe(date);
  });

  test('crosses through the euro exactly', async () => {
    const want = { from: 'GBP', to: 'USD', day: '2024-10-12' };
    const fx = (await findFx(db, [want])).get(fxKey(want));
    // 1.0938 / 0.83705
    expect([fx?.numerator, fx?.denominator]).toEqual([21_876n, 16_741n]);
  });
});
