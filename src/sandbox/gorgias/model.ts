/** Somebody with a login: an agent, an admin, or a bot that acts by itself. */
export interface GorgiasUser {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly role: 'admin' | 'agent' | 'bot';
  readonly createdAtMs: number;
}

export interface Customer {
  readonly id: number;
  name: string | null;
  /** Null for people who came by phone or a social network. */
  email: string | null;
  readonly phone: string | null;
  language: string | null;
  externalId: string | null;
  note: string | null;
  data: unknown;
  /** By the id of the HTTP integration that fetched it. */
  readonly integrations: Map<number, unknown>;
  readonly createdAtMs: number;
  updatedAtMs: number;
}

export interface Message {
  readonly id: number;
  /** Changes when the ticket is merged into another. */
  ticketId: number;
  readonly channel: string;
  readonly via: string;
  readonly public: boolean;
  readonly fromAgent: boolean;
  /** A user's id where `fromAgent`, else a customer's. */
  readonly senderId: number;
  readonly receiverId: number | null;
  /** Set: a rule sent it. */
  readonly ruleId: number | null;
  readonly subject: string | null;
  readonly text: string;
  readonly externalId: string | null;
  readonly createdAtMs: number;
  readonly sentAtMs: number | null;
  failedAtMs: number | null;
}

export type FieldValue = string | number | boolean;

/** Seconds an agent spent on a ticket, as the account's own clock took them. */
export interface Work {
  readonly atMs: number;
  readonly userId: number;
  readonly seconds: number;
}

export interface Ticket {
  readonly id: number;
  status: 'open' | 'closed';
  priority: string;
  readonly channel: string;
  readonly via: string;
  readonly fromAgent: boolean;
  spam: boolean;
  isUnread: boolean;
  customerId: number;
  assigneeId: number | null;
  /** Found in the customer's first words and never again. */
  language: string | null;
  subject: string | null;
  externalId: string | null;
  meta: unknown;
  tagIds: readonly number[];
  readonly fields: Map<number, FieldValue>;
  messages: Message[];
  readonly createdAtMs: number;
  openedAtMs: number | null;
  lastMessageAtMs: number | null;
  lastReceivedAtMs: number | null;
  updatedAtMs: number;
  closedAtMs: number | null;
  trashedAtMs: number | null;
  snoozeUntilMs: number | null;
  mergedInto: number | null;
  surveyId: number | null;
  readonly work: Work[];
  readonly events: AccountEvent[];
}

export interface Tag {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly color: string | null;
  readonly createdAtMs: number;
}

export interface CustomField {
  readonly id: number;
  readonly objectType: 'Ticket' | 'Customer';
  label: string;
  description: string | null;
  readonly dataType: 'text' | 'number' | 'boolean';
  /** A drop-down's choices; null: any value of the data type. */
  choices: readonly string[] | null;
  readonly priority: number;
  required: boolean;
  readonly externalId: string | null;
  readonly createdAtMs: number;
  updatedAtMs: number;
  deactivatedAtMs: number | null;
}

export interface Survey {
  readonly id: number;
  readonly ticketId: number;
  customerId: number;
  score: number | null;
  text: string | null;
  meta: unknown;
  readonly createdAtMs: number;
  sentAtMs: number | null;
  scoredAtMs: number | null;
  shouldSendAtMs: number | null;
}

export interface VoiceCall {
  readonly id: number;
  readonly ticketId: number;
  readonly customerId: number;
  readonly userId: number | null;
  readonly direction: 'inbound' | 'outbound';
  readonly seconds: number;
  readonly startedAtMs: number;
}

/** One thing that happened in the account; `contextNo` is shared by all that one operation did. */
export interface AccountEvent {
  readonly id: number;
  readonly contextNo: number;
  readonly atMs: number;
  readonly type: string;
  readonly objectType: string;
  readonly objectId: number;
  /** Null: a customer, a rule or the account itself did it. */
  readonly userId: number | null;
  readonly data: Readonly<Record<string, unknown>> | null;
}

/** One operation on a ticket, for whoever is subscribed. */
export interface TicketOperation {
  readonly ticket: Ticket;
  readonly events: readonly AccountEvent[];
  /** By the id of the message that an event is about. */
  readonly messages: ReadonlyMap<number, Message>;
}
