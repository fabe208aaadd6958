import { expect, test } from 'vitest';
import { minuteMs, secondMs } from '../../src/core/time.ts';
import { countInMinutes } from './vendor-calls.ts';

/** Forty calls in the last second of a minute, and forty in the first of the next. */
const aroundTheEdge = [-secondMs, secondMs].flatMap((ms) => Array.from({ length: 40 }, () => 10 * minuteMs + ms));

test('bug: twice our share of a limit passed where a minute of the clock began in between', () => {
  expect(Math.max(...aroundTheEdge.map(countInMinutes('any')))).toBe(80);
  expect(Math.max(...[0, minuteMs - 1, minuteMs].map(countInMinutes('any')))).toBe(2);
});

test('a vendor that tells when its minutes end has our share anew in each', () => {
  expect(Math.max(...aroundTheEdge.map(countInMinutes('of the clock')))).toBe(40);
  expect([0, minuteMs - 1, minuteMs].map(countInMinutes('of the clock'))).toEqual([1, 2, 1]);
});
