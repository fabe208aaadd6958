import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isCounted,
  orderReportingMicros,
  refundNetMicros,
  refundReportingMicros,
  splitByShares,
} from '../../../src/features/orders/revenue.ts';

const fx = (numerator: bigint, denominator: bigint) => ({ numerator, denominator, date: '2026-01-01' });
const micros = fc.bigInt({ min: 1n, max: 10n ** 13n });

describe('what counts', () => {
  it.each([0, 5, 6])('status %i does not', (status) => expect(isCounted(status)).toBe(false));
  it.each([1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14])('status %i does', (status) =>
    expect(isCounted(status)).toBe(true),
  );
});

describe('a refund', () => {
  it('loses the tax of the share that was paid', () => {
    expect(refundNetMicros({ totalMicros: 125_000_000n, taxMicros: 25_000_000n, paidMicros: 125_000_000n })).toBe(
      100_000_000n,
    );
    expect(refundNetMicros({ totalMicros: 125_000_000n, taxMicros: 25_000_000n, paidMicros: 50_000_000n })).toBe(
      40_000_000n,
    );
  });
  it('may hold negative tax', () =>
    expect(refundNetMicros({ totalMicros: 10n, taxMicros: -2n, paidMicros: 5n })).toBe(6n));
  it('of no worth is what was paid', () =>
    expect(refundNetMicros({ totalMicros: 0n, taxMicros: 0n, paidMicros: 3n })).toBe(3n));

  it('in full takes back what the order brought, at whatever rate', () => {
    fc.assert(
      fc.property(micros, micros, micros, micros, (net, tax, numerator, denominator) => {
        const rate = fx(numerator, denominator);
        const amounts = { totalMicros: net + tax, taxMicros: tax, paidMicros: net + tax };
        return refundReportingMicros(amounts, rate) === orderReportingMicros(net, rate);
      }),
    );
  });

  it('is rounded once, from the exact amount', () => {
    // 10/3 net, times 3: exactly 10, where the rounded 3 would give 9.
    const amounts = { totalMicros: 3n, taxMicros: 1n, paidMicros: 5n };
    expect(refundNetMicros(amounts)).toBe(3n);
    expect(refundReportingMicros(amounts, fx(3n, 1n))).toBe(10n);
  });
  it('without a rate has no reporting amount', () =>
    expect(refundReportingMicros({ totalMicros: 1n, taxMicros: 0n, paidMicros: 1n }, null)).toBeNull());
});

describe('the parts of an amount', () => {
  it('add up to it', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (amount, ppm) => {
          const parts = splitByShares(amount, [
            { partner: 'nord', ppm },
            { partner: null, ppm: 1_000_000 - ppm },
          ]);
          return parts.reduce<bigint>((sum, part) => sum + (part ?? 0n), 0n) === amount;
        },
      ),
    );
  });
  it('are null where the amount is', () =>
    expect(splitByShares(null, [{ partner: 'nord', ppm: 1_000_000 }])).toEqual([null]));
});
