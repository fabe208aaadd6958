import { LimitReached, UpstreamError } from '../../core/errors.ts';
import { FieldsRefused, type HelpdeskClient, type TagChange } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { RunStep, StepLine } from '../../platform/log.ts';
import type { Connection, Directory } from '../directory/index.ts';
import { isPending, letGo, takeOver, whileClaimed } from './claim-tags.ts';
import { mostAttempts, retryDelayMs } from './coalescing.ts';
import { identified } from './identify.ts';
import { forbiddenRetryMs, isForbidden, isOutage } from './isolate.ts';
import { createFieldLook } from './look-at-fields.ts';
import type { Lot } from './store.ts';
import type { Troubles } from './trouble.ts';

/** Tickets of one lot that are looked up, tagged and recorded together; the rate budget of the client bounds the pace. */
const writersAtOnce = 8;

interface DueTag {
  ticket_id: bigint;
  external_id: string;
  tag: string;
  wanted: boolean;
  attempts: number;
  /** The last call for it failed, or its worker was lost: something may have been written all the same. */
  in_doubt: boolean;
  /** The state of the ticket as we hold it. */
  snapshot_at: Date | null;
  /** Closed, or of history: it goes by job where the helpdesk has jobs. */
  by_job: boolean;
}

/**
 * Tags of a few tickets as they are wanted at this moment, right before the calls: none where the connection went back to
 * `observe`, where they were settled, or where the lease ended and another worker has them. Written so that the primary key
 * alone can serve: by the claim, each few read all tags of their lot.
 */
const dueTags = (sql: Sql, ticketIds: readonly bigint[], claim: Date, now: Date): Promise<DueTag[]> =>
  sql.query<DueTag>(
    `select w.ticket_id, t.external_id, w.tag, w.wanted, w.attempts, w.last_error is not null as in_doubt, t.snapshot_at, t.from_backfill or t.status = 'closed' as by_job
       from wanted_tag w join ticket t on t.id = w.ticket_id
       join connection c on c.id = t.connection_id and c.mode = 'act' and c.disabled_at is null
      where w.ticket_id = any($1) and w.claimed_until is not distinct from $2 and w.due_at <= $3 and ${isPending} order by w.tag`,
    [ticketIds, claim, now],
    { preparedAs: 'due tags' },
  );

/** All that is due on one ticket; `first` is any of it. */
interface DueTicket {
  readonly first: DueTag;
  readonly rows: readonly DueTag[];
}

const ticketsOf = (rows: readonly DueTag[]): DueTicket[] =>
  [...Map.groupBy(rows, (row) => row.ticket_id).values()].flatMap((ofTicket) =>
    ofTicket[0] ? [{ first: ofTicket[0], rows: ofTicket }] : [],
  );

const changeOf = (rows: readonly DueTag[]): TagChange => ({
  add: rows.filter(({ wanted }) => wanted).map(({ tag }) => tag),
  remove: rows.filter(({ wanted }) => !wanted).map(({ tag }) => tag),
  ...(rows.some(({ in_doubt }) => in_doubt) && { inDoubt: true }),
});

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
 * wish is written once more. Rows are locked in the order of all writers: a ring of locks would lose what landed.
 */
