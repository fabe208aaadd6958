import { type Day, dayIn, hourMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import type { ReportingBasis } from '../directory/index.ts';
import { connectionStatuses } from '../ingest/index.ts';
import {
  type Imbalance,
  imbalances,
  lastPosting,
  type Timeliness,
  ticketsPostedSince,
  timelinessSince,
} from '../reports/index.ts';
import { differingTickets } from './settle-again.ts';

/** Of one connection, what its helpdesk has against what is held. */
interface Completeness {
  readonly connection: string;
  /** The helpdesk's own count of tickets since a day and ours, as of the latest daily count; null where it tells none. */
  readonly there: number | null;
  readonly here: number | null;
  readonly heldRatio: number | null;
  readonly quarantined: number;
}

/** What one night found. */
export interface Reconciliation {
  readonly night: Day;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly lastPostingId: bigint;
  /** Nothing of `balance` is wrong. */
  readonly balanced: boolean;
  readonly completeness: readonly Completeness[];
  readonly timeliness: Timeliness;
  readonly balance: readonly Imbalance[];
}

interface ReconcileDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly basis: ReportingBasis;
}

/** A quiet hour everywhere; in the reporting time zone. */
const nightHour = 2;
/** Tickets of the day that are settled again, to see that nothing would change. */
const mostTickets = 20_000;
const keptNights = 400;
/** Any one number of ours, so that two workers do not look at the same time. */
const reconcileLock = 3_900_002;

const columns = `night::text as night, started_at as "startedAt", ended_at as "endedAt", last_posting_id as "lastPostingId", balanced, completeness, timeliness, balance`;

/** The latest nights, the last one first. */
export const reconciliations = (sql: Sql, limit: number): Promise<Reconciliation[]> =>
  sql.query<Reconciliation>(`select ${columns} from reconciliation order by night desc limit $1`, [limit]);

const rulesCheck = (wrong: readonly bigint[]): Imbalance[] =>
  wrong.length === 0
    ? []
    : [
        {
          check: 'rules',
          count: wrong.length,
          examples: wrong.slice(0, 5).map(String),
          found: 'tickets that would be settled differently from what the ledger holds',
          next: 'deskledger replay --ticket decides one again. Report it where that does not help.',
        },
      ];

/**
 * Looks at everything as of one moment and stores what it found under tonight's day: completeness, timeliness, and whether
 * the books balance. Resolves to null where another worker is at it.
 */
export const reconcileBooks = ({ db, clock, basis }: ReconcileDeps): Promise<Reconciliation | null> =>
  db.transaction(
    async (tx) => {
      const [lock] = await tx.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [reconcileLock]);
      if (!lock?.held) return null;
      const startedAt = clock.now();
      const night = dayIn(basis.timeZone, startedAt);
      const [before] = await tx.query<{ last: bigint }>(
        'select last_posting_id as last from reconciliation where night < $1 order by night desc limit 1',
        [night],
      );
      const last = await lastPosting(tx);
      const afterPosting = before?.last ?? 0n;
      const statuses = await connectionStatuses(tx, startedAt);
      const completeness = statuses.map(
        (status): Completeness => ({
          connection: status.name,
          there: status.counted?.there ?? null,
          here: status.counted?.here ?? null,
          heldRatio: status.completeness,
          quarantined: status.quarantined,
        }),
      );
      const posted = await ticketsPostedSince(tx, { afterPosting, most: mostTickets });
      const timeliness = await timelinessSince(tx, { afterPosting, now: startedAt });
      const balance = [
        ...(await imbalances(tx, null, basis)),
        ...rulesCheck(await differingTickets(tx, posted, { basis })),
      ];
      const endedAt = clock.now();
      const balanced = balance.length === 0;
      await tx.query(
        `insert into reconciliation (night, started_at, ended_at, last_posting_id, balanced, completeness, timeliness, balance)
         values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8::jsonb)
         on conflict (night) do update set started_at = excluded.started_at, ended_at = excluded.ended_at, last_posting_id = excluded.last_posting_id,
           balanced = excluded.balanced, completeness = excluded.completeness, timeliness = excluded.timeliness, balance = excluded.balance`,
        [
          night,
          startedAt,
          endedAt,
          last,
          balanced,
          ...[completeness, timeliness, balance].map((one) => JSON.stringify(one)),
        ],
      );
      await tx.query('delete from reconciliation where night < $1::date - $2::int', [night, keptNights]);
      return { night, startedAt, endedAt, lastPostingId: last, balanced, completeness, timeliness, balance };
    },
    { isolation: 'repeatable read' },
  );

/** Whether tonight's look is due: it is past two, and nobody has looked tonight. */
export const reconciliationDue = async (
  sql: Sql,
  { now, timeZone }: { readonly now: Date; readonly timeZone: string },
): Promise<boolean> => {
  const night = dayIn(timeZone, now);
  if (dayIn(timeZone, new Date(now.getTime() - nightHour * hourMs)) !== night) return false;
  return (await sql.query('select 1 from reconciliation where night = $1', [night])).length === 0;
};
