import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { leaseSeconds } from './coalescing.ts';
import { type Lot, lotSize } from './store.ts';

/** Tags of one connection that workers hold at a time: what a slow helpdesk cannot take waits in the table. */
const mostClaimed = 600;

/** A lease's end by the database's clock, in the milliseconds that a job carries: it names the claim. */
const leaseSql = `date_trunc('milliseconds', clock_timestamp()) + ${leaseSeconds} * interval '1 s'`;

/**
 * Pending, and written so that the partial index wanted_tag_due cannot be used: in a growing table the planner took that for
 * empty and read all of it for each ticket. The primary key serves.
 */
export const isPending = "coalesce(w.state, '') = 'pending'";

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
        where w.due_at <= $1 and ${isPending} and (w.claimed_until is null or w.claimed_until < now())
        order by w.ticket_id, w.tag for update of w skip locked
     ),
     -- Rows are locked one by one: a worker that skips them may overtake the one that locks them, within a ticket.
     whole as (
       select ticket_id, tag from (select free.*, count(*) over (partition by ticket_id) as held from free) f
        where held = (
         select count(*) from wanted_tag w
          where w.ticket_id = f.ticket_id and w.due_at <= $1 and ${isPending} and (w.claimed_until is null or w.claimed_until < now()))
     )
     update wanted_tag w set claimed_until = lease.until,
       -- Whoever had it before told no end.
       last_error = case when w.claimed_until is null then w.last_error else coalesce(w.last_error, 'its worker was lost: the call may have been made') end
       from whole, lease where w.ticket_id = whole.ticket_id and w.tag = whole.tag
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

interface Taken {
  /** Null: another worker has them all. */
  readonly claim: Date | null;
  readonly ticketIds: readonly bigint[];
}

/**
 * Takes the lot over from the sweep that claimed it: renews its lease, whose new end names the claim from now on. What another
 * worker has taken over meanwhile is left out.
 */
export const takeOver = async (sql: Sql, { ticketIds, claimedUntil }: Omit<Lot, 'connectionId'>): Promise<Taken> => {
  const rows = await sql.query<{ ticket_id: bigint; claimed_until: Date }>(
    `with lease as materialized (select ${leaseSql} as until),
     held as (
       select ticket_id, tag from wanted_tag
        where ticket_id = any($1) and state = 'pending' and ($2::timestamptz is null or claimed_until = $2) order by ticket_id, tag for update
     )
     update wanted_tag w set claimed_until = lease.until from held, lease where w.ticket_id = held.ticket_id and w.tag = held.tag
     returning w.ticket_id, w.claimed_until`,
    [ticketIds, claimedUntil ?? null],
  );
  const taken = new Set(rows.map((row) => row.ticket_id));
  return { claim: rows[0]?.claimed_until ?? null, ticketIds: ticketIds.filter((id) => taken.has(id)) };
};

/** Lets a lot go for which no call was made. */
export const letGo = async (sql: Sql, { ticketIds, claimedUntil }: Lot): Promise<void> => {
  if (claimedUntil)
    await sql.query(
      `with held as (select ticket_id, tag from wanted_tag where ticket_id = any($1) and claimed_until = $2 order by ticket_id, tag for update)
       update wanted_tag w set claimed_until = null from held where w.ticket_id = held.ticket_id and w.tag = held.tag`,
      [ticketIds, claimedUntil],
    );
};

/**
 * Runs `work` and keeps its claim meanwhile: a short quota makes the calls of a lot take longer than a lease. Renewing gives
 * the claim another name; what asks by its name does so between two renewals, by `byName`.
 */
export const whileClaimed = async <Result>(
  { sql, wall }: { readonly sql: Sql; readonly wall: Clock },
  { ticketIds, claim }: { readonly ticketIds: readonly bigint[]; readonly claim: Date },
  work: (byName: <Answer>(ask: (claim: Date) => Promise<Answer>) => Promise<Answer>) => Promise<Result>,
): Promise<Result> => {
  const done = new AbortController();
  let name = claim;
  let last: Promise<unknown> = Promise.resolve();
  const byName = <Answer>(ask: (present: Date) => Promise<Answer>): Promise<Answer> => {
    const next = last.then(() => ask(name));
    last = next.catch((error: unknown) => error);
    return next;
  };
  const keep = async () => {
    for (;;) {
      await wall.sleep((leaseSeconds * secondMs) / 3, done.signal);
      if (done.signal.aborted) return;
      await byName(async (claimedUntil) => {
        name = (await takeOver(sql, { ticketIds, claimedUntil })).claim ?? name;
      });
    }
  };
  // Where the lease cannot be renewed the work goes on: at worst another worker looks what is left to write.
  const kept = keep().catch((error: unknown) => error);
  try {
    return await work(byName);
  } finally {
    done.abort();
    await kept;
  }
};
