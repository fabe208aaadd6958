import { dayIn } from '../../core/time.ts';
import { type Channel, type Closing, type Touch, uncountedClock, type WorkReading } from '../../helpdesks/port.ts';
import type { Sql } from '../../platform/database/database.ts';
import { readClosing } from './closing.ts';
import { type Constants, loadConstants } from './constants.ts';
import { estimateAgain, estimateTouches } from './estimate.ts';
import { type BulkEdits, findBulkEdits, type ValueSet } from './holds.ts';
import { type PostingCause, type Price, planPostings, type Share, type Unpriced } from './price.ts';
import { findPrices, type PriceWant } from './rates.ts';
import { type Entry, type EntryPlan, loadWork, type StoredEntry, type TicketWork, writeWork } from './store.ts';
import { type ReplayedWork, replayWork, type WorkState } from './work.ts';

/** One ticket to be costed. Without readings and touches it is decided again from what is stored. */
export interface TicketToSettle {
  readonly ticketId: bigint;
  readonly connectionId: number;
  readonly channel: Channel;
  /** The ticket's whole history; entries stored earlier that it lacks stay. */
  readonly readings?: readonly WorkReading[];
  readonly touches?: readonly Touch[];
  /** The latest closing, where the helpdesk's clock is a total per ticket. */
  readonly closing?: Closing | null | undefined;
  readonly shares: readonly Share[];
  readonly attributionVersion: number;
  /** Price with today's rates and FX instead of the frozen ones; what they price no more is a gap. */
  readonly reprice: boolean;
}

/** What a ticket costs once it is settled. */
export interface TicketCost {
  /** In the reporting currency. */
  readonly costMicros: bigint;
  /** Priced seconds, measured and estimated, after caps and corrections. */
  readonly handledSeconds: number;
  /** Entries that are shown as a gap: no rate or no FX. */
  readonly unpriced: number;
}

interface Candidate {
  readonly entry: Entry;
  readonly stored: StoredEntry | null;
}

const neverPosted = { live: false, postings: [] };

/**
 * Stored entries and new ones. A clock's entry is what it was first, but for a closing's, whose total settles late; an
 * estimate follows its touch, whose talk time may come late, and the constants, which people may change.
 */
const candidatesOf = (
  ticket: TicketToSettle,
  stored: TicketWork,
  options: { readonly constants: Constants; readonly timeZone: string },
): Candidate[] => {
  const candidates = new Map<string, Candidate>(
    [...stored].map(([key, entry]) => [
      key,
      {
        entry: entry.kind === 'estimate' ? { ...entry, rawSeconds: estimateAgain(entry, options.constants) } : entry,
        stored: entry,
      },
    ]),
  );
  const entryOf = (reading: WorkReading): Entry => ({
    sourceKey: reading.sourceKey,
    agentId: reading.agentId,
    clock: reading.clock,
    kind: 'measured',
    actor: reading.actor,
    channel: reading.channel ?? ticket.channel,
    rawSeconds: reading.rawSeconds,
    value: reading.value === null ? null : BigInt(reading.value),
    workedAt: reading.workedAt,
    workedDay: dayIn(options.timeZone, reading.workedAt),
  });
  for (const reading of ticket.readings ?? [])
    if (!candidates.has(reading.sourceKey))
      candidates.set(reading.sourceKey, { entry: entryOf(reading), stored: null });
  for (const reading of ticket.closing ? readClosing(ticket.closing, stored.values()) : []) {
    const known = stored.get(reading.sourceKey) ?? null;
    const entry = known ? { ...known, rawSeconds: reading.rawSeconds } : entryOf(reading);
    candidates.set(reading.sourceKey, { entry, stored: known });
  }
  const touches = ticket.touches ?? [];
  for (const estimate of estimateTouches(touches, { ...options, ticketChannel: ticket.channel })) {
    const known = stored.get(estimate.sourceKey) ?? null;
    const entry: Entry = known
      ? { ...known, rawSeconds: estimate.rawSeconds, clock: estimate.clock, actor: estimate.actor }
      : { ...estimate, kind: 'estimate', value: null };
    candidates.set(estimate.sourceKey, { entry, stored: known });
  }
  return [...candidates.values()];
};

