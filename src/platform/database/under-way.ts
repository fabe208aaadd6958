import { AppError } from '../../core/errors.ts';
import type { Sql } from './database.ts';

/** A transaction left open by somebody's hand does not keep all else waiting for ever: with rests of half a second, two minutes. */
const mostRests = 240;
/** Of those left open so many are named. */
const mostNamed = 3;

interface OpenTransaction {
  readonly pid: number;
  readonly name: string;
  readonly since: Date;
}

/** Never the text of a query: it quotes rows. */
const wordsOf = (open: readonly OpenTransaction[]): string =>
  open
    .slice(0, mostNamed)
    .map(({ pid, name, since }) => `process ${pid} (${name}) since ${since.toISOString()}`)
    .join(', ') + (open.length > mostNamed ? `, and ${open.length - mostNamed} more` : '');

/**
 * Waits until each transaction of this database that is writing now has ended: what was decided by what the tables said
 * before is then seen by all who look. Those that begin meanwhile read what is new and are not waited for. Seen are those that
 * have an id: what reads before it writes takes one first (orders/index.ts). `rest` is a pause; what it throws ends the
 * waiting. Throws AppError `unavailable`, with what to end, where one stays open.
 */
export const writersEnded = async (sql: Sql, rest: () => Promise<void>): Promise<void> => {
  const [now] = await sql.query<{ at: string }>('select clock_timestamp()::text as at');
  for (let rests = 0; ; rests += 1) {
    const open = await sql.query<OpenTransaction>(
      `select pid, coalesce(nullif(application_name, ''), 'no name') as name, xact_start as since from pg_stat_activity
        where datname = current_database() and backend_xid is not null and xact_start < $1::timestamptz order by xact_start, pid`,
      [now?.at],
    );
    const [first] = open;
    if (!first) return;
    if (rests >= mostRests)
      throw new AppError(
        'unavailable',
        `PostgreSQL has transactions that do not end: ${wordsOf(open)}. What they write cannot be seen until then; end what was forgotten (\`select pg_terminate_backend(${first.pid})\`), and this is tried again`,
      );
    await rest();
  }
};
