import { hourMs, minuteMs } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { burstMs, leaseSeconds, mostAttempts, quietMs, retryDelayMs } from './coalescing.ts';
import type { Arrival } from './receive.ts';

// Orders and customers that stores told of, until they are read again. Statements that lock several rows do so in the order
// of their key, as those over tickets do (store.ts).

/** One order or customer of a store, as it was told of. */
export interface StoreChange {
  readonly what: 'order' | 'customer';
  readonly externalId: string;
  /** As claimed: what is told meanwhile raises it, and is read once more. */
  readonly dirtySeq: bigint;
}

/** What one worker reads at once, of one store. */
export interface StoreLot {
  readonly connectionId: number;
  readonly changes: readonly StoreChange[];
}

/** Inserts deliveries of stores and raises what they name, in one statement. Returns the identities ("connection key") of the new ones. */
export const storeChangeArrivals = async (sql: Sql, arrivals: readonly Arrival[]): Promise<Set<string>> => {
  if (arrivals.length === 0) return new Set();
  const rows = await sql.query<{ connection_id: number; delivery_key: string }>(
    `with incoming as (
       select * from unnest($1::int[], $2::text[], $3::jsonb[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[])
         as t(connection_id, delivery_key, headers, body, event_type, what, external_id, unreadable, received_at)
     ), stored as (
       insert into delivery (connection_id, delivery_key, received_at, headers, body, event_type, order_external_id, customer_external_id, state, error)
       select connection_id, delivery_key, received_at, headers, body, event_type, case when what = 'order' then external_id end,
              case when what = 'customer' then external_id end,
              case when unreadable is not null then 'quarantined' when external_id is null then 'ignored' else 'stored' end, unreadable
         from incoming order by connection_id, delivery_key
       on conflict (connection_id, delivery_key) do nothing
       returning connection_id, delivery_key
     ), named as (
       select connection_id, what, external_id, count(*) as events, max(received_at) as at
         from incoming join stored using (connection_id, delivery_key)
        where external_id is not null group by connection_id, what, external_id order by connection_id, what, external_id
     ), raised as (
       insert into store_change (connection_id, what, external_id, dirty_seq, first_at, due_at)
       select connection_id, what, external_id, events, at, at + $10 * interval '1 ms' from named
       on conflict (connection_id, what, external_id) do update set
         dirty_seq = store_change.dirty_seq + excluded.dirty_seq,
         due_at = least(excluded.due_at, store_change.first_at + $11 * interval '1 ms'),
         quarantined_at = null, attempts = least(store_change.attempts, $12 - 1)
       returning 1
     )
     select connection_id, delivery_key from stored`,
    [
      arrivals.map((arrival) => arrival.connectionId),
      arrivals.map((arrival) => arrival.deliveryKey),
      arrivals.map((arrival) => JSON.stringify(arrival.headers)),
      arrivals.map((arrival) => arrival.body),
      arrivals.map((arrival) => arrival.eventType),
      arrivals.map((arrival) => arrival.changed?.what ?? null),
      arrivals.map((arrival) => arrival.changed?.externalId ?? null),
      arrivals.map((arrival) => arrival.unreadable),
      arrivals.map((arrival) => arrival.receivedAt),
      quietMs,
      burstMs,
      mostAttempts,
    ],
  );
  return new Set(rows.map((row) => `${row.connection_id} ${row.delivery_key}`));
};

/** Read at once: their refunds and customers fit one call each. */
const lotSize = 100;
const mostClaimed = 1000;

/** Claims what is due of stores that work, as lots by connection. */
export const claimStoreChanges = async (sql: Sql, now: Date): Promise<StoreLot[]> => {
  const rows = await sql.query<{
    connection_id: number;
    what: StoreChange['what'];
    external_id: string;
    dirty_seq: bigint;
  }>(
    `with due as (
       select s.connection_id, s.what, s.external_id from store_change s join connection c on c.id = s.connection_id
        where s.due_at <= $1 and s.quarantined_at is null and (s.claimed_until is null or s.claimed_until < now()) and c.disabled_at is null
          and not exists (select from connection_trouble x where x.connection_id = c.id and x.area in ('account', 'feed') and x.hold_until > $1)
        order by s.connection_id, s.what, s.external_id limit $2 for update of s skip locked
     )
     update store_change s set claimed_until = now() + $3 * interval '1 s'
       from due where (s.connection_id, s.what, s.external_id) = (due.connection_id, due.what, due.external_id)
     returning s.connection_id, s.what, s.external_id, s.dirty_seq`,
    [now, mostClaimed, leaseSeconds],
  );
  return [...Map.groupBy(rows, (row) => row.connection_id)].flatMap(([connectionId, own]) => {
    const changes = own.map(({ what, external_id, dirty_seq }) => ({
      what,
      externalId: external_id,
      dirtySeq: dirty_seq,
    }));
    return Array.from({ length: Math.ceil(changes.length / lotSize) }, (_, index) => ({
      connectionId,
      changes: changes.slice(index * lotSize, (index + 1) * lotSize),
    }));
  });
};

