import { secondMs } from '../core/time.ts';
import type { Clock } from '../platform/clock.ts';
import { type Budget, createBudget, type RateReading } from '../platform/http/budget.ts';
import type { CallCounts } from '../platform/http/call-count.ts';

/** Calls under way at once towards one account. */
export const callsAtOnce = 8;

/** A budget and the hook that feeds it from the headers of each answer. */
export interface Quota {
  readonly budget: Budget;
  readonly readRate: (headers: Headers) => RateReading | null;
}

/** Budgets of one account by the name under which all processes count them, each of so many calls a minute. */
export const minuteBudgets =
  (clock: Clock, share: number, counts: CallCounts | undefined) =>
  (name: string): Budget => {
    const windowMs = 60 * secondMs;
    return createBudget({ clock, share, concurrency: callsAtOnce, windowMs, count: counts?.({ name, windowMs }) });
  };

/** A quota that some calls have of their own: they wait for both, and a refusal silences them alone. */
export const within = (account: Budget, own: Budget): Budget => ({
  run: (call) => own.run(() => account.run(call)),
  learn: own.learn,
  pause: own.pause,
});

/** The whole number that a header holds; null where it holds none. */
export const wholeIn = (text: string | null | undefined): number | null =>
  text && /^\d+$/.test(text.trim()) ? Number(text) : null;
