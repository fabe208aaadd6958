import { NotFound } from '../../core/errors.ts';
import type { Sql } from '../../platform/database/database.ts';
import { burstMs, deepPullMs, leaseSeconds, mostAttempts, quietMs, retryDelayMs } from './coalescing.ts';
import type { Arrival } from './receive.ts';

/**
 * Every statement here that locks several tickets does so in the order (connection_id, external_id): receive, process and
 * the markers meet on the same rows, and one order keeps them from waiting for each other in a ring.
 */

/**
 * Inserts deliveries and raises their tickets in one statement, hence one transaction and one round trip. What may wait
 * raises a known ticket without making it due; a ticket never seen before is pulled whatever told of it.
 * Returns the identities ("connection key") of the rows that were new.
 */
export const storeArrivals = async (sql: Sql, arrivals: readonly Arrival[]): Promise<Set<string>> => {
  const rows = await sql.query<{ connection_id: number; delivery_key: string }>(
    `with incoming as (
       select * from unnest($1::int[], $2::text[], $3::jsonb[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[])
         as t(connection_id, delivery_key, headers, body, event_type, ticket_external_id, urgency, unreadable, received_at)
     ), stored as (
       insert into delivery (connection_id, delivery_key, received_at, headers, body, event_type, ticket_external_id, state, error)
       select connection_id, delivery_key, received_at, headers, body, event_type, ticket_external_id,
              case when unreadable is not null then 'quarantined' when ticket_external_id is null or urgency = 'ignore' then 'ignored' else 'stored' end,
              unreadable
         from incoming order by connection_id, delivery_key
       on conflict (connection_id, delivery_key) do nothing
       returning connection_id, delivery_key
     ), named as (
       select connection_id, ticket_external_id, count(*) as events, max(received_at) as at,
              bool_or(urgency <> 'later') as urgent, bool_or(urgency = 'now with audits') as deep
         from incoming join stored using (connection_id, delivery_key)
        where ticket_external_id is not null and urgency <> 'ignore'
        group by connection_id, ticket_external_id
        order by connection_id, ticket_external_id
     ), raised as (
       insert into ticket (connection_id, external_id, dirty_seq, burst_started_at, due_at, deep_due_at, wants_deep, first_seen_at)
       select connection_id, ticket_external_id, events, case when urgent then at end, at + $10 * interval '1 ms', at + $12 * interval '1 ms', deep, at from named
       on conflict (connection_id, external_id) do update set
         dirty_seq = ticket.dirty_seq + excluded.dirty_seq,
         burst_started_at = coalesce(ticket.burst_started_at, excluded.burst_started_at),
         due_at = case when excluded.burst_started_at is null then ticket.due_at
           else least(excluded.due_at, coalesce(ticket.burst_started_at, excluded.burst_started_at) + $11 * interval '1 ms') end,
         deep_due_at = coalesce(ticket.deep_due_at, excluded.deep_due_at),
         wants_deep = ticket.wants_deep or excluded.wants_deep,
         from_backfill = false,
         quarantined_at = null,
         attempts = least(ticket.attempts, $13 - 1)
       returning 1
     )
     select connection_id, delivery_key from stored`,
    [
      arrivals.map((arrival) => arrival.connectionId),
      arrivals.map((arrival) => arrival.deliveryKey),
      arrivals.map((arrival) => JSON.stringify(arrival.headers)),
      arrivals.map((arrival) => arrival.body),
      arrivals.map((arrival) => arrival.eventType),
      arrivals.map((arrival) => arrival.ticketExternalId),
      arrivals.map((arrival) => arrival.urgency),
      arrivals.map((arrival) => arrival.unreadable),
      arrivals.map((arrival) => arrival.receivedAt),
      quietMs,
      burstMs,
      deepPullMs,
      mostAttempts,
    ],
  );
  return new Set(rows.map((row) => `${row.connection_id} ${row.delivery_key}`));
};

/** Clocks of the helpdesk and of this machine differ by less. */
const clockSkewSeconds = 2;

/**
 * Raises tickets that a walk over the helpdesk's changes found newer than what we hold, but for those that are due anyhow,
 * and returns how many no webhook had told of. A change no later than our own last tag on the ticket is most likely that
 * tag: it is read again, its audits wait their 6 h, and it is not among those returned. So it is with a ticket that waits
 * for its 6 h already: a read tells whether it was solved, which brings its audits. One in quarantine is tried once more.
 */
