import { LimitReached, UpstreamError } from '../../core/errors.ts';
import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { RunStep } from '../../platform/log.ts';
import type { Connection, Directory } from '../directory/index.ts';
import { leaseSeconds, mostAttempts, retryDelayMs } from './coalescing.ts';
import { identified } from './identify.ts';
import { forbiddenRetryMs, isForbidden, isOutage } from './isolate.ts';
import { type Lot, lotSize } from './store.ts';
import type { Troubles } from './trouble.ts';

/** Tickets of one lot that are looked up, tagged and recorded together; the rate budget of the client bounds the pace. */
const writersAtOnce = 8;

/** Tags of one connection that workers hold at a time: what a slow helpdesk cannot take waits in the table. */
const mostClaimed = 600;

/** A lease's end by the database's clock, in the milliseconds that a job carries: it names the claim. */
const leaseSql = `date_trunc('milliseconds', clock_timestamp()) + ${leaseSeconds} * interval '1 s'`;

/**
 * Claims tickets with tags that are due, as lots by connection: a ticket with all of its tags, for they go in one call. The
 * latest come first: a backlog, as a switch to `act` releases it, is worked off beside what is fresh, and each connection
 * has room of its own.
 */
export const claimTags = async (sql: Sql, now: Date): Promise<Lot[]> => {
  const rows = await sql.query<{ ticket_id: bigint; connection_id: number; claimed_until: Date }>(
    `with lease as materialized (select ${leaseSql} as until),
     due as materialized (
       select distinct latest.ticket_id
         from connection c cross join lateral (
           select w.ticket_id from wanted_tag w
            where w.connection_id = c.id and w.due_at <= $1 and w.state = 'pending' and (w.claimed_until is null or w.claimed_until < now())
            order by w.due_at desc
            limit greatest(0, $2 - (select count(*) from wanted_tag h where h.connection_id = c.id and h.claimed_until > now()))) as latest
        where c.mode = 'act' and c.disabled_at is null
          and not exists (select 1 from connection_trouble x where x.connection_id = c.id and x.area in ('account', 'tags') and x.hold_until > $1)
     ),
     free as (
       select w.ticket_id, w.tag from due join wanted_tag w on w.ticket_id = due.ticket_id
        where w.due_at <= $1 and w.state = 'pending' and (w.claimed_until is null or w.claimed_until < now())
        order by w.ticket_id, w.tag for update of w skip locked
     )
     update wanted_tag w set claimed_until = lease.until from free, lease where w.ticket_id = free.ticket_id and w.tag = free.tag
     returning w.ticket_id, w.connection_id, w.claimed_until`,
    [now, mostClaimed],
    { preparedAs: 'claim tags' },
  );
  const byConnection = Map.groupBy(rows, (row) => row.connection_id);
  return [...byConnection].flatMap(([connectionId, ofConnection]) => {
    const ids = [...new Set(ofConnection.map((row) => row.ticket_id))];
    return Array.from({ length: Math.ceil(ids.length / lotSize) }, (_, index) => ({
      connectionId,
      ticketIds: ids.slice(index * lotSize, (index + 1) * lotSize),
      claimedUntil: ofConnection[0]?.claimed_until,
    }));
  });
};

interface DueTag {
  ticket_id: bigint;
  external_id: string;
  tag: string;
  wanted: boolean;
  attempts: number;
}

/**
 * Takes the lot over from the sweep that claimed it: renews its lease, whose new end names the claim from now on. What another
 * worker has taken over meanwhile is left out.
 */
const takeOver = async (
  sql: Sql,
  { ticketIds, claimedUntil }: Lot,
): Promise<{ readonly claim: Date | null; readonly ticketIds: readonly bigint[] }> => {
  const rows = await sql.query<{ ticket_id: bigint; claimed_until: Date }>(
    `with lease as materialized (select ${leaseSql} as until),
     held as (
       select ticket_id, tag from wanted_tag
        where ticket_id = any($1) and state = 'pending' and ($2::timestamptz is null or claimed_until = $2) order by ticket_id, tag for update
     )
     update wanted_tag w set claimed_until = lease.until from held, lease where w.ticket_id = held.ticket_id and w.tag = held.tag
     returning w.ticket_id, w.claimed_until`,
    [ticketIds, claimedUntil ?? null],
  );
  const taken = new Set(rows.map((row) => row.ticket_id));
  return { claim: rows[0]?.claimed_until ?? null, ticketIds: ticketIds.filter((id) => taken.has(id)) };
};

/**
 * Tags of a few tickets as they are wanted at this moment, right before the calls: none where the connection went back to
 * `observe`, where they were settled, or where the lease ended and another worker has them.
 */
const dueTags = (sql: Sql, ticketIds: readonly bigint[], claim: Date, now: Date): Promise<DueTag[]> =>
  sql.query<DueTag>(
    `select w.ticket_id, t.external_id, w.tag, w.wanted, w.attempts from wanted_tag w join ticket t on t.id = w.ticket_id
       join connection c on c.id = t.connection_id and c.mode = 'act' and c.disabled_at is null
      where w.ticket_id = any($1) and w.claimed_until = $2 and w.due_at <= $3 and w.state = 'pending' order by w.tag`,
    [ticketIds, claim, now],
    { preparedAs: 'due tags' },
  );

interface Outcome {
  readonly ticketId: bigint;
  readonly tags: readonly { readonly tag: string; readonly wanted: boolean }[];
  readonly state: 'done' | 'pending' | 'refused' | 'failed';
  /** Whether the try counts: an outage of the helpdesk is not the tag's fault. */
  readonly counted: boolean;
  readonly dueAt: Date | null;
  readonly error: string | null;
}

