import type { Clock } from '../platform/clock.ts';

/** A clock at the wall's pace that is behind the present and is moved on by hand until it meets it. */
export interface LeapingClock extends Clock {
  behindMs(): number;
  /** Moves on by so much, but not past the present; whoever sleeps until then wakes. */
  leap(ms: number): void;
  /** Moves on to the present, and keeps it. */
  catchUp(): void;
}

const longestTimerMs = 2 ** 31 - 1;
/** While behind, sweeps that come round within some seconds come round at once: nobody looks on who would have to wait. */
const oftenMs = 5_000;
const hurriedMs = 100;

/** The present is the wall's time unless another is given, which goes at the wall's pace too. */
export const leapingClock = (behindMs: number, presentMs: () => number = Date.now): LeapingClock => {
  let behind = behindMs;
  const sleepers = new Set<() => void>();
  const nowMs = (): number => presentMs() - behind;

  const until = (dueMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const look = (): void => {
        clearTimeout(timer);
        if (!signal?.aborted && nowMs() < dueMs) {
          timer = setTimeout(look, Math.min(dueMs - nowMs(), longestTimerMs));
          return;
        }
        sleepers.delete(look);
        signal?.removeEventListener('abort', look);
        resolve();
      };
      sleepers.add(look);
      signal?.addEventListener('abort', look);
      look();
    });

  const leap = (ms: number): void => {
    behind = Math.max(0, behind - ms);
    for (const look of [...sleepers]) look();
  };

  return {
    now: () => new Date(nowMs()),
    sleep: (ms, signal) => until(nowMs() + ms, signal),
    every(ms, task) {
      const stopped = new AbortController();
      const loop = async () => {
        while (!stopped.signal.aborted) {
          await task();
          await until(nowMs() + (behind > 0 && ms <= oftenMs ? Math.min(ms, hurriedMs) : ms), stopped.signal);
        }
      };
      const running = loop();
      return {
        async stop() {
          stopped.abort();
          await running;
        },
      };
    },
    behindMs: () => behind,
    leap,
    catchUp: () => leap(Number.POSITIVE_INFINITY),
  };
};
