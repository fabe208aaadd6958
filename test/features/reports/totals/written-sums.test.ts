import { expect, test } from 'vitest';
import { noFacts } from '../../../../src/features/reports/facts/facts.ts';
import { addWritten } from '../../../../src/features/reports/totals/written-sums.ts';

test('sums are read exactly, however large, below zero too, and added to what is there', () => {
  const facts = noFacts();
  facts.ordersPpm = 5n;
  const names = ['ticketsPpm', 'costMicros', 'microseconds', 'ordersPpm', 'revenueMicros', 'answered'] as const;
  addWritten(facts, names, '999999999999999 -123456789012345678901234567890 0 -7 9007199254740993 12');
  expect(facts).toStrictEqual({
    ...noFacts(),
    ticketsPpm: 999_999_999_999_999n,
    costMicros: -123_456_789_012_345_678_901_234_567_890n,
    ordersPpm: -2n,
    revenueMicros: 9_007_199_254_740_993n,
    answered: 12n,
  });
});
