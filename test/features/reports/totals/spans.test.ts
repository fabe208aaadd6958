import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays, daysBetween } from '../../../../src/core/time.ts';
import {
  monthOf,
  piecesOf,
  runsOf,
  spanStart,
  spans,
  stepsIn,
  without,
} from '../../../../src/features/reports/totals/spans.ts';

const day = fc.integer({ min: -5000, max: 40_000 }).map((number) => addDays('1970-01-01', number));
const period = fc
  .tuple(day, fc.integer({ min: 0, max: 1100 }))
  .map(([from, length]) => ({ from, to: addDays(from, length) }));
const daysOf = ({ from, to }: { from: string; to: string }): string[] =>
  Array.from({ length: daysBetween(from, to) + 1 }, (_, index) => addDays(from, index));

test('pieces are kept runs that make up each day of a period once', () => {
  fc.assert(
    fc.property(period, (asked) => {
      const pieces = piecesOf(asked);
      expect(
        pieces.flatMap(({ span, startsOn }) => daysOf({ from: startsOn, to: addDays(startsOn, span - 1) })),
      ).toEqual(daysOf(asked));
      expect(pieces.every(({ span, startsOn }) => spanStart(startsOn, span) === startsOn)).toBe(true);
      expect(pieces.length).toBeLessThanOrEqual(2 * spans.length + 1100 / 64);
    }),
  );
});

test('bug: a report up to the last day of the calendar never ended', () => {
  for (const from of ['9999-12-31', '9999-12-30', '9999-10-01', '0001-01-01']) {
    const asked = { from, to: '9999-12-31' };
    const pieces = piecesOf(asked);
    expect(pieces[0]?.startsOn).toBe(from);
    expect(pieces.reduce((days, { span }) => days + span, 0)).toBe(daysOf(asked).length);
  }
});

test('marked days and the rest are the period', () => {
  fc.assert(
    fc.property(period, fc.array(fc.integer({ min: 0, max: 1100 })), (asked, numbers) => {
      const marked = numbers.map((number) => addDays(asked.from, number)).filter((one) => one <= asked.to);
      const rest = without(asked, runsOf(marked)).flatMap(daysOf);
      expect(rest).toEqual(daysOf(asked).filter((one) => !marked.includes(one)));
    }),
  );
});

test.each([
  ['2026-02-10', '2026-02-01', '2026-02-28'],
  ['2024-02-29', '2024-02-01', '2024-02-29'],
  ['2025-12-31', '2025-12-01', '2025-12-31'],
])('the month of %s', (one, from, to) => expect(monthOf(one)).toEqual({ from, to }));

test('steps cut a period where a week or a month begins, and are named by their first day', () => {
  fc.assert(
    fc.property(period, fc.constantFrom('day', 'week', 'month'), (asked, step) => {
      const steps = stepsIn(step, asked);
      expect(steps.flatMap(daysOf)).toEqual(daysOf(asked));
      expect(new Set(steps.map(({ first }) => first)).size).toBe(steps.length);
      for (const { first, from, to } of steps) {
        const date = new Date(`${first}T00:00:00Z`);
        expect(step === 'week' ? date.getUTCDay() : step === 'month' ? date.getUTCDate() : 1).toBe(1);
        expect(first === from || from === asked.from).toBe(true);
        expect(daysBetween(first ?? '', to)).toBeLessThan({ day: 1, week: 7, month: 31 }[step]);
      }
    }),
  );
  expect(stepsIn(null, { from: '2026-01-30', to: '2026-02-02' })).toEqual([
    { first: null, from: '2026-01-30', to: '2026-02-02' },
  ]);
  expect(stepsIn('month', { from: '9999-12-30', to: '9999-12-31' })).toEqual([
    { first: '9999-12-01', from: '9999-12-30', to: '9999-12-31' },
  ]);
});
