import { hourMs, secondMs } from '../../core/time.ts';

/** A ticket is gathered this long after its last event ... */
export const quietMs = 3 * secondMs;

/** ... and at most this long after the first event of the burst. */
export const burstMs = 30 * secondMs;

/** Work on an open ticket is pulled this long after the first event that may carry some (RULES.md section 11). */
export const deepPullMs = 6 * hourMs;

/** How long a worker owns what it claimed. Wall time, by the database's clock: a lease guards a process, not a business rule. */
export const leaseSeconds = 90;

/** Tries after which a ticket or an outbox row that fails for a reason of its own is set aside. */
export const mostAttempts = 5;

/** When to try again after the nth failure: 10 s, 30 s, 90 s ... at most 15 min. */
export const retryDelayMs = (attempts: number): number =>
  Math.min(10 * secondMs * 3 ** Math.max(0, attempts - 1), 900 * secondMs);

/** A helpdesk that answers with an older state than ours is asked again: its replicas catch up. After 5 s, 10 s, 20 s ... at most 15 min ... */
export const olderAgainMs = (tries: number): number =>
  Math.min(5 * secondMs * 2 ** Math.max(0, tries - 1), 900 * secondMs);

/** ... and this often, 36 minutes in all; then the ticket is set aside, and its next event tries again. */
export const mostOlder = 10;
