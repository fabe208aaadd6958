import { LimitReached } from '../core/errors.ts';
import { secondMs } from '../core/time.ts';
import type { Clock } from '../platform/clock.ts';

/** No ticket is begun later than this after the first: what comes late in a long lot is not held up by the whole of it. */
const longestPullMs = 40 * secondMs;

/**
 * Pulls tickets one by one to the end, so that what the quota cuts short is whole tickets: the rest is for another time.
 * Throws LimitReached where the quota ended before the first of them was done; any other error of a pull at once.
 */
export const pullInTurn = async (
  ids: readonly string[],
  { clock, atOnce, pull }: { readonly clock: Clock; readonly atOnce: number; pull(id: string): Promise<void> },
): Promise<{ readonly notBegun?: { readonly externalIds: readonly string[]; readonly retryAfterMs: number } }> => {
  const startMs = clock.now().getTime();
  const done = new Set<string>();
  const queue = ids.values();
  let cutShort: LimitReached | undefined;
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const id of queue) {
      if (cutShort || failed || clock.now().getTime() - startMs > longestPullMs) return;
      try {
        await pull(id);
        done.add(id);
      } catch (error) {
        if (!(error instanceof LimitReached)) {
          failed = true;
          throw error;
        }
        cutShort = error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, ids.length) }, worker));
  if (cutShort && done.size === 0) throw cutShort;
  const externalIds = ids.filter((id) => !done.has(id));
  return externalIds.length > 0 ? { notBegun: { externalIds, retryAfterMs: cutShort?.retryAfterMs ?? 0 } } : {};
};
