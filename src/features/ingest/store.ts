import { NotFound } from '../../core/errors.ts';
import type { Sql } from '../../platform/database/database.ts';
import { leaseSeconds } from './coalescing.ts';

/**
 * Every statement here and in raise.ts that locks several tickets does so in the order (connection_id, external_id): receive, process and
 * the markers meet on the same rows, and one order keeps them from waiting for each other in a ring.
 */

export interface Lot {
  readonly connectionId: number;
  readonly ticketIds: readonly bigint[];
  /** End of the lease, where it names the claim: a job that lost it to another worker leaves the lot alone. */
  readonly claimedUntil?: Date | undefined;
  /** History: it waits for whatever happens now, and is held as long as its pulls take. */
  readonly history?: boolean | undefined;
}

/** A lease's end by the database's clock, in the milliseconds that a job carries: it names the claim. */
export const leaseSql = `date_trunc('milliseconds', now()) + ${leaseSeconds} * interval '1 s'`;

/** Tickets pulled in one bulk read. */
export const lotSize = 100;

/** What gather needs to know of a ticket before it pulls it. */
export interface DueTicket {
  readonly id: bigint;
  readonly externalId: string;
  readonly dirtySeq: bigint;
  readonly status: string | null;
  readonly wantsDeep: boolean;
  readonly deepDueAt: Date | null;
  /** Order numbers found in its text when that was last read. */
  readonly namedNumbers: readonly string[];
  /** Its audits were read before, so that what agents chose is known. */
  readonly historyHeld: boolean;
  /** End of the lease on all that were renewed together: the claim's new name. */
  readonly claimedUntil: Date;
}

/**
 * Renews the lease on those of a lot that are still due and still of its claim; what another worker settled or claimed
 * meanwhile is left out. An event that came since the claim has put off when the ticket is due: it is pulled now all the same,
 * for nobody else may until the lease ends. The new end differs from the old one, so that a job that comes twice does nothing the second time.
 */
export const renewDue = async (sql: Sql, { ticketIds, claimedUntil }: Lot, now: Date): Promise<DueTicket[]> => {
  const rows = await sql.query<{
    id: bigint;
    external_id: string;
    dirty_seq: bigint;
    status: string | null;
    wants_deep: boolean;
    deep_due_at: Date | null;
    history_held: boolean;
    named_numbers: string[];
    claimed_until: Date;
  }>(
    `with due as (
       select id, claimed_until from ticket where id = any($1) and (due_at is not null or deep_due_at <= $2) and quarantined_at is null
          and ($3::timestamptz is null or claimed_until = $3)
        order by connection_id, external_id for update
     )
     update ticket set claimed_until = (select greatest(${leaseSql}, max(claimed_until) + interval '1 ms') from due) from due where ticket.id = due.id
     returning ticket.id, external_id, dirty_seq, status, wants_deep, deep_due_at, named_numbers, person_choice is not null as history_held, ticket.claimed_until`,
    [ticketIds, now, claimedUntil ?? null],
  );
  return rows.map((row) => ({
    id: row.id,
    externalId: row.external_id,
    dirtySeq: row.dirty_seq,
    status: row.status,
    wantsDeep: row.wants_deep,
    deepDueAt: row.deep_due_at,
    historyHeld: row.history_held,
    namedNumbers: row.named_numbers,
    claimedUntil: row.claimed_until,
  }));
};

/**
 * Puts tickets back after a failure: they try again later, for ever. What was settled meanwhile stays so. Those that wait for a
 * decision as well are decided meanwhile from what is stored, unless it is that which failed.
 */
export const postpone = async (
  sql: Sql,
  ticketIds: readonly bigint[],
  {
    until,
    error,
    decisions = 'go on',
  }: { readonly until: Date; readonly error: string; readonly decisions?: 'go on' | 'wait too' },
): Promise<void> => {
  await sql.query(
    `with held as (select id from ticket where id = any($1) order by connection_id, external_id for update)
     update ticket set claimed_until = null, last_error = $3,
       due_at = case when due_at is null and (stale_since is not null or deep_due_at is null or deep_due_at > $2) then null else $2::timestamptz end,
       stale_since = case when stale_since is null or not $4 then stale_since else $2::timestamptz end,
       deep_due_at = case when deep_due_at is null then null else greatest(deep_due_at, $2::timestamptz) end
     from held where ticket.id = held.id`,
    [ticketIds, until, error, decisions === 'wait too'],
  );
};

/**
 * Renews the leases of a claim that still run, for as long as a pull takes; what was let go, settled, or claimed by another
 * worker stays so. Returns the claim's new name.
 */
