import type { TicketChange } from '../../helpdesks/port.ts';
import type { Sql } from '../../platform/database/database.ts';
import { burstMs, deepPullMs, mostAttempts, quietMs } from './coalescing.ts';
import type { Arrival } from './receive.ts';
import { storeChangeArrivals } from './store-changes.ts';

/**
 * Inserts deliveries and raises their tickets in one statement, hence one transaction and one round trip. What may wait
 * raises a known ticket without making it due; a ticket never seen before is pulled whatever told of it.
 * Returns the identities ("connection key") of the rows that were new.
 */
const storeTicketArrivals = async (sql: Sql, arrivals: readonly Arrival[]): Promise<Set<string>> => {
  if (arrivals.length === 0) return new Set();
  // All bodies travel as one value in binary: as an array they would be written as text, twice as long, and parsed again.
  let end = 1;
  const starts = arrivals.map(({ body }) => {
    end += body.length;
    return end - body.length;
  });
  const rows = await sql.query<{ connection_id: number; delivery_key: string }>(
    `with given as (
       select * from unnest($1::int[], $2::text[], $3::jsonb[], $14::int[], $15::int[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[])
         as t(connection_id, delivery_key, headers, body_start, body_bytes, event_type, ticket_external_id, weight, unreadable, received_at)
     ), incoming as (
       select given.*, case when weight <> 'if unknown' then weight
                            when exists (select 1 from ticket t where t.connection_id = given.connection_id and t.external_id = given.ticket_external_id) then 'ignore'
                            else 'now' end as urgency
         from given
     ), stored as (
       insert into delivery (connection_id, delivery_key, received_at, headers, body, event_type, ticket_external_id, state, error)
       select connection_id, delivery_key, received_at, headers, substring($4::bytea from body_start for body_bytes), event_type, ticket_external_id,
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
         -- Whoever pulls it as history may take long.
         claimed_until = case when ticket.from_backfill then null else ticket.claimed_until end,
         from_backfill = false,
         quarantined_at = null,
         attempts = least(ticket.attempts, $13 - 1),
         older_answers = case when ticket.quarantined_at is null then ticket.older_answers else 0 end
       returning 1
     )
     select connection_id, delivery_key from stored`,
    [
      arrivals.map((arrival) => arrival.connectionId),
      arrivals.map((arrival) => arrival.deliveryKey),
      arrivals.map((arrival) => JSON.stringify(arrival.headers)),
      Buffer.concat(arrivals.map((arrival) => arrival.body)),
      arrivals.map((arrival) => arrival.eventType),
      arrivals.map((arrival) => arrival.ticketExternalId),
      arrivals.map((arrival) => arrival.urgency),
      arrivals.map((arrival) => arrival.unreadable),
      arrivals.map((arrival) => arrival.receivedAt),
      quietMs,
      burstMs,
      deepPullMs,
      mostAttempts,
      starts,
      arrivals.map((arrival) => arrival.body.length),
    ],
    { preparedAs: 'store arrivals' },
  );
  return new Set(rows.map((row) => `${row.connection_id} ${row.delivery_key}`));
};

/** Stores deliveries of helpdesks and stores and raises what they name; the identities of the new ones. */
export const storeArrivals = async (sql: Sql, arrivals: readonly Arrival[]): Promise<Set<string>> => {
  const ofStores = arrivals.filter(({ changed }) => changed !== undefined);
  if (ofStores.length === 0) return storeTicketArrivals(sql, arrivals);
  const stored = await storeChangeArrivals(sql, ofStores);
  const others = await storeTicketArrivals(
    sql,
    arrivals.filter(({ changed }) => changed === undefined),
  );
  return new Set([...stored, ...others]);
};

/**
 * Clocks of the helpdesk and of this machine differ by less. A person's change this near after our tag, or in its second, is taken
 * for it: its read comes, its audits wait.
 */
const clockSkewSeconds = 2;

/** From the helpdesk's change to our note of it: longer than a call that tags and the statement after it usually take. */
const tagCallSeconds = 5;

/**
 * Helpdesks tell whole seconds: what changed later in the second in which we pulled bears the very same time, and is read once
 * more. Where the pull seems older than the change the clocks differ, and say nothing.
 */
const maybeTooSoon = `(n.updated_at = date_trunc('second', n.updated_at) and held.pulled_at >= n.updated_at and held.pulled_at < n.updated_at + interval '1 s')`;

