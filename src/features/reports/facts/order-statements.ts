import { fractionHalfEven } from '../../../platform/database/half-even.ts';
import { ofShare, ofTicket, type Statement, stepsOf } from './fact-statements.ts';

/**
 * Parts of a whole by ppm as `split` of core/money.ts makes them: rounded down, then one micro each to the largest
 * remainders (ties: the larger share, then the partner's code, none last). An order of one partner is not split at all.
 */
const splitGross = `
  select o.region, o.country, o.day, os.partner, os.ppm, o.reporting_micros, os.reporting_micros as revenue_part, o.gross as gross_part
    from priced o join order_share os on os.order_id = o.id where os.ppm = 1000000
   union all
  select x.region, x.country, x.day, x.partner, x.ppm, x.reporting_micros, x.revenue_part,
         x.part + case when row_number() over (partition by x.id order by x.rest desc, x.ppm desc, coalesce(x.partner, U&'\\+10FFFF') collate "C", x.share_no)
                            <= x.gross - sum(x.part) over (partition by x.id) then 1 else 0 end
    from (select o.*, os.share_no, os.partner, os.ppm, os.reporting_micros as revenue_part,
                 div(o.gross * os.ppm, 1000000) as part, mod(o.gross * os.ppm, 1000000) as rest
            from priced o join order_share os on os.order_id = o.id where os.ppm between 1 and 999999) x`;

/** Of priced orders: revenue before discounts at the order's own FX, rounded once, and those of at least $3 micros. */
const orderValues: Statement = {
  side: 'orders',
  by: { ...ofShare, ...stepsOf('s.day') },
  sql: ({ columns, grouped }) => `
  with priced as (
    select o.id, o.region, o.country, o.placed_day as day, o.reporting_micros,
           case when o.fx_numerator = o.fx_denominator then o.gross_micros
                else ${fractionHalfEven('o.gross_micros * o.fx_numerator', 'o.fx_denominator')} end as gross
      from "order" o where o.counted and o.reporting_micros is not null and o.fx_denominator > 0 and o.placed_day between $1 and $2
  )
  select ${columns} sum(s.ppm) as "pricedOrdersPpm", sum(s.gross_part) as "grossMicros", sum(s.gross_part - s.revenue_part) as "discountMicros",
         coalesce(sum(s.ppm) filter (where s.reporting_micros >= $3::numeric), 0) as "highValuePpm"
    from (${splitGross}) s ${grouped}`,
  third: 'high value',
};

/** Orders on which a coupon code was redeemed. */
const couponOrders: Statement = {
  side: 'orders',
  by: { ...ofShare, ...stepsOf('s.day') },
  sql: ({ columns, grouped }) => `
  select ${columns} sum(s.ppm) as "couponOrdersPpm"
    from (select os.partner, o.region, o.country, o.placed_day as day, os.ppm
            from "order" o join order_share os on os.order_id = o.id where o.counted and o.coupons > 0 and o.placed_day between $1 and $2) s
   ${grouped}`,
};

/**
 * Buyers of the period, each once, by the shares of their latest order in it: known by the store's account, else by the
 * lowest address on the order. They buy again where an earlier counted order, however old, has the account or an address.
 */
export const buyers: Statement = {
  side: 'orders',
  by: { ...ofShare, ...stepsOf('s.day') },
  sql: ({ columns, grouped }) => `
  with placed as (
    select o.id, o.connection_id, o.customer_id, o.region, o.country, o.placed_at, o.placed_day as day,
           coalesce(o.connection_id || ':' || o.customer_id,
                    (select min(encode(oa.email_hash, 'hex')) from order_address oa where oa.order_id = o.id)) as buyer
      from "order" o where o.counted and o.placed_day between $1 and $2
  ), latest as (
    select distinct on (buyer) * from placed where buyer is not null order by buyer, placed_at desc, id desc
  ), told as (
    select l.*, exists (select 1 from "order" e where e.connection_id = l.connection_id and e.customer_id = l.customer_id and e.counted
                           and (e.placed_at, e.id) < (l.placed_at, l.id))
             or exists (select 1 from order_address own join order_address same on same.email_hash = own.email_hash and same.order_id <> own.order_id
                          join "order" e on e.id = same.order_id
                         where own.order_id = l.id and e.counted and (e.placed_at, e.id) < (l.placed_at, l.id)) as again
      from latest l
  )
  select ${columns} sum(s.ppm) as "buyersPpm", coalesce(sum(s.ppm) filter (where s.again), 0) as "repeatBuyersPpm"
    from (select t.*, os.partner, os.ppm from told t join order_share os on os.order_id = t.id) s ${grouped}`,
};

