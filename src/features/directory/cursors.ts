import type { Sql } from '../../platform/database/database.ts';

/** Where a walk over a vendor's change feed stands, and everything changed before `seenUntil` has been seen. */
export interface StoredCursor<State> {
  readonly state: State;
  readonly seenUntil: Date | null;
}

export const loadCursor = async <State>(
  sql: Sql,
  connectionId: number,
  stream: string,
): Promise<StoredCursor<State> | null> => {
  const [row] = await sql.query<{ cursor: State; seen_until: Date | null }>(
    'select cursor, seen_until from sync_cursor where connection_id = $1 and stream = $2',
    [connectionId, stream],
  );
  return row ? { state: row.cursor, seenUntil: row.seen_until } : null;
};

/** A cursor and the connection that it is of. */
export interface CursorOf<State> extends StoredCursor<State> {
  readonly connectionId: number;
  readonly stream: string;
  readonly connectedAt: Date;
  /** Not disconnected. */
  readonly isLive: boolean;
}

/** Cursors of all connections, by the names of their streams, in which % is any text. */
export const loadCursors = async <State>(sql: Sql, streams: readonly string[]): Promise<CursorOf<State>[]> =>
  sql.query<CursorOf<State>>(
    `select s.connection_id as "connectionId", s.stream, s.cursor as state, s.seen_until as "seenUntil",
            c.created_at as "connectedAt", c.disabled_at is null as "isLive"
       from sync_cursor s join connection c on c.id = s.connection_id where s.stream like any($1::text[]) order by 1, 2`,
    [streams],
  );

/**
 * Written in the transaction of the rows it speaks of, or after them. A null `seenUntil` leaves the one held; so does an
 * absent `error`: null tells the status page that the run went well so far.
 */
export const saveCursor = async (
  sql: Sql,
  connectionId: number,
  stream: string,
  {
    state,
    seenUntil,
    now,
    error,
  }: { readonly state: unknown; readonly seenUntil: Date | null; readonly now: Date; readonly error?: string | null },
): Promise<void> => {
  await sql.query(
    `insert into sync_cursor (connection_id, stream, cursor, seen_until, last_run_at, last_error) values ($1, $2, $3::jsonb, $4, $5, $6)
     on conflict (connection_id, stream) do update set cursor = excluded.cursor,
            seen_until = coalesce(excluded.seen_until, sync_cursor.seen_until), last_run_at = excluded.last_run_at,
            last_error = case when $7 then excluded.last_error else sync_cursor.last_error end`,
    [connectionId, stream, JSON.stringify(state), seenUntil, now, error ?? null, error !== undefined],
  );
};

/** Shows on the status page what the last run met; null: it ended well. */
export const noteRun = async (
  sql: Sql,
  connectionId: number,
  stream: string,
  { error, now }: { readonly error: string | null; readonly now: Date },
): Promise<void> => {
  await sql.query('update sync_cursor set last_run_at = $3, last_error = $4 where connection_id = $1 and stream = $2', [
    connectionId,
    stream,
    now,
    error,
  ]);
};

/** Nothing is awaited any more of the streams that begin so and are not `kept`; what they knew stays. */
export const markAbsent = async (
  sql: Sql,
  connectionId: number,
  { prefix, kept }: { readonly prefix: string; readonly kept: readonly string[] },
): Promise<void> => {
  await sql.query(
    `update sync_cursor set cursor = cursor || '{"absent": true}', last_error = null
      where connection_id = $1 and starts_with(stream, $2) and stream <> all($3) and not cursor ? 'absent'`,
    [connectionId, prefix, kept],
  );
};
