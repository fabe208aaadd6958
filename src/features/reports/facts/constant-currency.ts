import { InvalidInput, Refused } from '../../../core/errors.ts';
import type { Day } from '../../../core/time.ts';
import type { Sql } from '../../../platform/database/database.ts';
import { fractionHalfEven } from '../../../platform/database/half-even.ts';
import type { Database } from '../../../platform/database/open.ts';
import { type Fx, findFx, fxKey } from '../../costing/index.ts';
import { queryDay } from '../paging.ts';
import type { Period } from './facts.ts';
import type { CostBasis } from './pooled-cost.ts';

export const queryFxDay = queryDay
  .optional()
  .describe(
    'Constant currency: every amount at the exchange rates of this day, as if all had been worked, sold and paid on it; absent: each at those of its own day. By the scope `rates` alone',
  );

/** The exact amount as x / d, which `halfEven` rounds. */
const fraction = (x: string, d: string): string => `cross join lateral (select ${x} as x, ${d} as d) w`;

const halfEven = fractionHalfEven('w.x', 'w.d');

/** An order, its rate and what it brings at that; null where there is no rate. */
const orderAt = `"order" o left join fx_at f on f.currency = o.currency ${fraction('o.revenue_micros::numeric * f.numerator', 'f.denominator')}`;

const refundAt = `refund r join "order" o on o.id = r.order_id left join fx_at f on f.currency = o.currency
  ${fraction(
    'case when r.total_micros = 0 then r.paid_micros::numeric else (r.total_micros - r.tax_micros)::numeric * r.paid_micros * sign(r.total_micros::numeric) end * f.numerator',
    'case when r.total_micros = 0 then 1 else abs(r.total_micros::numeric) end * f.denominator',
  )}`;

/** A share's part of a whole, as `split` of core/money.ts makes it; `others` are the shares x of the same whole. */
const partOf = (whole: string, others: string): string => {
  const of = (share: string): string => `abs(${whole}) * ${share}.ppm`;
  return `case when s.ppm = 1000000 then ${whole} else (
    select sign(${whole}) * (div(${of('s')}, 1000000) + case when count(*) filter (where
             mod(${of('x')}, 1000000) > mod(${of('s')}, 1000000) or mod(${of('x')}, 1000000) = mod(${of('s')}, 1000000) and (
               x.ppm > s.ppm or x.ppm = s.ppm and (coalesce(x.partner, chr(1114111)) collate "C" < coalesce(s.partner, chr(1114111)) collate "C"
                 or x.partner is not distinct from s.partner and x.share_no < s.share_no)))
           < abs(${whole}) - sum(div(${of('x')}, 1000000)) then 1 else 0 end) from ${others}) end`;
};

const costAt = `posting p left join fx_at f on f.currency = p.native_currency ${fraction('p.native_micros::numeric * f.numerator', 'f.denominator')}`;

/**
 * What stands before the tables of the same name, each made before those that it reads are hidden. `is`: the row of the
 * table itself; what is not replaced is as it is there.
 */
const shadows: readonly {
  readonly table: string;
  readonly is: string;
  readonly replaced: Readonly<Record<string, string>>;
  readonly from: string;
}[] = [
  {
    table: 'refund_share',
    is: 's',
    replaced: {
      reporting_micros: `(${partOf('whole.micros', 'refund_share x where x.refund_id = s.refund_id')})::bigint`,
    },
    from: `refund_share s join ${refundAt} on r.id = s.refund_id cross join lateral (select ${halfEven} as micros) whole`,
  },
  { table: 'refund', is: 'r', replaced: { reporting_micros: `${halfEven}::bigint` }, from: refundAt },
  {
    table: 'order_share',
    is: 's',
    replaced: {
      reporting_micros: `(${partOf('whole.micros', 'order_share x where x.order_id = s.order_id')})::bigint`,
    },
    from: `order_share s join ${orderAt} on o.id = s.order_id cross join lateral (select ${halfEven} as micros) whole`,
  },
  {
    table: 'order',
    is: 'o',
    replaced: {
      reporting_micros: `${halfEven}::bigint`,
      fx_numerator: 'f.numerator',
      fx_denominator: 'f.denominator',
      fx_date: 'f.date',
    },
    from: orderAt,
  },
  {
    table: 'posting',
    is: 'p',
    replaced: {
      cost_micros: `${halfEven}::bigint`,
      fx_numerator: 'f.numerator',
      fx_denominator: 'f.denominator',
      fx_date: 'f.date',
    },
    from: costAt,
  },
];

/** Totals are added up again from the postings. */
const totalsSql = [
  `create temp view rollup_daily as
     select worked_day as day, coalesce(partner, '') as partner, coalesce(region, '') as region, measured,
            sum(microseconds)::bigint as microseconds, sum(${halfEven})::bigint as cost_micros
       from ${costAt} group by 1, 2, 3, 4`,
  'create temp view rollup_delta as select * from rollup_delta where false',
  // Every day is marked: all of it is read from what the views show.
  `create temp view rollup_mark as
     select b.book, d::date as day from (values ('facts'), ('pooled')) b(book) cross join generate_series(date '1990-01-01', date '2099-12-31', interval '1 day') d`,
  'create temp view rollup_total as select * from rollup_total where false',
  'create temp view rollup_pooled as select * from rollup_pooled where false',
  'create temp view rollup_written as select * from rollup_written where false',
];

/** The tables of money that views stand before. */
export const shadowed: readonly string[] = [
  ...shadows.map(({ table }) => table),
  'rollup_daily',
  'rollup_delta',
  'rollup_total',
  'rollup_pooled',
  'rollup_written',
];