const valueSetOf = (
  ticket: TicketToSettle,
  { kind, actor, agentId, clock, value, workedAt }: Entry,
): ValueSet | null =>
  kind !== 'measured' || actor !== 'agent' || agentId === null || value === null || clock === uncountedClock
    ? null
    : { connectionId: ticket.connectionId, ticketId: ticket.ticketId, agentId, workedAt, value };

const isHeld = (ticket: TicketToSettle, { entry, stored }: Candidate, bulkEdits: BulkEdits): boolean => {
  const set = valueSetOf(ticket, entry);
  return set !== null && stored?.decision !== 'accept' && bulkEdits.has(set);
};

/** Why an entry's postings change, where its state says it better than the figures do. */
const stateCauseOf = (
  stored: StoredEntry | null,
  { state, cappedSeconds }: { readonly state: WorkState; readonly cappedSeconds: number },
): PostingCause | null => {
  if (!stored) return null;
  if (state === 'held') return stored.decision === 'reject' ? 'decision' : 'hold';
  if (state === 'replaced') return 'estimate replaced';
  if (stored.state === 'held') return 'decision';
  if (stored.state === 'replaced') return 'hold';
  if (stored.capDecision !== null && stored.cappedSeconds !== cappedSeconds) return 'decision';
  return stored.unpriced === null ? null : 'rate';
};

/** Nothing is frozen for an entry of which nothing is live, or that was posted in another reporting currency. */
const needsPrice = (
  { costedSeconds }: ReplayedWork,
  stored: StoredEntry | null,
  { reprice, reportingCurrency }: { readonly reprice: boolean; readonly reportingCurrency: string },
): boolean =>
  costedSeconds > 0 && (reprice || !stored?.last.live || stored.last.postings[0]?.currency !== reportingCurrency);

const wantOf = (ticket: TicketToSettle, entry: Entry): PriceWant => ({
  connectionId: ticket.connectionId,
  agentId: entry.agentId,
  byAiAgent: entry.actor === 'ai_agent',
  day: entry.workedDay,
});

/** A person's reply that turned out to be an AI agent's has no price of its own yet. */
const hasTurned = ({ entry, stored }: Candidate): boolean => stored !== null && stored.actor !== entry.actor;

/** Whether today's rates and FX are asked instead of those that are frozen in live postings. */
const asksToday = (ticket: TicketToSettle, candidate: Candidate): boolean => ticket.reprice || hasTurned(candidate);

/** AI agents cost what somebody said they cost, else nothing: without a rate they are no gap. */
const isUnratedAi = (ticket: TicketToSettle, candidate: Candidate, today: Price | Unpriced): boolean =>
  candidate.entry.actor === 'ai_agent' &&
  today === 'no rate' &&
  (asksToday(ticket, candidate) || candidate.stored?.last.live !== true);

/** Tickets to be settled together, and what they are settled in. */
export interface SettleLot {
  readonly tickets: readonly TicketToSettle[];
  readonly reportingCurrency: string;
  readonly reportingTimezone: string;
}

/** What a lot costs; `heldElsewhere` are tickets to be decided again because a bulk edit reaches them. */
export interface Settled {
  readonly tickets: ReadonlyMap<bigint, TicketCost>;
  readonly heldElsewhere: readonly bigint[];
}

/**
 * What would bring the work entries and the ledger of a lot to what they should be; it writes nothing. The number of
 * queries does not depend on the lot. RULES sections 4 and 5.
 */
