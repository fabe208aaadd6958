import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';

/**
 * So many a second, and `burst` at once after a pause, for each key by itself, in this process alone. @fastify/rate-limit counts
 * requests in fixed windows of the machine's clock; what is bounded here is refilled evenly, and log lines are no requests.
 */
export const createAllowance = ({
  wall,
  perSecond,
  burst,
}: {
  readonly wall: Clock;
  readonly perSecond: number;
  readonly burst: number;
}) => {
  const held = new Map<number, { left: number; atMs: number }>();
  /** Takes one; 0, or in how many milliseconds there is one again. */
  return (key: number): number => {
    const nowMs = wall.now().getTime();
    const { left, atMs } = held.get(key) ?? { left: burst, atMs: nowMs };
    const filled = Math.min(burst, left + (Math.max(0, nowMs - atMs) * perSecond) / secondMs);
    const granted = filled >= 1;
    held.set(key, { left: granted ? filled - 1 : filled, atMs: nowMs });
    return granted ? 0 : Math.ceil(((1 - filled) * secondMs) / perSecond);
  };
};
