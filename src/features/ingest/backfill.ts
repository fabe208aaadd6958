import { dayMs } from '../../core/time.ts';
import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { inBackground } from '../../platform/http/budget.ts';
import type { RunStep } from '../../platform/log.ts';
import { type Connection, loadCursor, replaceCursor, saveCursor } from '../directory/index.ts';
import { describe } from './isolate.ts';
import { raiseChanged } from './raise.ts';
import { overlapMs, takesNoMore } from './reconcile.ts';
import type { Troubles } from './trouble.ts';

/** The newest part of a history is read first, so that figures of today's use show early. */
const newestMs = 30 * dayMs;

const stream = 'backfill';

/** One stretch of the change feed, walked on its own. */
interface Stretch {
  readonly from: string;
  /** Null: to the end of the feed. */
  readonly until: string | null;
  readonly cursor: string | null;
  readonly done: boolean;
}

/** A backfill as it is stored; instants in ISO 8601. */
export interface BackfillRun {
  readonly since: string;
  /** When it began: what is created later is no history. */
  readonly startedAt: string;
  readonly stretches: readonly Stretch[];
  /** Changes read, distinct tickets among them, and those of them that were to be pulled. */
  readonly walked: number;
  readonly found: number;
  readonly raised: number;
  /** The walk's end; then the tickets are gathered, and compared when that is done. */
  readonly walkedAt: string | null;
  readonly comparedAt: string | null;
  /** Of those found, the tickets that are pulled and decided, as compared. */
  readonly held: number;
  /** Of those held the ones that a person gave up: nothing, or not all, of them was read; absent: none. */
  readonly givenUp?: number;
  readonly complete: boolean;
  /** The earliest day since which a run before this one was found complete; absent: none was. */
  readonly wholeSince?: string;
  /** Created since, as the vendor counted them then, null where it tells none, and as we did. */
  readonly countedThere?: number | null;
  readonly countedHere?: number;
}

export const loadBackfill = async (sql: Sql, connectionId: number): Promise<BackfillRun | null> => {
  const state = (await loadCursor<BackfillRun>(sql, connectionId, stream))?.state;
  return state?.stretches ? state : null;
};

export const saveBackfill = (
  sql: Sql,
  connectionId: number,
  run: BackfillRun,
  { now, error }: { readonly now: Date; readonly error?: string },
): Promise<void> => saveCursor(sql, connectionId, stream, { state: run, seenUntil: null, now, error: error ?? null });

/** Saves a run in the place of the one that was compared; false, and nothing, where another has begun or was compared since. */
export const saveCompared = (sql: Sql, connectionId: number, run: BackfillRun, before: BackfillRun): Promise<boolean> =>
  replaceCursor(sql, connectionId, stream, { state: run, before });

const withWhole = (since: string | null): Pick<BackfillRun, 'wholeSince'> =>
  since === null ? {} : { wholeSince: since };

/** From when on everything is held, by a run that was found complete, this one or one before; null where none was. ISO 8601. */
export const wholeSince = ({ complete, since, wholeSince: before }: BackfillRun): string | null => {
  const ended = complete ? since : before;
  return (before !== undefined && ended !== undefined && before < ended ? before : ended) ?? null;
};

/** A run that has found nothing yet; what the one before it held whole stays so. */
export const newRun = (
  since: Date,
  now: Date,
  stretches: readonly Stretch[],
  before: BackfillRun | null = null,
): BackfillRun => ({
  ...withWhole(before && wholeSince(before)),
  since: since.toISOString(),
  startedAt: now.toISOString(),
  stretches,
  walked: 0,
  found: 0,
  raised: 0,
  walkedAt: null,
  comparedAt: null,
  held: 0,
  complete: false,
});

/** The newest stretch first; the second one ends a little after the first one's start. */
const stretchesOf = (since: Date, now: Date): Stretch[] => {
  const cut = new Date(Math.max(since.getTime(), now.getTime() - newestMs));
  const stretch = (from: Date, until: Date | null): Stretch => ({
    from: from.toISOString(),
    until: until?.toISOString() ?? null,
    cursor: null,
    done: false,
  });
  return [stretch(cut, null), ...(since < cut ? [stretch(since, new Date(cut.getTime() + overlapMs))] : [])];
};

