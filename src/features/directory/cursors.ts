import type { Sql } from '../../platform/database/database.ts';
import type { StoreKind } from '../../stores/port.ts';
import { type ReportingBasis, reportingBasisSql } from './reporting-basis.ts';

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

/** A connection with its walks; one that was just made has none yet. */
export interface WalkedConnection {
  readonly id: number;
  readonly name: string;
  readonly connectedAt: Date;
  /** Not disconnected. */
  readonly isLive: boolean;
  /** Of the ledger's days. */
  readonly timeZone: string;
  readonly isStore: boolean;
  readonly walks: readonly (StoredCursor<unknown> & { readonly stream: string })[];
}

/** All other kinds are helpdesks. */
const stores: Readonly<Record<StoreKind, true>> = { bigcommerce: true };

/**
 * All connections, disconnected ones too, with their walks over these streams; % in a name is any text. One statement, for it
 * stands before every report.
 */
export const loadWalks = async (sql: Sql, streams: readonly string[]): Promise<WalkedConnection[]> => {
  const rows = await sql.query<
    Omit<WalkedConnection, 'walks' | 'isStore' | 'timeZone'> & {
      basis: ReportingBasis | null;
      kind: string;
      stream: string | null;
      cursor: unknown;
      seenUntil: Date | null;
    }
  >(
    `select c.id, c.name, c.created_at as "connectedAt", c.disabled_at is null as "isLive", c.kind, ${reportingBasisSql} as basis,
            s.stream, s.cursor, s.seen_until as "seenUntil"
       from connection c left join sync_cursor s on s.connection_id = c.id and s.stream like any($1::text[]) order by c.id, s.stream`,
    [streams],
    { preparedAs: 'walks' },
  );
  return [...Map.groupBy(rows, ({ id }) => id).values()].flatMap((own) =>
    own.slice(0, 1).map(({ id, name, connectedAt, isLive, kind, basis }) => ({
      id,
      name,
      connectedAt,
      isLive,
      timeZone: basis?.timeZone ?? 'UTC',
      isStore: kind in stores || own.some(({ stream }) => stream === 'orders'),
      walks: own.flatMap(({ stream, cursor, seenUntil }) =>
        stream === null ? [] : [{ stream, state: cursor, seenUntil }],
      ),
    })),
  );
};

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

/** Saves a state in the place of that one alone; false, and nothing, where another stands there by now. */
export const replaceCursor = async (
  sql: Sql,
  connectionId: number,
  stream: string,
  { state, before }: { readonly state: unknown; readonly before: unknown },
): Promise<boolean> => {
  const rows = await sql.query(
    'update sync_cursor set cursor = $3::jsonb where connection_id = $1 and stream = $2 and cursor = $4::jsonb returning 1',
    [connectionId, stream, JSON.stringify(state), JSON.stringify(before)],
  );
  return rows.length > 0;
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
