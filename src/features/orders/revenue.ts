import { divide, multiply, type Rational, rational, roundHalfEven, split } from '../../core/money.ts';
import type { OrderShare } from './mapping.ts';

/** What one unit of an order's currency is worth in the reporting currency, and the day the rate is of (null: same currency). */
export interface OrderFx {
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly date: string | null;
}

/** Amounts of a refund in micros of the order's currency. */
export interface RefundAmounts {
  readonly totalMicros: bigint;
  readonly taxMicros: bigint;
  /** Payments not declined. */
  readonly paidMicros: bigint;
}

/** Incomplete, Cancelled, Declined. */
const uncountedStatuses: ReadonlySet<number> = new Set([0, 5, 6]);

/** Whether an order is in any figure (RULES.md section 6). */
export const isCounted = (statusId: number): boolean => !uncountedStatuses.has(statusId);

/** Tax goes with the share that was paid: paid - tax x paid / total (RULES.md section 6); exact, in micros. */
const netOf = ({ totalMicros, taxMicros, paidMicros }: RefundAmounts): Rational => {
  if (totalMicros === 0n) return rational(paidMicros);
  const kept = rational(totalMicros - taxMicros);
  return divide(multiply(kept, rational(paidMicros)), rational(totalMicros));
};

/** A refund without its tax, in micros of the order's currency. */
export const refundNetMicros = (amounts: RefundAmounts): bigint => roundHalfEven(netOf(amounts));

/** Revenue in micros of the reporting currency, rounded once; null where there is no rate. */
export const orderReportingMicros = (revenueMicros: bigint, fx: OrderFx | null): bigint | null =>
  fx && roundHalfEven(multiply(rational(revenueMicros), rational(fx.numerator, fx.denominator)));

/** A refund at its order's rate, rounded once from the exact net amount, so that a full refund takes back what came in. */
export const refundReportingMicros = (amounts: RefundAmounts, fx: OrderFx | null): bigint | null =>
  fx && roundHalfEven(multiply(netOf(amounts), rational(fx.numerator, fx.denominator)));

/** Parts of an amount by an order's shares; they add up to it exactly. All null where the amount is. */
export const splitByShares = (micros: bigint | null, shares: readonly OrderShare[]): (bigint | null)[] =>
  micros === null
    ? shares.map(() => null)
    : split(
        micros,
        shares.map(({ partner, ppm }) => ({ weight: BigInt(ppm), key: partner ?? '\u{10FFFF}' })),
      );
