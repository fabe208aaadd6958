import type { Sql } from '../../platform/database/database.ts';
import { mostAttempts } from './coalescing.ts';

/** One row of the tagging outbox. */
export interface TagRow {
  readonly tag: string;
  readonly wanted: boolean;
  readonly state: 'pending' | 'done' | 'observed' | 'refused' | 'doubt' | 'failed';
  readonly attempts: number;
  readonly doneAt: Date | null;
  /** A call for it was made or is under way: the ticket may carry the tag although nothing is recorded. */
  readonly tried: boolean;
  /** The last call for it failed. Where it is `failed` without that, somebody took it away as often as it was written. */
  readonly callFailed: boolean;
}

/** What process knows of a ticket's tags. */
export interface TagFacts {
  /** Tags that the attribution asks for. */
  readonly desired: readonly string[];
  /** Tags on the ticket, and when they were read; null: decided again without a pull. */
  readonly onTicket: { readonly tags: readonly string[]; readonly readAt: Date; readonly withHistory: boolean } | null;
  readonly rows: readonly TagRow[];
  /** Whether what is wanted may be written: mode `act`, and not a ticket known from history alone. */
  readonly mayWrite: boolean;
  /** The ticket takes no tags: it is deleted, or closed on a helpdesk that cannot tag closed tickets. */
  readonly frozen: boolean;
  /** It is closed, and can be tagged all the same: but what was only observed stays so, for nobody was shown it. */
  readonly closed?: boolean;
}

interface TagPlan {
  readonly changes: readonly { readonly tag: string; readonly wanted: boolean; readonly state: TagRow['state'] }[];
  /** A tag of ours is gone and only the audits can tell whether a person took it away: pull them before writing. */
  readonly needsHistory: boolean;
}

const openStateOf = ({ mayWrite, frozen }: Pick<TagFacts, 'mayWrite' | 'frozen'>): TagRow['state'] =>
  frozen ? 'refused' : mayWrite ? 'pending' : 'observed';

/** What becomes of a tag that the attribution asks for; null: it stays as it is; `ask`: the audits must tell first. */
const wish = (
  tag: string,
  row: TagRow | undefined,
  { onTicket, mayWrite, frozen, closed = false }: TagFacts,
): TagRow['state'] | 'ask' | null => {
  const openState = openStateOf({ mayWrite, frozen });
  if (onTicket?.tags.includes(tag)) return row && (!row.wanted || row.state !== 'done') ? 'done' : null;
  if (!row?.wanted) return openState;
  if (row.state === 'observed') return openState === 'pending' && !closed ? 'pending' : null;
  // The ticket was pulled anew, so something changed: what the helpdesk refused then gets another try.
  if (onTicket && row.state === 'failed' && row.callFailed) return openState;
  const seenGone = onTicket && row.state === 'done' && row.doneAt !== null && row.doneAt < onTicket.readAt;
  if (!seenGone) return null;
  if (!onTicket.withHistory) return 'ask';
  return row.attempts >= mostAttempts ? 'failed' : openState;
};

/** What becomes of a tag that we recorded and that the attribution asks for no more; null: it stays as it is. */
const farewell = (row: TagRow, { onTicket, mayWrite, frozen, closed = false }: TagFacts): TagRow['state'] | null => {
  const openState = openStateOf({ mayWrite, frozen });
  const carried = row.state === 'done' || row.doneAt !== null || row.tried;
  const gone =
    onTicket !== null &&
    !onTicket.tags.includes(row.tag) &&
    (row.doneAt === null || row.doneAt < onTicket.readAt) &&
    // What is under way may land after the ticket was read.
    !(row.state === 'pending' && row.tried);
  const settled = row.state === 'refused' || !carried || gone;
  if (row.wanted) return settled ? 'done' : openState;
  if (row.state === 'pending') return settled ? 'done' : null;
  if (onTicket && row.state === 'failed') return settled ? 'done' : openState;
  return row.state === 'observed' && openState === 'pending' && !closed ? (settled ? 'done' : 'pending') : null;
};

/**
 * Compares what is wanted with what is there, and says what to write: nothing where nothing differs, and only tags that we
 * ourselves recorded as written are ever taken away (a partner tag may as well come from the requester's profile).
 */
export const planTags = (facts: TagFacts): TagPlan => {
  const byTag = new Map(facts.rows.map((row) => [row.tag, row]));
  const wishes = facts.desired.map((tag) => ({ tag, next: wish(tag, byTag.get(tag), facts) }));
  const farewells = facts.rows
    .filter(({ tag }) => !facts.desired.includes(tag))
    .map((row) => ({ tag: row.tag, next: farewell(row, facts) }));
  return {
    changes: [
      ...wishes.flatMap(({ tag, next }) => (next && next !== 'ask' ? [{ tag, wanted: true, state: next }] : [])),
      ...farewells.flatMap(({ tag, next }) => (next ? [{ tag, wanted: false, state: next } as const] : [])),
    ],
    needsHistory: wishes.some(({ next }) => next === 'ask'),
  };
};

export const loadTagRows = async (sql: Sql, ticketIds: readonly bigint[]): Promise<Map<bigint, TagRow[]>> => {
  const rows = await sql.query<{
    ticket_id: bigint;
    tag: string;
    wanted: boolean;
    state: TagRow['state'];
    attempts: number;
    done_at: Date | null;
    tried: boolean;
    call_failed: boolean;
  }>(
    `select ticket_id, tag, wanted, state, attempts, done_at,
            attempts > 0 or last_error is not null or claimed_until is not null as tried, last_error is not null as call_failed
       from wanted_tag where ticket_id = any($1) order by tag`,
    [ticketIds],
  );
  const byTicket = new Map<bigint, TagRow[]>();
  for (const { ticket_id, tag, wanted, state, attempts, done_at, tried, call_failed } of rows) {
    const list = byTicket.get(ticket_id) ?? [];
    list.push({ tag, wanted, state, attempts, doneAt: done_at, tried, callFailed: call_failed });
    byTicket.set(ticket_id, list);
  }
  return byTicket;
};

/** A lease stays: while a call is under way, no other worker writes the opposite past it. */
export const saveTagPlans = async (
  sql: Sql,
  connectionId: number,
  plans: readonly { readonly ticketId: bigint; readonly changes: TagPlan['changes'] }[],
  now: Date,
): Promise<void> => {
  const rows = plans.flatMap(({ ticketId, changes }) => changes.map((change) => ({ ticketId, ...change })));
  if (rows.length === 0) return;
  await sql.query(
    `insert into wanted_tag (ticket_id, connection_id, tag, wanted, state, due_at, done_at)
     select ticket_id, $6, tag, wanted, state, case when state = 'pending' then $5::timestamptz end, case when state = 'done' then $5::timestamptz end
       from unnest($1::bigint[], $2::text[], $3::boolean[], $4::text[]) as t(ticket_id, tag, wanted, state)
      order by ticket_id, tag
     on conflict (ticket_id, tag) do update set wanted = excluded.wanted, state = excluded.state, due_at = excluded.due_at,
       done_at = coalesce(excluded.done_at, wanted_tag.done_at)`,
    [
      rows.map((row) => row.ticketId),
      rows.map((row) => row.tag),
      rows.map((row) => row.wanted),
      rows.map((row) => row.state),
      now,
      connectionId,
    ],
  );
};