/** A webhook told of the change. */
const isTold = `exists (select 1 from delivery d where d.connection_id = $1 and d.ticket_external_id = n.external_id
                         and d.received_at >= n.updated_at - $7 * interval '1 s')`;

/** How a ticket ended, null where it did not: what a status must not be missed in. */
const endIn = (status: string): string => `case when ${status} in ('solved', 'closed', 'deleted') then ${status} end`;

/**
 * Raises tickets that a walk over the helpdesk's changes found newer than what we hold, but for those that are due anyhow, and
 * returns how many no webhook had told of. One that is being read already may be read too soon: it is raised where no webhook
 * told of the change, for that has made it due again if it came too late for the read (a backfill leaves it to the feed). A
 * change no later than our own last tag on the ticket is most likely that tag: it is read again, its audits wait their 6 h, and
 * it is not among those returned. So it is with a ticket that waits for its 6 h already: a read tells whether it was solved,
 * which brings its audits. One in quarantine is tried once more. Of both, nothing is read where a webhook told of the change: it
 * was weighed when it came, and calls are the real cost; save where the ticket's status says that the one that told of its end,
 * or of its return, was lost, or where the change came after our tag, of which the webhook may have told. One that we hold as
 * deleted and that the helpdesk lists as there is read again, however old its change.
 */
export const raiseChanged = async (
  sql: Sql,
  connectionId: number,
  changed: readonly TicketChange[],
  { now, fromBackfill }: { readonly now: Date; readonly fromBackfill: boolean },
): Promise<number> => {
  const [counted] = await sql.query<{ raised: bigint }>(
    `with newest as (
       select n.external_id,
              exists (select 1 from ticket t join wanted_tag w on w.ticket_id = t.id where t.connection_id = $1 and t.external_id = n.external_id
                         and t.snapshot_at is not null and n.updated_at <= w.done_at + $7 * interval '1 s') as by_us,
              ${isTold} as told,
              exists (select 1 from ticket t where t.connection_id = $1 and t.external_id = n.external_id
                         and t.snapshot_at is not null and t.deep_due_at is not null) as waits
         from (select distinct on (external_id) external_id, updated_at, ${endIn('status')} as ended
                 from unnest($2::text[], $3::timestamptz[], $10::text[]) as u(external_id, updated_at, status) order by external_id, updated_at desc) n
        where not exists (
          select 1 from ticket held where held.connection_id = $1 and held.external_id = n.external_id
             and (held.snapshot_at >= n.updated_at and not (held.snapshot_at = n.updated_at and ${maybeTooSoon}) and not (held.status = 'deleted' and n.ended is distinct from 'deleted')
               or held.due_at is not null and held.quarantined_at is null and ($5 or not coalesce(held.claimed_until > now(), false) or ${isTold})
               or held.quarantined_at is null and held.snapshot_at is not null and ${endIn('held.status')} is not distinct from n.ended
                  and (held.deep_due_at is not null
                    or exists (select 1 from wanted_tag w where w.ticket_id = held.id
                                  and n.updated_at between w.done_at - $9 * interval '1 s' and w.done_at))
                  and ${isTold}))
     ), raised as (
       insert into ticket (connection_id, external_id, dirty_seq, burst_started_at, due_at, deep_due_at, wants_deep, first_seen_at, from_backfill)
       select $1, external_id, 1, $4::timestamptz, $4::timestamptz,
              case when not $5 or by_us then $4::timestamptz + case when by_us then $6 else 0 end * interval '1 ms' end,
              not by_us and not waits, $4::timestamptz, $5::boolean
         from newest order by external_id
       on conflict (connection_id, external_id) do update set
         dirty_seq = ticket.dirty_seq + 1, due_at = excluded.due_at, wants_deep = ticket.wants_deep or excluded.wants_deep,
         deep_due_at = coalesce(ticket.deep_due_at, excluded.deep_due_at),
         burst_started_at = coalesce(ticket.burst_started_at, excluded.burst_started_at),
         from_backfill = ticket.from_backfill and (excluded.from_backfill or (select by_us from newest where newest.external_id = excluded.external_id)),
         quarantined_at = null, attempts = least(ticket.attempts, $8 - 1),
         older_answers = case when ticket.quarantined_at is null then ticket.older_answers else 0 end
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
      tagCallSeconds,
      changed.map(({ status }) => status),
    ],
  );
  return Number(counted?.raised ?? 0n);
};
