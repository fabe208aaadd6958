import type { SandboxHistory, SetupInputs } from '../../../src/sandbox/index.ts';
import { createAttribution, type Known, type Share, type Ticket } from './attribution.ts';
import type { Dimension } from './counts.ts';
import { type Counted, countFigures } from './figures.ts';
import { languageOf } from './languages.ts';
import { dealOut, largestFirst } from './numbers.ts';
import { type Order, readOrders } from './orders.ts';
import { createPartnerships, type HeldDays, type Partnerships } from './partnerships.ts';
import type { Period } from './periods.ts';
import { readSetup } from './setup.ts';
import { type Line, ledgerOf } from './work.ts';

export type GroupBy = readonly ('partner' | 'region')[];

/** What is counted for one cell; counts in parts per million, money in micros. */
export interface Facts {
  tickets: bigint;
  attributed: bigint;
  ticketsWorked: bigint;
  microseconds: bigint;
  cost: bigint;
  measuredCost: bigint;
  orders: bigint;
  returns: bigint;
  revenue: bigint;
  refunds: bigint;
  /** Entries and orders on lists: one each, for the largest share of its bearers. */
  unpricedEntries: bigint;
  cappedEntries: bigint;
  unpricedOrders: bigint;
  /** The same of orders and refunds by shares: where all of them are, nobody knows the revenue. */
  unpricedParts: bigint;
}

const nothing = (): Facts => ({
  tickets: 0n,
  attributed: 0n,
  ticketsWorked: 0n,
  microseconds: 0n,
  cost: 0n,
  measuredCost: 0n,
  orders: 0n,
  returns: 0n,
  revenue: 0n,
  refunds: 0n,
  unpricedEntries: 0n,
  cappedEntries: 0n,
  unpricedOrders: 0n,
  unpricedParts: 0n,
});

export interface Oracle {
  readonly orders: readonly Order[];
  readonly lines: readonly Line[];
  readonly heldTickets: ReadonlySet<number>;
  readonly cappedTickets: ReadonlySet<number>;
  /** Whether the ticket is in any figure. */
  knows(ticketId: number): boolean;
  sharesOf(ticket: Ticket, known?: Known): readonly Share[];
  /** Facts of a period, both days included, by cell: the key is JSON of [partner, region]. */
  facts(period: Period, groupBy: GroupBy): Map<string, Facts>;
  /** Every count by any dimensions. */
  figures(period: Period, by: readonly Dimension[]): Counted;
  readonly partnerships: Partnerships;
}

const unknownName = '\uffff';

