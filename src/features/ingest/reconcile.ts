import { UpstreamError } from '../../core/errors.ts';
import { minuteMs } from '../../core/time.ts';
import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { RunStep } from '../../platform/log.ts';
import type { Connection } from '../directory/index.ts';
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

interface Held {
  readonly cursor: Cursor;
  readonly seenUntil: Date | null;
}

const load = async (sql: Sql, connectionId: number, stream: string): Promise<Held | null> => {
  const [row] = await sql.query<{ cursor: Cursor; seen_until: Date | null }>(
    'select cursor, seen_until from sync_cursor where connection_id = $1 and stream = $2',
    [connectionId, stream],
  );
  return row ? { cursor: row.cursor, seenUntil: row.seen_until } : null;
};

const save = async (
  sql: Sql,
  key: { connectionId: number; stream: string },
  state: { cursor: Cursor; seenUntil?: Date; now: Date; error?: string },
) => {
  await sql.query(
    `insert into sync_cursor (connection_id, stream, cursor, seen_until, last_run_at, last_error) values ($1, $2, $3, $4, $5, $6)
     on conflict (connection_id, stream) do update set cursor = excluded.cursor, seen_until = coalesce(excluded.seen_until, sync_cursor.seen_until),
       last_run_at = excluded.last_run_at, last_error = excluded.last_error`,
    [
      key.connectionId,
      key.stream,
      JSON.stringify(state.cursor),
      state.seenUntil ?? null,
      state.now,
      state.error ?? null,
    ],
  );
};

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
    const key = { connectionId: connection.id, stream: since ? 'backfill' : 'tickets' };
    const startedAt = clock.now();
    const held = await load(sql, connection.id, key.stream);
    const from = since ?? new Date((held?.seenUntil ?? connection.createdAt).getTime() - overlapMs);
    const cutOff = held?.cursor.cursor != null && held.cursor.from === from.toISOString() ? held.cursor : null;
    let at: Cursor = cutOff ?? {
      cursor: null,
      from: from.toISOString(),
      startedAt: startedAt.toISOString(),
      walked: 0,
      raised: 0,
    };
    // Before any ticket is raised: process asks when the backfill began.
    if (since) await save(sql, key, { cursor: at, now: startedAt });
    const outcome = (): WalkResult => {
      const { walked, raised } = at;
      Object.assign(line, { connection: connection.id, stream: key.stream, walked, raised });
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
        await save(sql, key, { cursor: at, now: clock.now() });
        if (stop?.aborted) return outcome();
      }
    } catch (error) {
      // A cursor that the helpdesk takes no more would fail for ever; the walk then starts again.
      const refused = error instanceof UpstreamError && !error.retryable;
      await save(sql, key, {
        cursor: refused ? { ...at, cursor: null } : at,
        now: clock.now(),
        error: describe(error),
      });
      throw error;
    }
    await save(sql, key, { cursor: { ...at, cursor: null }, seenUntil: startedAt, now: clock.now() });
    return outcome();
  });
