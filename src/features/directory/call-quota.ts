import type { Sql } from '../../platform/database/database.ts';
import { countedSpan } from '../../platform/http/budget.ts';
import type { CallCounts } from '../../platform/http/call-count.ts';

/**
 * Counts of one connection's calls over all processes, in the database and by its clock. A window is kept in parts; a part
 * counts for one part longer than the window, for its calls start up to one part after they were taken.
 */
export const sharedCallCounts =
  (sql: Sql, connectionId: number): CallCounts =>
  ({ name, windowMs }) => {
    const partMs = windowMs * countedSpan;
    return {
      shared: true,
      async take({ wanted, most, left = 0, resetsInMs }) {
        const [row] = await sql.query<{
          granted: number;
          at_ms: number;
          resets_ms: number | null;
          oldest: string | null;
        }>(
          `with ask as (
             select at, floor(extract(epoch from at) * 1000 / $5)::bigint as part, at + $7::float8 * interval '1 ms' as resets_at
               from (select clock_timestamp() as at) c
           )
           insert into call_quota as q (connection_id, name, most, taken, granted, resets_at)
           select $1, $2, $4::int, jsonb_build_object(part, g), g, resets_at
             from ask, least($3::int, greatest(1, coalesce($4::int, $3::int) - $8::int)) as g
           on conflict (connection_id, name) do update set (most, taken, granted, resets_at) = (
             select limits.most, kept.taken || case when g > 0 then jsonb_build_object(ask.part, coalesce((kept.taken->>ask.part::text)::int, 0) + g) else '{}' end,
                    g, coalesce(excluded.resets_at, q.resets_at)
               from ask,
                    lateral (select coalesce($4::int, q.most) as most) limits,
                    lateral (select coalesce(jsonb_object_agg(key, value), '{}') as taken, coalesce(sum(value::int), 0)::int as calls
                               from jsonb_each_text(q.taken)
                              where (key::bigint + 2) * $5 > extract(epoch from ask.at) * 1000 - $6
                                and (q.resets_at is null or q.resets_at > ask.at or (key::bigint + 1) * $5 > extract(epoch from q.resets_at) * 1000)
                                and (ask.resets_at is null or ask.resets_at > ask.at or (key::bigint + 1) * $5 > extract(epoch from ask.resets_at) * 1000)) kept,
                    lateral (select case when limits.most is null then $3::int
                                         else greatest(0, least($3::int, greatest(1, limits.most - $8::int) - kept.calls)) end as g) granting)
           returning granted, (select extract(epoch from at) * 1000 from ask)::float8 as at_ms,
                     (extract(epoch from resets_at) * 1000)::float8 as resets_ms, (select min(key::bigint)::text from jsonb_object_keys(taken) as key) as oldest`,
          [connectionId, name, wanted, most, partMs, windowMs, resetsInMs ?? null, left],
          { preparedAs: 'take calls' },
        );
        if (!row) throw new RangeError('an upsert gave no row');
        const freeMs = (Number(row.oldest ?? 0) + 2) * partMs + windowMs - row.at_ms;
        const resetMs = row.resets_ms === null || row.resets_ms <= row.at_ms ? freeMs : row.resets_ms - row.at_ms;
        return { granted: row.granted, againMs: Math.max(1, Math.ceil(Math.min(freeMs, resetMs))) };
      },
      async giveBack(calls) {
        // From the newest part on: one that gave back for an earlier part already holds less than was taken.
        await sql.query(
          `update call_quota set taken = taken || (
             select coalesce(jsonb_object_agg(key, value - least(value, $3::int - newer)), '{}')
               from (select key, value::int as value,
                            coalesce(sum(value::int) over (order by key::bigint desc rows between unbounded preceding and 1 preceding), 0)::int as newer
                       from jsonb_each_text(taken)) parts
              where newer < $3::int)
            where connection_id = $1 and name = $2`,
          [connectionId, name, calls],
        );
      },
    };
  };
