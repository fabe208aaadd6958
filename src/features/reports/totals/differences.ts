import type { Sql } from '../../../platform/database/database.ts';

interface RollupDifference {
  readonly day: string;
  readonly partner: string | null;
  readonly region: string | null;
  readonly measured: boolean;
  readonly ledgerMicros: string;
  readonly rollupMicros: string;
}

/** Days and cells where the totals are not what the ledger says, of these days or of all; empty when all is well. */
export const rollupDifferences = (
  sql: Sql,
  days: { readonly from: string; readonly to: string } | null = null,
): Promise<RollupDifference[]> =>
  sql.query<RollupDifference>(
    `with both_sides as (
       select worked_day as day, partner, region, measured, cost_micros as ledger, microseconds as ledger_us, 0 as rollup, 0 as rollup_us
         from posting where worked_day between $1 and $2
       union all select day, nullif(partner, ''), nullif(region, ''), measured, 0, 0, cost_micros, microseconds from rollup_daily where day between $1 and $2
       union all select day, partner, region, measured, 0, 0, cost_micros, microseconds from rollup_delta where day between $1 and $2
     )
     select day, partner, region, measured, sum(ledger)::text as "ledgerMicros", sum(rollup)::text as "rollupMicros"
       from both_sides group by 1, 2, 3, 4 having sum(ledger) <> sum(rollup) or sum(ledger_us) <> sum(rollup_us) order by 1, 2, 3 limit 100`,
    [days?.from ?? '-infinity', days?.to ?? 'infinity'],
  );
