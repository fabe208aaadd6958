import { AppError, LimitReached, UpstreamError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { RunStep, StepLine } from '../../platform/log.ts';
import { countFailure, type Lot, postpone } from './store.ts';

/** True where the outside failed, not the ticket: such a lot waits, however long, and no ticket is blamed. */
export const isOutage = (error: unknown): boolean =>
  error instanceof LimitReached ||
  (error instanceof UpstreamError && error.retryable) ||
  (error instanceof AppError && error.code === 'refused');

/** How long to wait before a call to the same vendor makes sense. */
const waitMs = (error: unknown): number =>
  error instanceof LimitReached ? Math.max(error.retryAfterMs, secondMs) : 30 * secondMs;

export const describe = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error').slice(0, 500);

/**
 * Runs a step over a lot of tickets so that a poison ticket delays nobody: an outage of the outside puts the lot back; any
 * other failure tries each ticket alone, and the one that fails alone is counted and, after bounded tries, quarantined.
 */
export const isolate = async (
  deps: { readonly sql: Sql; readonly clock: Clock; readonly runStep: RunStep },
  name: string,
  lot: Lot,
  work: (lot: Lot, line: StepLine) => Promise<void>,
): Promise<void> => {
  const { sql, clock, runStep } = deps;
  const alone = await runStep(name, async (line) => {
    line.connection = lot.connectionId;
    line.tickets = lot.ticketIds.length;
    try {
      await work(lot, line);
      return [];
    } catch (error) {
      const now = clock.now();
      line.reason = describe(error);
      if (isOutage(error)) {
        line.outcome = 'postponed';
        await postpone(sql, lot.ticketIds, { until: new Date(now.getTime() + waitMs(error)), error: describe(error) });
        return [];
      }
      const [first] = lot.ticketIds;
      if (lot.ticketIds.length > 1 || first === undefined) {
        line.outcome = 'split';
        return lot.ticketIds;
      }
      line.ticket = first;
      line.outcome = (await countFailure(sql, first, { now, error: describe(error) }))
        ? 'quarantined'
        : 'retried later';
      return [];
    }
  });
  for (const id of alone) await isolate(deps, name, { ...lot, ticketIds: [id] }, work);
};
