import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { type KnownDays, knownDays, lastDayBefore, loadWalks, type WalkedConnection } from '../directory/index.ts';
import type { RefundsCursor } from './sync.ts';
import { type OrdersCursor, wholeSince } from './walk-start.ts';

const lastOrder = `select placed_day as day from "order" where connection_id = c.id and placed_day < c.since
                    order by placed_day desc limit 1`;

/** Orders without their refunds are no whole: both walks must have ended. */
const heldOf = ({ walks }: WalkedConnection): { readonly since: Date; readonly until: Date } | null => {
  const walkOf = (name: string) => walks.find(({ stream }) => stream === name);
  const [orders, refunds] = [walkOf('orders'), walkOf('refunds')];
  const since = orders ? wholeSince({ ...orders, state: orders.state as OrdersCursor }) : null;
  if (!since || !orders?.seenUntil || !refunds?.seenUntil) return null;
  const refundsSinceMs = Date.parse((refunds.state as RefundsCursor).since);
  return {
    since: new Date(Math.max(since.getTime(), refundsSinceMs)),
    until: new Date(Math.min(orders.seenUntil.getTime(), refunds.seenUntil.getTime())),
  };
};

/**
 * Of what days the orders of all stores are held, with their refunds: the one notion for everything that says "there was none".
 * An older order that a ticket had looked up, or a refund named, makes no day known. Where no store was ever walked they are
 * the days since the oldest order.
 */
export const ordersKnown = async (sql: Sql): Promise<KnownDays> => {
  const connections = await loadWalks(sql, ['orders', 'refunds']);
  const stores = connections.filter(({ isStore }) => isStore);
  if (stores.every(({ walks }) => walks.length === 0)) {
    const [row] = await sql.query<{ day: Day | null }>('select min(placed_day)::text as day from "order"');
    return { since: row?.day ?? null, until: null, sources: [] };
  }
  return knownDays(
    stores.map((store) => ({ ...store, held: heldOf(store) })),
    lastDayBefore(sql, lastOrder),
  );
};
