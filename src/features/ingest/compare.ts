import { secondMs } from '../../core/time.ts';
import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { BackfillRun } from './backfill.ts';

/** What a backfill found against what we hold. */
export interface Comparison {
  /** Distinct tickets that the walk named, and those of them that are pulled and decided. */
  readonly found: number;
  readonly held: number;
  /** Set aside for a person, and named by the walk yet never pulled. */
  readonly quarantined: number;
  readonly missing: number;
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

/**
 * Tickets created since that we hold and that are not deleted there, as far as we were told; what is on its way to us counts, for
 * it is not lost. History that nobody pulled yet does not: it may be older.
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

/** Keeps a count for `doctor` and the status. */
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
     values ($1, $2, $3, $4, $5, $6)
     on conflict (connection_id) do update set counted_at = excluded.counted_at, counted_from = excluded.counted_from,
       counted_there = excluded.counted_there, counted_here = excluded.counted_here,
       short_counts = least(w.short_counts, 20) * excluded.short_counts + excluded.short_counts`,
    [connectionId, at, since, there, here, here < there ? 1 : 0],
  );
};

/** Compares once everything found was pulled. Tickets that the helpdesk created meanwhile are counted first there, then here. */
export const compareBackfill = async (
  {
    sql,
    client,
    clock,
    stop,
  }: { readonly sql: Sql; readonly client: HelpdeskClient; readonly clock: Clock; readonly stop: AbortSignal },
  connectionId: number,
  run: BackfillRun,
): Promise<Comparison> => {
  const since = new Date(run.since);
  const countedThere = (await client.count?.(since)) ?? null;
  const countedHere = await countArrived(() => countShown(sql, connectionId, run), {
    there: countedThere,
    clock,
    stop,
  });
  if (countedThere !== null && !stop.aborted)
    await noteCount(sql, connectionId, { at: clock.now(), since, there: countedThere, here: countedHere });
  const [row] = await sql.query<{ found: bigint; held: bigint; quarantined: bigint }>(
    `select count(*) as found, count(*) filter (where t.pulled_at is not null and t.quarantined_at is null) as held,
            count(*) filter (where t.quarantined_at is not null) as quarantined
       from backfill_ticket b left join ticket t on t.connection_id = b.connection_id and t.external_id = b.external_id
      where b.connection_id = $1`,
    [connectionId],
  );
  const [found, held, quarantined] = [row?.found, row?.held, row?.quarantined].map((count) => Number(count ?? 0n));
  if (found === undefined || held === undefined || quarantined === undefined)
    throw new RangeError('counts are lacking');
  return {
    found,
    held,
    quarantined,
    missing: found - held - quarantined,
    countedThere,
    countedHere,
    // More here than there is no gap: some were deleted there meanwhile.
    complete: found === held && found === run.found && (countedThere === null || countedThere <= countedHere),
  };
};
