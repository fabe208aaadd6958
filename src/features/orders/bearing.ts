import { isDeepStrictEqual } from 'node:util';
import type { Sql } from '../../platform/database/database.ts';

/** By what tickets found an order before a write changed it. */
export interface FormerKeys {
  readonly connectionId: number;
  readonly customerId: string | null;
  readonly numbers: readonly string[];
  readonly placedAt: string;
  /** Keyed hashes in hex. */
  readonly addresses: readonly string[];
}

/** What a write did to orders, by their ids. */
export interface OrderChanges {
  /** Orders in which anything changed. */
  readonly changed: readonly bigint[];
  /** Those of them in which something changed that tickets are decided by: a parcel sent or money paid back is nothing to them. */
  readonly bearing: readonly bigint[];
  /** Of those, what they were found by and are no more: tickets that lose an order are to be decided anew as well. */
  readonly formerly: readonly FormerKeys[];
}

/** Told of a write within its transaction, so that the tickets of these orders are decided again whatever happens next. */
export type TellChanges = (tx: Sql, changes: OrderChanges) => Promise<void>;

/** Which orders a write is about. */
export type OrdersNamed =
  | { readonly ids: readonly bigint[] }
  | { readonly connectionId: number; readonly externalIds: readonly string[] };

interface Bearing {
  /** All that attribution and the choice of language read of an order (candidates.ts), as one text. */
  readonly text: string;
  readonly keys: FormerKeys;
}

/** Locks the orders. */
const bearingOf = async (tx: Sql, named: OrdersNamed): Promise<Map<bigint, Bearing>> => {
  const [where, parameters] =
    'ids' in named
      ? ['o.id = any($1::int8[])', [named.ids]]
      : ['o.connection_id = $1 and o.external_id = any($2)', [named.connectionId, named.externalIds]];
  const rows = await tx.query<Bearing & { id: bigint }>(
    `select o.id, jsonb_build_object('connectionId', o.connection_id, 'customerId', o.customer_id, 'placedAt', o.placed_at,
              'numbers', array_remove(array[lower(o.number), lower(o.external_number)], null),
              'addresses', array(select encode(a.email_hash, 'hex') from order_address a where a.order_id = o.id order by 1)) as keys,
            jsonb_build_array(o.number, o.external_number, o.placed_at, o.status_id = 0, o.country, o.region, o.locale, o.customer_id,
              (select jsonb_agg(encode(a.email_hash, 'hex') order by a.email_hash) from order_address a where a.order_id = o.id),
              (select jsonb_agg(jsonb_build_array(s.partner, s.ppm) order by s.share_no) from order_share s where s.order_id = o.id),
              (select jsonb_agg(jsonb_build_array(l.sku, l.product_name, l.partner) order by l.id) from order_line l where l.order_id = o.id))::text as text
       from "order" o where ${where} order by o.connection_id, o.external_id collate "C" for update of o`,
    parameters,
  );
  return new Map(rows.map(({ id, text, keys }) => [id, { text, keys }]));
};

/** Runs a write that returns the ids of the orders it changed, and tells which of these tickets are to be decided by anew. */
export const watchBearing = async (
  tx: Sql,
  named: OrdersNamed,
  write: () => Promise<readonly bigint[]>,
): Promise<OrderChanges> => {
  const before = await bearingOf(tx, named);
  const changed = await write();
  if (changed.length === 0) return { changed, bearing: [], formerly: [] };
  const after = await bearingOf(tx, { ids: changed });
  const bearing = changed.filter((id) => before.get(id)?.text !== after.get(id)?.text);
  const formerly = bearing.flatMap((id) => {
    const keys = before.get(id)?.keys;
    return keys && !isDeepStrictEqual(keys, after.get(id)?.keys) ? [keys] : [];
  });
  return { changed, bearing, formerly };
};
