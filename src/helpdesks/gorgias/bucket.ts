import pLimit from 'p-limit';
import { LimitReached } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Budget, RateReading } from '../../platform/http/budget.ts';

/** Calls under way at once towards one account. */
const callsAtOnce = 8;
/** The window of the limit; enterprise accounts have one of 10 s, which is no harm to wait twice for. */
const windowMs = 20 * secondMs;
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
  reading(): RateReading | null;
}

/**
 * Keeps one connection within its part of a leaky bucket that the whole account shares. Any 20 s hold at most our share of
 * the limit, and a call waits while others have filled the bucket up to its reserve; it empties evenly over the window.
 */
export const createBucket = ({
  clock,
  share,
  longestWaitMs = 45 * secondMs,
}: {
  readonly clock: Clock;
  /** The part of the account's limit that we use at most in one window. */
  readonly share: number;
  /** Shorter than a worker's lease: whoever waits longer is better off to come back. */
  readonly longestWaitMs?: number;
}): Bucket => {
  const slots = pLimit(callsAtOnce);
  /** When our calls of the last window started, in order. */
  const starts: number[] = [];
  let limit = documentedLimit;
  let level = 0;
  let levelAtMs = 0;
  let pausedUntilMs = 0;
  let told: RateReading | null = null;

  const leakTo = (nowMs: number): void => {
    level = Math.max(0, level - (Math.max(0, nowMs - levelAtMs) * limit) / windowMs);
    levelAtMs = nowMs;
  };

  /** How long the next call has to wait; 0: it may start. */
  const waitMs = (nowMs: number): number => {
    while (starts[0] !== undefined && starts[0] <= nowMs - windowMs) starts.shift();
    leakTo(nowMs);
    if (nowMs < pausedUntilMs) return pausedUntilMs - nowMs;
    const ours = Math.max(1, Math.floor(limit * share));
    if (starts[0] !== undefined && starts.length >= ours) return starts[0] + windowMs - nowMs;
    // One call a window goes out however full others keep the bucket: else we never heard that it emptied.
    const over = level + 1 - Math.max(1, limit - Math.floor(limit * reserve));
    return over <= 0 || starts.length === 0 ? 0 : Math.max(1, Math.ceil((over * windowMs) / limit));
  };

  const turn = async (): Promise<void> => {
    const startMs = clock.now().getTime();
    for (;;) {
      const nowMs = clock.now().getTime();
      const ms = waitMs(nowMs);
      if (ms <= 0) {
        starts.push(nowMs);
        level++;
        return;
      }
      if (nowMs + ms - startMs > longestWaitMs)
        throw new LimitReached(
          'Our part of the call quota of this connection is used up; it goes on when the window ends',
          ms,
        );
      await clock.sleep(ms);
    }
  };

  return {
    run: (call) =>
      slots(async () => {
        await turn();
        return call();
      }),
    learn(reading) {
      if (!(reading.limit > 0)) return;
      told = reading;
      limit = reading.limit;
      level = reading.limit - reading.remaining;
      levelAtMs = clock.now().getTime();
    },
    pause(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, clock.now().getTime() + ms);
    },
    reading: () => told,
  };
};
