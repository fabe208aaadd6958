import type { TicketValues } from './changes.ts';
import type { FieldValue } from './model.ts';

export interface NewMessage {
  readonly from: { readonly userId: number } | { readonly customerId: number };
  readonly text: string;
  /** True unless given. An agent's message that is not public is an internal note. */
  readonly public?: boolean;
  readonly channel?: string;
  readonly via?: string;
  readonly ruleId?: number;
  readonly externalId?: string | null;
  /** What the language detection would make of it; null or absent: nothing. */
  readonly language?: string | null;
  /** The channel's provider refuses it some seconds after it was sent. */
  readonly fails?: boolean;
}

/** What a rule does in the same context as what set it off. */
export interface Ruled {
  readonly id: number;
  readonly name: string;
  readonly values?: TicketValues;
  /** Sent by the rule in the name of a user. */
  readonly message?: NewMessage;
}

export interface NewTicket {
  readonly atMs: number;
  readonly customerId: number;
  readonly channel: string;
  readonly via?: string;
  readonly subject: string | null;
  /** A ticket made by API may be empty. */
  readonly message?: NewMessage;
  /** Who made it; null unless given: it came from outside. */
  readonly userId?: number | null;
  readonly tags?: readonly string[];
  readonly fields?: ReadonlyMap<number, FieldValue>;
  readonly externalId?: string | null;
  readonly assigneeId?: number;
  /** What a rule does at once, in the same context. */
  readonly ruled?: Ruled;
}

export interface TicketAction {
  readonly atMs: number;
  /** Null: a customer, or the account itself. */
  readonly userId: number | null;
  readonly message?: NewMessage;
  readonly values?: TicketValues;
  /** What the account's clock adds for this user; the reports show it once the ticket is closed. */
  readonly seconds?: number;
  readonly ruled?: Ruled;
}
