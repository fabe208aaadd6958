import type { Sql } from '../../platform/database/database.ts';
import { type CostBasis, pooledSql, unpooledSql } from './pooled-cost.ts';

/** The cell of a report: codes as stored; null is none. A dimension that is not grouped by is null in every key. */
export interface CellKey {
  readonly partner: string | null;
  readonly region: string | null;
}

/** What is counted for one cell, in whole units: ppm of tickets and orders, microseconds, micros, responses. All of it adds up. */
export interface CellFacts {
  ticketsPpm: bigint;
  attributedPpm: bigint;
  ticketsWorkedPpm: bigint;
  microseconds: bigint;
  costMicros: bigint;
  measuredCostMicros: bigint;
  /** Seconds times ppm whose cost no pool tells; other than zero, the cost is known to nobody without `rates`. */
  unpooledMicroseconds: bigint;
  ordersPpm: bigint;
  returnsPpm: bigint;
  revenueMicros: bigint;
  refundMicros: bigint;
  unpricedOrders: bigint;
  unpricedEntries: bigint;
  cappedEntries: bigint;
  scores1: bigint;
  scores2: bigint;
  scores3: bigint;
  scores4: bigint;
  scores5: bigint;
  delivered: bigint;
  answered: bigint;
}

export const noFacts = (): CellFacts => ({
  ticketsPpm: 0n,
  attributedPpm: 0n,
  ticketsWorkedPpm: 0n,
  microseconds: 0n,
  costMicros: 0n,
  measuredCostMicros: 0n,
  unpooledMicroseconds: 0n,
  ordersPpm: 0n,
  returnsPpm: 0n,
  revenueMicros: 0n,
  refundMicros: 0n,
  unpricedOrders: 0n,
  unpricedEntries: 0n,
  cappedEntries: 0n,
  scores1: 0n,
  scores2: 0n,
  scores3: 0n,
  scores4: 0n,
  scores5: 0n,
  delivered: 0n,
  answered: 0n,
});

export type Dimension = 'partner' | 'region';

export interface Period {
  /** First and last day, both inclusive, in the reporting time zone. */
  readonly from: string;
  readonly to: string;
}

type FactRow = { partner: string | null; region: string | null } & Partial<
  Record<keyof CellFacts, bigint | string | null>
>;

/** Ticket counts: shares of tickets created in the period (RULES.md section 7). */
const ticketsSql = (key: string): string => `
  select ${key}, sum(s.ppm) as "ticketsPpm", coalesce(sum(s.ppm) filter (where s.partner is not null or s.region is not null), 0) as "attributedPpm"
    from ticket t join attribution a on a.ticket_id = t.id and a.current join attribution_share s on s.attribution_id = a.id
   where t.created_day between $1 and $2 group by 1, 2`;

/** Tickets with costed work in the period: the net of their postings in it is above zero seconds. */
const workedSql = (key: string): string => `
  select ${key}, sum(s.ppm) as "ticketsWorkedPpm"
    from (select ticket_id from posting where worked_day between $1 and $2 group by ticket_id having sum(microseconds) > 0) w
    join attribution a on a.ticket_id = w.ticket_id and a.current join attribution_share s on s.attribution_id = a.id group by 1, 2`;

/** Money and seconds come from the daily totals, folded and not yet folded, which are equal to the ledger. */
const costSql = (key: string): string => `
  select ${key}, sum(microseconds) as microseconds, sum(cost_micros) as "costMicros", coalesce(sum(cost_micros) filter (where measured), 0) as "measuredCostMicros"
    from (select day, nullif(partner, '') as partner, nullif(region, '') as region, measured, microseconds, cost_micros from rollup_daily where day between $1 and $2
          union all
          select day, partner, region, measured, microseconds, cost_micros from rollup_delta where day between $1 and $2) s
   group by 1, 2`;

/** The same for those who may not see wages: from the postings, for totals do not tell who worked. */
const pooledCostSql = (key: string): string => `
  with ${pooledSql('posting s where s.worked_day between $1 and $2')}
  select ${key}, sum(s.microseconds) as microseconds, sum(s.cost_micros) as "costMicros", sum(s.cost_micros) filter (where s.measured) as "measuredCostMicros",
         ${unpooledSql} as "unpooledMicroseconds"
    from pooled s group by 1, 2`;

const ordersSql = (key: string): string => `
  select ${key}, sum(s.ppm) as "ordersPpm", coalesce(sum(s.reporting_micros), 0) as "revenueMicros"
    from (select os.partner, o.region, os.ppm, os.reporting_micros
            from "order" o join order_share os on os.order_id = o.id where o.counted and o.placed_day between $1 and $2) s
   group by 1, 2`;