export const raiseChanged = async (
  sql: Sql,
  connectionId: number,
  changed: readonly { readonly externalId: string; readonly updatedAt: Date }[],
  { now, fromBackfill }: { readonly now: Date; readonly fromBackfill: boolean },
): Promise<number> => {
  const [counted] = await sql.query<{ raised: bigint }>(
    `with newest as (
       select n.external_id,
              exists (select 1 from ticket t join wanted_tag w on w.ticket_id = t.id where t.connection_id = $1 and t.external_id = n.external_id
                         and t.snapshot_at is not null and n.updated_at <= w.done_at + $7 * interval '1 s') as by_us,
              exists (select 1 from delivery d where d.connection_id = $1 and d.ticket_external_id = n.external_id
                         and d.received_at >= n.updated_at - $7 * interval '1 s') as told,
              exists (select 1 from ticket t where t.connection_id = $1 and t.external_id = n.external_id
                         and t.snapshot_at is not null and t.deep_due_at is not null) as waits
         from (select external_id, max(updated_at) as updated_at from unnest($2::text[], $3::timestamptz[]) as u(external_id, updated_at) group by external_id) n
        where not exists (
          select 1 from ticket held where held.connection_id = $1 and held.external_id = n.external_id
             and (held.snapshot_at >= n.updated_at or held.due_at is not null and held.quarantined_at is null))
     ), raised as (
       insert into ticket (connection_id, external_id, dirty_seq, burst_started_at, due_at, deep_due_at, wants_deep, first_seen_at, from_backfill)
       select $1, external_id, 1, $4::timestamptz, $4::timestamptz, $4::timestamptz + case when by_us then $6 else 0 end * interval '1 ms',
              not by_us and not waits, $4::timestamptz, $5::boolean
         from newest order by external_id
       on conflict (connection_id, external_id) do update set
         dirty_seq = ticket.dirty_seq + 1, due_at = excluded.due_at, wants_deep = ticket.wants_deep or excluded.wants_deep,
         deep_due_at = coalesce(ticket.deep_due_at, excluded.deep_due_at),
         burst_started_at = coalesce(ticket.burst_started_at, excluded.burst_started_at),
         from_backfill = ticket.from_backfill and (excluded.from_backfill or (select by_us from newest where newest.external_id = excluded.external_id)),
         quarantined_at = null, attempts = least(ticket.attempts, $8 - 1)
       returning 1
     )
     select count(*) filter (where not by_us and not told) as raised from newest, (select count(*) from raised) as written`,
    [
      connectionId,
      changed.map(({ externalId }) => externalId),
      changed.map(({ updatedAt }) => updatedAt),
      now,
      fromBackfill,
      deepPullMs,
      clockSkewSeconds,
      mostAttempts,
    ],
  );
  return Number(counted?.raised ?? 0n);
};

export interface Lot {
  readonly connectionId: number;
  readonly ticketIds: readonly bigint[];
  /** End of the lease, where it names the claim: a job that lost it to another worker leaves the lot alone. */
  readonly claimedUntil?: Date | undefined;
}

const lotsOf = (rows: readonly { id: bigint; connection_id: number }[], size: number): Lot[] => {
  const byConnection = Map.groupBy(rows, (row) => row.connection_id);
  return [...byConnection].flatMap(([connectionId, ofConnection]) => {
    const ids = ofConnection.map(({ id }) => id);
    return Array.from({ length: Math.ceil(ids.length / size) }, (_, index) => ({
      connectionId,
      ticketIds: ids.slice(index * size, (index + 1) * size),
    }));
  });
};

/** How many tickets some worker holds at this moment. */
const claimedNow = async (sql: Sql): Promise<number> => {
  const [row] = await sql.query<{ claimed: bigint }>(
    'select count(*) as claimed from ticket where claimed_until > now()',
  );
  return Number(row?.claimed ?? 0n);
};

/** Claims at most this many tickets at a time over all workers, so that a backlog waits in the table, not in the queue. */
const mostClaimed = 2000;

/** Tickets pulled in one bulk read. */
export const lotSize = 100;

/** Claims tickets that are due to be gathered, as lots by connection. */
export const claimDue = async (sql: Sql, now: Date): Promise<Lot[]> => {
  const room = mostClaimed - (await claimedNow(sql));
  if (room <= 0) return [];
  const rows = await sql.query<{ id: bigint; connection_id: number }>(
    `with due as (
       select ticket.id from ticket join connection on connection.id = ticket.connection_id
        where (due_at <= $1 or deep_due_at <= $1) and quarantined_at is null and (claimed_until is null or claimed_until < now())
          and connection.disabled_at is null
        order by least(due_at, deep_due_at) limit $2 for update of ticket skip locked
     )
     update ticket set claimed_until = now() + $3 * interval '1 s' from due where ticket.id = due.id
     returning ticket.id, ticket.connection_id`,
    [now, room, leaseSeconds],
  );
  return lotsOf(rows, lotSize);
};

