import type { Sql } from '../../platform/database/database.ts';

/** Days up to which everything is to be known, and the moment from which on nothing new counts: there is always something new. */
export interface UpTo {
  /** Last day, in the reporting time zone. */
  readonly lastDay: string;
  readonly timeZone: string;
  readonly asOf: Date;
}

/** What a connection still owes of those days. */
export interface Unsettled {
  readonly id: number;
  readonly name: string;
  /** Tickets whose work, or state, was not pulled since the last day ended. */
  readonly unpulled: number;
  /** Tickets that are to be decided again. */
  readonly undecided: number;
  /** Set aside for a person: a gap that nobody can close by waiting. */
  readonly quarantined: number;
  /** Whether its changes, and its streams of work, were read to their end since the last day ended. */
  readonly isRead: boolean;
  /** Whether its helpdesk or store cannot be asked at the moment (its status tells why). */
  readonly isInTrouble: boolean;
}

/** The instant at which the last day ended; $1 is the day, $2 the time zone. */
const endedAt = `($1::date + 1)::timestamp at time zone $2`;

/** An event marks a ticket's work to be pulled 6 h later at the most: of those told of after $3 nothing is awaited. */
const unpulled = `t.quarantined_at is null and (t.created_day <= $1::date or t.created_day is null and t.first_seen_at <= $3)
  and (t.deep_due_at <= $3 + interval '6 hours' and coalesce(t.audits_pulled_at, '-infinity') < ${endedAt}
    or t.due_at is not null and coalesce(t.burst_started_at, t.due_at) <= $3 and coalesce(t.pulled_at, '-infinity') < ${endedAt})`;

/** By connection what is not yet known of the days up to `lastDay`; connections that owe nothing are there with zeros. */
export const unsettledUpTo = (sql: Sql, { lastDay, timeZone, asOf }: UpTo): Promise<Unsettled[]> =>
  sql.query<Unsettled>(
    `select c.id, c.name, w.unpulled::int, w.undecided::int, w.quarantined::int,
            exists (select 1 from sync_cursor s where s.connection_id = c.id
                       and (s.stream = 'tickets' and (s.cursor->>'endedAt')::timestamptz >= ${endedAt}
                         or s.stream = 'orders' and s.last_run_at >= ${endedAt} and s.last_error is null))
              and not exists (select 1 from sync_cursor s where s.connection_id = c.id and s.stream like 'work %' and not s.cursor ? 'absent'
                       and (s.last_error is not null or coalesce((s.cursor->>'endedAt')::timestamptz, '-infinity') < ${endedAt})) as "isRead",
            exists (select 1 from connection_trouble t where t.connection_id = c.id and t.area in ('account', 'tickets') and t.state <> 'limited') as "isInTrouble"
       from connection c
       cross join lateral (
         select count(*) filter (where ${unpulled}) as unpulled,
                count(*) filter (where t.stale_since <= $3 and t.snapshot_at is not null and t.quarantined_at is null and t.created_day <= $1::date) as undecided,
                count(*) filter (where t.quarantined_at is not null and (t.created_day <= $1::date or t.created_day is null)) as quarantined
           from ticket t
          where t.connection_id = c.id and (t.due_at is not null or t.deep_due_at is not null or t.stale_since is not null or t.quarantined_at is not null)) w
      where c.disabled_at is null order by c.id`,
    [lastDay, timeZone, asOf],
  );

/** Tickets of these days, or of unknown age, that a person gave up and that were not read since, as the latest backfills named them. */
export const givenUpUpTo = async (sql: Sql, lastDay: string): Promise<number> => {
  const [row] = await sql.query<{ count: bigint }>(
    `select count(*) from backfill_ticket b
       join connection c on c.id = b.connection_id and c.disabled_at is null
       join ticket t on t.connection_id = b.connection_id and t.external_id = b.external_id
      where b.given_up_at is not null and t.quarantined_at is null and coalesce(t.pulled_at, '-infinity') < b.given_up_at
        and (t.created_day <= $1::date or t.created_day is null)`,
    [lastDay],
  );
  return Number(row?.count ?? 0n);
};

/** Has the work of all tickets that owe some pulled now, whatever hour it waits for (RULES section 11). Returns their number. */
export const pullUpTo = async (
  sql: Sql,
  { lastDay, timeZone, asOf, now }: UpTo & { readonly now: Date },
): Promise<number> => {
  const rows = await sql.query(
    `with owing as (
       select t.id from ticket t join connection c on c.id = t.connection_id and c.disabled_at is null
        where ${unpulled} and (t.deep_due_at > $4 or t.due_at > $4 or t.due_at is null) order by t.connection_id, t.external_id for update of t
     )
     update ticket set due_at = least(due_at, $4), deep_due_at = least(deep_due_at, $4) from owing where ticket.id = owing.id returning 1`,
    [lastDay, timeZone, asOf, now],
  );
  return rows.length;
};