const columns = ({ connectionId, changes }: StoreLot): unknown[] => [
  connectionId,
  changes.map(({ what }) => what),
  changes.map(({ externalId }) => externalId),
  changes.map(({ dirtySeq }) => dirtySeq),
];

/** They were read: what was not told of again meanwhile is done, and the rest free for the next. */
export const settleStoreChanges = async (sql: Sql, lot: StoreLot): Promise<void> => {
  await sql.query(
    `with read as (
       select s.connection_id, s.what, s.external_id, s.dirty_seq = r.dirty_seq as done
         from store_change s join unnest($2::text[], $3::text[], $4::int8[]) as r(what, external_id, dirty_seq)
           on s.connection_id = $1 and s.what = r.what and s.external_id = r.external_id
        order by s.connection_id, s.what, s.external_id for update of s
     ), gone as (
       delete from store_change s using read where read.done and (s.connection_id, s.what, s.external_id) = (read.connection_id, read.what, read.external_id)
     )
     update store_change s set claimed_until = null, attempts = 0, last_error = null, first_at = s.due_at
       from read where not read.done and (s.connection_id, s.what, s.external_id) = (read.connection_id, read.what, read.external_id)`,
    columns(lot),
  );
};

/** The outside failed, not they: they wait, however long. */
export const postponeStoreChanges = async (
  sql: Sql,
  lot: StoreLot,
  { until, error }: { readonly until: Date; readonly error: string },
): Promise<void> => {
  await sql.query(
    `update store_change s set due_at = greatest(s.due_at, $5::timestamptz), claimed_until = null, last_error = $6
       from unnest($2::text[], $3::text[], $4::int8[]) as r(what, external_id, dirty_seq)
      where s.connection_id = $1 and s.what = r.what and s.external_id = r.external_id`,
    [...columns(lot), until, error],
  );
};

/** They failed by themselves: tried again later each time, and set aside after bounded tries. Returns how many were set aside. */
export const countStoreFailures = async (
  sql: Sql,
  lot: StoreLot,
  { now, errorOf }: { readonly now: Date; readonly errorOf: (change: StoreChange) => string },
): Promise<number> => {
  let aside = 0;
  for (const change of lot.changes) {
    const [row] = await sql.query<{ attempts: number }>(
      `update store_change set attempts = attempts + 1, claimed_until = null, last_error = $4
        where connection_id = $1 and what = $2 and external_id = $3 returning attempts`,
      [lot.connectionId, change.what, change.externalId, errorOf(change)],
    );
    if (!row) continue;
    const isLast = row.attempts >= mostAttempts;
    await sql.query(
      `update store_change set due_at = $4, quarantined_at = case when $5 then $6::timestamptz end
        where connection_id = $1 and what = $2 and external_id = $3`,
      [
        lot.connectionId,
        change.what,
        change.externalId,
        new Date(now.getTime() + retryDelayMs(row.attempts)),
        isLast,
        now,
      ],
    );
    if (isLast) aside += 1;
  }
  return aside;
};

/** A delivery that can be read now: what it names is read again. */
export const replayStoreDelivery = async (
  sql: Sql,
  {
    id,
    eventType,
    changed,
    now,
  }: {
    readonly id: bigint;
    readonly eventType: string;
    readonly changed: Arrival['changed'];
    readonly now: Date;
  },
): Promise<void> => {
  await sql.query(
    `with settled as (
       update delivery set state = 'replayed', error = null, event_type = $2, order_external_id = case when $3::text = 'order' then $4::text end,
              customer_external_id = case when $3::text = 'customer' then $4::text end
        where id = $1 returning connection_id
     )
     insert into store_change (connection_id, what, external_id, dirty_seq, first_at, due_at)
     select connection_id, $3::text, $4::text, 1, $5::timestamptz, $5::timestamptz from settled where $4::text is not null
     on conflict (connection_id, what, external_id) do update set dirty_seq = store_change.dirty_seq + 1, due_at = excluded.due_at`,
    [id, eventType, changed?.what ?? null, changed?.externalId ?? null, now],
  );
};

/** A store that we looked after longer ago may have switched our webhooks off since. */
const lookedWithinMs = hourMs;
/** What waits longer shows that it is not read as it comes. */
const promptMs = 2 * minuteMs;

/** Whether a store tells us of every change within moments, as far as is known: its webhooks stand, and nothing waits for long. */
export const isTold = async (sql: Sql, connectionId: number, now: Date): Promise<boolean> => {
  const [row] = await sql.query<{ told: boolean }>(
    `select exists (select from connection_watch w where w.connection_id = $1 and w.webhook_state in ('fine', 'remade')
                       and w.webhook_checked_at > $2 and w.silent_since is null)
        and not exists (select from connection_trouble t where t.connection_id = $1 and t.area in ('account', 'feed'))
        and not exists (select from store_change s where s.connection_id = $1 and s.first_at < $3 and s.quarantined_at is null) as told`,
    [connectionId, new Date(now.getTime() - lookedWithinMs), new Date(now.getTime() - promptMs)],
  );
  return row?.told ?? false;
};
