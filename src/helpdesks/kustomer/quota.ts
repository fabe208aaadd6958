import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Budget, createBudget, type RateReading } from '../../platform/http/budget.ts';
import type { CallCounts } from '../../platform/http/call-count.ts';

/** Calls under way at once towards one account. */
const callsAtOnce = 8;
/** Searches a minute that a key may make, whatever the plan. */
const searchLimit = 100;
/** Anything larger is no number of seconds to go but a moment: epoch seconds, or milliseconds. */
const leastEpochSeconds = 1e9;
const leastEpochMs = 1e12;

const whole = (text: string | null): number | null => (text && /^\d+$/.test(text.trim()) ? Number(text) : null);

/** `x-ratelimit-limit/-remaining/-reset`; the reset is read as seconds to go, epoch seconds or epoch milliseconds, for the docs do not tell. */
export const rateReading = (headers: Headers, now: Date): RateReading | null => {
  const limit = whole(headers.get('x-ratelimit-limit'));
  const remaining = whole(headers.get('x-ratelimit-remaining'));
  if (limit === null || remaining === null) return null;
  const reset = whole(headers.get('x-ratelimit-reset'));
  if (reset === null) return { limit, remaining };
  const toGoMs =
    reset >= leastEpochMs
      ? reset - now.getTime()
      : reset >= leastEpochSeconds
        ? reset * secondMs - now.getTime()
        : reset * secondMs;
  // A clock that is off must not silence us for long: windows are 60 s.
  return { limit, remaining, resetMs: Math.min(60 * secondMs, Math.max(0, toGoMs)) };
};

/** A budget and the hook that feeds it from the headers of each answer. */
export interface Quota {
  readonly budget: Budget;
  readonly readRate: (headers: Headers) => RateReading | null;
}

export interface Quotas {
  readonly account: Quota;
  readonly searches: Quota;
  readonly updates: Quota;
  /** Calls a minute that the account has, as the latest answer told; null before the first. */
  readonly limit: () => number | null;
}

/**
 * The quotas of one account. Searches have 100 a minute of their own beside the account's; updates wait apart, for a record
 * that took too many answers 429 as well, and that must silence no reading
 * (https://developer.kustomer.com/docs/concepts/rate-limits).
 */
export const createQuotas = (clock: Clock, share: number, counts?: CallCounts): Quotas => {
  const windowMs = 60 * secondMs;
  const create = (name: string) =>
    createBudget({ clock, share, concurrency: callsAtOnce, windowMs, count: counts?.({ name, windowMs }) });
  const account = create('account');
  const searches = create('searches');
  searches.learn({ limit: searchLimit, remaining: searchLimit });
  let limit: number | null = null;
  const learn = (reading: RateReading): void => {
    limit = reading.limit;
    account.learn(reading);
  };
  const within = (own: Budget): Budget => ({
    run: (call) => own.run(() => account.run(call)),
    learn: own.learn,
    pause: own.pause,
  });
  const toAccount = (headers: Headers): null => {
    const reading = rateReading(headers, clock.now());
    if (reading) learn(reading);
    return null;
  };
  return {
    account: { budget: account, readRate: toAccount },
    searches: {
      budget: within(searches),
      readRate(headers) {
        const reading = rateReading(headers, clock.now());
        if (reading && reading.limit <= searchLimit) return reading;
        if (reading) learn(reading);
        return null;
      },
    },
    updates: { budget: within(create('updates')), readRate: toAccount },
    limit: () => limit,
  };
};
