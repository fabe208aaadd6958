import type { Sql } from '../../platform/database/database.ts';

/** What a write did to orders, by their ids. */
export interface OrderChanges {
  /** Orders in which anything changed. */
  readonly changed: readonly bigint[];
  /** Those of them in which something changed that tickets are decided by: a parcel sent or money paid back is nothing to them. */
  readonly bearing: readonly bigint[];
}

/** Which orders a write is about. */
export type OrdersNamed =
  | { readonly ids: readonly bigint[] }
  | { readonly connectionId: number; readonly externalIds: readonly string[] };

/** All that attribution and the choice of language read of each order (candidates.ts), as one text. Locks the orders. */
const bearingOf = async (tx: Sql, named: OrdersNamed): Promise<Map<bigint, string>> => {
  const [where, parameters] =
    'ids' in named
      ? ['o.id = any($1::int8[])', [named.ids]]
      : ['o.connection_id = $1 and o.external_id = any($2)', [named.connectionId, named.externalIds]];
  const rows = await tx.query<{ id: bigint; bearing: string }>(
    `select o.id, jsonb_build_array(o.number, o.external_number, o.placed_at, o.status_id = 0, o.country, o.region, o.locale, o.customer_id,
              (select jsonb_agg(encode(a.email_hash, 'hex') order by a.email_hash) from order_address a where a.order_id = o.id),
              (select jsonb_agg(jsonb_build_array(s.partner, s.ppm) order by s.share_no) from order_share s where s.order_id = o.id),
              (select jsonb_agg(jsonb_build_array(l.sku, l.product_name, l.partner) order by l.id) from order_line l where l.order_id = o.id))::text as bearing
       from "order" o where ${where} order by o.connection_id, o.external_id collate "C" for update of o`,
    parameters,
  );
  return new Map(rows.map(({ id, bearing }) => [id, bearing]));
};

/** Runs a write that returns the ids of the orders it changed, and tells which of these tickets are to be decided by anew. */
export const watchBearing = async (
  tx: Sql,
  named: OrdersNamed,
  write: () => Promise<readonly bigint[]>,
): Promise<OrderChanges> => {
  const before = await bearingOf(tx, named);
  const changed = await write();
  if (changed.length === 0) return { changed, bearing: [] };
  const after = await bearingOf(tx, { ids: changed });
  return { changed, bearing: changed.filter((id) => before.get(id) !== after.get(id)) };
};
