import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { fractionHalfEven, halfEven } from '../../platform/database/half-even.ts';
import { type Choice, chooseParts } from './choose.ts';
import type { StoredItem } from './items.ts';

/** What the orders of a cell brought; micros of the reporting currency. */
export interface RevenueBenefit {
  readonly step: Day | null;
  readonly kind: string;
  readonly partner: string | null;
  readonly region: string | null;
  readonly micros: bigint;
  /** Orders placed and refunds made in it that have no exchange rate: their part is not among the micros. */
  readonly unpriced: number;
}

/** By what a choice is found: '' and 0 stand for what no item names. */
const keys = (partner: string): string => `
           case when ${partner} = any($11::text[]) then ${partner} else '' end as partner_key,
           case when o.connection_id = any($12::int[]) then o.connection_id else 0 end as store_key,
           case when o.region = any($13::text[]) then o.region else '' end as region_key`;

/**
 * ppm of an amount, rounded half to even, in whole numbers that cannot overflow: several times as fast as numerics. t holds
 * the part below a million, which has the sign of the amount.
 */
const percentValue = halfEven({
  whole: '(p.micros / 1000000 * c.ppm + t.t / 1000000)',
  rest: '(t.t % 1000000)',
  of: '1000000',
});
const percentParts = 'cross join lateral (select p.micros % 1000000 * c.ppm as t) t';

/** The same by the lines' cost: x / d is the exact amount. */
const costValue = fractionHalfEven('x.x', 'x.d');
const costParts = `
      left join lateral (select sum(l.cost_micros) as cost, coalesce(bool_and(l.cost_micros is not null), false) as known
                           from order_line l where c.by_line_cost and l.order_id = p.id) cost on c.by_line_cost
     cross join lateral (
       select case when p.revenue <> 0 then p.micros::numeric * (p.revenue - cost.cost) * sign(p.revenue::numeric)
                   when p.sign = 1 then -cost.cost::numeric * p.share * p.fx_numerator else p.micros::numeric end as x,
              case when p.revenue <> 0 then abs(p.revenue::numeric) when p.sign = 1 then 1000000::numeric * p.fx_denominator else 1::numeric end as d) x`;

/** An order without line costs is one, at the first of its parts that they stand for: others may have a percentage. */
const lacksCost =
  'sign = 1 and not unpriced and value is null and share_no = min(share_no) filter (where sign = 1 and not unpriced and value is null) over (partition by id)';

/** Parts of orders and of refunds, each with what holds on its order's day: a full refund takes back what the order brought. */
const benefitsSql = ({ byLineCost }: { readonly byLineCost: boolean }): string => `
  with choice as (
    select * from unnest($4::text[], $5::int[], $6::text[], $7::date[], $8::date[], $9::int[], $10::boolean[])
      as c(partner, store, region, since, until, ppm, by_line_cost)
  ), part as (
    select o.id, s.partner, o.region, o.placed_day as day, o.placed_day, s.reporting_micros as micros, s.ppm as share,
           s.share_no, 1 as sign, o.revenue_micros as revenue, o.fx_numerator, o.fx_denominator, ${keys('s.partner')}
      from "order" o join order_share s on s.order_id = o.id
     where o.counted and o.placed_day between $1 and $2
    union all
    select o.id, s.partner, o.region, r.made_day, o.placed_day, s.reporting_micros, s.ppm, s.share_no, -1, o.revenue_micros,
           o.fx_numerator, o.fx_denominator, ${keys('s.partner')}
      from refund r join "order" o on o.id = r.order_id join refund_share s on s.refund_id = r.id
     where o.counted and r.made_day between $1 and $2
  ), valued as (
    select p.id, p.day, p.partner, p.region, p.sign, p.share_no, p.micros is null as unpriced,
           ${byLineCost ? `case when c.by_line_cost and cost.known then ${costValue} else (${percentValue})::numeric end` : percentValue} as value
      from part p join choice c on c.partner = p.partner_key and c.store = p.store_key and c.region = p.region_key
       and p.placed_day between c.since and c.until ${percentParts}${byLineCost ? costParts : ''}
  ), told as (
    select v.*, ${byLineCost ? lacksCost : 'false'} as lacking from valued v
  )
  select case $3::text when 'day' then day when 'week' then date_trunc('week', day)::date when 'month' then date_trunc('month', day)::date end as step,
         partner, region, coalesce(sum(sign * value) filter (where not unpriced), 0)::text as micros,
         count(*) filter (where lacking) as "withoutCost", count(*) filter (where unpriced) as "unpriced"
    from told group by 1, 2, 3`;

const columnsOf = (choices: readonly Choice[]) => [
  choices.map(({ partner }) => partner),
  choices.map(({ store }) => store),
  choices.map(({ region }) => region),
  choices.map(({ since }) => since),
  choices.map(({ until }) => until),
  choices.map(({ ppm }) => ppm),
  choices.map(({ byLineCost }) => byLineCost),
  [...new Set(choices.map(({ partner }) => partner))],
  [...new Set(choices.map(({ store }) => store))],
  [...new Set(choices.map(({ region }) => region))],
];

/**
 * What parts of revenue bring over a period: of orders placed in it, less that of refunds made in it. Each part of an order
 * and of a refund is rounded once, half to even. `withoutCost`: orders with no line costs where nothing else stands in.
 */
export const revenueBenefits = async (
  sql: Sql,
  items: readonly StoredItem[],
  { from, to, step }: { readonly from: Day; readonly to: Day; readonly step: 'day' | 'week' | 'month' | null },
): Promise<{ readonly benefits: readonly RevenueBenefit[]; readonly withoutCost: number }> => {
  const benefits: RevenueBenefit[] = [];
  let withoutCost = 0;
  for (const [kind, choices] of chooseParts(items)) {
    const rows = await sql.query<
      Pick<RevenueBenefit, 'step' | 'partner' | 'region'> & { micros: string; withoutCost: bigint; unpriced: bigint }
    >(benefitsSql({ byLineCost: choices.some(({ byLineCost }) => byLineCost) }), [
      from,
      to,
      step,
      ...columnsOf(choices),
    ]);
    for (const row of rows) {
      benefits.push({
        step: row.step,
        kind,
        partner: row.partner,
        region: row.region,
        micros: BigInt(row.micros),
        unpriced: Number(row.unpriced),
      });
      withoutCost += Number(row.withoutCost);
    }
  }
  return { benefits, withoutCost };
};
