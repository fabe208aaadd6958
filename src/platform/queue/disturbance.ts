import { minuteMs, secondMs } from '../../core/time.ts';
import type { Log } from '../log.ts';

/** While it lasts one line per this time: a server that is away makes every worker report many times a second. */
const againAfterMs = 5 * minuteMs;
/** A queue counts as well once it worked and nothing went wrong for this long: it may come and go. */
const calmMs = 10 * secondMs;

/** How all producers and workers of one queue server get on with it, told once per change and rarely in between. */
export interface Disturbance {
  met(error: unknown, queue: string): void;
  /** A job was taken or begun. */
  well(): void;
}

export const createDisturbance = (log: Log, nowMs = performance.now.bind(performance)): Disturbance => {
  let isDisturbed = false;
  let lastErrorMs = Number.NEGATIVE_INFINITY;
  let toldMs = Number.NEGATIVE_INFINITY;
  let untold = 0;
  return {
    met(err, queue) {
      lastErrorMs = nowMs();
      if (isDisturbed && lastErrorMs - toldMs < againAfterMs) {
        untold += 1;
        return;
      }
      log.warn(
        { step: 'queue', queue, err, untold },
        'The queue is disturbed; nothing is lost: the sweeps do the work until it answers again.',
      );
      isDisturbed = true;
      toldMs = lastErrorMs;
      untold = 0;
    },
    well() {
      if (!isDisturbed || nowMs() - lastErrorMs < calmMs) return;
      log.warn({ step: 'queue', untold }, 'The queue works again.');
      isDisturbed = false;
      untold = 0;
    },
  };
};
