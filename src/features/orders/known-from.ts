import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { knownFrom, loadCursors } from '../directory/index.ts';
import { type OrdersCursor, wholeSince } from './walk-start.ts';

/** Of these connections those that hold an order: the others have no part in any figure. */
const holdingAny = async (sql: Sql, connectionIds: readonly number[]): Promise<Set<number>> => {
  const rows = await sql.query<{ id: number }>(
    'select c.id from unnest($1::int[]) as c(id) where exists (select from "order" o where o.connection_id = c.id)',
    [connectionIds],
  );
  return new Set(rows.map(({ id }) => id));
};

/**
 * From what day on the orders of all stores are held: the one notion for everything that says "there was none". An older order
 * that a ticket had looked up, or a refund named, makes no day known. Where no store was ever walked it is the day of the oldest
 * order; null where nothing is known yet.
 */
export const ordersKnownFrom = async (sql: Sql): Promise<Day | null> => {
  const walks = await loadCursors<OrdersCursor>(sql, ['orders']);
  if (walks.length === 0) {
    const [row] = await sql.query<{ day: Day | null }>('select min(placed_day)::text as day from "order"');
    return row?.day ?? null;
  }
  const gone = walks.filter(({ isLive }) => !isLive).map(({ connectionId }) => connectionId);
  const holding = gone.length === 0 ? null : await holdingAny(sql, gone);
  return knownFrom(
    sql,
    walks
      .filter(({ isLive, connectionId }) => isLive || holding?.has(connectionId))
      .map((walk) => ({ isLive: walk.isLive, since: wholeSince(walk) })),
  );
};
