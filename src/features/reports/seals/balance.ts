import type { Sql } from '../../../platform/database/database.ts';
import { rollupDifferences } from '../totals/differences.ts';
import { totalDifferences } from '../totals/proof.ts';

/** Something in the books that does not add up. */
export interface Imbalance {
  /** totals | report totals | entries | attributions | orders | refunds | currencies */
  readonly check: string;
  /** How many days, entries, tickets, orders or refunds. */
  readonly count: number;
  /** A few of them by id or day, for the person who looks. */
  readonly examples: readonly string[];
  readonly found: string;
  readonly next: string;
}

const shown = 5;

/** Days to look at; null: all. */
export type Days = { readonly from: string; readonly to: string } | null;

interface Counted {
  count: bigint;
  examples: string[] | null;
}

/** $1 and $2 are the days: a plain range, which an index can answer. */
const within = (column: string): string => `${column} between $1::date and $2::date`;

interface Check {
  readonly name: string;
  /** Selects the ids of what is wrong, as `id`. */
  readonly wrong: string;
  readonly found: string;
  readonly next: string;
}

const report = 'Report this, with the ids; nothing needs to be entered again, for every entry of work is kept.';

const checks: readonly Check[] = [
  {
    name: 'entries',
    wrong: `select e.id from work_entry e
              left join (select work_entry_id, sum(microseconds) as us from posting where ${within('worked_day')} group by 1) p on p.work_entry_id = e.id
             where ${within('e.worked_day')}
               and coalesce(p.us, 0) <> case when e.state = 'costed' and e.unpriced is null then e.costed_seconds::bigint * 1000000 else 0 end`,
    found: 'work entries whose postings are not their costed seconds',
    next: `deskledger replay --ticket decides one again. ${report}`,
  },
  {
    name: 'attributions',
    // Live postings of each ticket by cell against the shares of the attribution that holds; tickets that wait to be decided again are not there yet.
    wrong: `select distinct ticket_id as id from (
              select p.ticket_id, p.work_entry_id, p.partner, p.region, p.country, p.microseconds as us, e.costed_seconds as seconds, 0 as ppm
                from posting p join work_entry e on e.id = p.work_entry_id join ticket t on t.id = p.ticket_id and t.stale_since is null
               where ${within('p.worked_day')} and p.reverses_id is null and not exists (select 1 from posting r where r.reverses_id = p.id)
              union all
              select e.ticket_id, e.id, s.partner, s.region, s.country, 0, e.costed_seconds, s.ppm
                from work_entry e join ticket t on t.id = e.ticket_id and t.stale_since is null
                join attribution a on a.ticket_id = e.ticket_id and a.current join attribution_share s on s.attribution_id = a.id
               where ${within('e.worked_day')} and e.state = 'costed' and e.unpriced is null and e.costed_seconds > 0) both_sides
             group by ticket_id, work_entry_id, partner, region, country, seconds
            having sum(us) <> sum(ppm)::bigint * seconds`,
    found: 'tickets whose cost does not lie where their attribution says',
    next: `deskledger replay --ticket decides one again. ${report}`,
  },
  {
    name: 'orders',
    wrong: `select o.id from "order" o left join order_share s on s.order_id = o.id where ${within('o.placed_day')}
             group by o.id having coalesce(sum(s.ppm), 0) <> 1000000 or sum(s.reporting_micros) is distinct from o.reporting_micros`,
    found: 'orders whose shares do not add up to them',
    next: report,
  },
  {
    name: 'refunds',
    wrong: `select r.id from refund r left join refund_share s on s.refund_id = r.id where ${within('r.made_day')}
             group by r.id having coalesce(sum(s.ppm), 0) <> 1000000 or sum(s.reporting_micros) is distinct from r.reporting_micros`,
    found: 'refunds whose shares do not add up to them',
    next: report,
  },
];

/**
 * Whether the books balance: daily totals are the ledger, an entry's postings are its seconds, live postings lie where the
 * attribution says, shares add up to orders and refunds, and one currency alone is left. Empty where all is well. Reads all
 * of the days it is asked for: seconds for millions of postings.
 */
export const imbalances = async (
  sql: Sql,
  days: Days,
  { currency: reportingCurrency, timeZone }: { readonly currency: string; readonly timeZone: string },
): Promise<Imbalance[]> => {
  const period = [days?.from ?? '-infinity', days?.to ?? 'infinity'];
  const result: Imbalance[] = [];
  const totals = [
    { check: 'totals', of: 'daily totals', wrong: await rollupDifferences(sql, days) },
    { check: 'report totals', of: 'totals of reports', wrong: await totalDifferences(sql, { days, timeZone }) },
  ];
  for (const { check, of, wrong } of totals)
    if (wrong.length > 0)
      result.push({
        check,
        count: wrong.length,
        examples: [...new Set(wrong.map(({ day }) => day))].slice(0, shown),
        found: `${of} that differ from the ledger`,
        next: 'Report this: the totals are wrong, the ledger holds.',
      });
  for (const { name, wrong, found, next } of checks) {
    const [row] = await sql.query<Counted>(
      `with wrong as (${wrong}) select count(*) as count, (select array_agg(id::text) from (select id from wrong order by id limit ${shown}) few) as examples from wrong`,
      period,
    );
    if (row && row.count > 0n)
      result.push({ check: name, count: Number(row.count), examples: row.examples ?? [], found, next });
  }
  const foreign = await sql.query<{ currency: string; count: bigint }>(
    `select currency, count(*) as count from posting where currency <> $3 and ${within('worked_day')} group by 1
     having sum(cost_micros) <> 0 or sum(microseconds) <> 0 order by 1`,
    [...period, reportingCurrency],
  );
  if (foreign.length > 0)
    result.push({
      check: 'currencies',
      count: foreign.reduce((sum, { count }) => sum + Number(count), 0),
      examples: foreign.map(({ currency }) => currency),
      found: `postings that stand in another currency than ${reportingCurrency}`,
      next: 'Report this, and restore the database from before the last change of REPORTING_CURRENCY.',
    });
  return result;
};
