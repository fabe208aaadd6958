import { LimitReached, UpstreamError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { inBackground } from '../../platform/http/budget.ts';
import type { RunStep } from '../../platform/log.ts';
import type { Connection } from '../directory/index.ts';
import type { SyncOutcome } from '../orders/index.ts';
import { loadBackfill, newRun, saveBackfill } from './backfill.ts';
import { type BackfillProgress, measureProgress } from './backfill-progress.ts';
import { countArrived } from './compare.ts';
import { describe } from './isolate.ts';
import type { BackfillResult } from './run-backfill.ts';
import type { Troubles } from './trouble.ts';

/** A store that is away is asked again after this long at least. */
const againMs = 10 * secondMs;

const passes = (error: unknown): boolean =>
  error instanceof LimitReached || (error instanceof UpstreamError && error.retryable);

interface Deps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly runStep: RunStep;
  readonly troubles: Troubles;
  /** Walks the store from `since` on, `again` what was walked before, else it goes on where a walk was cut off; told of each page, and what was in it. */
  readonly sync: (options: {
    readonly since: Date;
    readonly again: boolean;
    readonly stop: AbortSignal;
    readonly onPage: (orders: number) => Promise<void>;
  }) => Promise<SyncOutcome>;
  /** Orders placed since: as the store counts them, null where it does not say, and as we hold them. */
  readonly countThere: (since: Date) => Promise<number | null>;
  readonly countHere: (since: Date) => Promise<number>;
  readonly onProgress?: ((progress: BackfillProgress) => void) | undefined;
}

/**
 * Reads a store's history and compares: what it counts since that day with what we hold. Cut off by a kill or by `stop` it
 * goes on where it was when it is called again with the same day.
 */
export const runStoreBackfill = (
  deps: Deps,
  connection: Connection,
  { since, stop = new AbortController().signal }: { readonly since: Date; readonly stop?: AbortSignal | undefined },
): Promise<BackfillResult> =>
  deps.runStep('backfill', async (line) => {
    const { sql, clock, troubles } = deps;
    const { id } = connection;
    const held = await loadBackfill(sql, id);
    const goesOn = held !== null && held.comparedAt === null && held.since === since.toISOString();
    let run = goesOn ? held : newRun(since, clock.now(), [], held);
    const save = (error?: string) => saveBackfill(sql, id, run, { now: clock.now(), ...(error && { error }) });
    // Once a page of it is stored, a further try goes on behind that.
    let again = !goesOn;
    const onPage = async (orders: number): Promise<void> => {
      again = false;
      run = { ...run, walked: run.walked + orders, found: run.found + orders, raised: run.raised + orders };
      await save();
      deps.onProgress?.(await measureProgress(sql, id, run, clock.now()));
      await troubles.well(id, 'feed');
    };
    const walkToTheEnd = async (): Promise<SyncOutcome | null> => {
      while (!stop.aborted) {
        try {
          return await inBackground(() => deps.sync({ since, again, stop, onPage }));
        } catch (error) {
          await troubles.met(id, 'feed', error);
          await save(describe(error));
          if (!passes(error)) throw error;
          const until = (await troubles.heldUntil(id, 'feed'))?.getTime() ?? 0;
          await clock.sleep(Math.max(againMs, until - clock.now().getTime()), stop);
        }
      }
      return null;
    };

    await save();
    const outcome = await walkToTheEnd();
    Object.assign(line, { connection: id, walked: run.walked });
    const result = { connection: id, since: run.since, walked: run.walked, raised: run.raised };
    if (outcome === null || stop.aborted) return { ...result, comparison: null };
    const countedThere = await deps.countThere(since);
    const countedHere = await countArrived(() => deps.countHere(since), { there: countedThere, clock, stop });
    if (stop.aborted) return { ...result, comparison: null };
    const quarantined = outcome.unreadable.length;
    const comparison = {
      found: run.found,
      held: run.found - quarantined,
      quarantined,
      missing: 0,
      givenUp: 0,
      countedThere,
      countedHere,
      // More here than there is no gap: some were archived there since.
      complete: quarantined === 0 && (countedThere === null || countedThere <= countedHere),
    };
    const now = clock.now().toISOString();
    const { held: heldNow, complete } = comparison;
    run = { ...run, walkedAt: now, comparedAt: now, held: heldNow, complete, countedThere, countedHere };
    await save();
    return { ...result, comparison };
  });
