import {
  type AttributionInput,
  attribute,
  type Decision,
  mayDecide,
  type StoredDecision,
} from '../attribution/index.ts';
import type { TicketOrders } from '../orders/index.ts';
import type { SavedTicket } from './save-tickets.ts';
import type { LockedTicket } from './tickets.ts';

const noChanges = { partner: [], region: [] };
const noOrders: TicketOrders = { byNumber: [], ofRequester: [], requesterKnown: false };

/**
 * Decides a lot of tickets: targets before the sources merged into them, parents before their follow-ups. A relative outside
 * the lot counts with the decision that holds; a ring of merges ends where it was entered.
 */
export const decideLot = (
  tickets: readonly SavedTicket[],
  facts: Pick<AttributionInput, 'rules' | 'partners' | 'regions'> & {
    /** The lot and its relatives, as locked. */
    readonly rows: readonly LockedTicket[];
    readonly current: ReadonlyMap<bigint, StoredDecision>;
    readonly orders: ReadonlyMap<bigint, TicketOrders>;
    readonly tagPrefix: string;
    readonly now: Date;
  },
): Map<bigint, Decision> => {
  const { rules, partners, regions, current, orders, tagPrefix, now } = facts;
  const decisions = new Map<bigint, Decision>();
  const inLot = new Map(tickets.map((ticket) => [ticket.id, ticket]));
  const idOf = new Map(facts.rows.map(({ externalId, id }) => [externalId, id]));

  const decisionOf = (externalId: string | null, underWay: ReadonlySet<bigint>): Decision | undefined => {
    const id = externalId === null ? undefined : idOf.get(externalId);
    if (id === undefined) return undefined;
    const ticket = inLot.get(id);
    return ticket && !underWay.has(id) ? decide(ticket, underWay) : current.get(id)?.decision;
  };

  const decide = (ticket: SavedTicket, underWay: ReadonlySet<bigint>): Decision => {
    const done = decisions.get(ticket.id);
    if (done) return done;
    const held = current.get(ticket.id)?.decision;
    const { closedAt, mergedIntoExternalId } = ticket;
    const within = new Set([...underWay, ticket.id]);
    const decision =
      held && !mayDecide({ closedAt, mergedIntoExternalId, decided: true }, now)
        ? held
        : attribute({
            ticket: {
              createdAt: ticket.createdAt ?? now,
              orderNumber: ticket.orderNumbers.length > 0 ? ticket.orderNumbers.join(' ') : null,
              namedNumbers: ticket.namedNumbers,
              namedLines: ticket.namedLines,
              requesterHashKnown: ticket.requesterHash !== null,
              choices: ticket.personChoice ?? noChanges,
              brandId: ticket.brandId,
              organizationId: ticket.organizationId,
              formId: ticket.formId,
              inboxId: ticket.inboxId,
              tags: ticket.tags,
              tagPrefix,
            },
            orders: orders.get(ticket.id) ?? noOrders,
            rules,
            partners,
            regions,
            target: decisionOf(mergedIntoExternalId, within),
            parent: decisionOf(ticket.parentExternalId, within),
          });
    decisions.set(ticket.id, decision);
    return decision;
  };

  for (const ticket of tickets) decide(ticket, new Set());
  return decisions;
};
