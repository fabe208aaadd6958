import type { Sql } from '../../platform/database/database.ts';
import { type OrderChanges, watchBearing } from './bearing.ts';
import { type DecisionBasis, decideOrders, type OrderFacts } from './decide.ts';
import { loadMetafields } from './metafields.ts';
import { type StoredPlaces, writeDecisions } from './store.ts';

/** An order as held, with what it was decided by. */
export interface HeldFacts extends OrderFacts {
  readonly id: bigint;
  readonly externalId: string;
}

/** Which orders are loaded: a condition over "order" o, with its parameters. */
interface Selection {
  readonly where: string;
  readonly parameters: readonly unknown[];
}

/** Loads and locks orders, in the order in which every writer takes them. */
const lockHeld = async (tx: Sql, { where, parameters }: Selection): Promise<HeldFacts[]> => {
  const rows = await tx.query<{
    id: bigint;
    connection_id: number;
    external_id: string;
    places: StoredPlaces;
    placed_day: string;
    currency: string;
    revenue_micros: bigint;
    lines: {
      externalId: string;
      sku: string | null;
      productName: string | null;
      brand: string | null;
      revenueMicros: string;
      grossMicros: string;
      costMicros: string | null;
    }[];
  }>(
    `select o.id, o.connection_id, o.external_id, o.places, o.placed_day::text as placed_day, o.currency, o.revenue_micros,
            (select coalesce(jsonb_agg(jsonb_build_object('externalId', l.external_id, 'sku', l.sku, 'productName', l.product_name, 'brand', l.brand,
                                                          'revenueMicros', l.revenue_micros::text, 'grossMicros', l.gross_micros::text, 'costMicros', l.cost_micros::text) order by l.id), '[]')
               from order_line l where l.order_id = o.id) as lines
       from "order" o where ${where} order by o.connection_id, o.external_id collate "C" for update of o`,
    parameters,
  );
  return rows.map((row) => ({
    id: row.id,
    connectionId: row.connection_id,
    externalId: row.external_id,
    places: row.places,
    placedDay: row.placed_day,
    currency: row.currency,
    revenueMicros: row.revenue_micros,
    lines: row.lines.map((line) => ({
      ...line,
      revenueMicros: BigInt(line.revenueMicros),
      grossMicros: BigInt(line.grossMicros),
      costMicros: line.costMicros === null ? null : BigInt(line.costMicros),
    })),
  }));
};

/** Writes what is decided anew of held orders. */
const rewrite = async (tx: Sql, basis: DecisionBasis, held: readonly HeldFacts[]): Promise<OrderChanges> => {
  const decided = await decideOrders(tx, basis, held);
  return watchBearing(tx, { ids: held.map(({ id }) => id) }, () => writeDecisions(tx, decided));
};

/** Decides held orders again and writes what differs. */
export const decideAgain = async (
  tx: Sql,
  basis: DecisionBasis,
  orderIds: readonly bigint[],
): Promise<OrderChanges> => {
  const held = await lockHeld(tx, { where: 'o.id = any($1::int8[])', parameters: [orderIds] });
  return rewrite(tx, basis, held);
};

/** Decides held orders again by the metafields that are stored of them; orders that are not held are left out. */
export const takeMetafields = async (
  tx: Sql,
  basis: DecisionBasis,
  { connectionId, externalIds }: { readonly connectionId: number; readonly externalIds: readonly string[] },
): Promise<OrderChanges> => {
  if (externalIds.length === 0) return { changed: [], bearing: [], formerly: [] };
  const held = await lockHeld(tx, {
    where: 'o.connection_id = $1 and o.external_id = any($2)',
    parameters: [connectionId, externalIds],
  });
  const stored = await loadMetafields(tx, connectionId, externalIds);
  const enriched = held.map((order) => ({
    ...order,
    places: { ...order.places, metafields: stored.get(order.externalId) ?? {} },
  }));
  return rewrite(tx, basis, enriched);
};
