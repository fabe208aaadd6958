import type { Clock } from '../../platform/clock.ts';

/** Something that is loaded once for all who ask within a while. */
export interface Held<Value> {
  /** At most as old as it may be; whoever comes later waits for the next. */
  fresh(): Promise<Value>;
  /** The latest there is, while the next is loaded behind it; waited for is the first, and what comes after one that is too old. */
  atOnce(): Promise<Value>;
}

/**
 * `failed` is told of a load that nobody waited for; one that somebody waited for fails for them, and for nobody after them. What
 * was asked for longer than `oldestMs` ago is told to nobody.
 */
export const hold = <Value>(
  load: () => Promise<Value>,
  {
    wall,
    forMs,
    oldestMs = Number.POSITIVE_INFINITY,
    failed,
  }: {
    readonly wall: Clock;
    readonly forMs: number;
    readonly oldestMs?: number;
    readonly failed: (error: unknown) => void;
  },
): Held<Value> => {
  let current: { readonly untilMs: number; readonly loading: Promise<Value> } | undefined;
  let latest: { readonly value: Value; readonly atMs: number; readonly nth: number } | undefined;
  let loads = 0;
  const fresh = (): Promise<Value> => {
    const nowMs = wall.now().getTime();
    if (current && nowMs < current.untilMs) return current.loading;
    const mine = { untilMs: nowMs + forMs, loading: load() };
    current = mine;
    loads += 1;
    const nth = loads;
    mine.loading.then(
      (value) => {
        // One that took longer than the next brings what is older.
        if (!latest || latest.nth < nth) latest = { value, atMs: nowMs, nth };
      },
      () => {
        if (current === mine) current = undefined;
      },
    );
    return mine.loading;
  };
  return {
    fresh,
    atOnce() {
      const next = fresh();
      if (!latest || wall.now().getTime() - latest.atMs > oldestMs) return next;
      next.catch(failed);
      return Promise.resolve(latest.value);
    },
  };
};
