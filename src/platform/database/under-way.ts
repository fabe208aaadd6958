import type { Sql } from './database.ts';

/** A transaction left open by somebody's hand does not keep all else waiting for ever. */
const mostRests = 240;

/**
 * Waits until each transaction of this database that is writing now has ended: what was decided by what the tables said
 * before is then seen by all who look. Those that begin meanwhile read what is new and are not waited for.
 */
export const writersEnded = async (sql: Sql, rest: () => Promise<void>): Promise<void> => {
  const [now] = await sql.query<{ at: string }>('select clock_timestamp()::text as at');
  for (let rests = 0; rests < mostRests; rests += 1) {
    const [open] = await sql.query<{ n: bigint }>(
      `select count(*) as n from pg_stat_activity
        where datname = current_database() and backend_xid is not null and xact_start < $1::timestamptz`,
      [now?.at],
    );
    if (!open || open.n === 0n) return;
    await rest();
  }
};
