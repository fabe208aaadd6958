import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { halfEven } from '../../platform/database/half-even.ts';
import { type Choice, chooseAny, chooseParts } from './choose.ts';
import type { StoredItem } from './items.ts';
import { joinLineCost } from './line-margin.ts';

interface PlaceOfOrders {
  readonly step: Day | null;
  readonly partner: string | null;
  readonly region: string | null;
}

/** What the orders of a cell brought. */
export interface RevenueBenefit extends PlaceOfOrders {
  readonly kind: string;
  /** Of the reporting currency; null where none of them tells it. */
  readonly micros: bigint | null;
  /** Parts of orders placed and refunds made in it that tell it. */
  readonly known: number;
  /** Orders placed and refunds made in it of whose lines one tells no cost: their margin is not among the micros. */
  readonly unknownMargins: number;
}

/** Orders placed and refunds made in a cell that have no exchange rate, of which a part of any kind would be a benefit. */
export interface UnpricedOrders extends PlaceOfOrders {
  readonly count: number;
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

/** An order without line costs is one, at the first of its parts that lacks them: others may know theirs, or have a percentage. */
const lacksCost =
  'sign = 1 and not unpriced and value is null and share_no = min(share_no) filter (where sign = 1 and not unpriced and value is null) over (partition by id)';

const choiceSql = `
  with choice as (
    select * from unnest($4::text[], $5::int[], $6::text[], $7::date[], $8::date[], $9::int[], $10::boolean[])
      as c(partner, store, region, since, until, ppm, by_line_cost)
  )`;
const stepSql =
  "case $3::text when 'day' then day when 'week' then date_trunc('week', day)::date when 'month' then date_trunc('month', day)::date end as step";
const held = `join choice c on c.partner = p.partner_key and c.store = p.store_key and c.region = p.region_key
       and p.placed_day between c.since and c.until`;

/** Parts of orders and of refunds, each with what holds on its order's day: a full refund takes back what the order brought. */
const benefitsSql = ({ byLineCost }: { readonly byLineCost: boolean }): string => `
  ${choiceSql}, part as (
    select o.id, s.partner, o.region, o.placed_day as day, o.placed_day, s.reporting_micros as micros,
           o.reporting_micros as whole, s.share_no, 1 as sign, o.revenue_micros as revenue, o.fx_numerator, o.fx_denominator, ${keys('s.partner')}
      from "order" o join order_share s on s.order_id = o.id
     where o.counted and o.placed_day between $1 and $2
    union all
    select o.id, s.partner, o.region, r.made_day, o.placed_day, s.reporting_micros, r.reporting_micros,
           s.share_no, -1, o.revenue_micros, o.fx_numerator, o.fx_denominator, ${keys('s.partner')}
      from refund r join "order" o on o.id = r.order_id join refund_share s on s.refund_id = r.id
     where o.counted and r.made_day between $1 and $2
  ), valued as (
    select p.id, p.day, p.partner, p.region, p.sign, p.share_no, p.micros is null as unpriced,
           ${byLineCost ? `coalesce(p.micros - margin.cost, (${percentValue})::numeric)` : percentValue} as value
      from part p ${held} ${percentParts}${byLineCost ? joinLineCost : ''}
  ), told as (
    select v.*, ${byLineCost ? lacksCost : 'false'} as lacking from valued v
  )
  select ${stepSql}, partner, region, sum(sign * value)::text as micros, count(*) filter (where lacking) as "withoutCost",
         count(value) as known, count(*) filter (where value is null and not unpriced) as "unknownMargins"
    from told group by 1, 2, 3`;

/** The same parts without an exchange rate, one part of an order once, however many kinds of benefit hold for it. */
const unpricedSql = `
  ${choiceSql}, part as (
    select o.placed_day as day, o.placed_day, s.partner, o.region, ${keys('s.partner')}
      from "order" o join order_share s on s.order_id = o.id
     where o.counted and o.reporting_micros is null and o.placed_day between $1 and $2
    union all
    select r.made_day, o.placed_day, s.partner, o.region, ${keys('s.partner')}
      from refund r join "order" o on o.id = r.order_id join refund_share s on s.refund_id = r.id
     where o.counted and r.reporting_micros is null and r.made_day between $1 and $2
  )
  select ${stepSql}, p.partner, p.region, count(*) from part p ${held} group by 1, 2, 3`;

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

interface DaysInSteps {
  readonly from: Day;
  readonly to: Day;
  readonly step: 'day' | 'week' | 'month' | null;
}

/**
 * What parts of revenue bring over a period: of orders placed in it, less that of refunds made in it. Each part of an order
 * and of a refund is rounded once, half to even; margins by line cost add up to the order's, rounded once. `withoutCost`: orders
 * of which a part has no line costs and nothing else stands in.
 */
export const revenueBenefits = async (
  sql: Sql,
  items: readonly StoredItem[],
  { from, to, step }: DaysInSteps,
): Promise<{ readonly benefits: readonly RevenueBenefit[]; readonly withoutCost: number }> => {
  const benefits: RevenueBenefit[] = [];
  let withoutCost = 0;
  for (const [kind, choices] of chooseParts(items)) {
    const rows = await sql.query<
      PlaceOfOrders & { micros: string | null; withoutCost: bigint; known: bigint; unknownMargins: bigint }
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
        micros: row.micros === null ? null : BigInt(row.micros),
        known: Number(row.known),
        unknownMargins: Number(row.unknownMargins),
      });
      withoutCost += Number(row.withoutCost);
    }
  }
  return { benefits, withoutCost };
};

/** Parts of orders and refunds of a period that lack an exchange rate and would be a benefit: the union over all kinds. */
export const unpricedOrders = async (
  sql: Sql,
  items: readonly StoredItem[],
  { from, to, step }: DaysInSteps,
): Promise<UnpricedOrders[]> => {
  const choices = chooseAny(items);
  if (choices.length === 0) return [];
  const rows = await sql.query<PlaceOfOrders & { count: bigint }>(unpricedSql, [from, to, step, ...columnsOf(choices)]);
  return rows.map(({ count, ...place }) => ({ ...place, count: Number(count) }));
};
