import type { Sql } from '../../platform/database/database.ts';
import { mostDecidedAgain } from './lots.ts';
import { type Lot, leaseSql, lotSize } from './store.ts';

interface ClaimedRow {
  readonly id: bigint;
  readonly connection_id: number;
  readonly claimed_until: Date;
}

/** Lots of one connection and one claim each. */
const lotsOf = (rows: readonly ClaimedRow[], size = lotSize): Lot[] => {
  const byClaim = Map.groupBy(rows, (row) => `${row.connection_id} ${row.claimed_until.getTime()}`);
  return [...byClaim.values()]
    .flatMap((together) => {
      const [first] = together;
      if (!first) return [];
      const ids = together.map(({ id }) => id);
      return Array.from({ length: Math.ceil(ids.length / size) }, (_, index) => ({
        connectionId: first.connection_id,
        ticketIds: ids.slice(index * size, (index + 1) * size),
        claimedUntil: first.claimed_until,
      }));
    })
    .toSorted((a, b) => a.claimedUntil.getTime() - b.claimedUntil.getTime());
};

/**
 * Lots of one connection that workers have at a time, so that its backlog waits in the table, not in the queue. Fewer than a
 * worker has hands for them: what a slow helpdesk holds up leaves some to all others.
 */
export const mostLots = 6;

/**
 * Of one connection's history, so that a queue is never long with it: what its quota does not let through waits in the table.
 * Small enough that a ticket which becomes news in the meantime is soon free, large enough for four workers.
 */
const mostHistoryClaimed = 4 * lotSize;

/** Of one connection's tickets that are decided again; no helpdesk holds these up. */
const mostStaleClaimed = 10 * mostDecidedAgain;

/** The connection works: it is not switched off, and nothing keeps its tickets back (trouble.ts). $1 is the moment. */
const isWorking = `connection.disabled_at is null and not exists (
  select 1 from connection_trouble x where x.connection_id = connection.id and x.area in ('account', 'tickets') and x.hold_until > $1)`;

/** Few by their primary key, however many the planner takes a bounded list for: it would read the table whole. */
const isOneOf = (ids: string) => `id = any(array(${ids}))`;

const isFree = 'quarantined_at is null and (claimed_until is null or claimed_until < now())';

/** Whether what holds a ticket pulls it, history apart, which has a bound of its own; else it is decided again. $1 is the moment. */
const isPulled = '(due_at is not null and not from_backfill or deep_due_at <= $1)';

/** Each lot's lease ends at a moment of its own, so that the lots which are under way can be counted. */
const leaseLotsSql = `named as (
   select id, (row_number() over (partition by connection_id order by since, id) - 1) / ${lotSize} as lot from free
 )
 update ticket set claimed_until = ${leaseSql} + named.lot * interval '1 ms' from named where ticket.id = named.id
 returning ticket.id, ticket.connection_id, ticket.claimed_until`;

/** Which tickets a sweep takes: `only` of this connection; at most so many of each. */
interface Share {
  readonly only?: number | null;
  readonly most?: number;
}

/**
 * Claims tickets that are due to be gathered, as lots by connection, oldest first, each connection within room of its own: what
 * happens now first, and of history, which is known from a backfill alone, a bounded number, in the order in which it was found.
 */
export const claimDue = async (
  sql: Sql,
  now: Date,
  { only = null, most = mostLots * lotSize }: Share = {},
): Promise<Lot[]> => {
  // Ids are found first and locked after: each half has its partial index, and a union cannot be locked.
  const rows = await sql.query<ClaimedRow>(
    `with held as materialized (
       select connection_id, count(*) as tickets, count(distinct claimed_until) as lots from ticket
        where claimed_until > now() and ${isPulled} group by connection_id
     ),
     roomy as materialized (
       select connection.id, least($2, ${mostLots * lotSize} - coalesce(held.tickets, 0), (${mostLots} - coalesce(held.lots, 0)) * ${lotSize}) as room
         from connection left join held on held.connection_id = connection.id where ($3::int is null or connection.id = $3) and ${isWorking}
     ),
     oldest as materialized (
       select found.id from roomy cross join lateral (
         select id from (
           (select id, due_at as at from ticket
             where connection_id = roomy.id and due_at is not null and due_at <= $1 and not from_backfill and ${isFree} order by due_at limit roomy.room)
           union all
           (select id, deep_due_at from ticket
             where connection_id = roomy.id and deep_due_at is not null and deep_due_at <= $1 and ${isFree} order by deep_due_at limit roomy.room)
         ) either group by id order by min(at) limit roomy.room) found
        where roomy.room > 0
     ),
     free as (
       select id, connection_id, least(due_at, deep_due_at) as since from ticket
        where ${isOneOf('select id from oldest')} and (due_at <= $1 and not from_backfill or deep_due_at <= $1) and ${isFree} for update skip locked
     ),
     ${leaseLotsSql}`,
    [now, most, only],
    { preparedAs: 'claim due' },
  );
  return [...lotsOf(rows), ...(await claimHistory(sql, now, { only, most }))];
};

const claimHistory = async (sql: Sql, now: Date, { only, most }: Required<Share>): Promise<Lot[]> => {
  const rows = await sql.query<ClaimedRow>(
    `with due as (
       select oldest.id from connection, lateral (
         select id from ticket
          where ticket.connection_id = connection.id and due_at <= $1 and due_at is not null and from_backfill and ${isFree}
          order by due_at
          limit least($4::int, greatest(0, $2 - (select count(*) from ticket t where t.connection_id = connection.id and t.claimed_until > now() and t.from_backfill)))
          for update skip locked) oldest
        where exists (select 1 from ticket t where t.connection_id = connection.id and t.due_at is not null and t.from_backfill)
          and ($3::int is null or connection.id = $3) and ${isWorking}
     )
     update ticket set claimed_until = ${leaseSql} where ${isOneOf('select id from due')}
     returning id, connection_id, claimed_until`,
    [now, mostHistoryClaimed, only, most],
  );
  return lotsOf(rows).map((lot) => ({ ...lot, history: true }));
};

/**
 * Claims tickets that are to be decided again from what is stored, each connection within room of its own. What is claimed is
 * read apart: of a condition more, a plan from before many were marked takes the index of those, and reads all of them.
 */
export const claimStale = async (
  sql: Sql,
  now: Date,
  { only = null, most = mostStaleClaimed }: Share = {},
): Promise<Lot[]> => {
  const rows = await sql.query<ClaimedRow>(
    `with claimed as materialized (select connection_id, stale_since, due_at, deep_due_at, from_backfill from ticket where claimed_until > now()),
     held as materialized (
       select connection_id, count(*) as tickets from claimed where stale_since is not null and not coalesce(${isPulled}, false) group by connection_id
     ),
     due as (
       select oldest.id from connection left join held on held.connection_id = connection.id cross join lateral (
         select id from ticket
          where ticket.connection_id = connection.id and stale_since is not null and stale_since <= $1 and snapshot_at is not null and ${isFree}
          order by stale_since limit least($2, greatest(0, ${mostStaleClaimed} - coalesce(held.tickets, 0))) for update skip locked) oldest
        where $3::int is null or connection.id = $3
     )
     update ticket set claimed_until = ${leaseSql} where ${isOneOf('select id from due')}
     returning id, connection_id, claimed_until`,
    [now, most, only],
    { preparedAs: 'claim stale' },
  );
  return lotsOf(rows, mostDecidedAgain);
};
