import type { Clock } from '../clock.ts';

/** How many calls someone wants to start now. */
export interface CallWish {
  readonly wanted: number;
  /** What may start in any window; null: no limit is known yet, and one that others know holds. */
  readonly most: number | null;
  /** Of `most`, what this caller leaves to others. */
  readonly left?: number;
  /** Until the vendor's own window ends, where it tells, or since it ended: what was started before counts no more then. */
  readonly resetsInMs?: number | undefined;
}

export interface CallGrant {
  /** Calls that may start; 0: none for the next `againMs`. */
  readonly granted: number;
  readonly againMs: number;
}

/** Counts the calls that started in the last window, so that no window of any alignment holds more than our share. */
export interface CallCount {
  take(wish: CallWish): CallGrant | Promise<CallGrant>;
  /** Calls that were granted lately and not made. */
  giveBack(calls: number): void | Promise<void>;
  /** A grant costs a round trip: calls are then asked for a few at a time. */
  readonly shared: boolean;
}

/** The counts of one connection by the names of its limits. */
export type CallCounts = (limit: { readonly name: string; readonly windowMs: number }) => CallCount;

/** What may start, of a window that holds `counted` calls. */
const grantOf = ({ wanted, most, left = 0 }: CallWish, counted: number): number =>
  most === null ? wanted : Math.max(0, Math.min(wanted, Math.max(1, most - left) - counted));

/** Counts for one process alone. */
export const localCallCount = (clock: Clock, windowMs: number): CallCount => {
  /** When each call of the last window started, in order. */
  let starts: number[] = [];
  let resetsAtMs = Number.NEGATIVE_INFINITY;
  return {
    shared: false,
    take(wish) {
      const nowMs = clock.now().getTime();
      const told = wish.resetsInMs === undefined ? resetsAtMs : nowMs + wish.resetsInMs;
      const ended = Math.max(...[resetsAtMs, told].filter((ms) => ms <= nowMs));
      resetsAtMs = told;
      starts = starts.filter((ms) => ms >= ended && ms > nowMs - windowMs);
      const granted = grantOf(wish, starts.length);
      for (let call = 0; call < granted; call += 1) starts.push(nowMs);
      const freeMs = (starts[0] ?? nowMs) + windowMs - nowMs;
      return { granted, againMs: Math.max(1, resetsAtMs > nowMs ? Math.min(resetsAtMs - nowMs, freeMs) : freeMs) };
    },
    giveBack(calls) {
      starts.splice(Math.max(0, starts.length - calls));
    },
  };
};
