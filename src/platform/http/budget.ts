import pLimit from 'p-limit';
import { LimitReached } from '../../core/errors.ts';
import type { Clock } from '../clock.ts';

/** What an answer tells of the account's quota, as the adapter read it from the headers. */
export interface RateReading {
  /** Calls the account has per window. */
  readonly limit: number;
  /** Calls that are left in this window, for everybody. */
  readonly remaining: number;
  /** Until the window ends; absent: one minute after it began for us. */
  readonly resetMs?: number;
}

/** Keeps one connection within its part of a quota that it shares with the agents. Without a reading nothing is held back. */
export interface Budget {
  /** Runs the call when its turn comes; throws LimitReached instead of waiting longer than `longestWaitMs`. */
  run<Result>(call: () => Promise<Result>): Promise<Result>;
  learn(reading: RateReading): void;
  /** The vendor asked for silence: no call starts before it is over. */
  pause(ms: number): void;
}

const windowMs = 60_000;
/** Of the account's limit that stays untouched even when others, not we, used up the rest. */
const reserve = 0.1;

export const createBudget = ({
  clock,
  share = 0.5,
  concurrency = 4,
  longestWaitMs = 90_000,
}: {
  readonly clock: Clock;
  /** The part of the account's limit that we use at most in one window. */
  readonly share?: number;
  readonly concurrency?: number;
  readonly longestWaitMs?: number;
}): Budget => {
  const slots = pLimit(concurrency);
  let reading: { limit: number; remaining: number } | undefined;
  let used = 0;
  let windowEndMs = 0;
  let pausedUntilMs = 0;

  /** How long the next call has to wait; 0: it may start. */
  const waitMs = (nowMs: number): number => {
    if (nowMs >= windowEndMs) {
      used = 0;
      windowEndMs = nowMs + windowMs;
      if (reading) reading.remaining = reading.limit;
    }
    if (nowMs < pausedUntilMs) return pausedUntilMs - nowMs;
    if (!reading) return 0;
    const ours = Math.max(1, Math.floor(reading.limit * share));
    const held = Math.floor(reading.limit * reserve);
    return used < ours && (reading.remaining > held || used === 0) ? 0 : windowEndMs - nowMs;
  };
  const turn = async (): Promise<void> => {
    const startMs = clock.now().getTime();
    for (;;) {
      const nowMs = clock.now().getTime();
      const ms = waitMs(nowMs);
      if (ms <= 0) break;
      if (nowMs + ms - startMs > longestWaitMs)
        throw new LimitReached(
          'Our part of the call quota of this connection is used up; it goes on when the window ends',
          ms,
        );
      await clock.sleep(ms);
    }
    used++;
    if (reading) reading.remaining--;
  };

  return {
    run: (call) =>
      slots(async () => {
        await turn();
        return call();
      }),
    learn({ limit, remaining, resetMs }) {
      if (!(limit > 0)) return;
      reading = { limit, remaining };
      if (resetMs !== undefined && resetMs >= 0) windowEndMs = clock.now().getTime() + resetMs;
    },
    pause(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, clock.now().getTime() + ms);
    },
  };
};