const columnsSql = `
  select a.attname as name from pg_attribute a
   where a.attrelid = to_regclass(quote_ident($1)) and a.attnum > 0 and not a.attisdropped order by a.attnum`;

/** The statements that put the views before the tables; the columns are the table's, whatever they are today. */
const viewsOf = async (sql: Sql): Promise<string[]> => {
  const views: string[] = [...totalsSql];
  for (const { table, is, replaced, from } of shadows) {
    const columns = await sql.query<{ name: string }>(columnsSql, [table]);
    const list = columns.map(({ name }) => (name in replaced ? `${replaced[name]} as ${name}` : `${is}."${name}"`));
    views.push(`create temp view "${table}" as select ${list.join(', ')} from ${from}`);
  }
  return views;
};

/** Rates of a day by currency, as far as there are any; the reporting currency's own is 1. */
const ratesOf = async (sql: Sql, { fxDay, currency }: { readonly fxDay: Day; readonly currency: string }) => {
  const known = await sql.query<{ currency: string }>(
    `select distinct c.currency from (
       select base as currency from fx_rate where date between $1::date - 7 and $1::date - 1
       union select quote from fx_rate where date between $1::date - 7 and $1::date - 1
       union select base from own_fx_rate union select quote from own_fx_rate union select $2) c order by 1`,
    [fxDay, currency],
  );
  const wants = known.map((one) => ({ from: one.currency, to: currency, day: fxDay }));
  const found = await findFx(sql, wants);
  return new Map(
    wants.flatMap((want): [string, Fx][] => {
      const fx = found.get(fxKey(want));
      return fx ? [[want.from, fx]] : [];
    }),
  );
};

const allDays: Period = { from: '-infinity', to: 'infinity' };

/** Throws InvalidInput where costs of the periods are in a currency without a rate on the day: they would be left out. */
const refuseUnrated = async (
  sql: Sql,
  rates: ReadonlyMap<string, Fx>,
  {
    fxDay,
    periods,
    ticketId,
  }: { readonly fxDay: Day; readonly periods: readonly Period[]; readonly ticketId: bigint | undefined },
): Promise<void> => {
  const lacking = await sql.query<{ currency: string }>(
    `select distinct p.native_currency as currency from unnest($2::date[], $3::date[]) as d("from", "to")
       join posting p on p.worked_day between d."from" and d."to"
      where p.native_currency <> all($1::text[]) and ($4::bigint is null or p.ticket_id = $4) order by 1`,
    [[...rates.keys()], periods.map(({ from }) => from), periods.map(({ to }) => to), ticketId ?? null],
  );
  if (lacking.length === 0) return;
  const names = lacking.map(({ currency }) => currency).join(', ');
  throw new InvalidInput(
    `There is no exchange rate of ${names} before ${fxDay}; choose another day, or import the rate`,
    [{ field: 'fxDay', reason: `no rate of ${names} dated 1 to 7 days before it, nor one of our own that holds` }],
  );
};

/**
 * The database at constant currency: what reads it sees every amount at the rates of `fxDay`, by temporary views that stand
 * before the tables within each of its transactions, so that no report has statements of its own for it. Costs are converted
 * posting by posting from their native micros, orders and refunds from their own amounts, each rounded once, half to even;
 * orders without a rate on that day are unpriced. Without `fxDay` it is the database itself. Reads alone; throws InvalidInput
 * where a cost of the periods has no rate, and Refused at pooled cost: one pool at the rates of many days tells apart what is
 * paid in which currency, and so the wage of who is paid in another one than the rest (RULES.md section 10).
 */
export const atRatesOf = async (
  db: Database,
  asked: {
    readonly fxDay: Day | undefined;
    /** The reporting currency. */
    readonly currency: string;
    readonly costBasis: CostBasis;
    /** Those of which anything is asked; none: all that there is. */
    readonly periods: readonly Period[];
    /** Where nothing but that ticket is asked. */
    readonly ticketId?: bigint | undefined;
  },
): Promise<Database> => {
  const { fxDay, currency, costBasis, periods, ticketId } = asked;
  if (fxDay === undefined) return db;
  if (costBasis === 'pooled')
    throw new Refused(
      'Pooled cost at the exchange rates of other days would tell wages; ask without `fxDay`, or with a token or user of the scope `rates`.',
    );
  const rates = await ratesOf(db, { fxDay, currency });
  await refuseUnrated(db, rates, { fxDay, periods: periods.length > 0 ? periods : [allDays], ticketId });
  const rows = [...rates].map(
    ([code, { numerator, denominator, date }]) =>
      `('${code}', ${numerator}::numeric, ${denominator}::numeric, ${date === null ? 'null' : `'${date}'`}::date)`,
  );
  const statements = [
    'savepoint plain',
    `create temp view fx_at as select * from (values ${rows.join(', ')}) v(currency, numerator, denominator, date)`,
    ...(await viewsOf(db)),
  ];
  const within = <T>(work: (tx: Sql) => Promise<T>): Promise<T> =>
    db.transaction(
      async (tx) => {
        for (const statement of statements) await tx.query(statement);
        await tx.query("select set_config('deskledger.fx_day', $1, true)", [fxDay]);
        // Without names: a statement that was prepared before the views would go on reading the tables.
        const result = await work({ query: (text, parameters) => tx.query(text, parameters) });
        await tx.query('rollback to savepoint plain');
        return result;
      },
      { isolation: 'repeatable read' },
    );
  return { ...db, query: (text, parameters) => within((tx) => tx.query(text, parameters)), transaction: within };
};
