import { secondMs } from '../../core/time.ts';
import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { unlessStopped } from '../../platform/deadline.ts';
import { type BackfillRun, loadBackfill, saveCompared } from './backfill.ts';

/** What a backfill found against what we hold. */
export interface Comparison {
  /** Distinct tickets that the walk named, and those of them that are pulled and decided. */
  readonly found: number;
  readonly held: number;
  /** Set aside for a person, and named by the walk yet never pulled. */
  readonly quarantined: number;
  readonly missing: number;
  /** Of those held the ones that a person gave up: nothing, or not all, of them was read. */
  readonly givenUp: number;
  /** Tickets created since that day: the helpdesk's own number, null where it tells none, and ours. */
  readonly countedThere: number | null;
  readonly countedHere: number;
  readonly complete: boolean;
}

/** Tickets of a run that nobody has pulled since it began although they are due, those in quarantine left out. */
export const openTickets = async (sql: Sql, connectionId: number, run: BackfillRun): Promise<number> => {
  // Written twice, for each half has its partial index.
  const half = (history: string) =>
    `select count(*) from ticket t
      where t.connection_id = $1 and t.due_at is not null and ${history} and t.quarantined_at is null and (t.pulled_at is null or t.pulled_at < $2)
        and exists (select 1 from backfill_ticket b where b.connection_id = $1 and b.external_id = t.external_id)`;
  const [row] = await sql.query<{ open: bigint }>(
    `select (${half('from_backfill')}) + (${half('not from_backfill')}) as open`,
    [connectionId, run.startedAt],
  );
  return Number(row?.open ?? 0n);
};

/** Tickets of history that a person gave up and of which nobody knows how old they are: as many may be counted there and not here. */
const ageless = `(select count(*) from backfill_ticket b join ticket g on g.connection_id = b.connection_id and g.external_id = b.external_id
                   where b.connection_id = $1 and b.given_up_at is not null and g.created_at is null and g.quarantined_at is null and g.from_backfill)`;

const countAgeless = async (sql: Sql, connectionId: number): Promise<number> => {
  const [row] = await sql.query<{ count: bigint }>(`select ${ageless} as count`, [connectionId]);
  return Number(row?.count ?? 0n);
};

/**
 * Tickets created since that we hold and that are not deleted there, as far as we were told; what is on its way to us counts, for
 * it is not lost. History that nobody pulled, given up or not, does not: it may be older, and would hide one that is lost.
 */
export const countHere = async (sql: Sql, connectionId: number, since: Date): Promise<number> => {
  const [row] = await sql.query<{ here: bigint }>(
    `select count(*) as here from ticket
      where connection_id = $1 and (created_at >= $2 and coalesce(status, '') <> 'deleted' or created_at is null and pulled_at is null and quarantined_at is null and not from_backfill)`,
    [connectionId, since],
  );
  return Number(row?.here ?? 0n);
};

/**
 * As `countHere`, of what a run has shown to be there: of a ticket that it neither named nor pulled nobody told us that it is
 * deleted. One that is younger than all it named was not there yet where its walk ended, for feeds show changes late.
 */
const countShown = async (sql: Sql, connectionId: number, run: BackfillRun): Promise<number> => {
  const [row] = await sql.query<{ here: bigint }>(
    `with newest as (
       select coalesce(max(n.created_at), $2) as created_at
         from backfill_ticket b join ticket n on n.connection_id = b.connection_id and n.external_id = b.external_id where b.connection_id = $1)
     select count(*) as here from ticket t, newest
      where t.connection_id = $1
        and (t.created_at >= $2 and coalesce(t.status, '') <> 'deleted'
               and (t.pulled_at >= $3 or t.created_at > newest.created_at or exists (select 1 from backfill_ticket b where b.connection_id = $1 and b.external_id = t.external_id))
             or t.created_at is null and t.pulled_at is null and t.quarantined_at is null and not t.from_backfill)`,
    [connectionId, run.since, run.startedAt],
  );
  return Number(row?.here ?? 0n);
};

/** What was created just now is told of within seconds: where we hold fewer than the vendor, we count so often again. */
const mostLooks = 3;
const lookAgainMs = 5 * secondMs;

/** How many we hold, once what is on its way has come where that is lacking. */
export const countArrived = async (
  count: () => Promise<number>,
  { there, clock, stop }: { readonly there: number | null; readonly clock: Clock; readonly stop: AbortSignal },
): Promise<number> => {
  let here = await count();
  for (let looks = 0; there !== null && here < there && looks < mostLooks && !stop.aborted; looks += 1) {
    await clock.sleep(lookAgainMs, stop);
    here = await count();
  }
  return here;
};

