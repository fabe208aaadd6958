import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, daysBetween } from '../../../src/core/time.ts';
import {
  type Every,
  frequencies,
  occurrencesIn,
  partIn,
  type Spread,
  stepsOf,
  unitOf,
} from '../../../src/features/partnerships/amounts.ts';

const partOf = (item: Spread, from: string, to: string): bigint =>
  occurrencesIn(item, { from, to }).reduce((sum, one) => sum + partIn(item.amountMicros, one, { from, to }), 0n);

const monthly: Spread = { amountMicros: 310_000_000n, every: 'month', startsOn: '2026-01-16', endsOn: null };

describe('the units of the calendar', () => {
  test.each([
    ['week', '2026-05-20', '2026-05-18', '2026-05-24'],
    ['week', '2026-05-24', '2026-05-18', '2026-05-24'],
    ['month', '2024-02-10', '2024-02-01', '2024-02-29'],
    ['quarter', '2026-12-31', '2026-10-01', '2026-12-31'],
    ['year', '2026-05-20', '2026-01-01', '2026-12-31'],
  ] as const)('%s of %s', (every, day, from, to) => expect(unitOf(every, day)).toEqual({ from, to }));
});

describe('an amount over days', () => {
  test('once: over all of its days, what is left to the first ones', () => {
    const trip: Spread = { amountMicros: 100n, every: 'once', startsOn: '2026-05-01', endsOn: '2026-05-03' };
    expect(['2026-05-01', '2026-05-02', '2026-05-03'].map((day) => partOf(trip, day, day))).toEqual([34n, 33n, 33n]);
    expect(partOf(trip, '2026-01-01', '2026-12-31')).toBe(100n);
    expect(partOf(trip, '2026-05-04', '2026-12-31')).toBe(0n);
  });

  test('a monthly fee that begins in a month is of the rest of it alone, by day', () => {
    expect(partOf(monthly, '2026-01-01', '2026-01-31')).toBe(160_000_000n);
    expect(partOf(monthly, '2026-02-01', '2026-02-28')).toBe(310_000_000n);
    expect(partOf({ ...monthly, endsOn: '2026-03-10' }, '2026-01-01', '2026-12-31')).toBe(
      160_000_000n + 310_000_000n + 100_000_000n,
    );
  });

  test('its exchange rate is that of the first day on which a unit holds', () =>
    expect(occurrencesIn(monthly, { from: '2026-01-20', to: '2026-02-02' }).map(({ fxDay }) => fxDay)).toEqual([
      '2026-01-16',
      '2026-02-01',
    ]));

  test('the parts of any periods that make up a longer one add up to it', () => {
    const day = fc.integer({ min: 0, max: 500 }).map((days) => addDays('2025-06-01', days));
    const item = fc.record({
      amountMicros: fc.bigInt({ min: 0n, max: 10n ** 12n }),
      every: fc.constantFrom<Every>(...frequencies),
      startsOn: day,
      length: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(
        item,
        day,
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
        (one, from, lengths) => {
          const spread: Spread = { ...one, endsOn: addDays(one.startsOn, one.length) };
          let start = from;
          let sum = 0n;
          for (const length of lengths) {
            const end = addDays(start, length - 1);
            sum += partOf(spread, start, end);
            start = addDays(end, 1);
          }
          expect(sum).toBe(partOf(spread, from, addDays(start, -1)));
        },
      ),
    );
  });

  test('over its own days a one-off is whole, and no day has more than a micro above another', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.integer({ min: 0, max: 90 }), (amountMicros, length) => {
        const endsOn = addDays('2026-01-01', length);
        const item: Spread = { amountMicros, every: 'once', startsOn: '2026-01-01', endsOn };
        const days = Array.from({ length: daysBetween('2026-01-01', endsOn) + 1 }, (_, at) =>
          addDays('2026-01-01', at),
        );
        const parts = days.map((day) => partOf(item, day, day));
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amountMicros);
        expect((parts[0] ?? 0n) - (parts.at(-1) ?? 0n)).toBeLessThanOrEqual(1n);
      }),
    );
  });
});

test('steps are named by their first day and cut to the period', () => {
  expect(stepsOf('month', { from: '2026-01-20', to: '2026-03-02' })).toEqual([
    { step: '2026-01-01', from: '2026-01-20', to: '2026-01-31' },
    { step: '2026-02-01', from: '2026-02-01', to: '2026-02-28' },
    { step: '2026-03-01', from: '2026-03-01', to: '2026-03-02' },
  ]);
  expect(stepsOf('day', { from: '2026-01-31', to: '2026-02-01' })).toHaveLength(2);
  expect(stepsOf(null, { from: '2026-01-31', to: '2026-02-01' })).toEqual([
    { step: null, from: '2026-01-31', to: '2026-02-01' },
  ]);
});
