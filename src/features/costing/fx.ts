import { divide, parseDecimal, reduce } from '../../core/money.ts';
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
 * For each want the latest rate dated 1 to 7 days before its day, or null: the pair itself, its inverse, or the cross
 * through EUR with both legs of one day; on one day in this order. Keys as `fxKey` makes them. One query. RULES section 5.
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
  if (open.size === 0) return found;
  const asked = [...open.values()];
  const rows = await sql.query<{ from: string; to: string; day: Day; date: Day; per: string; by: string }>(
    `select w."from", w."to", w.day::text as day, f.date::text as date, f.per::text as per, f.by::text as by
       from unnest($1::text[], $2::text[], $3::date[]) as w("from", "to", day)
      cross join lateral (
        select * from (
          select date, rate as per, 1 as by, 1 as rank from fx_rate
           where base = w."from" and quote = w."to" and date between w.day - $4::int and w.day - $5::int
          union all
          select date, 1, rate, 2 from fx_rate
           where base = w."to" and quote = w."from" and date between w.day - $4::int and w.day - $5::int
          union all
          select a.date, b.rate, a.rate, 3 from fx_rate a
            join fx_rate b on b.date = a.date and b.base = 'EUR' and b.quote = w."to"
           where a.base = 'EUR' and a.quote = w."from" and a.date between w.day - $4::int and w.day - $5::int
        ) candidates order by date desc, rank limit 1) f`,
    [
      asked.map(({ from }) => from),
      asked.map(({ to }) => to),
      asked.map(({ day }) => day),
      windowDays.oldest,
      windowDays.newest,
    ],
  );
  for (const row of rows)
    found.set(fxKey(row), { ...reduce(divide(parseDecimal(row.per), parseDecimal(row.by))), date: row.date });
  return found;
};
