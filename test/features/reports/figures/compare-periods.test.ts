import { expect, test } from 'vitest';
import { counterpart, previousPeriod } from '../../../../src/features/reports/figures/compare-periods.ts';

test.each([
  ['as many days', '2026-05-05', '2026-05-11', '2026-04-28', '2026-05-04'],
  ['one day', '2026-03-01', '2026-03-01', '2026-02-28', '2026-02-28'],
  ['a calendar month', '2026-05-01', '2026-05-31', '2026-04-01', '2026-04-30'],
  ['a leap year’s February', '2024-03-01', '2024-03-31', '2024-02-01', '2024-02-29'],
  ['a quarter', '2026-01-01', '2026-03-31', '2025-10-01', '2025-12-31'],
  ['thirty days that are no month', '2026-05-01', '2026-05-30', '2026-04-01', '2026-04-30'],
])('before a period lie %s', (_, from, to, first, last) => {
  expect(previousPeriod({ from, to })).toEqual({ from: first, to: last });
});

test.each([
  ['day', '2026-04-03', '2026-05-03'],
  ['month', '2026-04-01', '2026-05-01'],
  // 2026-04-01 is a Wednesday, 2026-05-01 a Friday: their weeks begin on 30 March and 27 April.
  ['week', '2026-03-30', '2026-04-27'],
  ['week', '2026-04-06', '2026-05-04'],
])('the n-th %s is held against the n-th', (step, day, other) => {
  const [april, may] = [
    { from: '2026-04-01', to: '2026-04-30' },
    { from: '2026-05-01', to: '2026-05-31' },
  ];
  const key = { partner: 'nord', region: null, [step]: day };
  expect(counterpart(key, april, may)).toEqual({ ...key, [step]: other });
  expect(counterpart({ ...key, [step]: other }, may, april)).toEqual(key);
});
