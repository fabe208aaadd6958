import { AppError } from '../core/errors.ts';
import { secondMs } from '../core/time.ts';
import type { LeapingClock } from './clock.ts';

/** The product lets a ticket rest some seconds after each change: with a clock behind the present nobody waits for them. */
const stepMs = 5 * secondMs;
const lookMs = 50;
const longestMs = 90 * secondMs;

/**
 * Waits until it is so, and moves the clock on meanwhile, as far as it stays `keptMs` behind the present: a busy machine looks
 * often, and would use up what is meant for later. Throws AppError `unavailable` after 90 s.
 */
export const waitUntil = async (
  what: string,
  isSo: () => Promise<boolean>,
  { clock, keptMs, signal }: { clock: LeapingClock; keptMs: number; signal?: AbortSignal | undefined },
): Promise<void> => {
  const endMs = Date.now() + longestMs;
  while (!(await isSo())) {
    signal?.throwIfAborted();
    if (Date.now() > endMs) throw new AppError('unavailable', `The preview waited in vain: ${what}.`);
    const spareMs = clock.behindMs() - keptMs - stepMs;
    if (spareMs > 0) clock.leap(Math.min(stepMs, spareMs));
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
};
