import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wilson } from '../../src/core/statistics.ts';

const round = (value: number | undefined): number => Math.round((value ?? Number.NaN) * 10_000) / 10_000;

describe('the Wilson interval', () => {
  test.each([
    [1, 1, 0.2065, 1],
    [8, 10, 0.4902, 0.9433],
    [95, 100, 0.8882, 0.9785],
    [24, 30, 0.6269, 0.9049],
  ])('%d of %d', (hits, total, low, high) => {
    const interval = wilson(hits, total);
    expect([round(interval?.low), round(interval?.high)]).toEqual([low, high]);
  });

  test('there is none of nothing', () => expect(wilson(0, 0)).toBeNull());

  test.each([
    [2, 1],
    [-1, 3],
    [0.5, 3],
    [1, Number.NaN],
  ])('%d of %d is refused', (hits, total) => expect(() => wilson(hits, total)).toThrow(RangeError));

  test('holds the value, stays within 0 and 1, mirrors, and narrows as answers come', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (total, share) => {
        const hits = Math.round(total * share);
        const [some, mirror, more] = [wilson(hits, total), wilson(total - hits, total), wilson(hits * 4, total * 4)];
        if (!some || !mirror || !more) throw new Error('an interval is missing');
        expect(some.low >= 0 && some.low <= some.value && some.value <= some.high && some.high <= 1).toBe(true);
        expect(mirror.low).toBeCloseTo(1 - some.high, 12);
        expect(more.high - more.low).toBeLessThan(some.high - some.low);
      }),
    ));
});