/**
 * An order, a work entry or an answer on a list is one, whatever its shares: it counts for the largest of them (ties: by
 * code), so that the rows add up.
 */
const largest = 'order by x.ppm desc, x.partner nulls last, x.region nulls last limit 1';

const unpricedOrdersSql = (key: string): string => `
  select ${key}, count(*) as "unpricedOrders"
    from (select x.partner, o.region from "order" o
           cross join lateral (select x.partner from order_share x where x.order_id = o.id order by x.ppm desc, x.partner nulls last limit 1) x
           where o.counted and o.reporting_micros is null and o.placed_day between $1 and $2) s
   group by 1, 2`;

const returnsSql = (key: string): string => `
  select ${key}, sum(s.ppm) as "returnsPpm"
    from (select os.partner, o.region, os.ppm from "order" o join order_share os on os.order_id = o.id
           where o.counted and exists (select 1 from refund r where r.order_id = o.id and r.made_day between $1 and $2)) s
   group by 1, 2`;

const refundsSql = (key: string): string => `
  select ${key}, coalesce(sum(s.reporting_micros), 0) as "refundMicros"
    from (select rs.partner, o.region, rs.reporting_micros from refund r join "order" o on o.id = r.order_id join refund_share rs on rs.refund_id = r.id
           where o.counted and r.made_day between $1 and $2) s
   group by 1, 2`;

const entriesSql = (key: string): string => `
  select ${key}, count(*) filter (where e.unpriced is not null and e.costed_seconds > 0) as "unpricedEntries",
         count(*) filter (where e.capped_seconds > 0) as "cappedEntries"
    from work_entry e join attribution a on a.ticket_id = e.ticket_id and a.current
   cross join lateral (select x.partner, x.region from attribution_share x where x.attribution_id = a.id ${largest}) s
   where e.worked_day between $1 and $2 and (e.unpriced is not null or e.capped_seconds > 0) group by 1, 2`;

/** Of the shares frozen when the question was sent. */
const frozenShare = `cross join lateral (
    select x.partner, x.region from jsonb_to_recordset(i.shares) as x(partner text, region text, ppm bigint) ${largest}) s`;

const responsesSql = (key: string): string => `
  select ${key}, ${[1, 2, 3, 4, 5].map((score) => `count(*) filter (where r.score = ${score}) as scores${score}`).join(', ')}
    from response r join invitation i on i.id = r.invitation_id ${frozenShare}
   where r.given_day between $1 and $2 group by 1, 2`;

const invitationsSql = (key: string): string => `
  select ${key}, count(*) as delivered, count(r.invitation_id) as answered
    from invitation i left join response r on r.invitation_id = i.id ${frozenShare}
   where i.state = 'delivered' and i.sent_at >= $1::date::timestamp at time zone $3 and i.sent_at < ($2::date + 1)::timestamp at time zone $3
   group by 1, 2`;

/** Every fact of a period by cell, from one snapshot of the database when `sql` is a repeatable-read transaction. */
export const loadFacts = async (
  sql: Sql,
  period: Period,
  dimensions: readonly Dimension[],
  timezone: string,
  costBasis: CostBasis,
): Promise<{ readonly key: CellKey; readonly facts: CellFacts }[]> => {
  const column = (dimension: Dimension) => (dimensions.includes(dimension) ? `s.${dimension}` : 'null::text');
  const key = `${column('partner')} as partner, ${column('region')} as region`;
  const cells = new Map<string, { key: CellKey; facts: CellFacts }>();
  const statements = [
    ticketsSql,
    workedSql,
    costBasis === 'true' ? costSql : pooledCostSql,
    ordersSql,
    unpricedOrdersSql,
    returnsSql,
    refundsSql,
    entriesSql,
    responsesSql,
  ];
  const results: FactRow[][] = [];
  for (const statement of statements) results.push(await sql.query<FactRow>(statement(key), [period.from, period.to]));
  results.push(await sql.query<FactRow>(invitationsSql(key), [period.from, period.to, timezone]));
  for (const { partner, region, ...values } of results.flat()) {
    const id = JSON.stringify([partner, region]);
    const cell = cells.get(id) ?? { key: { partner, region }, facts: noFacts() };
    cells.set(id, cell);
    for (const [name, value] of Object.entries(values)) cell.facts[name as keyof CellFacts] += BigInt(value ?? 0);
  }
  return [...cells.values()];
};

export const addFacts = (all: readonly CellFacts[]): CellFacts => {
  const total = noFacts();
  for (const facts of all) for (const name of Object.keys(total) as (keyof CellFacts)[]) total[name] += facts[name];
  return total;
};