/** Orders whose buyer is known at all: what the repeat purchase rate rests on. */
const knownBuyers: Statement = {
  side: 'orders',
  by: { ...ofShare, ...stepsOf('s.day') },
  sql: ({ columns, grouped }) => `
  select ${columns} sum(s.ppm) as "knownBuyerOrdersPpm"
    from (select os.partner, o.region, o.country, o.placed_day as day, os.ppm from "order" o join order_share os on os.order_id = o.id
           where o.counted and o.placed_day between $1 and $2
             and (o.customer_id is not null or exists (select 1 from order_address oa where oa.order_id = o.id))) s
   ${grouped}`,
};

/** Ids of the orders that an attribution rests on, also in the half that a person left to the rungs below. */
const orderIds = `jsonb_array_elements_text(coalesce(a.evidence -> 'orderIds', a.evidence -> 'below' -> 'orderIds'))`;
/** Of several the one placed last is the ticket's order. */
const ticketsOrder = `
    select o.placed_day, o.counted from ${orderIds} as n(id) join "order" o on o.id = n.id::int8
     where n.id ~ '^[0-9]{1,18}$' order by o.placed_at desc, o.id desc limit 1`;

/** Who writes later than so many days after an order is of no cohort: those of an old period are read without all since. */
const cohortDays = 365;

/**
 * The cohort: tickets whose order is a counted one placed in the period, on the day of the order, created within a year of
 * it. A ticket comes after its order, but for the day that time zones may lie between them; who wrote before is of no cohort.
 * `offset 0`: evidence is read of tickets of those days alone.
 */
export const cohortTickets: Statement = {
  side: 'tickets',
  by: { ...ofShare, ...ofTicket, ...stepsOf('n.placed_day') },
  sql: ({ columns, grouped }) => `
  select ${columns} sum(s.ppm) as "cohortTicketsPpm"
    from (select t.created_day, t.channel, t.language, t.reason, a.id, a.evidence from ticket t join attribution a on a.ticket_id = t.id and a.current
           where t.created_day between $1::date - 1 and $2::date + ${cohortDays} offset 0) t
   cross join lateral (select t.evidence, t.id) a cross join lateral (${ticketsOrder}) n join attribution_share s on s.attribution_id = a.id
   where n.counted and n.placed_day between $1 and $2 and t.created_day between n.placed_day - 1 and n.placed_day + ${cohortDays} ${grouped}`,
};

/** Tickets created in the period whose order is known: what the cohort rests on. */
const ticketsWithOrder: Statement = {
  side: 'tickets',
  by: { ...ofShare, ...ofTicket, ...stepsOf('t.created_day') },
  sql: ({ columns, grouped }) => `
  select ${columns} coalesce(sum(s.ppm) filter (where exists (${ticketsOrder})), 0) as "ticketsWithOrderPpm",
         coalesce(sum(s.ppm) filter (where t.reason is not null), 0) as "reasonKnownPpm",
         coalesce(sum(s.ppm) filter (where t.language is not null), 0) as "languageKnownPpm"
    from ticket t join attribution a on a.ticket_id = t.id and a.current join attribution_share s on s.attribution_id = a.id
   where t.created_day between $1 and $2 ${grouped}`,
};

/** What figures need beyond RULES.md section 7; all by SQL over orders and tickets, no totals are kept of it. */
export const orderStatements: readonly Statement[] = [
  orderValues,
  couponOrders,
  buyers,
  knownBuyers,
  cohortTickets,
  ticketsWithOrder,
];
