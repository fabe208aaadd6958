import type { Sql } from '../../platform/database/database.ts';
import type { OrderShare } from './mapping.ts';
import type { MappedLine } from './mapping-source.ts';
import { splitByShares } from './revenue.ts';

/**
 * The rows that an order consists of beside its own. Each is written where it differs, and what the order has no more goes;
 * the caller holds the orders' rows locked.
 */

export interface LineRow extends MappedLine {
  readonly externalId: string;
  readonly sku: string | null;
  readonly productName: string | null;
  /** Before discounts. */
  readonly grossMicros: bigint;
  /** What its goods cost us; null: not known. */
  readonly costMicros: bigint | null;
  readonly partner: string | null;
}

/** Writes the lines of orders. Returns the orders of which one came, went or changed. */
export const replaceLines = async (
  sql: Sql,
  orders: readonly { readonly id: bigint; readonly lines: readonly LineRow[] }[],
): Promise<bigint[]> => {
  const lines = orders.flatMap(({ id, lines: own }) => own.map((line) => ({ id, line })));
  const keys = [lines.map(({ id }) => id), lines.map(({ line }) => line.externalId)];
  const gone = await sql.query<{ order_id: bigint }>(
    `delete from order_line l where l.order_id = any($1::int8[])
        and not exists (select from unnest($2::int8[], $3::text[]) as k(order_id, external_id) where k.order_id = l.order_id and k.external_id = l.external_id)
     returning l.order_id`,
    [orders.map(({ id }) => id), ...keys],
  );
  const changed = await sql.query<{ order_id: bigint }>(
    `insert into order_line as l (order_id, external_id, sku, product_name, brand, revenue_micros, partner, gross_micros, discount_micros, cost_micros)
     select * from unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::int8[], $9::int8[], $10::int8[])
     on conflict (order_id, external_id) do update set sku = excluded.sku, product_name = excluded.product_name, brand = excluded.brand,
            revenue_micros = excluded.revenue_micros, partner = excluded.partner, gross_micros = excluded.gross_micros, discount_micros = excluded.discount_micros,
            cost_micros = excluded.cost_micros
      where (l.sku, l.product_name, l.brand, l.revenue_micros, l.partner, l.gross_micros, l.discount_micros, l.cost_micros)
            is distinct from (excluded.sku, excluded.product_name, excluded.brand, excluded.revenue_micros, excluded.partner, excluded.gross_micros, excluded.discount_micros, excluded.cost_micros)
     returning l.order_id`,
    [
      ...keys,
      lines.map(({ line }) => line.sku),
      lines.map(({ line }) => line.productName),
      lines.map(({ line }) => line.brand),
      lines.map(({ line }) => line.revenueMicros),
      lines.map(({ line }) => line.partner),
      lines.map(({ line }) => line.grossMicros),
      lines.map(({ line }) => line.grossMicros - line.revenueMicros),
      lines.map(({ line }) => line.costMicros),
    ],
  );
  return [...gone, ...changed].map(({ order_id }) => order_id);
};

/** Writes the addresses on orders. Returns the orders of which one came or went. */
export const replaceAddresses = async (
  sql: Sql,
  orders: readonly { readonly id: bigint; readonly emailHashes: readonly Buffer[] }[],
): Promise<bigint[]> => {
  const pairs = orders.flatMap(({ id, emailHashes }) => emailHashes.map((emailHash) => ({ id, emailHash })));
  const columns = [pairs.map(({ id }) => id), pairs.map(({ emailHash }) => emailHash)];
  const gone = await sql.query<{ order_id: bigint }>(
    `delete from order_address a where a.order_id = any($1::int8[])
        and not exists (select from unnest($2::int8[], $3::bytea[]) as k(order_id, email_hash) where k.order_id = a.order_id and k.email_hash = a.email_hash)
     returning a.order_id`,
    [orders.map(({ id }) => id), ...columns],
  );
  const added = await sql.query<{ order_id: bigint }>(
    `insert into order_address (order_id, email_hash) select * from unnest($1::int8[], $2::bytea[])
     on conflict (order_id, email_hash) do nothing returning order_id`,
    columns,
  );
  return [...gone, ...added].map(({ order_id }) => order_id);
};

/** Writes the shares of orders, with each share's part of the revenue. Returns the orders whose partners or parts changed. */
export const replaceShares = async (
  sql: Sql,
  orders: readonly {
    readonly id: bigint;
    readonly shares: readonly OrderShare[];
    readonly reportingMicros: bigint | null;
  }[],
): Promise<bigint[]> => {
  const shares = orders.flatMap(({ id, shares: own, reportingMicros }) => {
    const parts = splitByShares(reportingMicros, own);
    return own.map((share, shareNo) => ({ id, shareNo, ...share, reportingMicros: parts[shareNo] ?? null }));
  });
  const columns = [shares.map(({ id }) => id), shares.map(({ shareNo }) => shareNo)];
  const gone = await sql.query<{ order_id: bigint }>(
    `delete from order_share s where s.order_id = any($1::int8[])
        and not exists (select from unnest($2::int8[], $3::int[]) as k(order_id, share_no) where k.order_id = s.order_id and k.share_no = s.share_no)
     returning s.order_id`,
    [orders.map(({ id }) => id), ...columns],
  );
  const changed = await sql.query<{ order_id: bigint }>(
    `insert into order_share as s (order_id, share_no, partner, ppm, reporting_micros)
     select * from unnest($1::int8[], $2::int[], $3::text[], $4::int[], $5::int8[])
     on conflict (order_id, share_no) do update set partner = excluded.partner, ppm = excluded.ppm, reporting_micros = excluded.reporting_micros
      where (s.partner, s.ppm, s.reporting_micros) is distinct from (excluded.partner, excluded.ppm, excluded.reporting_micros)
     returning s.order_id`,
    [
      ...columns,
      shares.map(({ partner }) => partner),
      shares.map(({ ppm }) => ppm),
      shares.map(({ reportingMicros }) => reportingMicros),
    ],
  );
  return [...gone, ...changed].map(({ order_id }) => order_id);
};