const record = async (sql: Sql, outcomes: readonly Outcome[], now: Date): Promise<void> => {
  if (outcomes.length === 0) return;
  const rows = outcomes.flatMap((outcome) => outcome.tags.map(({ tag, wanted }) => ({ ...outcome, tag, wanted })));
  await sql.query(
    `with r as (
       select * from unnest($1::bigint[], $2::text[], $3::boolean[], $4::text[], $5::boolean[], $6::timestamptz[], $7::text[])
         as given(ticket_id, tag, wanted, state, counted, due_at, error)
     ), held as (
       select w.ticket_id, w.tag from wanted_tag w join r on r.ticket_id = w.ticket_id and r.tag = w.tag order by w.ticket_id, w.tag for update of w
     )
     update wanted_tag w set
       state = case when w.wanted <> r.wanted and w.state = 'done' then 'pending'
                    when w.wanted = r.wanted and (w.state = 'pending' or r.state <> 'pending') then r.state else w.state end,
       due_at = case when w.wanted <> r.wanted and w.state = 'done' then $8::timestamptz
                     when w.wanted = r.wanted and (w.state = 'pending' or r.state <> 'pending') then r.due_at else w.due_at end,
       attempts = w.attempts + case when r.counted or w.wanted <> r.wanted then 1 else 0 end,
       done_at = case when w.wanted = r.wanted and r.state = 'done' then $8::timestamptz else w.done_at end,
       claimed_until = null, last_error = r.error
       from r join held using (ticket_id, tag) where w.ticket_id = r.ticket_id and w.tag = r.tag`,
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
  /** The wall's time, in which leases are counted. */
  readonly wall: Clock;
  readonly runStep: RunStep;
  readonly directory: Directory;
  readonly clientOf: (connection: Connection) => HelpdeskClient;
  readonly troubles: Troubles;
}) => {
  const { sql, clock, runStep, directory, troubles } = deps;
  const lookAtFields = createFieldLook(deps);

  type Result = Omit<Outcome, 'ticketId' | 'tags'>;
  const done: Result = { state: 'done', counted: true, dueAt: null, error: null };
  const refused = (error: string): Result => ({ state: 'refused', counted: true, dueAt: null, error });

  const failed = (error: unknown, attemptsBefore: number): Result => {
    const message = error instanceof Error ? error.message.slice(0, 500) : 'unknown error';
    const now = clock.now().getTime();
    if (error instanceof LimitReached)
      return { state: 'pending', counted: false, dueAt: new Date(now + error.retryAfterMs), error: message };
    if (error instanceof UpstreamError && !error.retryable && [404, 410, 422].includes(error.status ?? 0))
      return refused(message);
    // Adding and removing tags is idempotent: a call whose answer was lost is simply made again.
    if (isOutage(error)) {
      const dueAt = new Date(now + retryDelayMs(attemptsBefore + 2));
      return { state: 'pending', counted: false, dueAt, error: message };
    }
    const attempts = attemptsBefore + 1;
    if (attempts >= mostAttempts) return { state: 'failed', counted: true, dueAt: null, error: message };
    const dueAt = new Date(now + (isForbidden(error) ? forbiddenRetryMs : retryDelayMs(attempts)));
    return { state: 'pending', counted: true, dueAt, error: message };
  };

  /** The tags are written, so the ticket is done with; whether a mapped field is gone is the connection's matter. */
  const doneButFields = (error: FieldsRefused): Result => ({ ...done, error: error.message.slice(0, 500) });

  /** Why fields were refused, for the connection's status; where that cannot be seen the watch looks again. */
  const seeWhy = (connection: Connection, line: StepLine): Promise<void> =>
    lookAtFields(connection, { refused: true }).catch((thrown: unknown) => {
      line.fieldsUnseen = thrown instanceof Error ? thrown.message : 'unknown error';
    });

  interface Account {
    readonly connection: Connection;
    readonly client: HelpdeskClient;
    /** Set once a field was refused beside tags that were written. */
    fieldsRefused: boolean;
    /** That it works was told, and nothing went wrong since. */
    toldWell: boolean;
  }

  const meet = async (account: Account, error: unknown): Promise<void> => {
    if (!isOutage(error) && !isForbidden(error)) return;
    account.toldWell = false;
    await troubles.met(account.connection.id, 'tags', error);
  };

  /** Writes all rows of each ticket with as few calls as the helpdesk allows. */
  const writeMany = async (account: Account, tickets: readonly DueTicket[]): Promise<Outcome[]> => {
    const outcome = ({ first, rows }: DueTicket, result: Result): Outcome => ({
      ticketId: first.ticket_id,
      tags: rows,
      ...result,
    });
    try {
      const changes = tickets.map(({ first, rows }) => ({ externalId: first.external_id, ...changeOf(rows) }));
      const answer = await account.client.changeTagsOfMany?.(changes);
      const reasons = new Map(answer?.refused.map(({ externalId, reason }) => [externalId, reason]));
      return tickets.map((ticket) => {
        const reason = reasons.get(ticket.first.external_id);
        return outcome(ticket, reason === undefined ? done : refused(reason.slice(0, 500)));
      });
    } catch (error) {
      await meet(account, error);
      return tickets.map((ticket) => outcome(ticket, failed(error, ticket.first.attempts)));
    }
  };

  /** Writes all rows of one ticket; one that was closed since we read it goes by job. */
  const writeOne = async (account: Account, ticket: DueTicket): Promise<Outcome> => {
    const { first, rows } = ticket;
    const held = first.snapshot_at ? [{ updatedAt: first.snapshot_at }] : [];
    const result = await account.client.changeTags(first.external_id, changeOf(rows), ...held).then(
      () => done,
      async (error: unknown) => {
        if (error instanceof FieldsRefused) {
          account.fieldsRefused = true;
          return doneButFields(error);
        }
        if (error instanceof UpstreamError && error.status === 422 && account.client.changeTagsOfMany) return null;
        await meet(account, error);
        return failed(error, first.attempts);
      },
    );
    if (result) return { ticketId: first.ticket_id, tags: rows, ...result };
    const [byJob] = await writeMany(account, [ticket]);
    return byJob ?? { ticketId: first.ticket_id, tags: rows, ...done };
  };

  return {
    /** Writes the due tags of one lot: closed tickets and those of history together where the helpdesk can, all others one by one. */
    act: (lot: Lot): Promise<void> =>
      runStep('act', async (line) => {
        line.connection = lot.connectionId;
        const named = await directory.connections.get(String(lot.connectionId));
        if (named.mode !== 'act') return letGo(sql, lot);
        const connection = await identified(deps, named);
        if (await troubles.heldUntil(connection.id, 'tags')) return letGo(sql, lot);
        const { claim, ticketIds } = await takeOver(sql, lot);
        line.tickets = ticketIds.length;
        if (claim === null) return;
        const account: Account = {
          connection,
          client: deps.clientOf(connection),
          fieldsRefused: false,
          toldWell: false,
        };
        const settle = async (outcomes: readonly Outcome[]): Promise<void> => {
          await record(sql, outcomes, clock.now());
          if (!account.toldWell && outcomes.some(({ state }) => state === 'done')) {
            account.toldWell = true;
            await troubles.well(connection.id, 'tags');
          }
          for (const { state, error } of outcomes) {
            line[state] = Number(line[state] ?? 0) + 1;
            if (error !== null) line.reason = error;
          }
        };
        await whileClaimed(deps, { ticketIds, claim }, async (byName) => {
          const dueOf = (ids: readonly bigint[]): Promise<DueTicket[]> =>
            byName(async (present) => ticketsOf(await dueTags(sql, ids, present, clock.now())));
          const byJob = account.client.changeTagsOfMany
            ? (await dueOf(ticketIds)).filter(({ first }) => first.by_job)
            : [];
          if (byJob.length > 0) await settle(await writeMany(account, byJob));
          const settled = new Set(byJob.map(({ first }) => first.ticket_id));
          const singly = ticketIds.filter((id) => !settled.has(id));
          for (let start = 0; start < singly.length; start += writersAtOnce) {
            const those = singly.slice(start, start + writersAtOnce);
            const due = await dueOf(those);
            await settle(await Promise.all(due.map((ticket) => writeOne(account, ticket))));
            if (due.length < those.length) line.left = Number(line.left ?? 0) + those.length - due.length;
          }
        });
        // After all that was written is recorded: the look waits for history's part of the quota.
        if (account.fieldsRefused) await seeWhy(connection, line);
      }),
  };
};