/** Notes the tickets that a backfill's walk named; how many it had not named before. */
const noteFound = async (sql: Sql, connectionId: number, externalIds: readonly string[]): Promise<number> => {
  const [row] = await sql.query<{ found: bigint }>(
    `with noted as (
       insert into backfill_ticket (connection_id, external_id) select distinct $1::int, id from unnest($2::text[]) id
       on conflict do nothing returning 1)
     select count(*) as found from noted`,
    [connectionId, externalIds],
  );
  return Number(row?.found ?? 0n);
};

const countFound = async (sql: Sql, connectionId: number): Promise<number> => {
  const [row] = await sql.query<{ found: bigint }>(
    'select count(*) as found from backfill_ticket where connection_id = $1',
    [connectionId],
  );
  return Number(row?.found ?? 0n);
};

/**
 * Walks a helpdesk's history and raises what is newer there than here; unknown tickets are marked as history: gathered after
 * all others and never surveyed. The same run goes on where it was cut off; a run that was compared, or one since another day,
 * is followed by a new one. Returns the run with its walk ended, or, stopped by the signal, as far as it came.
 */
export const walkHistory = (
  deps: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly runStep: RunStep;
    readonly client: HelpdeskClient;
    readonly troubles: Troubles;
    readonly onPage?: (run: BackfillRun) => void;
  },
  connection: Connection,
  { since, stop }: { readonly since: Date; readonly stop?: AbortSignal | undefined },
): Promise<BackfillRun> =>
  deps.runStep('backfill', async (line) => {
    const { sql, clock, client } = deps;
    const held = await loadBackfill(sql, connection.id);
    const goesOn = held !== null && held.comparedAt === null && held.since === since.toISOString();
    // What a page named was noted before the run was saved: a kill between left a number that no comparison would ever meet.
    const now = clock.now();
    let run = goesOn
      ? { ...held, found: await countFound(sql, connection.id) }
      : newRun(since, now, stretchesOf(since, now), held);
    if (!goesOn) await sql.query('delete from backfill_ticket where connection_id = $1', [connection.id]);
    // Before any ticket is raised: process asks when the backfill began.
    await saveBackfill(sql, connection.id, run, { now: clock.now() });

    const change = (index: number, parts: Partial<Stretch>): readonly Stretch[] =>
      run.stretches.map((stretch, at) => (at === index ? { ...stretch, ...parts } : stretch));
    const walkOne = async (index: number, { from, until, cursor }: Stretch): Promise<void> => {
      const pages = client.walkChanges({
        cursor,
        since: new Date(from),
        ...(until !== null && { until: new Date(until) }),
      });
      for await (const { changed, cursor: next } of pages) {
        const ids = changed.map(({ externalId }) => externalId);
        const how = { now: clock.now(), fromBackfill: true };
        const raised = ids.length === 0 ? 0 : await raiseChanged(sql, connection.id, changed, how);
        const found = ids.length === 0 ? 0 : await noteFound(sql, connection.id, ids);
        run = {
          ...run,
          stretches: change(index, { cursor: next }),
          walked: run.walked + ids.length,
          found: run.found + found,
          raised: run.raised + raised,
        };
        await saveBackfill(sql, connection.id, run, { now: clock.now() });
        await deps.troubles.well(connection.id, 'feed');
        deps.onPage?.(run);
        if (stop?.aborted) return;
      }
      run = { ...run, stretches: change(index, { cursor: null, done: true }) };
    };

    for (const [index, stretch] of run.stretches.entries()) {
      if (stretch.done || stop?.aborted) continue;
      try {
        await inBackground(() => walkOne(index, stretch));
      } catch (error) {
        await deps.troubles.met(connection.id, 'feed', error);
        if (takesNoMore(error)) run = { ...run, stretches: change(index, { cursor: null }) };
        await saveBackfill(sql, connection.id, run, { now: clock.now(), error: describe(error) });
        throw error;
      }
    }
    if (run.stretches.every(({ done }) => done)) run = { ...run, walkedAt: run.walkedAt ?? clock.now().toISOString() };
    await saveBackfill(sql, connection.id, run, { now: clock.now() });
    Object.assign(line, { connection: connection.id, walked: run.walked, found: run.found, raised: run.raised });
    return run;
  });
