import type { Day } from '../../core/time.ts';
import { addDays } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { StoredItem } from './items.ts';

/** What the orders of a cell brought; micros of the reporting currency. */
export interface RevenueBenefit {
  readonly step: Day | null;
  readonly kind: string;
  readonly partner: string | null;
  readonly region: string | null;
  readonly micros: bigint;
}

/**
 * x / d rounded half to even, of numerics; d above 0. `div` drops the fraction, so that the rest has the sign of x.
 */
const roundedSql = `q.q + case when abs(x.x - q.q * x.d) * 2 > x.d or (abs(x.x - q.q * x.d) * 2 = x.d and mod(q.q, 2) <> 0) then sign(x.x) else 0 end`;

/** Of a kind the narrowest that holds: its partner's before its store's before its region's, then the latest. */
const matching = `r.kind = k.kind and (r.partner is null or r.partner = c.partner) and (r.region is null or r.region = c.region)
              and (r.connection_id is null or r.connection_id = c.connection_id)
              and r.starts_on <= c.since and (r.ends_on is null or r.ends_on >= c.since)`;
const narrowest = `order by (r.partner is not null)::int * 4 + (r.connection_id is not null)::int * 2 + (r.region is not null)::int desc,
                   r.starts_on desc, r.id desc limit 1`;

/**
 * Parts of orders and of refunds, each with what holds on its order's day: a full refund takes back what the order brought.
 * Which item holds is found once for each partner, region, store and span of days between the items' own first and last days.
 */
const benefitsSql = `
  with item as (
    select * from unnest($4::int[], $5::text[], $6::text[], $7::text[], $8::int[], $9::int[], $10::boolean[], $11::date[], $12::date[])
      as r(id, kind, partner, region, connection_id, ppm, by_line_cost, starts_on, ends_on)
  ), part as (
    select o.id, o.connection_id, coalesce(s.partner, '') as partner, coalesce(o.region, '') as region, o.placed_day as day,
           width_bucket(o.placed_day, $13::date[]) as span, s.reporting_micros as micros, s.ppm as share, s.share_no = 0 as first,
           1 as sign, o.revenue_micros as revenue, o.fx_numerator, o.fx_denominator
      from "order" o join order_share s on s.order_id = o.id
     where o.counted and o.placed_day between $1 and $2 and s.reporting_micros is not null
    union all
    select o.id, o.connection_id, coalesce(s.partner, ''), coalesce(o.region, ''), r.made_day,
           width_bucket(o.placed_day, $13::date[]), s.reporting_micros, s.ppm, false, -1, o.revenue_micros, o.fx_numerator, o.fx_denominator
      from refund r join "order" o on o.id = r.order_id join refund_share s on s.refund_id = r.id
     where o.counted and r.made_day between $1 and $2 and s.reporting_micros is not null
  ), cell as (
    select distinct connection_id, partner, region, span, ($13::date[])[span] as since from part where span > 0
  ), chosen as (
    select c.connection_id, c.partner, c.region, c.span, k.kind, best.by_line_cost, case when best.by_line_cost then other.ppm else best.ppm end as ppm
      from cell c cross join (select distinct kind from item) k
     cross join lateral (select r.ppm, r.by_line_cost from item r where ${matching} ${narrowest}) best
      left join lateral (select r.ppm from item r where best.by_line_cost and not r.by_line_cost and ${matching} ${narrowest}) other on true
  ), valued as (
    select p.*, c.kind, c.ppm, c.by_line_cost and cost.known as by_cost, cost.micros as cost
      from part p join chosen c using (connection_id, partner, region, span)
      left join lateral (select sum(l.cost_micros) as micros, coalesce(bool_and(l.cost_micros is not null), false) as known
                           from order_line l where c.by_line_cost and l.order_id = p.id) cost on c.by_line_cost
  ), exact as (
    select v.*, case when not coalesce(by_cost, false) then micros::numeric * ppm
                     when revenue <> 0 then micros::numeric * (revenue - cost) * sign(revenue::numeric)
                     when sign = 1 then -cost::numeric * share * fx_numerator else micros::numeric end as x,
                case when not coalesce(by_cost, false) then 1000000::numeric
                     when revenue <> 0 then abs(revenue::numeric)
                     when sign = 1 then 1000000::numeric * fx_denominator else 1::numeric end as d
      from valued v
  )
  select case $3::text when 'day' then x.day when 'week' then date_trunc('week', x.day)::date when 'month' then date_trunc('month', x.day)::date end as step,
         x.kind, nullif(x.partner, '') as partner, nullif(x.region, '') as region,
         coalesce(sum(x.sign * (${roundedSql})) filter (where x.x is not null), 0)::text as micros,
         count(*) filter (where x.x is null and x.first) as "withoutCost"
    from exact x cross join lateral (select div(x.x, x.d) as q) q
   group by 1, 2, 3, 4`;

/** First days of the spans between which nothing about the items changes. */
const spansOf = (items: readonly StoredItem[]): Day[] =>
  [
    ...new Set(items.flatMap(({ startsOn, endsOn }) => [startsOn, ...(endsOn === null ? [] : [addDays(endsOn, 1)])])),
  ].sort();

/**
 * What parts of revenue bring over a period: of orders placed in it, less that of refunds made in it. Each part of an order
 * and of a refund is rounded once, half to even. `withoutCost`: orders with no line costs where nothing else stands in.
 */
export const revenueBenefits = async (
  sql: Sql,
  items: readonly StoredItem[],
  { from, to, step }: { readonly from: Day; readonly to: Day; readonly step: 'day' | 'week' | 'month' | null },
): Promise<{ readonly benefits: readonly RevenueBenefit[]; readonly withoutCost: number }> => {
  if (items.length === 0) return { benefits: [], withoutCost: 0 };
  const rows = await sql.query<Omit<RevenueBenefit, 'micros'> & { micros: string; withoutCost: bigint }>(benefitsSql, [
    from,
    to,
    step,
    items.map(({ id }) => id),
    items.map(({ kind }) => kind),
    items.map(({ partner }) => partner),
    items.map(({ region }) => region),
    items.map(({ connectionId }) => connectionId),
    items.map(({ ppm }) => ppm),
    items.map(({ byLineCost }) => byLineCost),
    items.map(({ startsOn }) => startsOn),
    items.map(({ endsOn }) => endsOn),
    spansOf(items),
  ]);
  return {
    benefits: rows.map(({ step: of, kind, partner, region, micros }) => ({
      step: of,
      kind,
      partner,
      region,
      micros: BigInt(micros),
    })),
    withoutCost: rows.reduce((sum, { withoutCost }) => sum + Number(withoutCost), 0),
  };
};
