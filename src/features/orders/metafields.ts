import type { Sql } from '../../platform/database/database.ts';
import type { StoreMetafield } from '../../stores/port.ts';

/** Metafields of an order by name. */
export type Metafields = Readonly<Record<string, string>>;

/**
 * The store's metafields as it last showed them, kept beside the orders: a walk over them comes before the walk over orders,
 * and a store has more of them than fit into memory.
 */
const upsert = (sql: Sql, connectionId: number, fields: readonly StoreMetafield[], now: Date) => {
  const unique = [...new Map(fields.map((field) => [`${field.orderExternalId} ${field.name}`, field])).values()];
  return sql.query<{ order_external_id: string; value: string; former: string | null }>(
    `with given as (select * from unnest($2::text[], $3::text[], $4::text[]) as g(order_external_id, name, value)),
     former as (
       select m.order_external_id, m.name, m.value from order_metafield m join given g using (order_external_id, name) where m.connection_id = $1),
     written as (
       insert into order_metafield (connection_id, order_external_id, name, value, seen_at)
       select $1::int, order_external_id, name, value, $5::timestamptz from given order by order_external_id, name
       on conflict (connection_id, order_external_id, name) do update set value = excluded.value, seen_at = excluded.seen_at)
     select g.order_external_id, g.value, f.value as former from given g left join former f using (order_external_id, name)`,
    [
      connectionId,
      unique.map(({ orderExternalId }) => orderExternalId),
      unique.map(({ name }) => name),
      unique.map(({ value }) => value),
      now,
    ],
  );
};

/** Stores what a walk showed. Returns the external ids of the orders that have a value they had not. */
export const saveMetafields = async (
  sql: Sql,
  connectionId: number,
  { fields, now }: { readonly fields: readonly StoreMetafield[]; readonly now: Date },
): Promise<string[]> => {
  const rows = await upsert(sql, connectionId, fields, now);
  return [...new Set(rows.flatMap((row) => (row.value === row.former ? [] : [row.order_external_id])))];
};

/** Stores all that these orders have; what they no longer have goes. */
export const replaceMetafields = async (
  sql: Sql,
  connectionId: number,
  { byOrder, now }: { readonly byOrder: ReadonlyMap<string, Metafields>; readonly now: Date },
): Promise<void> => {
  const fields = [...byOrder].flatMap(([orderExternalId, own]) =>
    Object.entries(own).map(([name, value]) => ({ orderExternalId, name, value })),
  );
  await sql.query(
    `delete from order_metafield m where m.connection_id = $1 and m.order_external_id = any($2)
        and not exists (select from unnest($3::text[], $4::text[]) as k(order_external_id, name)
                         where k.order_external_id = m.order_external_id and k.name = m.name)`,
    [
      connectionId,
      [...byOrder.keys()],
      fields.map(({ orderExternalId }) => orderExternalId),
      fields.map(({ name }) => name),
    ],
  );
  await upsert(sql, connectionId, fields, now);
};

/** Orders without any are absent. */
export const loadMetafields = async (
  sql: Sql,
  connectionId: number,
  orderExternalIds: readonly string[],
): Promise<Map<string, Metafields>> => {
  const rows = await sql.query<{ id: string; fields: Metafields }>(
    `select order_external_id as id, jsonb_object_agg(name, value) as fields from order_metafield
      where connection_id = $1 and order_external_id = any($2) group by order_external_id`,
    [connectionId, orderExternalIds],
  );
  return new Map(rows.map(({ id, fields }) => [id, fields]));
};

/** Orders with a metafield that a walk over all changed since `since`, begun at `walkedAt`, should have shown and did not. */
export const ordersUnseen = async (
  sql: Sql,
  connectionId: number,
  { since, walkedAt, most }: { readonly since: Date; readonly walkedAt: Date; readonly most: number },
): Promise<string[]> => {
  const rows = await sql.query<{ id: string }>(
    `select distinct m.order_external_id as id from order_metafield m
      where m.connection_id = $1 and m.seen_at < $2
        and not exists (select from "order" o where o.connection_id = m.connection_id and o.external_id = m.order_external_id and o.placed_at < $3)
      order by 1 limit $4`,
    [connectionId, walkedAt, since, most],
  );
  return rows.map(({ id }) => id);
};
