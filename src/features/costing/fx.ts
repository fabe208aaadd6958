import { divide, multiply, parseDecimal, type Rational, rational, reduce } from '../../core/money.ts';
import { addDays, type Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';

/** Units of one currency per unit of another, exact and in lowest terms. */
export interface Fx {
  readonly numerator: bigint;
  readonly denominator: bigint;
  /** The day the rate is dated; null where both currencies are the same. */
  readonly date: Day | null;
}

export interface FxWant {
  readonly from: string;
  readonly to: string;
  /** The day of the work or the order; the rate used is dated before it. */
  readonly day: Day;
}

export const fxKey = ({ from, to, day }: FxWant): string => `${from}>${to}@${day}`;

/** A rate is dated at least one day before the day it prices, so that the hour of arrival never matters, and at most seven. */
const windowDays = { newest: 1, oldest: 7 };

/** The days that a rate of this day can price. */
export const daysPricedBy = (rateDay: Day): { from: Day; to: Day } => ({
  from: addDays(rateDay, windowDays.newest),
  to: addDays(rateDay, windowDays.oldest),
});

/**
 * Within a report at constant currency every amount has the rates of one day: reports/constant-currency.ts names it for its
 * transaction.
 */
const dayOf = "coalesce(nullif(current_setting('deskledger.fx_day', true), '')::date, w.day)";

const columnsOf = (wants: readonly FxWant[]) => [
  wants.map(({ from }) => from),
  wants.map(({ to }) => to),
  wants.map(({ day }) => day),
];

/** Published and dated rates: the pair itself, its inverse, or the cross through EUR with both legs of one day. */
const findDated = async (sql: Sql, wants: readonly FxWant[]): Promise<Map<string, Fx>> => {
  if (wants.length === 0) return new Map();
  const rows = await sql.query<{ from: string; to: string; day: Day; date: Day; per: string; by: string }>(
    `select w."from", w."to", w.day::text as day, f.date::text as date, f.per::text as per, f.by::text as by
       from (select w."from", w."to", w.day, ${dayOf} as at from unnest($1::text[], $2::text[], $3::date[]) as w("from", "to", day)) w
      cross join lateral (
        select * from (
          select date, rate as per, 1 as by, 1 as rank from fx_rate
           where base = w."from" and quote = w."to" and date between w.at - $4::int and w.at - $5::int
          union all
          select date, 1, rate, 2 from fx_rate
           where base = w."to" and quote = w."from" and date between w.at - $4::int and w.at - $5::int
          union all
          select a.date, b.rate, a.rate, 3 from fx_rate a
            join fx_rate b on b.date = a.date and b.base = 'EUR' and b.quote = w."to"
           where a.base = 'EUR' and a.quote = w."from" and a.date between w.at - $4::int and w.at - $5::int
        ) candidates order by date desc, rank limit 1) f`,
    [...columnsOf(wants), windowDays.oldest, windowDays.newest],
  );
  return new Map(
    rows.map((row) => [fxKey(row), { ...reduce(divide(parseDecimal(row.per), parseDecimal(row.by))), date: row.date }]),
  );
};

/** A way from one currency to another by a rate that somebody fixed; none where they are the same. */
interface Leg {
  readonly other: string;
  /** Units of the far currency per one of the near one, in the direction of the conversion. */
  readonly rate: Rational;
  readonly date: Day | null;
}

const noLeg = (currency: string): Leg => ({ other: currency, rate: rational(1n), date: null });

type FixedRow = { from: string; to: string; day: Day; base: string; quote: string; rate: string; validFrom: Day };

const loadFixed = (sql: Sql, wants: readonly FxWant[]): Promise<FixedRow[]> =>
  sql.query<FixedRow>(
    `select w."from", w."to", w.day::text as day, o.base, o.quote, o.rate::text as rate, o.valid_from::text as "validFrom"
       from unnest($1::text[], $2::text[], $3::date[]) as w("from", "to", day)
       join own_fx_rate o on (o.base in (w."from", w."to") or o.quote in (w."from", w."to"))
        and o.valid_from <= ${dayOf} and (o.valid_to is null or o.valid_to >= ${dayOf})
      order by o.valid_from desc, o.base, o.quote`,
    columnsOf(wants),
  );

/** Ways that begin or end with a fixed rate, the latest fixed first, those with one such rate before those with two. */
const waysOf = (want: FxWant, fixed: readonly FixedRow[]): { readonly first: Leg; readonly last: Leg }[] => {
  const legs = (near: string, out: boolean): Leg[] => {
    // Of one pair the latest that began: an older one holds no more beside it.
    const latest = new Map<string, Leg>();
    for (const { base, quote, rate, validFrom } of fixed) {
      if (base !== near && quote !== near) continue;
      const other = base === near ? quote : base;
      const perBase = parseDecimal(rate);
      const onward = (base === near) === out ? perBase : divide(rational(1n), perBase);
      if (!latest.has(other)) latest.set(other, { other, rate: onward, date: validFrom });
    }
    return [...latest.values()];
  };
  const [outs, ins] = [legs(want.from, true), legs(want.to, false)];
  return [
    ...outs.map((first) => ({ first, last: noLeg(want.to) })),
    ...ins.map((last) => ({ first: noLeg(want.from), last })),
    ...outs.flatMap((first) => ins.map((last) => ({ first, last }))),
  ];
};

const latestOf = (...dates: readonly (Day | null)[]): Day | null =>
  dates.reduce<Day | null>((best, date) => (best === null || (date !== null && date > best) ? date : best), null);

/** What is published stands between the fixed legs; where nothing has to, the fixed rate is dated from when it holds. */
const findFixed = async (sql: Sql, wants: readonly FxWant[]): Promise<Map<string, Fx>> => {
  if (wants.length === 0) return new Map();
  const rows = Map.groupBy(await loadFixed(sql, wants), (row) => fxKey(row));
  if (rows.size === 0) return new Map();
  const open = wants.map((want) => ({ want, ways: waysOf(want, rows.get(fxKey(want)) ?? []) }));
  const middleOf = (want: FxWant, { first, last }: { first: Leg; last: Leg }): FxWant => ({
    from: first.other,
    to: last.other,
    day: want.day,
  });
  const middles = open.flatMap(({ want, ways }) => ways.map((way) => middleOf(want, way)));
  const dated = await findDated(
    sql,
    [...new Map(middles.map((middle) => [fxKey(middle), middle])).values()].filter(({ from, to }) => from !== to),
  );
  const found = new Map<string, Fx>();
  for (const { want, ways } of open)
    for (const way of ways) {
      const middle = middleOf(want, way);
      const between = middle.from === middle.to ? { ...rational(1n), date: null } : dated.get(fxKey(middle));
      if (!between || found.has(fxKey(want))) continue;
      found.set(fxKey(want), {
        ...reduce(multiply(multiply(way.first.rate, between), way.last.rate)),
        date: between.date ?? latestOf(way.first.date, way.last.date),
      });
    }
  return found;
};

/**
 * For each want the latest rate dated 1 to 7 days before its day: the pair itself, its inverse, or the cross through EUR with
 * both legs of one day; on one day in this order. Where there is none, a rate of our own table that holds on the day, alone or
 * together with a published one; else null. Keys as `fxKey` makes them. At most three queries. RULES section 5.
 */
export const findFx = async (sql: Sql, wants: readonly FxWant[]): Promise<Map<string, Fx | null>> => {
  const found = new Map<string, Fx | null>();
  const open = new Map<string, FxWant>();
  for (const want of wants) {
    if (want.from === want.to) found.set(fxKey(want), { numerator: 1n, denominator: 1n, date: null });
    else {
      found.set(fxKey(want), null);
      open.set(fxKey(want), want);
    }
  }
  for (const [key, fx] of await findDated(sql, [...open.values()])) {
    found.set(key, fx);
    open.delete(key);
  }
  for (const [key, fx] of await findFixed(sql, [...open.values()])) found.set(key, fx);
  return found;
};
