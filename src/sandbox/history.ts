import type { OrderRecord, Refund } from './bigcommerce/model.ts';
import type { Shop } from './bigcommerce/shop.ts';
import type { GivenAnswer } from './customers.ts';
import type { PlannedTicket } from './scenario/actions.ts';
import type { Desk } from './zendesk/desk.ts';
import type { Ticket, ZendeskUser } from './zendesk/model.ts';

/** What truly happened at Zendesk and the store, for plain code that checks a report against it. All of it is live, nothing is copied. */
export interface SandboxHistory {
  orders(): readonly OrderRecord[];
  refunds(): readonly Refund[];
  /** Tickets with their audits and the tags they hold now, deleted ones included. */
  tickets(): readonly Ticket[];
  users(): ReadonlyMap<number, ZendeskUser>;
  /** The API user's id: audits of this author are the product's own writes. */
  readonly apiUserId: number;
  /** What the plan meant with a ticket: which order, whose, how it was named. */
  planned(ticketId: number): PlannedTicket | undefined;
  answers(): readonly GivenAnswer[];
}

export const createHistory = (options: {
  readonly desk: Desk;
  readonly shop: Shop;
  readonly apiUserId: number;
  readonly planned: ReadonlyMap<string, PlannedTicket>;
  readonly answers: () => readonly GivenAnswer[];
}): SandboxHistory => ({
  orders: () => [...options.shop.orders.values()],
  refunds: () => options.shop.refunds,
  tickets: () => [...options.desk.tickets.values()],
  users: () => options.desk.users,
  apiUserId: options.apiUserId,
  planned: (ticketId) => options.planned.get(String(ticketId)),
  answers: options.answers,
});
