import type { Clock } from '../../src/platform/clock.ts';

export interface StandingClock extends Clock {
  /** Every wait that was asked for, in milliseconds. */
  readonly slept: number[];
  advance(ms: number): void;
}

/** A clock that moves only when told to, or when something sleeps: the sleep ends at once and the time is then later. */
export const standingClock = (start = '2026-03-02T10:00:00Z'): StandingClock => {
  let nowMs = Date.parse(start);
  const slept: number[] = [];
  return {
    slept,
    now: () => new Date(nowMs),
    advance(ms) {
      nowMs += ms;
    },
    async sleep(ms) {
      slept.push(ms);
      nowMs += ms;
    },
    every: () => ({ stop: async () => undefined }),
  };
};
