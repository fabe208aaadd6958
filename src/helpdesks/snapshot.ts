// A ticket as an adapter hands it over, and what it is made of. The rest of the program imports it through port.ts.

export type TicketStatus = 'new' | 'open' | 'pending' | 'hold' | 'solved' | 'closed' | 'deleted';
export const channels = ['email', 'form', 'chat', 'messaging', 'social', 'phone', 'api'] as const;
export type Channel = (typeof channels)[number];
/** An AI agent answers like an agent, but it is no human work: it is priced apart, and only where somebody gave it a rate. */
export type Actor = 'agent' | 'ai_agent' | 'rule' | 'end_user' | 'system';

/** Agents' work from assignment to end, and their part in a phone call: streams of their own beside the ticket's clock. */
export type YieldingClock = 'engagement' | 'talk';

/**
 * Clocks that may measure the same minutes as another does: a reading counts only where its agent has none of an earlier one
 * of these on the ticket, and none of a clock that is not named here.
 */
export const yieldingClocks: readonly string[] = ['engagement', 'talk'] satisfies YieldingClock[];

/** The clock of readings that another clock of the connection stands for: they are kept without cost. */
export const uncountedClock = 'not counted';

/** Raw seconds that one update of a ticket added or took away, as the helpdesk's clock has them. */
export interface WorkReading {
  /** Stable at the vendor, e.g. "audit:123". */
  readonly sourceKey: string;
  readonly agentId: string | null;
  readonly actor: Actor;
  readonly clock: string;
  /** A safe integer. Negative: a correction. */
  readonly rawSeconds: number;
  /** The absolute total that the update set. */
  readonly value: number | null;
  readonly workedAt: Date;
  readonly channel: Channel | null;
}

/** One public reply or internal note of an agent: what an estimate is made of where no clock ran. */
export interface Touch {
  readonly sourceKey: string;
  readonly agentId: string;
  /** Absent: an agent. */
  readonly actor?: 'agent' | 'ai_agent';
  readonly kind: 'public_reply' | 'internal_note';
  readonly at: Date;
  readonly channel: Channel | null;
  /** Talk seconds where the helpdesk has them. */
  readonly talkSeconds?: number;
}

/**
 * One change by an agent that may say a half. Which values mean something is for whoever knows the codes to decide, so an
 * adapter hands over every change of the mapped field, and of every tag that has the form of ours.
 */
export type PersonChange = {
  readonly by: string;
  readonly at: Date;
  readonly sourceKey: string;
} & (
  | {
      readonly source: 'field';
      /** The value set, without what makes it a tag; null: taken away. */
      readonly value: string | null;
    }
  | {
      readonly source: 'tag';
      /** What followed the tags' common start: what the change added, took away, and left beside. */
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly left: readonly string[];
    }
);

/** Changes of each half by agents, in the order in which they hold: of two that agree on the moment the later one wins. */
export interface PersonChanges {
  readonly partner: readonly PersonChange[];
  readonly region: readonly PersonChange[];
}

/**
 * A closing of a ticket on a helpdesk that keeps one growing total per ticket and shows it when the ticket is closed. What
 * the total grew by since the closings we hold is work of this one (RULES.md section 4, Gorgias).
 */
export interface Closing {
  /** Stable, and unique within the connection, e.g. "closing:123:2026-03-04T10:00:00Z". */
  readonly sourceKey: string;
  readonly at: Date;
  readonly clock: string;
  /** Seconds of the whole ticket at this moment; it may be read again and have changed. */
  readonly totalSeconds: number;
  /**
   * Who worked, in proportion; never empty, an agent perhaps several times. With `at`: of that moment, so that a later closing
   * is booked to those who worked since the one before it.
   */
  readonly workers: readonly { readonly agentId: string; readonly weight: number; readonly at?: Date }[];
  /** Whose it is where none of them worked since the closing before; absent or null: all workers'. */
  readonly assigneeId?: string | null;
  readonly channel: Channel | null;
}

/** What the audits of a ticket tell; absent from a snapshot that was pulled without them. */
export interface TicketHistory {
  readonly work: readonly WorkReading[];
  /** The latest closing, on helpdesks whose clock is a total per ticket. */
  readonly closing?: Closing | null;
  /** When the helpdesk's clock may have more to tell: the history is then pulled once more. */
  readonly againAt?: Date | null;
  readonly touches: readonly Touch[];
  /** Null: we may not read who chose, so what is held stays. */
  readonly choices: PersonChanges | null;
  /** What was chosen before is told no more, and what is held of it stays; absent or null: all is told. */
  readonly choicesSince?: Date | null;
  readonly solvedAt: Date | null;
  readonly closedAt: Date | null;
}

/** A ticket as pulled at one moment. Texts and the address live in memory alone; what is stored is in the ticket table. */
export interface TicketSnapshot {
  readonly externalId: string;
  readonly status: TicketStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly channel: Channel;
  readonly subject: string | null;
  /** The requester's first public message; of a ticket that somebody else made it may need the history, and is null without. */
  readonly firstMessage: string | null;
  readonly requester: { readonly id: string; readonly email: string | null; readonly locale: string | null } | null;
  /** BCP 47, as the helpdesk found it in the messages; absent or null where it does not tell. */
  readonly language?: string | null;
  readonly assigneeId: string | null;
  readonly brandId: string | null;
  readonly organizationId: string | null;
  readonly formId: string | null;
  readonly inboxId: string | null;
  readonly tags: readonly string[];
  /** Values of the mapped fields. */
  readonly orderNumber: string | null;
  readonly reason: string | null;
  readonly parentExternalId: string | null;
  readonly mergedIntoExternalId: string | null;
  readonly history?: TicketHistory;
  /** True where the ticket can no longer be tagged the ordinary way. */
  readonly frozen: boolean;
}
