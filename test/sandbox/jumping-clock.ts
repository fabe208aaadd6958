import { setImmediate as turn } from 'node:timers/promises';
import type { SandboxClock } from '../../src/sandbox/clock.ts';

/** A clock that jumps to the end of whatever somebody waits for: days pass in milliseconds, in the right order. */
export const jumpingClock = (startMs: number): SandboxClock => {
  let nowMs = startMs;
  return {
    now: () => new Date(nowMs),
    async sleep(ms) {
      const dueMs = nowMs + ms;
      await turn();
      nowMs = Math.max(nowMs, dueMs);
    },
    every(_, task) {
      let stopped = false;
      const loop = async () => {
        while (!stopped) {
          await task();
          await turn();
        }
      };
      const running = loop();
      return {
        async stop() {
          stopped = true;
          await running;
        },
      };
    },
  };
};
