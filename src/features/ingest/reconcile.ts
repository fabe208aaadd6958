import { UpstreamError } from '../../core/errors.ts';
import { minuteMs } from '../../core/time.ts';
import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { RunStep } from '../../platform/log.ts';
import { type Connection, loadCursor, saveCursor } from '../directory/index.ts';
import { describe } from './isolate.ts';
import { raiseChanged } from './raise.ts';

/** A walk reads again what changed this shortly before the last one ended: helpdesks show changes late and out of order. */
const overlapMs = 10 * minuteMs;

export interface WalkResult {
  readonly connection: number;
  /** Tickets the helpdesk named as changed, and those of them that no webhook had told of. */
  readonly walked: number;
  readonly raised: number;
}

interface Cursor {
  /** Where an unfinished walk goes on; null: the last one reached the end. */
  readonly cursor: string | null;
  /** Start of the walk as it was asked for, ISO 8601: a backfill from another date is another walk. */
  readonly from: string;
  /** When it began, ISO 8601: what is created later is no history. */
  readonly startedAt: string;
  readonly walked: number;
  readonly raised: number;
}

/**
 * Walks a helpdesk's change feed to its end and raises every ticket that is newer there than here. The cursor is stored
 * after the tickets of its page: a walk that was cut off, or ended by `stop`, goes on there, repeats a page and loses none. With `since` it is a
 * backfill: the same walk from an earlier start, whose unknown tickets are marked as history and never surveyed.
 */
export const reconcile = (
  deps: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly runStep: RunStep;
    readonly client: HelpdeskClient;
    readonly onPage?: (walked: number) => void;
  },
  connection: Connection,
  { since, stop }: { readonly since?: Date; readonly stop?: AbortSignal } = {},
): Promise<WalkResult> =>
  deps.runStep('reconcile', async (line) => {
    const { sql, clock, client } = deps;
    const stream = since ? 'backfill' : 'tickets';
    const startedAt = clock.now();
    const held = await loadCursor<Cursor>(sql, connection.id, stream);
    const from = since ?? new Date((held?.seenUntil ?? connection.createdAt).getTime() - overlapMs);
    const cutOff = held?.state.cursor != null && held.state.from === from.toISOString() ? held.state : null;
    let at: Cursor = cutOff ?? {
      cursor: null,
      from: from.toISOString(),
      startedAt: startedAt.toISOString(),
      walked: 0,
      raised: 0,
    };
    const save = (state: Cursor, { seenUntil, error }: { readonly seenUntil?: Date; readonly error?: string } = {}) =>
      saveCursor(sql, connection.id, stream, {
        state,
        seenUntil: seenUntil ?? null,
        now: clock.now(),
        error: error ?? null,
      });
    // Before any ticket is raised: process asks when the backfill began.
    if (since) await save(at);
    const outcome = (): WalkResult => {
      const { walked, raised } = at;
      Object.assign(line, { connection: connection.id, stream, walked, raised });
      return { connection: connection.id, walked, raised };
    };
    try {
      for await (const page of client.walkChanges({ cursor: at.cursor, since: from })) {
        const raised =
          page.changed.length === 0
            ? 0
            : await raiseChanged(sql, connection.id, page.changed, {
                now: clock.now(),
                fromBackfill: since !== undefined,
              });
        at = { ...at, cursor: page.cursor, walked: at.walked + page.changed.length, raised: at.raised + raised };
        deps.onPage?.(at.walked);
        await save(at);
        if (stop?.aborted) return outcome();
      }
    } catch (error) {
      // A cursor that the helpdesk takes no more would fail for ever; the walk then starts again.
      const refused = error instanceof UpstreamError && !error.retryable;
      await save(refused ? { ...at, cursor: null } : at, { error: describe(error) });
      throw error;
    }
    await save({ ...at, cursor: null }, { seenUntil: startedAt });
    return outcome();
  });
