import { hourMs } from '../../core/time.ts';
import { uncountedClock } from '../../helpdesks/port.ts';
import type { Sql } from '../../platform/database/database.ts';

/** From how many tickets on the same value of one author in one second is a bulk edit. RULES section 4. */
const bulkTickets = 3;

/** Work `e` that may be part of a bulk edit. What another clock stands for is none: it costs nothing, nobody has to decide. */
const maySetValue = `e.kind = 'measured' and e.actor = 'agent' and e.clock <> '${uncountedClock}'`;

/** Holding takes a cost back; kept work has none, stays kept when decided again, and would be asked for time and again. */
const isToBeHeld = `e.state = 'costed' and e.decision is distinct from 'accept'`;

/** One measured change by an agent that set an absolute total. */
export interface ValueSet {
  readonly connectionId: number;
  readonly ticketId: bigint;
  readonly agentId: string;
  readonly workedAt: Date;
  readonly value: bigint;
}

const second = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

const groupKey = (set: Pick<ValueSet, 'connectionId' | 'agentId' | 'workedAt' | 'value'>): string =>
  `${set.connectionId} ${second(set.workedAt)} ${set.value} ${set.agentId}`;

export interface BulkEdits {
  /** Whether a change belongs to a bulk edit: the same author, value and second on three tickets or more. */
  has(set: ValueSet): boolean;
  /** Tickets outside the given ones whose entries are to be held and are not yet. */
  readonly elsewhere: readonly bigint[];
}

/**
 * Finds the bulk edits that the given changes are part of, together with what is stored. Nothing is written: a ticket
 * elsewhere becomes held when it is decided again, so that each ticket's rows have one writer at a time. One query.
 */
export const findBulkEdits = async (sql: Sql, sets: readonly ValueSet[]): Promise<BulkEdits> => {
  const groups = new Map<string, { set: ValueSet; tickets: Set<bigint>; notHeld: bigint[] }>();
  for (const set of sets) {
    const group = groups.get(groupKey(set)) ?? { set, tickets: new Set<bigint>(), notHeld: [] };
    group.tickets.add(set.ticketId);
    groups.set(groupKey(set), group);
  }
  const asked = [...groups.values()].map(({ set }) => set);
  if (asked.length === 0) return { has: () => false, elsewhere: [] };
  const own = [...new Set(sets.map(({ ticketId }) => ticketId))];
  const rows = await sql.query<{ at: number; ticketId: bigint; notHeld: boolean }>(
    `select w.at::int as at, e.ticket_id as "ticketId",
            bool_or(${isToBeHeld}) as "notHeld"
       from unnest($1::int[], $2::text[], $3::timestamptz[], $4::bigint[])
            with ordinality as w(connection_id, agent_id, second, value, at)
       join work_entry e on e.connection_id = w.connection_id and e.agent_id = w.agent_id
        and e.worked_at >= w.second and e.worked_at < w.second + interval '1 second'
        and e.value = w.value and ${maySetValue}
      where e.ticket_id <> all($5::bigint[])
      group by w.at, e.ticket_id`,
    [
      asked.map(({ connectionId }) => connectionId),
      asked.map(({ agentId }) => agentId),
      asked.map(({ workedAt }) => second(workedAt)),
      asked.map(({ value }) => value),
      own,
    ],
  );
  const inOrder = [...groups.values()];
  for (const { at, ticketId, notHeld } of rows) {
    const group = inOrder[at - 1];
    group?.tickets.add(ticketId);
    if (notHeld) group?.notHeld.push(ticketId);
  }
  const bulk = new Set([...groups].filter(([, { tickets }]) => tickets.size >= bulkTickets).map(([key]) => key));
  const elsewhere = [...groups].flatMap(([key, { notHeld }]) => (bulk.has(key) ? notHeld : []));
  return {
    has: (set) => bulk.has(groupKey(set)),
    elsewhere: [...new Set(elsewhere)].toSorted((a, b) => (a < b ? -1 : 1)),
  };
};

/**
 * Tickets with entries recorded within that span, its end left out, that belong to a bulk edit and are not held: two workers
 * that stored parts of one edit at the same moment saw too few of its tickets. The caller has them decided again.
 */
export const findMissedHolds = async (
  sql: Sql,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<bigint[]> => {
  const rows = await sql.query<{ ticketId: bigint }>(
    `with recent as (
       select distinct connection_id, agent_id, date_trunc('second', worked_at, 'UTC') as second, value from work_entry e
        where recorded_at >= $1 and recorded_at < $2 and ${maySetValue} and agent_id is not null and value is not null)
     select distinct unnest(array_agg(ticket_id) filter (where to_be_held)) as "ticketId"
       from recent r cross join lateral (
         select e.ticket_id, ${isToBeHeld} as to_be_held from work_entry e
          where e.connection_id = r.connection_id and e.agent_id = r.agent_id
            and e.worked_at >= r.second and e.worked_at < r.second + interval '1 second' and e.value = r.value and ${maySetValue}
         -- Each second by its index: joined as a whole, all entries of an agent would meet all of theirs.
         offset 0) of_second
      group by r.connection_id, r.agent_id, r.second, r.value
     having count(distinct ticket_id) >= ${bulkTickets}
      order by 1`,
    [from, to],
  );
  return rows.map(({ ticketId }) => ticketId);
};

const sweep = 'missed holds';
/** A transaction that writes entries ends, and the clocks of two workers differ, by less after the time that it notes in them. */
const overlapMs = hourMs;
/** What one question looks at, so that a first look at years of work, or one after a long pause, is no single long one. */
const spanMs = hourMs;

const lookedUntil = async (sql: Sql): Promise<Date | null> => {
  const [row] = await sql.query<{ looked_until: Date }>('select looked_until from sweep_mark where name = $1', [sweep]);
  return row?.looked_until ?? null;
};

const noteLooked = (sql: Sql, until: Date): Promise<unknown> =>
  sql.query(
    `insert into sweep_mark (name, looked_until) values ($1, $2)
     on conflict (name) do update set looked_until = excluded.looked_until`,
    [sweep, until],
  );

/** The first entry recorded since then, null where there is none. */
const firstRecorded = async (sql: Sql, since: Date | null): Promise<Date | null> => {
  const [row] = await sql.query<{ at: Date | null }>(
    "select min(recorded_at) as at from work_entry where recorded_at >= coalesce($1, '-infinity'::timestamptz)",
    [since],
  );
  return row?.at ?? null;
};

/**
 * Looks for holds that were missed from where the last look ended, however long ago that was, and hands their tickets to
 * `found`. How far it came is noted after each span: what ends in between goes on there.
 */
export const lookForMissedHolds = async (
  sql: Sql,
  {
    now,
    stop,
    found,
  }: {
    readonly now: Date;
    /** Ends the look after its span; the next one goes on there. */
    readonly stop?: AbortSignal;
    readonly found: (ticketIds: readonly bigint[]) => Promise<void>;
  },
): Promise<void> => {
  const until = await lookedUntil(sql);
  let from = until && new Date(Math.min(until.getTime(), now.getTime()) - overlapMs);
  for (let next = await firstRecorded(sql, from); next !== null; next = await firstRecorded(sql, from)) {
    from = new Date(next.getTime() + spanMs);
    await found(await findMissedHolds(sql, { from: next, to: from }));
    if (from > now) break;
    await noteLooked(sql, from);
    if (stop?.aborted) return;
  }
  await noteLooked(sql, now);
};
