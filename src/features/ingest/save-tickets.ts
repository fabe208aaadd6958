import type { Sql } from '../../platform/database/database.ts';
import { deepPullMs } from './coalescing.ts';
import type { LockedTicket } from './tickets.ts';

/** A ticket as process leaves it. */
export interface SavedTicket extends Omit<LockedTicket, 'dirtySeq' | 'connectionId' | 'externalId' | 'reprice'> {
  readonly createdDay: string | null;
  /** Null: decided again from what was stored; nothing about its pulls changes. */
  readonly pull: {
    readonly notedSeq: bigint;
    /** The history came, or was asked for outright: none is owed now. */
    readonly withHistory: boolean;
    readonly againAt: Date | null;
    /** When the helpdesk's clock may have more to tell. */
    readonly historyAgainAt: Date | null;
    readonly wantsDeep: boolean;
  } | null;
}

/**
 * Writes back tickets that were pulled. They are settled at the sequence noted before the pull: if more events came meanwhile
 * their due times stay, else they are cleared. The lease ends, failures are forgotten.
 */
const savePulled = async (tx: Sql, tickets: readonly (SavedTicket & { pull: object })[]): Promise<void> => {
  if (tickets.length === 0) return;
  const rows = tickets.map((ticket) => ({
    id: ticket.id.toString(),
    from_backfill: ticket.fromBackfill,
    snapshot_at: ticket.snapshotAt,
    pulled_at: ticket.pulledAt,
    created_at: ticket.createdAt,
    created_day: ticket.createdDay,
    solved_at: ticket.solvedAt,
    closed_at: ticket.closedAt,
    status: ticket.status,
    channel: ticket.channel,
    language: ticket.language,
    language_reason: ticket.languageReason,
    reason: ticket.reason,
    requester_id: ticket.requesterId,
    requester_hash: ticket.requesterHash?.toString('hex') ?? null,
    requester_sealed: ticket.requesterSealed?.toString('hex') ?? null,
    requester_locale: ticket.requesterLocale,
    assignee_id: ticket.assigneeId,
    brand_id: ticket.brandId,
    organization_id: ticket.organizationId,
    form_id: ticket.formId,
    inbox_id: ticket.inboxId,
    tags: ticket.tags,
    order_numbers: ticket.orderNumbers,
    named_numbers: ticket.namedNumbers,
    named_lines: ticket.namedLines.map(String),
    person_choice: ticket.personChoice,
    parent_external_id: ticket.parentExternalId,
    merged_into_external_id: ticket.mergedIntoExternalId,
    noted_seq: ticket.pull.notedSeq.toString(),
    with_history: ticket.pull.withHistory,
    again_at: ticket.pull.againAt,
    history_again_at: ticket.pull.historyAgainAt,
    wants_deep: ticket.pull.wantsDeep,
  }));
  await tx.query(
    `update ticket set
       snapshot_at = r.snapshot_at, pulled_at = r.pulled_at, created_at = r.created_at, created_day = r.created_day, solved_at = r.solved_at,
       closed_at = r.closed_at, status = r.status, channel = r.channel, language = r.language, language_reason = r.language_reason, reason = r.reason,
       requester_id = r.requester_id, requester_hash = decode(r.requester_hash, 'hex'), requester_sealed = decode(r.requester_sealed, 'hex'),
       requester_locale = r.requester_locale, assignee_id = r.assignee_id, brand_id = r.brand_id, organization_id = r.organization_id,
       form_id = r.form_id, inbox_id = r.inbox_id, tags = r.tags, order_numbers = r.order_numbers, named_numbers = r.named_numbers,
       named_lines = r.named_lines, person_choice = r.person_choice, parent_external_id = r.parent_external_id,
       merged_into_external_id = r.merged_into_external_id,
       from_backfill = ticket.from_backfill and r.from_backfill,
       settled_seq = greatest(ticket.settled_seq, r.noted_seq),
       audits_pulled_at = case when r.with_history then r.pulled_at else ticket.audits_pulled_at end,
       wants_deep = case when r.with_history and ticket.dirty_seq = r.noted_seq then r.wants_deep else ticket.wants_deep or r.wants_deep end,
       due_at = case when ticket.dirty_seq = r.noted_seq then r.again_at else ticket.due_at end,
       burst_started_at = case when ticket.dirty_seq = r.noted_seq then null else ticket.burst_started_at end,
       deep_due_at = case when r.with_history and ticket.dirty_seq = r.noted_seq then r.history_again_at
                          when r.with_history then greatest(ticket.deep_due_at, r.pulled_at + $2 * interval '1 ms')
                          else ticket.deep_due_at end,
       stale_since = null, reprice = false, claimed_until = null, attempts = 0, last_error = null, older_answers = 0
     from jsonb_to_recordset($1::jsonb) as r(
       id bigint, from_backfill boolean, snapshot_at timestamptz, pulled_at timestamptz, created_at timestamptz, created_day date, solved_at timestamptz, closed_at timestamptz,
       status text, channel text, language text, language_reason text, reason text, requester_id text, requester_hash text, requester_sealed text,
       requester_locale text, assignee_id text, brand_id text, organization_id text, form_id text, inbox_id text, tags text[], order_numbers text[],
       named_numbers text[], named_lines bigint[], person_choice jsonb, parent_external_id text, merged_into_external_id text,
       noted_seq bigint, with_history boolean, again_at timestamptz, history_again_at timestamptz, wants_deep boolean)
     where ticket.id = r.id`,
    [JSON.stringify(rows), deepPullMs],
  );
};

/** Writes back tickets that were decided from what is stored: of that little can differ, and nothing about their pulls. */
const saveDecidedAgain = async (tx: Sql, tickets: readonly SavedTicket[]): Promise<void> => {
  if (tickets.length === 0) return;
  await tx.query(
    `update ticket set
       created_day = r.created_day, language = r.language, language_reason = r.language_reason, from_backfill = ticket.from_backfill and r.from_backfill,
       stale_since = null, reprice = false, claimed_until = null, attempts = 0, last_error = null
     from unnest($1::bigint[], $2::date[], $3::text[], $4::text[], $5::boolean[]) as r(id, created_day, language, language_reason, from_backfill)
     where ticket.id = r.id`,
    [
      tickets.map(({ id }) => id),
      tickets.map(({ createdDay }) => createdDay),
      tickets.map(({ language }) => language),
      tickets.map(({ languageReason }) => languageReason),
      tickets.map(({ fromBackfill }) => fromBackfill),
    ],
  );
};

const isPulled = (ticket: SavedTicket): ticket is SavedTicket & { pull: object } => ticket.pull !== null;

/** Writes a lot back as process leaves it. */
export const saveTickets = async (tx: Sql, tickets: readonly SavedTicket[]): Promise<void> => {
  await savePulled(tx, tickets.filter(isPulled));
  await saveDecidedAgain(
    tx,
    tickets.filter((ticket) => !isPulled(ticket)),
  );
};
