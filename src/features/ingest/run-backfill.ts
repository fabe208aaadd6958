import { LimitReached, UpstreamError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { RunStep } from '../../platform/log.ts';
import type { Connection } from '../directory/index.ts';
import { type BackfillRun, loadBackfill, saveBackfill, walkHistory } from './backfill.ts';
import { type BackfillProgress, measureProgress } from './backfill-progress.ts';
import { type Comparison, compareBackfill, openTickets } from './compare.ts';
import type { Troubles } from './trouble.ts';

/** A backfill at its end; without a comparison it was stopped, and the same command goes on. */
export interface BackfillResult {
  readonly connection: number;
  readonly since: string;
  readonly walked: number;
  readonly raised: number;
  readonly comparison: Comparison | null;
}

interface Deps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly runStep: RunStep;
  readonly client: HelpdeskClient;
  readonly troubles: Troubles;
  /** Gathers or decides a few tickets of the connection, beside whatever workers run; false where nothing was to be done. */
  readonly gatherSome: (connectionId: number) => Promise<boolean>;
  readonly onProgress?: ((progress: BackfillProgress) => void) | undefined;
}

/** Lots that this process gathers at once. */
const gatherersAtOnce = 4;
const restMs = 500;
const measureEveryMs = 2 * secondMs;
/** A helpdesk that is away is asked again after this long at least. */
const walkAgainMs = 10 * secondMs;

const passes = (error: unknown): boolean =>
  error instanceof LimitReached || (error instanceof UpstreamError && error.retryable);

/** The walk, taken up again where the helpdesk was away meanwhile. */
const walkToTheEnd = async (
  deps: Deps,
  connection: Connection,
  {
    since,
    stop,
    onPage,
  }: { readonly since: Date; readonly stop: AbortSignal; readonly onPage: (run: BackfillRun) => void },
): Promise<BackfillRun> => {
  for (;;) {
    try {
      return await walkHistory({ ...deps, onPage }, connection, { since, stop });
    } catch (error) {
      if (!passes(error) || stop.aborted) throw error;
      const until = (await deps.troubles.heldUntil(connection.id, 'feed'))?.getTime() ?? 0;
      await deps.clock.sleep(Math.max(walkAgainMs, until - deps.clock.now().getTime()), stop);
    }
  }
};

/**
 * Reads a helpdesk's history: the walk finds tickets, workers and this process gather them, and at the end what was found is
 * compared with what is held. Cut off by a kill or by `stop` it goes on where it was when it is called again with the same day.
 */
export const runBackfill = async (
  deps: Deps,
  connection: Connection,
  { since, stop = new AbortController().signal }: { readonly since: Date; readonly stop?: AbortSignal | undefined },
): Promise<BackfillResult> => {
  const { sql, clock } = deps;
  const { id } = connection;
  const ended = new AbortController();
  const halt = AbortSignal.any([stop, ended.signal]);
  let run: BackfillRun | null = null;

  const gatherAlong = async (): Promise<void> => {
    while (!halt.aborted) if (!(await deps.gatherSome(id))) await clock.sleep(restMs, halt);
  };
  const measureAlong = async (): Promise<void> => {
    while (!halt.aborted) {
      run ??= await loadBackfill(sql, id);
      const progress = run && (await measureProgress(sql, id, run, clock.now()));
      if (progress) deps.onProgress?.(progress);
      await clock.sleep(measureEveryMs, halt);
    }
  };
  const finish = async (): Promise<BackfillResult> => {
    run = await walkToTheEnd(deps, connection, {
      since,
      stop: halt,
      onPage: (walked) => {
        run = walked;
      },
    });
    const { walked, raised } = run;
    const result = { connection: id, since: run.since, walked, raised };
    if (run.walkedAt === null) return { ...result, comparison: null };
    while ((await openTickets(sql, id, run)) > 0) {
      if (halt.aborted) return { ...result, comparison: null };
      await clock.sleep(restMs, halt);
    }
    const comparison = await compareBackfill(sql, deps.client, id, run);
    run = { ...run, comparedAt: clock.now().toISOString(), held: comparison.held, complete: comparison.complete };
    await saveBackfill(sql, id, run, { now: clock.now() });
    return { ...result, comparison };
  };

  const along = [...Array.from({ length: gatherersAtOnce }, gatherAlong), measureAlong()];
  try {
    return await Promise.race([finish(), Promise.all(along).then(() => new Promise<never>(() => undefined))]);
  } finally {
    ended.abort();
    await Promise.allSettled(along);
  }
};
