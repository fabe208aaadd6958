import type { Channel, PersonChange, PersonChanges, TicketStatus } from '../../helpdesks/port.ts';
import type { Sql } from '../../platform/database/database.ts';

/** The ticket row as process reads it under its lock. */
export interface LockedTicket {
  readonly id: bigint;
  readonly connectionId: number;
  readonly externalId: string;
  readonly dirtySeq: bigint;
  readonly settledSeq: bigint;
  readonly reprice: boolean;
  readonly fromBackfill: boolean;
  readonly snapshotAt: Date | null;
  readonly pulledAt: Date | null;
  readonly createdAt: Date | null;
  readonly solvedAt: Date | null;
  readonly closedAt: Date | null;
  readonly status: TicketStatus | null;
  readonly channel: Channel | null;
  readonly language: string | null;
  readonly languageReason: string | null;
  readonly reason: string | null;
  readonly requesterId: string | null;
  readonly requesterHash: Buffer | null;
  readonly requesterSealed: Buffer | null;
  readonly requesterLocale: string | null;
  readonly assigneeId: string | null;
  readonly brandId: string | null;
  readonly organizationId: string | null;
  readonly formId: string | null;
  readonly inboxId: string | null;
  readonly tags: readonly string[];
  /** Order numbers that the mapped field holds. */
  readonly orderNumbers: readonly string[];
  readonly namedNumbers: readonly string[];
  readonly namedLines: readonly bigint[];
  /** What agents changed of partner and region; null until the audits were first pulled. */
  readonly personChoice: PersonChanges | null;
  readonly parentExternalId: string | null;
  readonly mergedIntoExternalId: string | null;
}

interface TicketRow {
  id: bigint;
  connection_id: number;
  external_id: string;
  dirty_seq: bigint;
  settled_seq: bigint;
  reprice: boolean;
  from_backfill: boolean;
  snapshot_at: Date | null;
  pulled_at: Date | null;
  created_at: Date | null;
  solved_at: Date | null;
  closed_at: Date | null;
  status: TicketStatus | null;
  channel: Channel | null;
  language: string | null;
  language_reason: string | null;
  reason: string | null;
  requester_id: string | null;
  requester_hash: Buffer | null;
  requester_sealed: Buffer | null;
  requester_locale: string | null;
  assignee_id: string | null;
  brand_id: string | null;
  organization_id: string | null;
  form_id: string | null;
  inbox_id: string | null;
  tags: string[];
  order_numbers: string[];
  named_numbers: string[];
  named_lines: bigint[];
  person_choice: { partner: StoredChange[]; region: StoredChange[] } | null;
  parent_external_id: string | null;
  merged_into_external_id: string | null;
}

/** In JSON an instant is a text. */
type AsStored<Change> = Change extends PersonChange ? Omit<Change, 'at'> & { at: string } : never;
type StoredChange = AsStored<PersonChange>;

const changesOf = (stored: readonly StoredChange[]): PersonChange[] =>
  stored.map((change) => ({ ...change, at: new Date(change.at) }));

const ticketOf = (row: TicketRow): LockedTicket => {
  return {
    id: row.id,
    connectionId: row.connection_id,
    externalId: row.external_id,
    dirtySeq: row.dirty_seq,
    settledSeq: row.settled_seq,
    reprice: row.reprice,
    fromBackfill: row.from_backfill,
    snapshotAt: row.snapshot_at,
    pulledAt: row.pulled_at,
    createdAt: row.created_at,
    solvedAt: row.solved_at,
    closedAt: row.closed_at,
    status: row.status,
    channel: row.channel,
    language: row.language,
    languageReason: row.language_reason,
    reason: row.reason,
    requesterId: row.requester_id,
    requesterHash: row.requester_hash,
    requesterSealed: row.requester_sealed,
    requesterLocale: row.requester_locale,
    assigneeId: row.assignee_id,
    brandId: row.brand_id,
    organizationId: row.organization_id,
    formId: row.form_id,
    inboxId: row.inbox_id,
    tags: row.tags,
    orderNumbers: row.order_numbers,
    namedNumbers: row.named_numbers,
    namedLines: row.named_lines,
    personChoice: row.person_choice && {
      partner: changesOf(row.person_choice.partner),
      region: changesOf(row.person_choice.region),
    },
    parentExternalId: row.parent_external_id,
    mergedIntoExternalId: row.merged_into_external_id,
  };
};

const rowsSql = `
  select id, connection_id, external_id, dirty_seq, settled_seq, reprice, from_backfill, snapshot_at, pulled_at, created_at, solved_at, closed_at,
         status, channel, language, language_reason, reason, requester_id, requester_hash, requester_sealed, requester_locale, assignee_id,
         brand_id, organization_id, form_id, inbox_id, tags, order_numbers, named_numbers, named_lines, person_choice, parent_external_id, merged_into_external_id
    from ticket where id = any($1) order by connection_id, external_id`;

/**
 * Tickets as they are now. `for update` waits for their locks, in the order of all writers (store.ts); `skip locked` leaves out
 * those that somebody else holds.
 */
export const loadTickets = async (
  sql: Sql,
  ids: readonly bigint[],
  lock: '' | 'for update' | 'for update skip locked' = '',
): Promise<LockedTicket[]> => (await sql.query<TicketRow>(`${rowsSql} ${lock}`, [ids])).map(ticketOf);
