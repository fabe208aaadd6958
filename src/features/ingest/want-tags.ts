import type { Sql } from '../../platform/database/database.ts';
import { mostAttempts } from './coalescing.ts';

/** One row of the tagging outbox. */
export interface TagRow {
  readonly tag: string;
  readonly wanted: boolean;
  readonly state: 'pending' | 'done' | 'observed' | 'refused' | 'doubt' | 'failed';
  readonly attempts: number;
  readonly doneAt: Date | null;
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
  /** A closed ticket cannot be tagged the ordinary way. */
  readonly frozen: boolean;
}

export interface TagPlan {
  readonly changes: readonly { readonly tag: string; readonly wanted: boolean; readonly state: TagRow['state'] }[];
  /** A tag of ours is gone and only the audits can tell whether a person took it away: pull them before writing. */
  readonly needsHistory: boolean;
}

/**
 * Compares what is wanted with what is there, and says what to write: nothing where nothing differs, and only tags that we
 * ourselves recorded as written are ever taken away (a partner tag may as well come from the requester's profile).
 */
export const planTags = ({ desired, onTicket, rows, mayWrite, frozen }: TagFacts): TagPlan => {
  const byTag = new Map(rows.map((row) => [row.tag, row]));
  const present = new Set(onTicket?.tags);
  const changes: { tag: string; wanted: boolean; state: TagRow['state'] }[] = [];
  let needsHistory = false;
  const openState = frozen ? 'refused' : mayWrite ? 'pending' : 'observed';

  for (const tag of desired) {
    const row = byTag.get(tag);
    if (present.has(tag)) {
      if (row && (!row.wanted || row.state !== 'done')) changes.push({ tag, wanted: true, state: 'done' });
      continue;
    }
    if (!row?.wanted) {
      changes.push({ tag, wanted: true, state: openState });
      continue;
    }
    const seenAfterWrite =
      onTicket !== null && row.state === 'done' && row.doneAt !== null && row.doneAt < onTicket.readAt;
    if (seenAfterWrite && !onTicket.withHistory) needsHistory = true;
    else if (seenAfterWrite && row.attempts >= mostAttempts) changes.push({ tag, wanted: true, state: 'failed' });
    else if (seenAfterWrite) changes.push({ tag, wanted: true, state: openState });
    else if (row.state === 'observed' && openState === 'pending') changes.push({ tag, wanted: true, state: 'pending' });
  }
  for (const row of rows) {
    if (!row.wanted || desired.includes(row.tag)) continue;
    const neverWritten =
      row.state === 'observed' || row.state === 'refused' || (row.state === 'pending' && row.attempts === 0);
    const gone = onTicket !== null && !present.has(row.tag) && (row.doneAt === null || row.doneAt < onTicket.readAt);
    changes.push({
      tag: row.tag,
      wanted: false,
      state: neverWritten || (row.state === 'done' && gone) ? 'done' : openState,
    });
  }
  return { changes, needsHistory };
};

export const loadTagRows = async (sql: Sql, ticketIds: readonly bigint[]): Promise<Map<bigint, TagRow[]>> => {
  const rows = await sql.query<{
    ticket_id: bigint;
    tag: string;
    wanted: boolean;
    state: TagRow['state'];
    attempts: number;
    done_at: Date | null;
  }>('select ticket_id, tag, wanted, state, attempts, done_at from wanted_tag where ticket_id = any($1) order by tag', [
    ticketIds,
  ]);
  const byTicket = new Map<bigint, TagRow[]>();
  for (const { ticket_id, tag, wanted, state, attempts, done_at } of rows) {
    const list = byTicket.get(ticket_id) ?? [];
    list.push({ tag, wanted, state, attempts, doneAt: done_at });
    byTicket.set(ticket_id, list);
  }
  return byTicket;
};

export const saveTagPlans = async (
  sql: Sql,
  plans: readonly { readonly ticketId: bigint; readonly changes: TagPlan['changes'] }[],
  now: Date,
): Promise<void> => {
  const rows = plans.flatMap(({ ticketId, changes }) => changes.map((change) => ({ ticketId, ...change })));
  if (rows.length === 0) return;
  await sql.query(
    `insert into wanted_tag (ticket_id, tag, wanted, state, due_at, done_at)
     select ticket_id, tag, wanted, state, case when state = 'pending' then $5::timestamptz end, case when state = 'done' then $5::timestamptz end
       from unnest($1::bigint[], $2::text[], $3::boolean[], $4::text[]) as t(ticket_id, tag, wanted, state)
     on conflict (ticket_id, tag) do update set wanted = excluded.wanted, state = excluded.state, due_at = excluded.due_at,
       done_at = coalesce(excluded.done_at, wanted_tag.done_at), claimed_until = null, last_error = null`,
    [
      rows.map((row) => row.ticketId),
      rows.map((row) => row.tag),
      rows.map((row) => row.wanted),
      rows.map((row) => row.state),
      now,
    ],
  );
};
