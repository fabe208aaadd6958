import type { Sql } from '../../platform/database/database.ts';
import { leaseSeconds } from './coalescing.ts';
import { type Lot, lotSize } from './store.ts';

/** Tags of one connection that workers hold at a time: what a slow helpdesk cannot take waits in the table. */
const mostClaimed = 600;

/** A lease's end by the database's clock, in the milliseconds that a job carries: it names the claim. */
export const leaseSql = `date_trunc('milliseconds', clock_timestamp()) + ${leaseSeconds} * interval '1 s'`;

/** Tickets by what is to be changed on them: a helpdesk's job holds one change for many. */
const alikeTogether = (
  rows: readonly { readonly ticket_id: bigint; readonly tag: string; readonly wanted: boolean }[],
): bigint[] => {
  const changes = new Map<bigint, string[]>();
  for (const { ticket_id, tag, wanted } of rows)
    changes.set(ticket_id, [...(changes.get(ticket_id) ?? []), `${wanted ? '+' : '-'}${tag}`]);
  return [...changes]
    .map(([id, tags]) => ({ id, change: tags.toSorted().join(' ') }))
    .toSorted((a, b) => (a.change < b.change ? -1 : a.change > b.change ? 1 : 0))
    .map(({ id }) => id);
};

/**
 * Claims tickets with tags that are due, as lots by connection: a ticket with all of its tags, for they go in one call. The
 * latest come first: a backlog, as a switch to `act` releases it, is worked off beside what is fresh, and each connection
 * has room of its own.
 */
export const claimTags = async (sql: Sql, now: Date): Promise<Lot[]> => {
  const rows = await sql.query<{
    ticket_id: bigint;
    connection_id: number;
    claimed_until: Date;
    tag: string;
    wanted: boolean;
  }>(
    `with lease as materialized (select ${leaseSql} as until),
     due as materialized (
       select distinct latest.ticket_id
         from connection c cross join lateral (
           select w.ticket_id from wanted_tag w
            where w.connection_id = c.id and w.due_at <= $1 and w.state = 'pending' and (w.claimed_until is null or w.claimed_until < now())
            order by w.due_at desc
            limit greatest(0, $2 - (select count(*) from wanted_tag h where h.connection_id = c.id and h.claimed_until > now()))) as latest
        where c.mode = 'act' and c.disabled_at is null
          and not exists (select 1 from connection_trouble x where x.connection_id = c.id and x.area in ('account', 'tags') and x.hold_until > $1)
     ),
     free as (
       select w.ticket_id, w.tag from due join wanted_tag w on w.ticket_id = due.ticket_id
        where w.due_at <= $1 and w.state = 'pending' and (w.claimed_until is null or w.claimed_until < now())
        order by w.ticket_id, w.tag for update of w skip locked
     )
     update wanted_tag w set claimed_until = lease.until from free, lease where w.ticket_id = free.ticket_id and w.tag = free.tag
     returning w.ticket_id, w.connection_id, w.claimed_until, w.tag, w.wanted`,
    [now, mostClaimed],
    { preparedAs: 'claim tags' },
  );
  const byConnection = Map.groupBy(rows, (row) => row.connection_id);
  return [...byConnection].flatMap(([connectionId, ofConnection]) => {
    const ids = alikeTogether(ofConnection);
    return Array.from({ length: Math.ceil(ids.length / lotSize) }, (_, index) => ({
      connectionId,
      ticketIds: ids.slice(index * lotSize, (index + 1) * lotSize),
      claimedUntil: ofConnection[0]?.claimed_until,
    }));
  });
};