/** Claims tickets that are to be decided again from what is stored. */
export const claimStale = async (sql: Sql, now: Date): Promise<Lot[]> => {
  const room = mostClaimed - (await claimedNow(sql));
  if (room <= 0) return [];
  const rows = await sql.query<{ id: bigint; connection_id: number }>(
    `with due as (
       select id from ticket
        where stale_since <= $1 and snapshot_at is not null and quarantined_at is null and (claimed_until is null or claimed_until < now())
        order by stale_since limit $2 for update skip locked
     )
     update ticket set claimed_until = now() + $3 * interval '1 s' from due where ticket.id = due.id
     returning ticket.id, ticket.connection_id`,
    [now, room, leaseSeconds],
  );
  return lotsOf(rows, lotSize);
};

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
}

/** Renews the lease on those of a lot that are still due; what another worker settled meanwhile is left out. */
export const renewDue = async (sql: Sql, ticketIds: readonly bigint[], now: Date): Promise<DueTicket[]> => {
  const rows = await sql.query<{
    id: bigint;
    external_id: string;
    dirty_seq: bigint;
    status: string | null;
    wants_deep: boolean;
    deep_due_at: Date | null;
    history_held: boolean;
    named_numbers: string[];
  }>(
    `with due as (
       select id from ticket where id = any($1) and (due_at <= $2 or deep_due_at <= $2) and quarantined_at is null
        order by connection_id, external_id for update
     )
     update ticket set claimed_until = now() + $3 * interval '1 s' from due where ticket.id = due.id
     returning ticket.id, external_id, dirty_seq, status, wants_deep, deep_due_at, named_numbers, person_choice is not null as history_held`,
    [ticketIds, now, leaseSeconds],
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
  }));
};

/** Puts tickets back after a failure that is the outside's: they try again later, for ever. What was settled meanwhile stays so. */
export const postpone = async (
  sql: Sql,
  ticketIds: readonly bigint[],
  { until, error }: { readonly until: Date; readonly error: string },
): Promise<void> => {
  await sql.query(
    `with held as (select id from ticket where id = any($1) order by connection_id, external_id for update)
     update ticket set claimed_until = null, last_error = $3,
       due_at = case when due_at is null and (stale_since is not null or deep_due_at is null or deep_due_at > $2) then null else $2::timestamptz end,
       stale_since = case when stale_since is null then null else $2::timestamptz end,
       deep_due_at = case when deep_due_at is null then null else greatest(deep_due_at, $2::timestamptz) end
     from held where ticket.id = held.id`,
    [ticketIds, until, error],
  );
};

/** Counts a failure that lies in the ticket itself; after `mostAttempts` it is quarantined. Returns true when it is. */
export const countFailure = async (
  sql: Sql,
  ticketId: bigint,
  { now, error, retryMs }: { readonly now: Date; readonly error: string; readonly retryMs?: number },
): Promise<boolean> => {
  const [row] = await sql.query<{ attempts: number; quarantined: boolean }>(
    `update ticket set attempts = attempts + 1, last_error = $2, claimed_until = null,
       quarantined_at = case when attempts + 1 >= $3 then $4::timestamptz else null end
     where id = $1 returning attempts, quarantined_at is not null as quarantined`,
    [ticketId, error, mostAttempts, now],
  );
  if (row && !row.quarantined)
    await postpone(sql, [ticketId], {
      until: new Date(now.getTime() + (retryMs ?? retryDelayMs(row.attempts))),
      error,
    });
  return row?.quarantined ?? false;
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

/** Marks tickets to be decided again; `reprice` also takes today's rates instead of the frozen ones. */
export const markStale = async (
  sql: Sql,
  ticketIds: readonly bigint[],
  { now, reprice = false }: { readonly now: Date; readonly reprice?: boolean },
): Promise<void> => {
  if (ticketIds.length === 0) return;
  await sql.query(
    `with held as (select id from ticket where id = any($1) order by connection_id, external_id for update)
     update ticket set stale_since = coalesce(stale_since, $2), reprice = reprice or $3 from held where ticket.id = held.id`,
    [ticketIds, now, reprice],
  );
};

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
