import type { Sql } from '../../platform/database/database.ts';
import type { Check } from './check.ts';
import { fxGapCheck } from './fx-gaps.ts';

interface Counts {
  partners: bigint;
  rates: bigint;
  unpriced_entries: bigint;
  orders: bigint;
  unmapped_orders: bigint;
  unpriced_orders: bigint;
  /** Whether anything is in another currency than the reports. */
  foreign_money: boolean;
  newest_fx: string | null;
  fx_age_days: number | null;
}

const countInputs = async (sql: Sql, reportingCurrency: string, now: Date): Promise<Counts> => {
  const [row] = await sql.query<Counts>(
    `select (select count(*) from partner where code <> 'direct') as partners,
            (select count(*) from rate) as rates,
            (select count(*) from work_entry where unpriced is not null and costed_seconds > 0) as unpriced_entries,
            (select count(*) from "order") as orders,
            (select count(*) from "order" where unmapped ? 'place') as unmapped_orders,
            (select count(*) from "order" where counted and reporting_micros is null) as unpriced_orders,
            exists (select 1 from rate where currency <> $1) or exists (select 1 from "order" where currency <> $1) as foreign_money,
            (select max(date) from fx_rate where date <= $2::date)::text as newest_fx,
            $2::date - (select max(date) from fx_rate where date <= $2::date) as fx_age_days`,
    [reportingCurrency, now],
  );
  if (!row) throw new RangeError('a query of counts gave no row');
  return row;
};

/** A rate is used for at most seven days; the ECB publishes none on weekends and holidays. */
const oldestFxDays = 5;

/** What people and feeds bring in: partners, rates, exchange rates, mappings, and what is missing of them. Orders without a partner warn from one in fifty on. */
export const inputChecks = async (
  sql: Sql,
  { reportingCurrency, now }: { readonly reportingCurrency: string; readonly now: Date },
): Promise<Check[]> => {
  const counts = await countInputs(sql, reportingCurrency, now);
  const check = (what: string, good: boolean, found: string, next: string): Check =>
    good ? { what, state: 'ok', found } : { what, state: 'warning', found, next };
  const { newest_fx: newest, fx_age_days: age } = counts;
  const fresh = age !== null && age <= oldestFxDays;
  return [
    check(
      'partners',
      counts.partners > 0n,
      `${counts.partners} partners`,
      'deskledger import partners FILE.csv (columns code,name,aliases)',
    ),
    check(
      'rates',
      counts.rates > 0n,
      `${counts.rates} rates`,
      'deskledger import rates FILE.csv (columns scope,key,hourly,currency,valid_from)',
    ),
    check(
      'exchange rates',
      fresh || !counts.foreign_money,
      newest === null ? 'none' : `the newest are of ${newest}`,
      'See that FX_URL can be reached, or deskledger import fx FILE (an ECB file, or date,base,quote,rate).',
    ),
    check(
      'unpriced work',
      counts.unpriced_entries === 0n,
      `${counts.unpriced_entries} work entries without a price`,
      'Import the missing rates or exchange rates; the entries are priced by themselves then.',
    ),
    check(
      'unpriced orders',
      counts.unpriced_orders === 0n,
      `${counts.unpriced_orders} orders without an exchange rate`,
      'Import exchange rates for their currencies and days; the orders are priced by themselves then.',
    ),
    await fxGapCheck(sql, { currency: reportingCurrency, today: now.toISOString().slice(0, 10) }),
    check(
      'unmapped orders',
      counts.unmapped_orders * 50n < counts.orders || counts.unmapped_orders === 0n,
      `${counts.unmapped_orders} of ${counts.orders} orders name no known partner`,
      'Add the value to `values` of the mapping rule, or an alias to the partner, and import that.',
    ),
  ];
};
