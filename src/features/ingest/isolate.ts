import { AppError, LimitReached, UpstreamError } from '../../core/errors.ts';
import { minuteMs, secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { isStorageTrouble } from '../../platform/database/trouble.ts';
import type { RunStep, StepLine } from '../../platform/log.ts';
import { countFailure } from './count-failure.ts';
import { type Lot, postpone } from './store.ts';
import type { Troubles } from './trouble.ts';

/** A ticket closed to our user. A helpdesk answers so for a whole lot too: only asked for alone is the ticket known. */
export const isForbidden = (error: unknown): boolean => error instanceof UpstreamError && error.status === 403;

/** True where the outside or the storage failed, not the ticket: such a lot waits, however long, and no ticket is blamed. */
export const isOutage = (error: unknown): boolean =>
  error instanceof LimitReached ||
  (error instanceof UpstreamError && (error.retryable || error.status === 401)) ||
  (error instanceof AppError && error.code === 'refused') ||
  isStorageTrouble(error);

/** How long to wait before a call to the same vendor makes sense. */
const waitMs = (error: unknown): number => {
  if (error instanceof LimitReached) return Math.max(error.retryAfterMs, secondMs);
  return 30 * secondMs;
};

/** Rights change by a person's hand: a ticket that is closed to us is tried again after this long. */
export const forbiddenRetryMs = 15 * minuteMs;

export const describe = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error').slice(0, 500);

/** What went wrong with one ticket by itself. */
export interface Failure {
  readonly ticketId: bigint;
  readonly error: unknown;
}

/** The end of a lot's lease, which names its claim; whoever renews the lease notes the new one. */
export interface Claim {
  until: Date | undefined;
}

interface Deps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly runStep: RunStep;
  /** Told of what may lie in the connection; absent for steps that ask no helpdesk. */
  readonly troubles?: Pick<Troubles, 'met'>;
}

/** Counts failures that lie in the tickets themselves; after bounded tries a ticket is quarantined. */
const blame = async ({ sql, clock }: Deps, failures: readonly Failure[], line: StepLine): Promise<void> => {
  const quarantined: string[] = [];
  for (const { ticketId, error } of failures)
    if (
      await countFailure(sql, ticketId, {
        now: clock.now(),
        error: describe(error),
        ...(isForbidden(error) && { retryMs: () => forbiddenRetryMs }),
      })
    )
      quarantined.push(ticketId.toString());
  if (failures.length === 0) return;
  line.outcome = 'tickets failed';
  line.failed = failures.map(({ ticketId }) => ticketId.toString());
  line.quarantined = quarantined;
  line.reason = describe(failures[0]?.error);
};

/**
 * Runs a step over a lot of tickets so that a poison ticket delays nobody. The work returns the tickets that failed by
 * themselves; these are counted. Where the whole step throws, an outage (see isOutage) puts the lot back, and any other
 * failure halves the lot until the ticket at fault is alone. So does a connection that answers nothing but oddities, or that
 * is closed to us: once that is sure, its tickets wait as in an outage.
 */
export const isolate = async (
  deps: Deps,
  name: string,
  lot: Lot,
  work: (lot: Lot, line: StepLine, claim: Claim) => Promise<readonly Failure[]>,
): Promise<void> => {
  const { sql, clock, runStep } = deps;
  const { ticketIds } = lot;
  const claim: Claim = { until: lot.claimedUntil };
  const parts = await runStep(name, async (line) => {
    line.connection = lot.connectionId;
    line.tickets = ticketIds.length;
    try {
      await blame(deps, await work(lot, line, claim), line);
      return [];
    } catch (error) {
      line.reason = describe(error);
      const [first] = ticketIds;
      const outage = isOutage(error);
      const alone = outage || ticketIds.length > 1 ? undefined : first;
      const sure =
        (outage || alone !== undefined) && (await deps.troubles?.met(lot.connectionId, 'tickets', error, alone));
      if (outage || sure) {
        line.outcome = 'postponed';
        const until = new Date(clock.now().getTime() + waitMs(error));
        // A step that asks no helpdesk is the decision.
        const decisions = deps.troubles ? 'go on' : 'wait too';
        await postpone(sql, ticketIds, { until, error: describe(error), decisions });
        return [];
      }
      if (ticketIds.length > 1 || first === undefined) {
        line.outcome = 'split';
        const middle = Math.ceil(ticketIds.length / 2);
        return [ticketIds.slice(0, middle), ticketIds.slice(middle)];
      }
      await blame(deps, [{ ticketId: first, error }], line);
      return [];
    }
  });
  // Under the claim as it is now: what another worker claimed meanwhile is theirs.
  for (const part of parts)
    await isolate(deps, name, { connectionId: lot.connectionId, ticketIds: part, claimedUntil: claim.until }, work);
};
