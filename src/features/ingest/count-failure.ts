import type { Sql } from '../../platform/database/database.ts';
import { mostAttempts, mostOlder, olderAgainMs, retryDelayMs } from './coalescing.ts';
import { postpone } from './store.ts';

/** What is counted of a ticket that gets no further, each by itself, and how often it may happen in a row. */
const counts = {
  failure: { column: 'attempts', most: mostAttempts, waitMs: retryDelayMs },
  'older answer': { column: 'older_answers', most: mostOlder, waitMs: olderAgainMs },
} as const;

/** Counts a failure that lies in the ticket itself; after too many it is quarantined. Returns true when it is. */
export const countFailure = async (
  sql: Sql,
  ticketId: bigint,
  {
    now,
    error,
    counted = 'failure',
    retryMs,
  }: {
    readonly now: Date;
    readonly error: string;
    readonly counted?: keyof typeof counts;
    /** The wait after the nth, where it is another one. */
    readonly retryMs?: (count: number) => number;
  },
): Promise<boolean> => {
  const { column, most, waitMs } = counts[counted];
  const [row] = await sql.query<{ count: number; quarantined: boolean }>(
    `update ticket set ${column} = ${column} + 1, last_error = $2, claimed_until = null,
       quarantined_at = case when ${column} + 1 >= $3 then $4::timestamptz else null end
     where id = $1 returning ${column} as count, quarantined_at is not null as quarantined`,
    [ticketId, error, most, now],
  );
  if (row && !row.quarantined)
    await postpone(sql, [ticketId], {
      until: new Date(now.getTime() + (retryMs ?? waitMs)(row.count)),
      error,
      decisions: 'wait too',
    });
  return row?.quarantined ?? false;
};