/** The whole partner report of RULES.md section 7, computed from what happened at the vendors and what a person imported. */
export const createOracle = (given: {
  readonly history: SandboxHistory;
  readonly inputs: SetupInputs;
  readonly connection: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly fieldIds: {
    readonly totalTime: string;
    readonly orderNumber: string;
    readonly partner: string;
    readonly region: string;
    readonly reason: string;
  };
  /** What its agents are named by in figures. */
  readonly connectionId?: string;
  /** What forms and tags stand for. */
  readonly reasonValues?: Readonly<Record<string, string>>;
  /** In which language a customer wrote a text; null where it is too short to tell. */
  readonly textLanguage?: (text: string) => string | null;
  /** What partnerships cost beside support and bring, as it was imported, and the name of the store. */
  readonly worth?: {
    readonly otherCosts: string;
    readonly benefits: string;
    readonly store: string;
    /** The days of which the store's orders are held. */
    readonly held?: HeldDays;
  };
  /** Deleted tickets that the product never saw are in no figure: nobody can read them any more. */
  readonly isSeen: (ticketId: number) => boolean;
}): Oracle => {
  const { history, fieldIds } = given;
  const setup = readSetup(given.inputs, given);
  const orders = readOrders(history, setup);
  const { isAgent, sharesOf, ordersOf, customersOrder, profileOf } = createAttribution({
    history,
    setup,
    orders,
    fieldIds,
  });
  const tickets = history.tickets().filter(({ id, deleted }) => !deleted || given.isSeen(id));
  const ledger = ledgerOf(tickets, { history, setup, totalTimeFieldId: fieldIds.totalTime, isAgent, sharesOf });
  const linesOf = Map.groupBy(ledger.lines, ({ ticketId }) => ticketId);
  const sharesNow = new Map(tickets.map((ticket) => [ticket, sharesOf(ticket)]));
  const sharesOfId = new Map([...sharesNow].map(([{ id }, shares]) => [id, shares]));

  const partnerships = createPartnerships({
    inputs: given.worth ?? { otherCosts: '', benefits: '' },
    orders,
    store: given.worth?.store ?? '',
    held: given.worth?.held,
    setup,
  });
  const languages = new Map(
    tickets.map((ticket) => [
      ticket,
      languageOf({
        text: given.textLanguage?.(ticket.description) ?? null,
        profile: profileOf(ticket),
        order: customersOrder(ticket),
      }),
    ]),
  );

  return {
    ...ledger,
    orders,
    partnerships,
    knows: (ticketId) => sharesOfId.has(ticketId),
    sharesOf,
    figures: (period, by) =>
      countFigures(
        {
          tickets,
          orders,
          lines: ledger.lines,
          oddities: ledger.oddities,
          connection: given.connectionId ?? '',
          dayOf: setup.dayOf,
          sharesOf: (ticket) => sharesOfId.get(ticket.id) ?? [],
          ordersOf,
          languageOf: (ticket) => languages.get(ticket) ?? '',
          partnerships,
          reasons: { fieldId: fieldIds.reason, values: given.reasonValues ?? {} },
        },
        period,
        by,
      ),
    facts({ from, to }, groupBy) {
      const cells = new Map<string, Facts>();
      const cell = (partner: string | null, region: string | null): Facts => {
        const key = JSON.stringify([
          groupBy.includes('partner') ? partner : null,
          groupBy.includes('region') ? region : null,
        ]);
        const facts = cells.get(key) ?? nothing();
        cells.set(key, facts);
        return facts;
      };
      const within = (day: string): boolean => day >= from && day <= to;

      for (const ticket of tickets) {
        const worked = (linesOf.get(ticket.id) ?? []).some(({ day, microseconds }) => within(day) && microseconds > 0n);
        for (const { partner, region, ppm } of sharesNow.get(ticket) ?? []) {
          const facts = cell(partner, region);
          if (worked) facts.ticketsWorked += ppm;
          if (!within(setup.dayOf(ticket.createdAtMs))) continue;
          facts.tickets += ppm;
          if (partner !== null || region !== null) facts.attributed += ppm;
        }
      }
      for (const { ticketId, day, what } of ledger.oddities) {
        const [bearer] = largestFirst(sharesOfId.get(ticketId) ?? []);
        if (bearer && within(day)) cell(bearer.partner, bearer.region)[`${what}Entries`] += 1n;
      }
      for (const { day, partner, region, measured, microseconds, micros } of ledger.lines) {
        if (!within(day)) continue;
        const facts = cell(partner, region);
        facts.microseconds += microseconds;
        facts.cost += micros;
        if (measured) facts.measuredCost += micros;
      }
      for (const { counted, day, parts, region, revenue, refunds } of orders) {
        if (!counted) continue;
        const split = (micros: bigint | null): bigint[] =>
          micros === null
            ? parts.map(() => 0n)
            : dealOut(
                micros,
                parts.map(({ partner, ppm }) => ({ weight: ppm, name: partner ?? unknownName })),
              );
        const [bearer] = largestFirst(parts);
        if (bearer && revenue === null && within(day)) cell(bearer.partner, region).unpricedOrders += 1n;
        const given = refunds.filter((refund) => within(refund.day));
        const back = given.map(({ micros }) => split(micros));
        const earned = split(revenue);
        for (const [index, { partner, ppm }] of parts.entries()) {
          const facts = cell(partner, region);
          if (given.length > 0) facts.returns += ppm;
          for (const amounts of back) facts.refunds += amounts[index] ?? 0n;
          for (const { micros } of given) if (micros === null) facts.unpricedParts += ppm;
          if (!within(day)) continue;
          facts.orders += ppm;
          facts.revenue += earned[index] ?? 0n;
          if (revenue === null) facts.unpricedParts += ppm;
        }
      }
      return cells;
    },
  };
};