export const planWork = async (
  sql: Sql,
  lot: SettleLot,
): Promise<Settled & { readonly plans: readonly EntryPlan[] }> => {
  if (lot.tickets.length === 0) return { tickets: new Map(), heldElsewhere: [], plans: [] };
  const work = await loadWork(
    sql,
    lot.tickets.map(({ ticketId }) => ticketId),
  );
  const constants = await loadConstants(sql);
  const options = { constants, timeZone: lot.reportingTimezone };
  const gathered = lot.tickets.map((ticket) => ({
    ticket,
    candidates: candidatesOf(ticket, work.get(ticket.ticketId) ?? new Map(), options),
  }));
  const bulkEdits = await findBulkEdits(
    sql,
    gathered.flatMap(({ ticket, candidates }) => candidates.flatMap(({ entry }) => valueSetOf(ticket, entry) ?? [])),
  );
  const replayed = gathered.map(({ ticket, candidates }) => {
    const byKey = new Map(candidates.map((candidate) => [candidate.entry.sourceKey, candidate]));
    const facts = candidates.map((one) => ({
      ...one.entry,
      held: isHeld(ticket, one, bulkEdits),
      uncapped: one.stored?.capDecision === 'accept',
      rejected: one.stored?.decision === 'reject',
    }));
    const results = replayWork(facts, { constants }).flatMap((result) => {
      const candidate = byKey.get(result.fact.sourceKey);
      return candidate ? [{ ...candidate, result }] : [];
    });
    return { ticket, results };
  });
  const priceOf = await findPrices(
    sql,
    replayed.flatMap(({ ticket, results }) =>
      results.flatMap(({ entry, stored, result }) =>
        needsPrice(result, stored, {
          reprice: asksToday(ticket, { entry, stored }),
          reportingCurrency: lot.reportingCurrency,
        })
          ? [wantOf(ticket, entry)]
          : [],
      ),
    ),
    lot.reportingCurrency,
  );
  const tickets = new Map<bigint, TicketCost>();
  const plans: EntryPlan[] = [];
  for (const { ticket, results } of replayed) {
    let [costMicros, handledSeconds, unpriced] = [0n, 0, 0];
    for (const { entry, stored, result } of results) {
      const { cappedSeconds, untakenSeconds, takeBacks } = result;
      const today = priceOf(wantOf(ticket, entry));
      const unrated = isUnratedAi(ticket, { entry, stored }, today);
      const state = unrated ? 'kept' : result.state;
      const costedSeconds = unrated ? 0 : result.costedSeconds;
      const plan = planPostings({
        costedSeconds,
        takeBacks,
        measured: entry.kind === 'measured',
        workedAt: entry.workedAt,
        workedDay: entry.workedDay,
        shares: ticket.shares,
        attributionVersion: ticket.attributionVersion,
        reportingCurrency: lot.reportingCurrency,
        last: stored?.last ?? neverPosted,
        today,
        reprice: asksToday(ticket, { entry, stored }),
        stateCause: stateCauseOf(stored, { state, cappedSeconds }),
      });
      costMicros += plan.costMicros;
      handledSeconds += plan.pricedSeconds;
      unpriced += plan.unpriced === null ? 0 : 1;
      plans.push({
        ticketId: ticket.ticketId,
        connectionId: ticket.connectionId,
        stored,
        entry,
        outcome: { costedSeconds, cappedSeconds, untakenSeconds, state, unpriced: plan.unpriced },
        postings: plan.postings,
      });
    }
    tickets.set(ticket.ticketId, { costMicros, handledSeconds, unpriced });
  }
  return { tickets, heldElsewhere: bulkEdits.elsewhere, plans };
};

/**
 * Brings the work entries and the ledger of a lot of tickets to what they should be; doing it twice changes nothing.
 * Call it inside the transaction that holds the tickets' rows.
 */
export const settleWork = async (sql: Sql, lot: SettleLot & { readonly now: Date }): Promise<Settled> => {
  const { tickets, heldElsewhere, plans } = await planWork(sql, lot);
  await writeWork(sql, plans, lot.now);
  return { tickets, heldElsewhere };
};
