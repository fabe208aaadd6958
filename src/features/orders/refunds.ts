import { microsOf } from '../../core/money.ts';
import { dayIn } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { StoreRefund } from '../../stores/port.ts';
import { type FxColumns, fxOf } from './fx-columns.ts';
import { type RefundAmounts, refundNetMicros, refundReportingMicros, splitByShares } from './revenue.ts';

/** Prices the refunds of these orders again by the orders' FX and shares, as they stand. */
export const settleRefunds = async (sql: Sql, orderIds: readonly bigint[]): Promise<void> => {
  if (orderIds.length === 0) return;
  const rows = await sql.query<
    FxColumns & {
      id: bigint;
      total_micros: bigint;
      tax_micros: bigint;
      paid_micros: bigint;
      shares: { partner: string | null; ppm: number }[];
    }
  >(
    `select r.id, r.total_micros, r.tax_micros, r.paid_micros, o.fx_numerator, o.fx_denominator, o.fx_date::text as fx_date,
            (select jsonb_agg(jsonb_build_object('partner', s.partner, 'ppm', s.ppm) order by s.share_no) from order_share s where s.order_id = o.id) as shares
       from refund r join "order" o on o.id = r.order_id where o.id = any($1::int8[]) order by r.id for update of r`,
    [orderIds],
  );
  if (rows.length === 0) return;
  const priced = rows.map((row) => {
    const amounts: RefundAmounts = {
      totalMicros: row.total_micros,
      taxMicros: row.tax_micros,
      paidMicros: row.paid_micros,
    };
    return {
      id: row.id,
      net: refundNetMicros(amounts),
      reporting: refundReportingMicros(amounts, fxOf(row)),
      shares: row.shares,
    };
  });
  const ids = priced.map(({ id }) => id);
  await sql.query(
    `update refund r set net_micros = n.net, reporting_micros = n.reporting
       from unnest($1::int8[], $2::int8[], $3::int8[]) as n(id, net, reporting) where r.id = n.id`,
    [ids, priced.map(({ net }) => net), priced.map(({ reporting }) => reporting)],
  );
  const parts = priced.flatMap(({ id, reporting, shares }) => {
    const micros = splitByShares(reporting, shares);
    return shares.map((share, shareNo) => ({ id, shareNo, ...share, micros: micros[shareNo] ?? null }));
  });
  await sql.query('delete from refund_share where refund_id = any($1::int8[])', [ids]);
  await sql.query(
    `insert into refund_share (refund_id, share_no, partner, ppm, reporting_micros)
     select * from unnest($1::int8[], $2::int[], $3::text[], $4::int[], $5::int8[])`,
    [
      parts.map(({ id }) => id),
      parts.map(({ shareNo }) => shareNo),
      parts.map(({ partner }) => partner),
      parts.map(({ ppm }) => ppm),
      parts.map(({ micros }) => micros),
    ],
  );
};

/**
 * Writes refunds of orders that are held; one of which nothing was paid out is taken away. Refunds of other orders are left
 * out. Returns the ids of the orders whose refunds changed.
 */
export const saveRefunds = async (
  sql: Sql,
  connectionId: number,
  refunds: readonly StoreRefund[],
  { timeZone }: { readonly timeZone: string },
): Promise<bigint[]> => {
  if (refunds.length === 0) return [];
  const unique = [
    ...new Map(refunds.map((refund) => [`${refund.orderExternalId} ${refund.externalId}`, refund])).values(),
  ];
  const paidOut = unique.filter(({ paid }) => microsOf(paid) > 0n);
  const unpaid = unique.filter(({ paid }) => microsOf(paid) <= 0n);
  const gone = await sql.query<{ order_id: bigint }>(
    `delete from refund r using "order" o, unnest($2::text[], $3::text[]) as n(order_external_id, external_id)
      where o.id = r.order_id and o.connection_id = $1 and o.external_id = n.order_external_id and r.external_id = n.external_id returning r.order_id`,
    [connectionId, unpaid.map(({ orderExternalId }) => orderExternalId), unpaid.map(({ externalId }) => externalId)],
  );
  const changed = await sql.query<{ order_id: bigint }>(
    `insert into refund as r (order_id, external_id, made_at, made_day, total_micros, tax_micros, paid_micros, net_micros)
     select o.id, n.external_id, n.made_at, n.made_day, n.total, n.tax, n.paid, 0
       from unnest($2::text[], $3::text[], $4::timestamptz[], $5::date[], $6::int8[], $7::int8[], $8::int8[])
            as n(order_external_id, external_id, made_at, made_day, total, tax, paid)
       join "order" o on o.connection_id = $1 and o.external_id = n.order_external_id
      order by o.id, n.external_id
     on conflict (order_id, external_id) do update set made_at = excluded.made_at, made_day = excluded.made_day, total_micros = excluded.total_micros,
            tax_micros = excluded.tax_micros, paid_micros = excluded.paid_micros
      where (r.made_at, r.total_micros, r.tax_micros, r.paid_micros) is distinct from (excluded.made_at, excluded.total_micros, excluded.tax_micros, excluded.paid_micros)
     returning r.order_id`,
    [
      connectionId,
      paidOut.map(({ orderExternalId }) => orderExternalId),
      paidOut.map(({ externalId }) => externalId),
      paidOut.map(({ madeAt }) => madeAt),
      paidOut.map(({ madeAt }) => dayIn(timeZone, madeAt)),
      paidOut.map(({ totalAmount }) => microsOf(totalAmount)),
      paidOut.map(({ totalTax }) => microsOf(totalTax)),
      paidOut.map(({ paid }) => microsOf(paid)),
    ],
  );
  const ids = [...new Set([...gone, ...changed].map(({ order_id }) => order_id))];
  await settleRefunds(sql, ids);
  return ids;
};
