import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { RateReading } from '../../platform/http/budget.ts';
import type { CallCounts } from '../../platform/http/call-count.ts';
import { minuteBudgets, type Quota, wholeIn, within } from '../quota.ts';

/** Searches a minute that a key may make, whatever the plan. */
const searchLimit = 100;
/** Anything larger is no number of seconds to go but a moment: epoch seconds, or milliseconds. */
const leastEpochSeconds = 1e9;
const leastEpochMs = 1e12;

/** `x-ratelimit-limit/-remaining/-reset`; the reset is read as seconds to go, epoch seconds or epoch milliseconds, for the docs do not tell. */
const rateReading = (headers: Headers, now: Date): RateReading | null => {
  const limit = wholeIn(headers.get('x-ratelimit-limit'));
  const remaining = wholeIn(headers.get('x-ratelimit-remaining'));
  if (limit === null || remaining === null) return null;
  const reset = wholeIn(headers.get('x-ratelimit-reset'));
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

interface Quotas {
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
  const create = minuteBudgets(clock, share, counts);
  const account = create('account');
  const searches = create('searches');
  searches.learn({ limit: searchLimit, remaining: searchLimit });
  let limit: number | null = null;
  const learn = (reading: RateReading): void => {
    limit = reading.limit;
    account.learn(reading);
  };
  const toAccount = (headers: Headers): null => {
    const reading = rateReading(headers, clock.now());
    if (reading) learn(reading);
    return null;
  };
  return {
    account: { budget: account, readRate: toAccount },
    searches: {
      budget: within(account, searches),
      readRate(headers) {
        const reading = rateReading(headers, clock.now());
        if (reading && reading.limit <= searchLimit) return reading;
        if (reading) learn(reading);
        return null;
      },
    },
    updates: { budget: within(account, create('updates')), readRate: toAccount },
    limit: () => limit,
  };
};
