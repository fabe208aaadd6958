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

/** What would be posted: tickets, and their cost before and after, in all and by partner (null: none). */
export interface MoneyMoves {
  readonly tickets: number;
  readonly before: MoneyJson;
  readonly after: MoneyJson;
  readonly partners: readonly {
    readonly partner: string | null;
    readonly before: MoneyJson;
    readonly after: MoneyJson;
  }[];
}

/** What would be posted if these tickets were settled again, as this transaction sees rates, FX and constants; writes nothing. */
export const movesOf = async (
  tx: Sql,
  ids: readonly bigint[],
  { basis, reprice }: { readonly basis: ReportingBasis; readonly reprice: boolean },
): Promise<MoneyMoves> => {
  const moved = new Set<bigint>();
  const partners = new Map<string | null, { before: bigint; after: bigint }>();
  await inLots(ids, async (lot) => {
    const { plans } = await planWork(tx, {
      tickets: await asDecided(tx, lot, { reprice }),
      reportingCurrency: basis.currency,
      reportingTimezone: basis.timeZone,
    });
    for (const { ticketId, postings } of plans)
      for (const { partner, costMicros, reversesId } of postings) {
        moved.add(ticketId);
        const sums = partners.get(partner) ?? { before: 0n, after: 0n };
        partners.set(partner, sums);
        if (reversesId === null) sums.after += costMicros;
        else sums.before -= costMicros;
      }
  });
  const money = (micros: bigint): MoneyJson => moneyJson({ micros, currency: basis.currency } satisfies Money);
  const sum = (side: 'before' | 'after'): bigint => [...partners.values()].reduce((all, one) => all + one[side], 0n);
  return {
    tickets: moved.size,
    before: money(sum('before')),
    after: money(sum('after')),
    partners: [...partners]
      .toSorted(([a], [b]) => ((a ?? '~') < (b ?? '~') ? -1 : 1))
      .map(([partner, { before, after }]) => ({ partner, before: money(before), after: money(after) })),
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
