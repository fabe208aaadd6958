import { LimitReached, UpstreamError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { isStorageTrouble } from '../../platform/database/trouble.ts';
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

/** A database that fails is asked again after this long, and so often in a row: it restarts, or is away for good. */
const storageAgainMs = 5 * secondMs;
const mostStorageFailures = 24;

const passes = (error: unknown): boolean =>
  error instanceof LimitReached || (error instanceof UpstreamError && error.retryable);

/** Works on past a database that is away for a moment: every piece of a backfill is stored, and done again where it was not. */
const pastStorageTrouble = async <Result>(
  clock: Clock,
  stop: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> => {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isStorageTrouble(error) || stop.aborted || failures >= mostStorageFailures) throw error;
      await clock.sleep(storageAgainMs, stop);
    }
  }
};

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
      return await pastStorageTrouble(deps.clock, stop, () =>
        walkHistory({ ...deps, onPage }, connection, { since, stop }),
      );
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
  /** Null until its walk has begun: what is stored until then is another's. */
  const ownRun = async (): Promise<BackfillRun | null> => {
    const stored = await loadBackfill(sql, id);
    return stored?.comparedAt === null && stored.since === since.toISOString() ? stored : null;
  };
  const patiently = <Result>(work: () => Promise<Result>) => pastStorageTrouble(clock, halt, work);

  const gatherAlong = async (): Promise<void> => {
    while (!halt.aborted) if (!(await patiently(() => deps.gatherSome(id)))) await clock.sleep(restMs, halt);
  };
  const measureAlong = async (): Promise<void> => {
    while (!halt.aborted) {
      const progress = await patiently(async () => {
        run ??= await ownRun();
        return run && measureProgress(sql, id, run, clock.now());
      });
      if (progress) deps.onProgress?.(progress);
      await clock.sleep(measureEveryMs, halt);
    }
  };
  const finish = async (): Promise<BackfillResult> => {
    const walkedRun = await walkToTheEnd(deps, connection, {
      since,
      stop: halt,
      onPage: (walked) => {
        run = walked;
      },
    });
    run = walkedRun;
    const { walked, raised } = run;
    const result = { connection: id, since: run.since, walked, raised };
    if (run.walkedAt === null) return { ...result, comparison: null };
    while ((await patiently(() => openTickets(sql, id, walkedRun))) > 0) {
      if (halt.aborted) return { ...result, comparison: null };
      await clock.sleep(restMs, halt);
    }
    const comparison = await patiently(() => compareBackfill({ ...deps, stop: halt }, id, walkedRun));
    if (halt.aborted) return { ...result, comparison: null };
    const { held, givenUp, complete, countedThere, countedHere } = comparison;
    const counts = { held, givenUp, complete, countedThere, countedHere };
    const compared = { ...walkedRun, comparedAt: clock.now().toISOString(), ...counts };
    run = compared;
    await patiently(() => saveBackfill(sql, id, compared, { now: clock.now() }));
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
