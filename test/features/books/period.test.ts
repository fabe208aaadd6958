import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { parseMonth, parseWeek, periodFrom } from '../../../src/features/books/index.ts';

describe('a week is ISO', () => {
  test.each([
    ['2026-W21', '2026-05-18', '2026-05-24'],
    ['2026-W01', '2025-12-29', '2026-01-04'],
    ['2026-W53', '2026-12-28', '2027-01-03'],
    ['2027-W01', '2027-01-04', '2027-01-10'],
    ['2020-W53', '2020-12-28', '2021-01-03'],
    ['2024-W01', '2024-01-01', '2024-01-07'],
  ])('%s', (name, from, to) => {
    expect(parseWeek(name)).toEqual({ kind: 'week', name, from, to });
    expect(periodFrom('week', from)).toEqual({ kind: 'week', name, from, to });
  });

  test.each(['2026-W54', '2027-W53', '2026-W00', '2026-21', '2026-W1', 'W21', '0001-W01'])('%s is none', (text) => {
    expect(() => parseWeek(text)).toThrow(InvalidInput);
  });
});

describe('a month ends with its last day', () => {
  test.each([
    ['2026-02', '2026-02-28'],
    ['2024-02', '2024-02-29'],
    ['2026-12', '2026-12-31'],
  ])('%s', (name, to) => {
    expect(parseMonth(name)).toEqual({ kind: 'month', name, from: `${name}-01`, to });
    expect(periodFrom('month', `${name}-01`)).toEqual(parseMonth(name));
  });

  test.each(['2026-13', '2026-00', '2026-5', '2026-05-01', ''])('"%s" is none', (text) => {
    expect(() => parseMonth(text)).toThrow(InvalidInput);
  });
});
