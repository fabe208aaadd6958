import type { Sql } from '../../platform/database/database.ts';
import type { PartnerBook, RegionBook, ReportingBasis } from '../directory/index.ts';
import { decideAgain } from './held-orders.ts';
import { rulesHeld } from './rules.ts';
import { ordersPerTransaction } from './store.ts';

export interface RebasedOrders {
  /** Orders whose day or reporting revenue was stated anew. */
  readonly restated: number;
  /** Those of them that have no rate now. */
  readonly unpriced: number;
}

/**
 * Puts orders and refunds on another basis, in the caller's transaction: days in its time zone, revenue in its currency at
 * the rate dated before the new day; without such a rate an order is unpriced, never left in the old currency.
 */
export const rebaseOrders = async (
  tx: Sql,
  { from, to }: { readonly from: ReportingBasis; readonly to: ReportingBasis },
  books: { readonly partners: PartnerBook; readonly regions: RegionBook },
): Promise<RebasedOrders> => {
  await tx.query(
    'update refund set made_day = (made_at at time zone $1)::date where made_day <> (made_at at time zone $1)::date',
    [to.timeZone],
  );
  const rows = await tx.query<{ id: bigint }>(
    `update "order" set placed_day = (placed_at at time zone $1)::date, reporting_micros = null,
            fx_numerator = null, fx_denominator = null, fx_date = null
      where $2 or placed_day <> (placed_at at time zone $1)::date returning id`,
    [to.timeZone, from.currency !== to.currency],
  );
  const ids = rows.map(({ id }) => id);
  const basis = { ...(await rulesHeld(tx)), currency: to.currency, ...books };
  for (let start = 0; start < ids.length; start += ordersPerTransaction)
    await decideAgain(tx, basis, ids.slice(start, start + ordersPerTransaction));
  const [left] = await tx.query<{ unpriced: bigint }>(
    'select count(*) as unpriced from "order" where id = any($1::int8[]) and counted and reporting_micros is null',
    [ids],
  );
  return { restated: ids.length, unpriced: Number(left?.unpriced ?? 0n) };
};
