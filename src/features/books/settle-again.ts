import { type Money, moneyJson } from '../../core/money.ts';
import type { Channel } from '../../helpdesks/port.ts';
import type { Sql } from '../../platform/database/database.ts';
import { loadCurrent } from '../attribution/index.ts';
import { planWork, settleWork, type TicketToSettle } from '../costing/index.ts';
import type { ReportingBasis } from '../directory/index.ts';
import { ticketOrigins } from '../ingest/index.ts';

const ticketsAtOnce = 200;

/** Tickets as they are attributed, to be settled from what is stored; those that were never decided are left out. */
const asDecided = async (
  sql: Sql,
  ids: readonly bigint[],
  { reprice }: { reprice: boolean },
): Promise<TicketToSettle[]> => {
  const decided = await loadCurrent(sql, ids);
  return (await ticketOrigins(sql, ids)).flatMap(({ channel, ...origin }) => {
    const current = decided.get(origin.ticketId);
    if (!current) return [];
    return [
      {
        ...origin,
        channel: (channel ?? 'email') as Channel,
        shares: current.decision.shares,
        attributionVersion: current.version,
        reprice,
      },
    ];
  });
};

const inLots = async (ids: readonly bigint[], work: (lot: readonly bigint[]) => Promise<void>): Promise<void> => {
  for (let start = 0; start < ids.length; start += ticketsAtOnce) await work(ids.slice(start, start + ticketsAtOnce));
};

/** Settles tickets at today's rates and FX, in the caller's transaction. Returns how many entries have no price. */
export const repriceAll = async (
  tx: Sql,
  ids: readonly bigint[],
  { basis, now }: { readonly basis: ReportingBasis; readonly now: Date },
): Promise<number> => {
  let unpriced = 0;
  await inLots(ids, async (lot) => {
    const settled = await settleWork(tx, {
      tickets: await asDecided(tx, lot, { reprice: true }),
      reportingCurrency: basis.currency,
      reportingTimezone: basis.timeZone,
      now,
    });
    for (const cost of settled.tickets.values()) unpriced += cost.unpriced;
  });
  return unpriced;
};

type MoneyJson = ReturnType<typeof moneyJson>;

/** What would be posted: tickets, and their cost before and after, in all and by partner (null: none); a cost is null where none of its work has a price. */
export interface MoneyMoves {
  readonly tickets: number;
  readonly before: MoneyJson | null;
  readonly after: MoneyJson | null;
  /** Entries among them that have no price: in neither cost. */
  readonly unpricedEntries: { readonly before: number; readonly after: number };
  readonly partners: readonly {
    readonly partner: string | null;
    readonly before: MoneyJson | null;
    readonly after: MoneyJson | null;
  }[];
}

type Moment = 'before' | 'after';
interface Moved {
  readonly micros: Record<Moment, bigint>;
  /** Postings of entries that have a price at the other moment alone. */
  readonly gaps: Record<Moment, number>;
}

/** What would be posted if these tickets were settled again, as this transaction sees rates, FX and constants; writes nothing. */
export const movesOf = async (
  tx: Sql,
  ids: readonly bigint[],
  { basis, reprice }: { readonly basis: ReportingBasis; readonly reprice: boolean },
): Promise<MoneyMoves> => {
  const moved = new Set<bigint>();
  const partners = new Map<string | null, Moved>();
  const unpricedEntries = { before: 0, after: 0 };
  await inLots(ids, async (lot) => {
    const { plans } = await planWork(tx, {
      tickets: await asDecided(tx, lot, { reprice }),
      reportingCurrency: basis.currency,
      reportingTimezone: basis.timeZone,
    });
    for (const { ticketId, stored, outcome, postings } of plans) {
      if (postings.length === 0) continue;
      moved.add(ticketId);
      const isGap = { before: stored !== null && stored.unpriced !== null, after: outcome.unpriced !== null };
      for (const moment of ['before', 'after'] as const) if (isGap[moment]) unpricedEntries[moment] += 1;
      for (const { partner, costMicros, reversesId } of postings) {
        const { micros, gaps } = partners.get(partner) ?? {
          micros: { before: 0n, after: 0n },
          gaps: { before: 0, after: 0 },
        };
        partners.set(partner, { micros, gaps });
        if (reversesId === null) micros.after += costMicros;
        else micros.before -= costMicros;
        const other = reversesId === null ? 'before' : 'after';
        if (isGap[other]) gaps[other] += 1;
      }
    }
  });
  /** Nothing for want of a price is no cost of 0.00. */
  const costOf = (some: readonly Moved[], moment: Moment): MoneyJson | null => {
    const micros = some.reduce((all, one) => all + one.micros[moment], 0n);
    if (micros === 0n && some.some(({ gaps }) => gaps[moment] > 0)) return null;
    return moneyJson({ micros, currency: basis.currency } satisfies Money);
  };
  const all = [...partners.values()];
  return {
    tickets: moved.size,
    before: costOf(all, 'before'),
    after: costOf(all, 'after'),
    unpricedEntries,
    partners: [...partners]
      .toSorted(([a], [b]) => ((a ?? '~') < (b ?? '~') ? -1 : 1))
      .map(([partner, one]) => ({ partner, before: costOf([one], 'before'), after: costOf([one], 'after') })),
  };
};

/**
 * Of these tickets those that the rules, at the frozen prices, would settle differently from what is stored: none, where the
 * ledger is what it should be. Tickets that wait to be decided again are left out.
 */
export const differingTickets = async (
  sql: Sql,
  ids: readonly bigint[],
  { basis }: { readonly basis: ReportingBasis },
): Promise<bigint[]> => {
  const wrong = new Set<bigint>();
  await inLots(ids, async (lot) => {
    const { plans } = await planWork(sql, {
      tickets: await asDecided(sql, lot, { reprice: false }),
      reportingCurrency: basis.currency,
      reportingTimezone: basis.timeZone,
    });
    for (const { ticketId, postings } of plans) if (postings.length > 0) wrong.add(ticketId);
  });
  return [...wrong];
};
