import type { RefundInput } from '../bigcommerce/model.ts';
import type { Language, PartnerCode, Reason } from './marketplace.ts';
import type { PlannedOrder } from './orders.ts';

/** How a ticket says which order it is about. */
export type Reference =
  /** In the mapped order-number field. */
  | 'field'
  /** In the text, by somebody whose address is on the order. */
  | 'text'
  /** Not at all: the address alone finds the customer's one order, or several. */
  | 'address'
  | 'several'
  /** Somebody else's number; a number of no order. */
  | 'foreign'
  | 'missing'
  /** In the text, by an address that the store does not know. */
  | 'number only'
  /** Neither number nor a known address. */
  | 'unknown';

export interface PlannedTicket {
  /** The plan's own; also the ticket's id at Zendesk where that helpdesk plays the whole plan. */
  readonly id: number;
  readonly atMs: number;
  readonly email: string;
  readonly locale: string | null;
  readonly language: Language;
  readonly subject: string;
  readonly body: string;
  readonly channel: string;
  readonly brandId: number;
  readonly formId: number | null;
  readonly tags: readonly string[];
  readonly orderNumber: string | null;
  readonly reason: Reason;
  /** Whether the reason stands in the mapped field. */
  readonly reasonInField: boolean;
  readonly reference: Reference;
  /** The order that the customer means, whatever they write. */
  readonly orderId: number | null;
  /** Who sold that order, by the plan. */
  readonly partner: PartnerCode | null;
  readonly followUpOf: number | null;
}

export interface TicketUpdateAction {
  readonly kind: 'update';
  readonly atMs: number;
  readonly ticketId: number;
  /** An agent by place in the list. */
  readonly author: number | 'requester' | 'automation';
  readonly comment?: { readonly text: string; readonly public: boolean };
  /** What the agent's timer adds to the total as loaded; negative takes back. */
  readonly addSeconds?: number;
  /** What a bulk edit sets the total to. */
  readonly setTotal?: number;
  readonly status?: 'open' | 'pending' | 'solved' | 'closed';
  readonly assign?: boolean;
  /** The partner that an agent names by our tag, or by the mapped field. */
  readonly names?: { readonly partner: PartnerCode; readonly by: 'tag' | 'field' };
}

export type Action =
  | { readonly kind: 'order'; readonly atMs: number; readonly order: PlannedOrder }
  | { readonly kind: 'order status'; readonly atMs: number; readonly orderId: number; readonly statusId: number }
  | { readonly kind: 'refund'; readonly atMs: number; readonly orderId: number; readonly refund: RefundInput }
  | { readonly kind: 'ticket'; readonly atMs: number; readonly ticket: PlannedTicket }
  | TicketUpdateAction
  | {
      readonly kind: 'merge';
      readonly atMs: number;
      readonly ticketId: number;
      readonly intoId: number;
      readonly author: number;
    }
  | { readonly kind: 'delete'; readonly atMs: number; readonly ticketId: number; readonly author: number };

/** A ticket and what happens to it, before tickets have their ids. */
export interface Story {
  readonly ticket: Omit<PlannedTicket, 'id' | 'followUpOf'>;
  readonly updates: readonly Omit<TicketUpdateAction, 'kind' | 'ticketId'>[];
  readonly agent: number;
  readonly solvedAtMs: number;
  readonly closedAtMs: number;
  readonly deletedAtMs: number | null;
  readonly mergeInto: { readonly story: Story; readonly atMs: number } | null;
  readonly followUpOf: Story | null;
}
