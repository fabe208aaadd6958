import { dayMs, hourMs } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Connection } from '../directory/index.ts';
import { ofChanges } from './arrivals.ts';

/** No delivery for less is never unusual ... */
const leastSilenceMs = hourMs;
/** ... nor is less than this many of the gaps that are usual at this hour of the week. */
const usualGaps = 5;
/** Weeks by which the usual is known. */
const weeks = 5;

/**
 * Since when deliveries are unusually silent; null where they are not. Silence lasts from the last delivery to the latest walk
 * that found what no webhook told, so that it ends with a delivery and never with a walk that happens to find nothing. The usual
 * gap at this hour of the week is that of the weeks before; an hour that never had any says nothing.
 */
export const silence = async (sql: Sql, connection: Connection, now: Date): Promise<Date | null> => {
  const [row] = await sql.query<{ last: Date | null; usual: bigint; untold: Date | null }>(
    `select (select received_at from delivery where connection_id = $1 and ${ofChanges} order by received_at desc limit 1) as last,
            (select count(*) from generate_series(1, $3::int) week, delivery d
              where d.connection_id = $1 and ${ofChanges} and d.received_at between $2::timestamptz - week * interval '7 days' - interval '30 min' and $2::timestamptz - week * interval '7 days' + interval '30 min') as usual,
            (select (cursor->>'untoldAt')::timestamptz from sync_cursor where connection_id = $1 and stream in ('tickets', 'orders')) as untold`,
    [connection.id, now, weeks],
  );
  if (!row?.untold) return null;
  const since = row.last ?? connection.createdAt;
  const knownHours = Math.min(weeks, Math.floor((now.getTime() - connection.createdAt.getTime()) / (7 * dayMs)));
  const gapMs = row.usual > 0n ? (knownHours * hourMs) / Number(row.usual) : 0;
  const longest = Math.max(leastSilenceMs, usualGaps * gapMs);
  return row.untold.getTime() - since.getTime() > longest ? since : null;
};
