import { expect, it } from 'vitest';
import { csatSummary } from '../../../src/features/csat/index.ts';

const none = { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 };

it('shows no score for 29 responses', () => {
  expect(csatSummary({ distribution: { ...none, 4: 20, 5: 9 }, delivered: 40, answered: 29 })).toEqual({
    n: 29,
    needed: 30,
  });
});

it('shows 80.0 %, Wilson 62.7 to 90.5 %, for 24 of 30', () => {
  const summary = csatSummary({ distribution: { 1: 2, 2: 1, 3: 3, 4: 10, 5: 14 }, delivered: 120, answered: 30 });
  if (!('topTwoBox' in summary)) throw new Error('30 responses are enough');
  expect(summary.topTwoBox).toBe(0.8);
  expect(summary.low).toBeCloseTo(0.627, 3);
  expect(summary.high).toBeCloseTo(0.905, 3);
  expect(summary.mean).toBe(4.1);
  expect(summary.responseRate).toBe(0.25);
});

it('bug: scores, intervals and means were told with sixteen digits where all other ratios have six', () => {
  expect(csatSummary({ distribution: { 1: 2, 2: 1, 3: 4, 4: 10, 5: 14 }, delivered: 90, answered: 31 })).toMatchObject({
    topTwoBox: 0.774194,
    low: 0.601876,
    high: 0.886049,
    mean: 4.064516,
    responseRate: 0.344444,
  });
});

it('has no response rate where nothing was delivered in the period', () => {
  expect(csatSummary({ distribution: { ...none, 5: 30 }, delivered: 0, answered: 0 })).toMatchObject({
    n: 30,
    responseRate: null,
  });
});
