import { Conflict } from '../../core/errors.ts';
import { parseDecimal } from '../../core/money.ts';
import type { Day } from '../../core/time.ts';
import type { Actor, Channel } from '../../helpdesks/port.ts';
import type { Sql } from '../../platform/database/database.ts';
import { insertPostings, rowsJson } from './post.ts';
import type { NewPosting, StoredPosting } from './price.ts';
import type { WorkState } from './work.ts';

/** What a work entry is, once and for all. */
export interface Entry {
  readonly sourceKey: string;
  readonly agentId: string | null;
  readonly clock: string;
  readonly kind: 'measured' | 'estimate';
  readonly actor: Actor;
  readonly channel: Channel | null;
  readonly rawSeconds: number;
  /** The absolute total that the update set, where the clock has one. */
  readonly value: bigint | null;
  readonly workedAt: Date;
  readonly workedDay: Day;
}

/** What the rules make of it. */
export interface Outcome {
  readonly costedSeconds: number;
  readonly cappedSeconds: number;
  readonly untakenSeconds: number;
  readonly state: WorkState;
  readonly unpriced: string | null;
}

export interface StoredEntry extends Entry, Outcome {
  readonly id: bigint;
  readonly connectionId: number;
  readonly decision: 'accept' | 'reject' | null;
  /** On the seconds above the cap. */
  readonly capDecision: 'accept' | 'reject' | null;
  /** The shares of the highest revision that was posted; `live` while nothing reverses them. */
  readonly last: { readonly live: boolean; readonly postings: readonly StoredPosting[] };
}

/** The work of one ticket as stored; entries by sourceKey. */
export type TicketWork = ReadonlyMap<string, StoredEntry>;

interface PostingRow extends Omit<StoredPosting, 'price'> {
  readonly workEntryId: bigint;
  readonly reversed: boolean;
  readonly hourlyMicros: bigint;
  readonly nativeCurrency: string;
  readonly rateScope: string;
  readonly rateKey: string;
  readonly rateValidFrom: Day;
  readonly fxNumerator: string;
  readonly fxDenominator: string;
  readonly fxDate: Day | null;
}

/** What is posted and what takes it back have turns (price.ts): what stands one revision above the last posting is its reversal. */
const loadLastPostings = (sql: Sql, ticketIds: readonly bigint[]): Promise<PostingRow[]> =>
  sql.query<PostingRow>(
    `select p.id, p.work_entry_id as "workEntryId", p.revision, p.share_no as "shareNo",
            p.attribution_version as "attributionVersion", p.partner, p.region, p.country, p.measured, p.microseconds,
            p.cost_micros as "costMicros", p.currency, p.native_micros as "nativeMicros",
            p.native_currency as "nativeCurrency", p.hourly_micros as "hourlyMicros", p.rate_scope as "rateScope",
            p.rate_key as "rateKey", p.rate_valid_from::text as "rateValidFrom", p.fx_numerator::text as "fxNumerator",
            p.fx_denominator::text as "fxDenominator", p.fx_date::text as "fxDate", p.worked_at as "workedAt",
            p.worked_day::text as "workedDay", p.highest > p.revision as reversed
       from (select *, max(revision) over (partition by work_entry_id) as highest
               from posting where ticket_id = any($1::bigint[])) p
      where p.reverses_id is null and p.revision >= p.highest - 1
      order by p.work_entry_id, p.share_no`,
    [ticketIds],
  );

const postingOf = (row: PostingRow): StoredPosting => ({
  id: row.id,
  revision: row.revision,
  shareNo: row.shareNo,
  attributionVersion: row.attributionVersion,
  partner: row.partner,
  region: row.region,
  country: row.country,
  measured: row.measured,
  microseconds: row.microseconds,
  costMicros: row.costMicros,
  currency: row.currency,
  nativeMicros: row.nativeMicros,
  price: {
    hourlyMicros: row.hourlyMicros,
    nativeCurrency: row.nativeCurrency,
    rateScope: row.rateScope,
    rateKey: row.rateKey,
    rateValidFrom: row.rateValidFrom,
    fx: {
      numerator: parseDecimal(row.fxNumerator).numerator,
      denominator: parseDecimal(row.fxDenominator).numerator,
      date: row.fxDate,
    },
  },
  workedAt: row.workedAt,
  workedDay: row.workedDay,
});

/** The work of each ticket asked for, with the postings that count. Two queries for any number of tickets. */
export const loadWork = async (sql: Sql, ticketIds: readonly bigint[]): Promise<Map<bigint, TicketWork>> => {
  const work = new Map<bigint, Map<string, StoredEntry>>(ticketIds.map((id) => [id, new Map()]));
  const entries = await sql.query<Omit<StoredEntry, 'last'> & { ticketId: bigint }>(
    `select id, connection_id as "connectionId", ticket_id as "ticketId", source_key as "sourceKey",
            agent_id as "agentId", clock, kind, actor, channel, raw_seconds::float8 as "rawSeconds", value,
            costed_seconds as "costedSeconds", capped_seconds::float8 as "cappedSeconds",
            untaken_seconds::float8 as "untakenSeconds", state, decision, cap_decision as "capDecision", worked_at as "workedAt",
            worked_day::text as "workedDay", unpriced
       from work_entry where ticket_id = any($1::bigint[])`,
    [ticketIds],
  );
  if (entries.length === 0) return work;
  const postings = new Map<bigint, PostingRow[]>();
  for (const row of await loadLastPostings(sql, ticketIds))
    postings.set(row.workEntryId, [...(postings.get(row.workEntryId) ?? []), row]);
  for (const { ticketId, ...entry } of entries) {
    const last = postings.get(entry.id) ?? [];
    work.get(ticketId)?.set(entry.sourceKey, {
      ...entry,
      last: { live: last.some(({ reversed }) => !reversed), postings: last.map(postingOf) },
    });
  }
  return work;
};

