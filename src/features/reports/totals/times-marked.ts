import type { Sql } from '../../../platform/database/database.ts';
import type { Run } from './spans.ts';

/**
 * How often anything was marked on the days of each run, ever, at true cost. It only grows, in the transaction that changes a
 * fact of a report of these days: the same number later means the same facts.
 */
export const timesMarked = async (sql: Sql, runs: readonly Run[]): Promise<bigint[]> => {
  if (runs.length === 0) return [];
  const rows = await sql.query<{ marks: bigint }>(
    `select coalesce((select sum(d.marks) from rollup_day d where d.book = 'facts' and d.day between r.first and r.last), 0)::bigint
          + (select count(*) from rollup_mark m where m.book = 'facts' and m.day between r.first and r.last) as marks
       from unnest($1::date[], $2::date[]) with ordinality as r(first, last, place) order by r.place`,
    [runs.map(({ from }) => from), runs.map(({ to }) => to)],
  );
  return rows.map(({ marks }) => marks);
};
