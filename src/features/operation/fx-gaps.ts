import { formatMicros, multiply, rational, roundHalfEven } from '../../core/money.ts';
import { addDays, type Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { findRates, type PriceWant } from '../costing/index.ts';
import { partnershipMoney } from '../partnerships/index.ts';
import type { Check } from './check.ts';

/** Money of one currency that no exchange rate leads to the reporting currency, and that is in no figure for it. */
export interface FxGap {
  readonly currency: string;
  readonly of: 'work' | 'orders' | 'other cost' | 'benefit';
  /** Days on which a rate is missing, and the first and the last of them. */
  readonly days: number;
  readonly from: Day;
  readonly to: Day;
  /** Work entries, orders or amounts. */
  readonly count: number;
  /** In `currency`; of work for those alone who may see wages. */
  readonly micros: bigint;
}

interface Part extends Omit<FxGap, 'days' | 'from' | 'to'> {
  readonly day: Day;
}

/** What work would cost, by the rates of today's tables. */
const workParts = async (sql: Sql): Promise<Part[]> => {
  const rows = await sql.query<PriceWant & { seconds: bigint; count: bigint }>(
    `select connection_id as "connectionId", agent_id as "agentId", actor = 'ai_agent' as "byAiAgent", worked_day::text as day,
            sum(costed_seconds) as seconds, count(*) as count
       from work_entry where unpriced is not null and unpriced = 'no fx' and costed_seconds > 0 group by 1, 2, 3, 4`,
  );
  const rateOf = await findRates(sql, rows);
  return rows.flatMap(({ seconds, count, ...want }): Part[] => {
    const rate = rateOf(want);
    if (!rate) return [];
    const micros = roundHalfEven(multiply(rational(seconds, 3600n), rational(rate.effectiveMicros)));
    return [{ currency: rate.currency, of: 'work', day: want.day, count: Number(count), micros }];
  });
};

const orderParts = async (sql: Sql): Promise<Part[]> => {
  const rows = await sql.query<{ currency: string; day: Day; count: bigint; micros: string }>(
    `select currency, placed_day::text as day, count(*) as count, sum(revenue_micros)::text as micros
       from "order" where counted and reporting_micros is null group by 1, 2`,
  );
  return rows.map(({ count, micros, ...row }) => ({
    ...row,
    of: 'orders',
    count: Number(count),
    micros: BigInt(micros),
  }));
};

/** Amounts of partnerships are looked at as far back as a report reaches. */
const amountDays = 1100;

const amountParts = async (
  sql: Sql,
  { currency, today }: { readonly currency: string; readonly today: Day },
): Promise<Part[]> => {
  const { unpriced } = await partnershipMoney(sql, {
    from: addDays(today, -amountDays),
    to: today,
    groupBy: [],
    currency,
  });
  return unpriced.map(({ side, currency: of, day, micros }) => ({ currency: of, of: side, day, count: 1, micros }));
};

/** What is in no figure for want of an exchange rate, by currency and kind. A currency that the ECB lacks needs an own rate. */
export const fxGaps = async (sql: Sql, basis: { readonly currency: string; readonly today: Day }): Promise<FxGap[]> => {
  const parts = [...(await workParts(sql)), ...(await orderParts(sql)), ...(await amountParts(sql, basis))];
  const groups = Map.groupBy(parts, ({ currency, of }) => `${currency} ${of}`);
  return [...groups.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const days = [...new Set(group.map(({ day }) => day))].sort();
      const [first, from, to] = [group[0], days[0], days.at(-1)];
      if (!first || from === undefined || to === undefined) return [];
      return {
        currency: first.currency,
        of: first.of,
        days: days.length,
        from,
        to,
        count: group.reduce((sum, { count }) => sum + count, 0),
        micros: group.reduce((sum, { micros }) => sum + micros, 0n),
      };
    });
};

const words = { work: 'work entries', orders: 'orders', 'other cost': 'other costs', benefit: 'benefits' } as const;

/** The gaps for the doctor, who shows no wage: of work the entries alone. */
export const fxGapCheck = async (
  sql: Sql,
  basis: { readonly currency: string; readonly today: Day },
): Promise<Check> => {
  const gaps = await fxGaps(sql, basis);
  const what = 'exchange rate gaps';
  if (gaps.length === 0) return { what, state: 'ok', found: 'none' };
  const told = gaps.map(({ currency, of, days, from, to, count, micros }) => {
    const worth = of === 'work' ? '' : ` worth ${formatMicros(micros)} ${currency}`;
    return `${currency} on ${days} days, ${from} to ${to}: ${count} ${words[of]}${worth}`;
  });
  return {
    what,
    state: 'warning',
    found: told.join('; '),
    next: 'deskledger import fx FILE for currencies and days that the ECB has, import own-fx FILE (base,quote,rate,valid_from,valid_to,source) for others.',
  };
};
