import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { findFx, fxKey } from '../costing/index.ts';
import { type FxColumns, fxOf } from './fx-columns.ts';

/** Orders that share everything a rate depends on, and the rate they have. */
interface RatedGroup extends FxColumns {
  readonly currency: string;
  readonly day: Day;
}

const columns = `currency, placed_day::text as day, fx_numerator, fx_denominator, fx_date::text as fx_date
       from "order"`;
const grouping = 'group by currency, placed_day, fx_numerator, fx_denominator, fx_date';

/**
 * Ids of the orders whose rate by today's table is another than the one they have: of those without a rate, and of those
 * placed on the days `priced` (both ends included, a null `to` is open), also where that is gone: then they have none.
 */
export const ordersToReprice = async (
  sql: Sql,
  reportingCurrency: string,
  priced: { readonly from: Day; readonly to: Day | null } | null,
): Promise<bigint[]> => {
  const unpriced = await sql.query<RatedGroup>(`select ${columns} where reporting_micros is null ${grouping}`);
  const rated = priced
    ? await sql.query<RatedGroup>(
        `select ${columns} where reporting_micros is not null and placed_day >= $1::date and ($2::date is null or placed_day <= $2::date) ${grouping}`,
        [priced.from, priced.to],
      )
    : [];
  const groups = [...unpriced, ...rated];
  const wantOf = ({ currency, day }: RatedGroup) => ({ from: currency, to: reportingCurrency, day });
  const rates = await findFx(sql, groups.map(wantOf));
  const differing = groups.filter((group) => {
    const today = rates.get(fxKey(wantOf(group)));
    const held = fxOf(group);
    if (!today) return held !== null;
    return held?.numerator !== today.numerator || held.denominator !== today.denominator || held.date !== today.date;
  });
  if (differing.length === 0) return [];
  const rows = await sql.query<{ id: bigint }>(
    `select o.id from unnest($1::text[], $2::date[], $3::numeric[], $4::numeric[], $5::date[]) as d(currency, day, numerator, denominator, date)
       join "order" o on o.placed_day = d.day and o.currency = d.currency
        and (o.fx_numerator, o.fx_denominator, o.fx_date) is not distinct from (d.numerator, d.denominator, d.date)
      order by o.id`,
    [
      differing.map(({ currency }) => currency),
      differing.map(({ day }) => day),
      differing.map(({ fx_numerator }) => fx_numerator),
      differing.map(({ fx_denominator }) => fx_denominator),
      differing.map(({ fx_date }) => fx_date),
    ],
  );
  return rows.map(({ id }) => id);
};
