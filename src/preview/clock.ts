import type { Clock } from '../platform/clock.ts';

/** A clock at the wall's pace that is behind it and is moved on by hand until it meets it. */
export interface LeapingClock extends Clock {
  /** Moves on by so much, but not past the wall's time; whoever sleeps until then wakes. */
  leap(ms: number): void;
  /** Moves on to the wall's time, and keeps it. */
  meetWall(): void;
}

const longestTimerMs = 2 ** 31 - 1;
/** While behind, sweeps that come round within some seconds come round at once: nobody looks on who would have to wait. */
const oftenMs = 5_000;
const hurriedMs = 100;

export const leapingClock = (behindMs: number): LeapingClock => {
  let behind = behindMs;
  const sleepers = new Set<() => void>();
  const nowMs = (): number => Date.now() - behind;

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
    leap,
    meetWall: () => leap(Number.POSITIVE_INFINITY),
  };
};
