import { setTimeout as wallPause } from 'node:timers/promises';
import { minuteMs } from '../../src/core/time.ts';
import type { Clock } from '../../src/platform/clock.ts';

export interface HandClock extends Clock {
  advance(ms: number): void;
}

/**
 * Wall time between two runs of a sweep that asks for a pause of so much: the hand that moves the clock need not wait for
 * them, and those that come round seldom leave the machine to the others. Where it rests there is little to find.
 */
const sweepPauseMs = (askedMs: number): { readonly moved: number; readonly rests: number } => {
  if (askedMs < minuteMs) return { moved: 10, rests: 60 };
  return askedMs < 10 * minuteMs ? { moved: 100, rests: 300 } : { moved: 500, rests: 1_000 };
};

/** A clock that stands still until a test moves it; sweeps run all the time, and soon after it moved. */
export const handClock = (start: string): HandClock => {
  let nowMs = Date.parse(start);
  let moved = Promise.withResolvers<void>();
  const sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>();
  return {
    now: () => new Date(nowMs),
    advance(ms) {
      nowMs += ms;
      moved.resolve();
      moved = Promise.withResolvers();
      for (const sleeper of sleepers) if (sleeper.dueMs <= nowMs) sleeper.wake();
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms <= 0 || signal?.aborted) return resolve();
        const sleeper = {
          dueMs: nowMs + ms,
          wake() {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake);
      }),
    every(ms, task) {
      const pauseMs = sweepPauseMs(ms);
      const { promise: stopping, resolve: stop } = Promise.withResolvers<void>();
      let stopped = false;
      const loop = async () => {
        while (!stopped) {
          const { promise: movedSince } = moved;
          await task();
          await Promise.race([stopping, wallPause(pauseMs.moved)]);
          await Promise.race([stopping, movedSince, wallPause(pauseMs.rests)]);
        }
      };
      const running = loop();
      return {
        async stop() {
          stopped = true;
          stop();
          await running;
        },
      };
    },
  };
};