/**
 * A row that process changed while we wrote (the wish turned, or the mode) keeps that; the call counts, for it may have left
 * its mark. Where the opposite was written meanwhile, past a lease that had ended, nobody knows which call came last: the
 * wish is written once more.
 */
const record = async (sql: Sql, outcomes: readonly Outcome[], now: Date): Promise<void> => {
  if (outcomes.length === 0) return;
  const rows = outcomes.flatMap((outcome) => outcome.tags.map(({ tag, wanted }) => ({ ...outcome, tag, wanted })));
  await sql.query(
    `update wanted_tag w set
       state = case when w.wanted <> r.wanted and w.state = 'done' then 'pending'
                    when w.wanted = r.wanted and (w.state = 'pending' or r.state <> 'pending') then r.state else w.state end,
       due_at = case when w.wanted <> r.wanted and w.state = 'done' then $8::timestamptz
                     when w.wanted = r.wanted and (w.state = 'pending' or r.state <> 'pending') then r.due_at else w.due_at end,
       attempts = w.attempts + case when r.counted or w.wanted <> r.wanted then 1 else 0 end,
       done_at = case when w.wanted = r.wanted and r.state = 'done' then $8::timestamptz else w.done_at end,
       claimed_until = null, last_error = r.error
       from unnest($1::bigint[], $2::text[], $3::boolean[], $4::text[], $5::boolean[], $6::timestamptz[], $7::text[])
         as r(ticket_id, tag, wanted, state, counted, due_at, error)
      where w.ticket_id = r.ticket_id and w.tag = r.tag`,
    [
      rows.map((row) => row.ticketId),
      rows.map((row) => row.tag),
      rows.map((row) => row.wanted),
      rows.map((row) => row.state),
      rows.map((row) => row.counted),
      rows.map((row) => row.dueAt),
      rows.map((row) => row.error),
      now,
    ],
    { preparedAs: 'record tags' },
  );
};

export const createActor = (deps: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly runStep: RunStep;
  readonly directory: Directory;
  readonly clientOf: (connection: Connection) => HelpdeskClient;
  readonly troubles: Troubles;
}) => {
  const { sql, clock, runStep, directory, troubles } = deps;

  /** Writes all rows of one ticket, of which `first` is any. */
  const writeOne = async (
    { connectionId, client }: { readonly connectionId: number; readonly client: HelpdeskClient },
    first: DueTag,
    rows: readonly DueTag[],
  ): Promise<Outcome> => {
    const result = (rest: Omit<Outcome, 'ticketId' | 'tags'>): Outcome => ({
      ticketId: first.ticket_id,
      tags: rows,
      ...rest,
    });
    try {
      await client.changeTags(first.external_id, {
        add: rows.filter(({ wanted }) => wanted).map(({ tag }) => tag),
        remove: rows.filter(({ wanted }) => !wanted).map(({ tag }) => tag),
      });
      return result({ state: 'done', counted: true, dueAt: null, error: null });
    } catch (error) {
      const message = error instanceof Error ? error.message.slice(0, 500) : 'unknown error';
      const now = clock.now().getTime();
      if (isOutage(error) || isForbidden(error)) await troubles.met(connectionId, 'tags', error);
      if (error instanceof LimitReached)
        return result({ state: 'pending', counted: false, dueAt: new Date(now + error.retryAfterMs), error: message });
      if (error instanceof UpstreamError && [404, 410, 422].includes(error.status ?? 0))
        return result({ state: 'refused', counted: true, dueAt: null, error: message });
      // Adding and removing tags is idempotent: a call whose answer was lost is simply made again.
      if (isOutage(error))
        return result({
          state: 'pending',
          counted: false,
          dueAt: new Date(now + retryDelayMs(first.attempts + 2)),
          error: message,
        });
      const attempts = first.attempts + 1;
      return attempts >= mostAttempts
        ? result({ state: 'failed', counted: true, dueAt: null, error: message })
        : result({
            state: 'pending',
            counted: true,
            dueAt: new Date(now + (isForbidden(error) ? forbiddenRetryMs : retryDelayMs(attempts))),
            error: message,
          });
    }
  };

  return {
    /** Writes the due tags of one lot, one call per ticket for what is added and one for what is taken away. */
    act: (lot: Lot): Promise<void> =>
      runStep('act', async (line) => {
        line.connection = lot.connectionId;
        const named = await directory.connections.get(String(lot.connectionId));
        if (named.mode !== 'act') return;
        const connection = await identified(deps, named);
        if (await troubles.heldUntil(connection.id, 'tags')) return;
        const { claim, ticketIds } = await takeOver(sql, lot);
        line.tickets = ticketIds.length;
        if (claim === null) return;
        const client = deps.clientOf(connection);
        for (let start = 0; start < ticketIds.length; start += writersAtOnce) {
          const those = ticketIds.slice(start, start + writersAtOnce);
          const due = Map.groupBy(await dueTags(sql, those, claim, clock.now()), (row) => row.ticket_id);
          const outcomes = await Promise.all(
            [...due.values()].flatMap((rows) =>
              rows[0] ? [writeOne({ connectionId: connection.id, client }, rows[0], rows)] : [],
            ),
          );
          await record(sql, outcomes, clock.now());
          if (outcomes.some(({ state }) => state === 'done')) await troubles.well(connection.id, 'tags');
          if (due.size < those.length) line.left = Number(line.left ?? 0) + those.length - due.size;
          for (const { state, error } of outcomes) {
            line[state] = Number(line[state] ?? 0) + 1;
            if (error !== null) line.reason = error;
          }
        }
      }),
  };
};