/** Keeps a count for `doctor` and the status. It is short where more is lacking than what a person gave up. */
export const noteCount = async (
  sql: Sql,
  connectionId: number,
  {
    at,
    since,
    there,
    here,
  }: { readonly at: Date; readonly since: Date; readonly there: number; readonly here: number },
): Promise<void> => {
  await sql.query(
    `insert into connection_watch as w (connection_id, counted_at, counted_from, counted_there, counted_here, short_counts)
     values ($1, $2, $3, $4::int, $5::int, case when $5::int + ${ageless} < $4::int then 1 else 0 end)
     on conflict (connection_id) do update set counted_at = excluded.counted_at, counted_from = excluded.counted_from,
       counted_there = excluded.counted_there, counted_here = excluded.counted_here,
       short_counts = least(w.short_counts, 20) * excluded.short_counts + excluded.short_counts`,
    [connectionId, at, since, there, here],
  );
};

/** The tickets that a backfill's walk named: held are those that are pulled and decided, or that a person gave up. */
const countNamed = async (
  sql: Sql,
  connectionId: number,
): Promise<Pick<Comparison, 'found' | 'held' | 'quarantined' | 'givenUp'>> => {
  const [row] = await sql.query<{ found: bigint; held: bigint; quarantined: bigint; given_up: bigint }>(
    `select count(*) as found, count(*) filter (where t.quarantined_at is null and (t.pulled_at is not null or b.given_up_at is not null)) as held,
            count(*) filter (where t.quarantined_at is not null) as quarantined,
            count(*) filter (where t.quarantined_at is null and b.given_up_at is not null and coalesce(t.pulled_at, '-infinity') < b.given_up_at) as given_up
       from backfill_ticket b left join ticket t on t.connection_id = b.connection_id and t.external_id = b.external_id
      where b.connection_id = $1`,
    [connectionId],
  );
  if (!row) throw new RangeError('counts are lacking');
  return {
    found: Number(row.found),
    held: Number(row.held),
    quarantined: Number(row.quarantined),
    givenUp: Number(row.given_up),
  };
};

/** Compares once everything found was pulled. Tickets that the helpdesk created meanwhile are counted first there, then here. */
export const compareBackfill = async (
  {
    sql,
    client,
    clock,
    stop,
  }: {
    readonly sql: Sql;
    readonly client: Pick<HelpdeskClient, 'count'>;
    readonly clock: Clock;
    readonly stop: AbortSignal;
  },
  connectionId: number,
  run: BackfillRun,
): Promise<Comparison> => {
  const since = new Date(run.since);
  // Some count page by page, and all may wait for their quota.
  const countedThere = client.count ? await unlessStopped(client.count(since, stop), stop) : null;
  const lacking = await countAgeless(sql, connectionId);
  const countedHere = await countArrived(() => countShown(sql, connectionId, run), {
    there: countedThere === null ? null : countedThere - lacking,
    clock,
    stop,
  });
  if (countedThere !== null && !stop.aborted)
    await noteCount(sql, connectionId, { at: clock.now(), since, there: countedThere, here: countedHere });
  const { found, held, quarantined, givenUp } = await countNamed(sql, connectionId);
  return {
    found,
    held,
    quarantined,
    missing: found - held - quarantined,
    givenUp,
    countedThere,
    countedHere,
    // More here than there is no gap: some were deleted there meanwhile. What was given up is one, and is told as such.
    complete: found === held && found === run.found && (countedThere === null || countedThere - lacking <= countedHere),
  };
};

/**
 * Completes a backfill that ended while tickets were set aside, once each of them was read or given up: nobody has to walk the
 * history again for them. Where the vendor counts more than we hold it stays incomplete. Returns whether it is complete now.
 */
export const completeBackfill = async (
  deps: Parameters<typeof compareBackfill>[0],
  connectionId: number,
): Promise<boolean> => {
  const run = await loadBackfill(deps.sql, connectionId);
  // A store's names no tickets.
  if (!run?.comparedAt || run.stretches.length === 0 || run.complete || run.held === run.found)
    return run?.complete ?? false;
  const named = await countNamed(deps.sql, connectionId);
  if (named.held < named.found || named.found !== run.found) return false;
  const { held, givenUp, complete, countedThere, countedHere } = await compareBackfill(deps, connectionId, run);
  if (deps.stop.aborted) return false;
  const now = deps.clock.now();
  const counts = { held, givenUp, complete, countedThere, countedHere };
  const isSaved = await saveCompared(deps.sql, connectionId, { ...run, ...counts, comparedAt: now.toISOString() }, run);
  return isSaved && complete;
};
