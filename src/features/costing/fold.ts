import type { Database } from '../../platform/database/open.ts';

/** Rows folded in one transaction: short enough that nobody waits for it. */
const foldAtOnce = 10_000;

/** Any one number of ours, so that two workers never fold at the same time. */
const foldLock = 3_900_001;

/**
 * Moves what postings added into the daily totals. A report adds folded and unfolded in one snapshot, hence it is the same
 * before, during and after. Returns how many rows were folded; 0 also when another worker is at it.
 */
export const foldRollups = (db: Database): Promise<number> =>
  db.transaction(async (tx) => {
    const [lock] = await tx.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [foldLock]);
    if (!lock?.held) return 0;
    const [folded] = await tx.query<{ rows: bigint }>(
      `with taken as (
         delete from rollup_delta where id = any(array(select id from rollup_delta order by id limit $1)) returning day, partner, region, measured, microseconds, cost_micros
       ), summed as (
         insert into rollup_daily as total (day, partner, region, measured, microseconds, cost_micros)
         select day, coalesce(partner, ''), coalesce(region, ''), measured, sum(microseconds), sum(cost_micros) from taken group by 1, 2, 3, 4
         on conflict (day, partner, region, measured) do update set
           microseconds = total.microseconds + excluded.microseconds, cost_micros = total.cost_micros + excluded.cost_micros
       )
       select count(*) as rows from taken`,
      [foldAtOnce],
    );
    return Number(folded?.rows ?? 0n);
  });
