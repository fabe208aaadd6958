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

const familySql = `
  with lot as (select external_id, parent_external_id, merged_into_external_id from ticket where id = any($2)),
  named as (
    select unnest($3::text[]) as external_id
    union select parent_external_id from lot where parent_external_id is not null
    union select merged_into_external_id from lot where merged_into_external_id is not null
  )
  select id from ticket where id = any($2)
  union select id from ticket where connection_id = $1 and external_id in (select external_id from named)
  union select t.id from ticket t join lot on t.connection_id = $1 and t.parent_external_id = lot.external_id
  union select t.id from ticket t join lot on t.connection_id = $1 and t.merged_into_external_id = lot.external_id`;

const rowsSql = `
  select id, connection_id, external_id, dirty_seq, settled_seq, reprice, from_backfill, snapshot_at, pulled_at, created_at, solved_at, closed_at,
         status, channel, language, language_reason, reason, requester_id, requester_hash, requester_sealed, requester_locale, assignee_id,
         brand_id, organization_id, form_id, inbox_id, tags, order_numbers, named_numbers, named_lines, person_choice, parent_external_id, merged_into_external_id
    from ticket where id = any($1) order by connection_id, external_id`;

/**
 * Locks a lot and every ticket that shares its attribution: parents and merge targets, sources and follow-ups. All of one
 * family wait for one another, so that a target's change is never missed by its source; the order is that of all writers.
 */
export const lockTickets = async (
  tx: Sql,
  connectionId: number,
  ticketIds: readonly bigint[],
  relatives: readonly string[],
): Promise<LockedTicket[]> => {
  const idsNow = async (): Promise<bigint[]> =>
    (await tx.query<{ id: bigint }>(familySql, [connectionId, ticketIds, relatives])).map(({ id }) => id);
  let ids = await idsNow();
  for (;;) {
    const rows = await tx.query<TicketRow>(`${rowsSql} for update`, [ids]);
    // Who joined the family while we waited for it was decided by what we are about to change.
    const joined = await idsNow();
    const locked = new Set(ids);
    if (joined.every((id) => locked.has(id))) return rows.map(ticketOf);
    ids = joined;
  }
};

/** The same family, for a look that writes nothing. */
export const familyOf = async (
  sql: Sql,
  connectionId: number,
  ticketIds: readonly bigint[],
): Promise<LockedTicket[]> => {
  const family = await sql.query<{ id: bigint }>(familySql, [connectionId, ticketIds, []]);
  const rows = await sql.query<TicketRow>(rowsSql, [family.map(({ id }) => id)]);
  return rows.map(ticketOf);
};

/** Of the locked family, those that take their attribution from these tickets: merge sources and follow-ups. */
export const dependantsOf = (locked: readonly LockedTicket[], ticketIds: readonly bigint[]): bigint[] => {
  const changed = new Set(ticketIds);
  const sources = new Set(locked.flatMap(({ id, externalId }) => (changed.has(id) ? [externalId] : [])));
  return locked.flatMap(({ id, parentExternalId, mergedIntoExternalId }) =>
    !changed.has(id) && (sources.has(parentExternalId ?? '') || sources.has(mergedIntoExternalId ?? '')) ? [id] : [],
  );
};