/** What is to be written for one entry; `stored` is null for a new one. */
export interface EntryPlan {
  readonly ticketId: bigint;
  readonly connectionId: number;
  readonly stored: StoredEntry | null;
  readonly entry: Entry;
  readonly outcome: Outcome;
  readonly postings: readonly NewPosting[];
}

const entryKey = (connectionId: number, sourceKey: string): string => `${connectionId} ${sourceKey}`;

const insertEntries = async (sql: Sql, plans: readonly EntryPlan[], now: Date): Promise<Map<string, bigint>> => {
  if (plans.length === 0) return new Map();
  const rows = await sql.query<{ id: bigint; connectionId: number; sourceKey: string }>(
    `insert into work_entry (connection_id, ticket_id, source_key, agent_id, clock, kind, actor, channel, raw_seconds,
                             value, costed_seconds, capped_seconds, untaken_seconds, state, worked_at, worked_day,
                             recorded_at, unpriced)
     select n."connectionId", n."ticketId", n."sourceKey", n."agentId", n.clock, n.kind, n.actor, n.channel,
            n."rawSeconds", n.value, n."costedSeconds", n."cappedSeconds", n."untakenSeconds", n.state, n."workedAt",
            n."workedDay", $2, n.unpriced
       from json_to_recordset($1::json) as n("connectionId" int, "ticketId" bigint, "sourceKey" text, "agentId" text,
            clock text, kind text, actor text, channel text, "rawSeconds" bigint, value bigint, "costedSeconds" int,
            "cappedSeconds" bigint, "untakenSeconds" bigint, state text, "workedAt" timestamptz, "workedDay" date,
            unpriced text)
     on conflict (connection_id, source_key) do nothing
     returning id, connection_id as "connectionId", source_key as "sourceKey"`,
    [
      rowsJson(
        plans.map(({ ticketId, connectionId, entry, outcome }) => ({ ticketId, connectionId, ...entry, ...outcome })),
      ),
      now,
    ],
  );
  return new Map(rows.map(({ id, connectionId, sourceKey }) => [entryKey(connectionId, sourceKey), id]));
};

const isChanged = ({ stored, entry, outcome }: EntryPlan): boolean =>
  stored !== null &&
  (stored.rawSeconds !== entry.rawSeconds ||
    stored.clock !== entry.clock ||
    stored.actor !== entry.actor ||
    stored.costedSeconds !== outcome.costedSeconds ||
    stored.cappedSeconds !== outcome.cappedSeconds ||
    stored.untakenSeconds !== outcome.untakenSeconds ||
    stored.state !== outcome.state ||
    stored.unpriced !== outcome.unpriced);

const updateEntries = async (sql: Sql, plans: readonly EntryPlan[]): Promise<void> => {
  const changed = plans.filter(isChanged);
  if (changed.length === 0) return;
  await sql.query(
    `update work_entry e
        set raw_seconds = n."rawSeconds", clock = n.clock, actor = n.actor, costed_seconds = n."costedSeconds",
            capped_seconds = n."cappedSeconds", untaken_seconds = n."untakenSeconds", state = n.state,
            unpriced = n.unpriced
       from json_to_recordset($1::json) as n(id bigint, "rawSeconds" bigint, clock text, actor text, "costedSeconds" int,
            "cappedSeconds" bigint, "untakenSeconds" bigint, state text, unpriced text)
      where e.id = n.id`,
    [
      rowsJson(
        changed.map(({ stored, entry, outcome }) => ({
          id: stored?.id,
          rawSeconds: entry.rawSeconds,
          clock: entry.clock,
          actor: entry.actor,
          ...outcome,
        })),
      ),
    ],
  );
};

/**
 * Writes the plans of a lot: new entries, changed outcomes, postings and rollup deltas, at most three statements. Call it
 * inside the transaction that holds the tickets' rows. Throws Conflict where a source key already belongs to another ticket.
 */
export const writeWork = async (sql: Sql, plans: readonly EntryPlan[], now: Date): Promise<void> => {
  const inserted = await insertEntries(
    sql,
    plans.filter(({ stored }) => stored === null),
    now,
  );
  await updateEntries(sql, plans);
  const rows = plans.flatMap(({ ticketId, connectionId, stored, entry, postings }) => {
    const workEntryId = stored?.id ?? inserted.get(entryKey(connectionId, entry.sourceKey));
    if (workEntryId === undefined)
      throw new Conflict(
        `Work entry ${entry.sourceKey} of connection ${connectionId} already belongs to another ticket than ${ticketId}; check whether the helpdesk moved it`,
      );
    return postings.map((posting) => ({ workEntryId, ticketId, posting, before: stored?.last.postings[0] }));
  });
  await insertPostings(sql, rows, now);
};