export const keepClaims = async (sql: Sql, ticketIds: readonly bigint[], claimedUntil: Date): Promise<Date> => {
  const [kept] = await sql.query<{ claimed_until: Date }>(
    `update ticket set claimed_until = greatest(${leaseSql}, claimed_until + interval '1 ms')
      where id in (select id from ticket where id = any($1) and claimed_until = $2 and claimed_until > now() order by connection_id, external_id for update)
     returning claimed_until`,
    [ticketIds, claimedUntil],
  );
  return kept?.claimed_until ?? claimedUntil;
};

/** Has tickets pulled now: what was stored of them is not enough to decide. */
export const pullNow = async (sql: Sql, ticketIds: readonly bigint[], now: Date): Promise<void> => {
  if (ticketIds.length > 0)
    await sql.query('update ticket set due_at = least(due_at, $2) where id = any($1)', [ticketIds, now]);
};

/** Ends the leases on tickets that need nothing of their worker any more. */
export const releaseClaims = async (sql: Sql, ticketIds: readonly bigint[]): Promise<void> => {
  if (ticketIds.length > 0) await sql.query('update ticket set claimed_until = null where id = any($1)', [ticketIds]);
};

/** The connection's mode, held until the transaction ends: a switch waits, and then finds all that was written under the old one. */
export const currentMode = async (
  tx: Sql,
  connectionId: number,
): Promise<{
  readonly mode: 'observe' | 'act';
  readonly surveysSince: Date | null;
  /** When the last backfill began; null where none ever did. */
  readonly backfillBegan: Date | null;
}> => {
  const [row] = await tx.query<{ mode: 'observe' | 'act'; surveys_since: Date | null; backfill_began: Date | null }>(
    `select mode, surveys_since,
            (select (cursor->>'startedAt')::timestamptz from sync_cursor where connection_id = $1 and stream = 'backfill') as backfill_began
       from connection where id = $1 for key share`,
    [connectionId],
  );
  if (!row) throw new NotFound(`There is no connection ${connectionId}; "deskledger doctor" lists them`);
  return { mode: row.mode, surveysSince: row.surveys_since, backfillBegan: row.backfill_began };
};

const mark = async (
  sql: Sql,
  ticketIds: readonly bigint[],
  { now, reprice = false, lock }: { now: Date; reprice?: boolean; lock: 'for update' | 'for update skip locked' },
): Promise<number> => {
  if (ticketIds.length === 0) return 0;
  const rows = await sql.query(
    `with held as (select id from ticket where id = any($1) order by connection_id, external_id ${lock})
     update ticket set stale_since = coalesce(stale_since, $2), reprice = reprice or $3 from held where ticket.id = held.id returning 1`,
    [ticketIds, now, reprice],
  );
  return rows.length;
};

/** Marks tickets to be decided again; `reprice` also takes today's rates instead of the frozen ones. */
export const markStale = async (
  sql: Sql,
  ticketIds: readonly bigint[],
  how: { readonly now: Date; readonly reprice?: boolean },
): Promise<void> => {
  await mark(sql, ticketIds, { ...how, lock: 'for update' });
};

/**
 * Marks tickets without waiting, for whoever holds others locked: to wait would be out of the order of all writers. False where
 * somebody else holds some of them, which are not marked. Each is named once.
 */
export const markUnlessHeld = async (sql: Sql, ticketIds: readonly bigint[], now: Date): Promise<boolean> =>
  (await mark(sql, ticketIds, { now, lock: 'for update skip locked' })) === ticketIds.length;

/** Marks every ticket that was ever decided, in lots: partners, regions or ticket rules changed. */
export const markAllStale = async (sql: Sql, now: Date): Promise<void> => {
  let last = 0n;
  for (;;) {
    const rows = await sql.query<{ id: bigint }>(
      'select id from ticket where id > $1 and snapshot_at is not null order by id limit 1000',
      [last],
    );
    const end = rows.at(-1)?.id;
    if (end === undefined) return;
    await markStale(
      sql,
      rows.map(({ id }) => id),
      { now },
    );
    last = end;
  }
};

/** Somebody looks at a ticket: work that waits for its hour is pulled now. */
export const lookAt = async (sql: Sql, ticketId: bigint, now: Date): Promise<void> => {
  await sql.query(
    'update ticket set due_at = least(due_at, $2), deep_due_at = $2 where id = $1 and deep_due_at > $2 and quarantined_at is null',
    [ticketId, now],
  );
};
