import { moneyJson, ratio, wholePpm } from '../../core/money.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { addFacts, noFacts, type Period } from './facts/facts.ts';
import { type CostBasis, pooledSql, unpooledSql } from './facts/pooled-cost.ts';
import { costOf } from './metrics.ts';
import type { SeriesPoint } from './series-answer.ts';
import { totalFacts } from './totals/read.ts';
import { type Step, stepsIn } from './totals/spans.ts';

interface SeriesAsked extends Period {
  readonly step: Step;
  /** A code, "none" for what has none; undefined: all. */
  readonly partner?: string | undefined;
  readonly region?: string | undefined;
  readonly currency: string;
  readonly timeZone: string;
  readonly costBasis: CostBasis;
}

interface PointRow {
  readonly step: string;
  readonly cost: string | bigint | null;
  readonly us: string | bigint;
  readonly tickets: string | bigint;
  readonly orders: string | bigint;
}

/** From kept totals; null where too much of the period is marked. */
const totalRows = async (sql: Sql, asked: SeriesAsked): Promise<PointRow[] | null> => {
  const { from, to, step } = asked;
  const named = (['partner', 'region'] as const).filter((name) => asked[name] !== undefined);
  const only = Object.fromEntries(named.map((name) => [name, asked[name] === 'none' ? null : asked[name]]));
  const { timeZone, costBasis } = asked;
  const cells = await totalFacts(sql, { from, to }, [step], { timeZone, costBasis, only });
  if (cells === null) return null;
  const byStep = Map.groupBy(cells, ({ key }) => key[step]);
  return stepsIn(step, { from, to }).map(({ first }) => {
    const own = byStep.get(first)?.map(({ facts }) => facts);
    const facts = own ? addFacts(own) : noFacts();
    const { microseconds: us, ticketsPpm: tickets, ordersPpm: orders } = facts;
    return { step: first ?? from, cost: costOf(facts), us, tickets, orders };
  });
};

/** The same from the ledger, whatever is marked. */
const ledgerRows = (sql: Sql, { from, to, step, partner, region, costBasis }: SeriesAsked): Promise<PointRow[]> => {
  const matches = (alias: string) =>
    `($4::text is null or ${alias}.partner is not distinct from nullif($4, 'none')) and ($5::text is null or ${alias}.region is not distinct from nullif($5, 'none'))`;
  const costSql =
    costBasis === 'true'
      ? `cost as (
       select date_trunc($3, r.day)::date as step, sum(r.cost_micros) as cost, sum(r.microseconds) as us, 0 as unpooled
         from (select day, nullif(partner, '') as partner, nullif(region, '') as region, cost_micros, microseconds from rollup_daily
               union all select day, partner, region, cost_micros, microseconds from rollup_delta) r
        where r.day between $1 and $2 and ${matches('r')} group by 1
     )`
      : `${pooledSql(`posting s where s.worked_day between $1 and $2 and ${matches('s')}`)}, cost as (
       select date_trunc($3, worked_day)::date as step, sum(cost_micros) as cost, sum(microseconds) as us, ${unpooledSql} as unpooled
         from pooled group by 1
     )`;
  return sql.query<PointRow>(
    `with steps as (
       select distinct date_trunc($3, d)::date as step from generate_series($1::date, $2::date, interval '1 day') as d
     ), ${costSql}, tickets as (
       select date_trunc($3, t.created_day)::date as step, sum(s.ppm) as tickets
         from ticket t join attribution a on a.ticket_id = t.id and a.current join attribution_share s on s.attribution_id = a.id
        where t.created_day between $1 and $2 and ${matches('s')} group by 1
     ), orders as (
       select date_trunc($3, o.placed_day)::date as step, sum(o.ppm) as orders
         from (select o.placed_day, os.partner, o.region, os.ppm from "order" o join order_share os on os.order_id = o.id where o.counted) o
        where o.placed_day between $1 and $2 and ${matches('o')} group by 1
     )
     select steps.step, case when coalesce(unpooled, 0) = 0 then coalesce(cost, 0) end as cost, coalesce(us, 0) as us, coalesce(tickets, 0) as tickets, coalesce(orders, 0) as orders
       from steps left join cost using (step) left join tickets using (step) left join orders using (step) order by step`,
    [from, to, step, partner ?? null, region ?? null],
  );
};

/** Cost, seconds, tickets and orders over a period, of all or of one partner and region, from one snapshot of the database. */
export const series = async (db: Database, asked: SeriesAsked): Promise<Omit<SeriesPoint, 'partial' | 'notHeld'>[]> => {
  const rows = await db.transaction(async (tx) => (await totalRows(tx, asked)) ?? (await ledgerRows(tx, asked)), {
    readOnly: true,
    isolation: 'repeatable read',
  });
  const { currency } = asked;
  const whole = BigInt(wholePpm);
  return rows.map((row) => ({
    day: row.step,
    supportCost: row.cost === null ? null : moneyJson({ micros: BigInt(row.cost), currency }),
    handledSeconds: ratio(BigInt(row.us), whole) ?? 0,
    tickets: ratio(BigInt(row.tickets), whole) ?? 0,
    orders: ratio(BigInt(row.orders), whole) ?? 0,
  }));
};
