import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Budget, createBudget, type RateReading } from '../../platform/http/budget.ts';
import type { CallCount } from '../../platform/http/call-count.ts';
import { callsAtOnce } from '../quota.ts';

/** The window of the limit; enterprise accounts have one of 10 s, which is no harm to wait twice for. */
export const windowMs = 20 * secondMs;
/** What an API key has in a window (https://developers.gorgias.com/reference/limitations); an OAuth app has twice as much. */
const documentedLimit = 40;
/** Of the account's limit that stays untouched even when others, not we, used up the rest. */
const reserve = 0.1;

/** `X-Gorgias-Account-Api-Call-Limit: used/limit`, of the whole account; null where it is absent or unreadable. */
export const readingOf = (headers: Headers): RateReading | null => {
  const [, used, limit] =
    /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(headers.get('x-gorgias-account-api-call-limit') ?? '') ?? [];
  return used === undefined || limit === undefined || Number(limit) === 0
    ? null
    : { limit: Number(limit), remaining: Math.max(0, Number(limit) - Number(used)) };
};

/** A budget that also tells how the account stood at the last answer. */
export interface Bucket extends Budget {
  /** An answer told no reading: an account that never tells one has no limit. */
  untold(): void;
  reading(): RateReading | null;
}

/**
 * Keeps one connection within its part of a leaky bucket that the whole account shares. Any 20 s hold at most our share of
 * the limit, and a call waits while others have filled the bucket up to its reserve; it empties evenly over the window.
 * Until the first answer the documented limit holds; where answers tell none, nothing is held back.
 */
export const createBucket = ({
  clock,
  share,
  longestWaitMs = 45 * secondMs,
  count,
}: {
  readonly clock: Clock;
  /** The part of the account's limit that we use at most in one window. */
  readonly share: number;
  /** Shorter than a worker's lease: whoever waits longer is better off to come back. */
  readonly longestWaitMs?: number;
  readonly count?: CallCount | undefined;
}): Bucket => {
  let limit = documentedLimit;
  let level = 0;
  let levelAtMs = 0;
  let lastStartMs = Number.NEGATIVE_INFINITY;
  let told: RateReading | null = null;
  let unlimited = false;

  const budget = createBudget({
    clock,
    share,
    concurrency: callsAtOnce,
    longestWaitMs,
    windowMs,
    count,
    rule: {
      waitMs(nowMs) {
        level = Math.max(0, level - (Math.max(0, nowMs - levelAtMs) * limit) / windowMs);
        levelAtMs = nowMs;
        // One call a window goes out however full others keep the bucket: else we never heard that it emptied.
        if (lastStartMs <= nowMs - windowMs) return 0;
        const over = level + 1 - Math.max(1, limit - Math.floor(limit * reserve));
        return over <= 0 ? 0 : Math.max(1, Math.ceil((over * windowMs) / limit));
      },
      started(nowMs) {
        lastStartMs = nowMs;
        level++;
      },
    },
  });
  const free = createBudget({ clock, share, concurrency: callsAtOnce, longestWaitMs, windowMs, count });
  // What is left is the bucket's business: to our share the account is as good as empty.
  const toShare = (): void => budget.learn({ limit, remaining: limit });
  toShare();

  return {
    run: (call) => (unlimited ? free : budget).run(call),
    untold() {
      unlimited = told === null;
    },
    learn(reading) {
      if (!(reading.limit > 0)) return;
      told = reading;
      unlimited = false;
      limit = reading.limit;
      level = reading.limit - reading.remaining;
      levelAtMs = clock.now().getTime();
      toShare();
    },
    pause(ms) {
      budget.pause(ms);
      free.pause(ms);
    },
    reading: () => told,
  };
};
