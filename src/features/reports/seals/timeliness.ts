import { hourMs } from '../../../core/time.ts';
import type { Sql } from '../../../platform/database/database.ts';

/** How late work is known. Lags are seconds from the work to its posting; null where nothing was posted. */
export interface Timeliness {
  /** Postings of new work since the night before; those of history are left out. */
  readonly postings: number;
  readonly medianLagSeconds: number | null;
  readonly p95LagSeconds: number | null;
  readonly mostLagSeconds: number | null;
  /** For how long the ticket that waits longest has been due. */
  readonly oldestDueSeconds: number;
  /** For how long the work that waits longest, at most 6 h by design, has been told of and not pulled. */
  readonly oldestUnpulledSeconds: number;
}

/** An event has a ticket's work pulled at most so much later (RULES section 11). */
const pullWithinMs = 6 * hourMs;

/** The last posting there is; 0 where there is none. */
export const lastPosting = async (sql: Sql): Promise<bigint> =>
  (await sql.query<{ id: bigint | null }>('select max(id) as id from posting'))[0]?.id ?? 0n;

const secondsOf = (value: number | null): number | null => (value === null ? null : Math.round(value));

/** Of what was posted after that posting, and of what waits now. */
export const timelinessSince = async (
  sql: Sql,
  { afterPosting, now }: { readonly afterPosting: bigint; readonly now: Date },
): Promise<Timeliness> => {
  const [lag] = await sql.query<{ postings: bigint; median: number | null; p95: number | null; most: number | null }>(
    `select count(*) as postings, percentile_disc(0.5) within group (order by lag) as median, percentile_disc(0.95) within group (order by lag) as p95, max(lag) as most
       from (select extract(epoch from p.posted_at - p.worked_at)::float8 as lag
               from posting p join ticket t on t.id = p.ticket_id and not t.from_backfill
              where p.id > $1 and p.cause = 'work' and p.share_no = 1) l`,
    [afterPosting],
  );
  const [waiting] = await sql.query<{ due: Date | null; unpulled: Date | null }>(
    `select min(least(t.due_at, t.stale_since)) filter (where not t.from_backfill) as due, min(t.deep_due_at) as unpulled
       from ticket t join connection c on c.id = t.connection_id and c.disabled_at is null
      where t.quarantined_at is null and (t.due_at is not null or t.deep_due_at is not null or t.stale_since is not null)`,
  );
  const ago = (at: Date | null | undefined, ms = 0): number =>
    at ? Math.max(0, Math.round((now.getTime() - at.getTime() + ms) / 1000)) : 0;
  return {
    postings: Number(lag?.postings ?? 0n),
    medianLagSeconds: secondsOf(lag?.median ?? null),
    p95LagSeconds: secondsOf(lag?.p95 ?? null),
    mostLagSeconds: secondsOf(lag?.most ?? null),
    oldestDueSeconds: ago(waiting?.due),
    oldestUnpulledSeconds: ago(waiting?.unpulled, pullWithinMs),
  };
};

/** The newest tickets with postings after that one; what a night looks at again, within bounds. */
export const ticketsPostedSince = async (
  sql: Sql,
  { afterPosting, most }: { readonly afterPosting: bigint; readonly most: number },
): Promise<bigint[]> =>
  (
    await sql.query<{ id: bigint }>(
      `select distinct p.ticket_id as id from (select ticket_id from posting where id > $1 order by id desc limit $2) p
         join ticket t on t.id = p.ticket_id and t.stale_since is null`,
      [afterPosting, most],
    )
  ).map(({ id }) => id);

/** All tickets with work on these days that wait for no other decision. */
export const ticketsWorkedIn = async (
  sql: Sql,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<bigint[]> =>
  (
    await sql.query<{ id: bigint }>(
      `select distinct e.ticket_id as id from work_entry e join ticket t on t.id = e.ticket_id and t.stale_since is null
        where e.worked_day between $1 and $2 order by 1`,
      [from, to],
    )
  ).map(({ id }) => id);
