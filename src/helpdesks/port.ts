import type { z } from 'zod';
import { UpstreamError } from '../core/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { CallCounts } from '../platform/http/call-count.ts';
import type { CallObserver } from '../platform/http/client.ts';
import type { Headers, RemoteOf, VerificationOf } from '../platform/vendor.ts';
import type { TicketSnapshot, TicketStatus, WorkReading } from './snapshot.ts';

export type { Headers, RemoteObject, RemoteState } from '../platform/vendor.ts';
/** The kinds there are, by the lines of the registry. */
export type { HelpdeskKind } from './registry.ts';
export { type ContactReason, contactReasons } from './settings.ts';
/** What a ticket is made of. */
export * from './snapshot.ts';

/** What a verified delivery says. It may decide when and how deep to pull, never what is stored. */
export interface VerifiedDelivery {
  /** Unique per event within the connection; stable over the helpdesk's retries. */
  readonly deliveryKey: string;
  readonly eventType: string;
  /** Null: the event concerns no ticket, or its type is not known to us; stored and ignored. */
  readonly ticketExternalId: string | null;
  /** How the ticket is to be pulled: `ignore` is an echo of our own write; `if unknown` may be one, yet nothing that we do makes a ticket. */
  readonly urgency: 'now' | 'now with audits' | 'later' | 'if unknown' | 'ignore';
}

export type Verification = VerificationOf<VerifiedDelivery>;

/** A request to the connection's webhook. */
export interface DeliveryInput<Settings> {
  readonly settings: Settings;
  readonly apiUserId: string | null;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** A person of the helpdesk's staff. */
export interface HelpdeskAgent {
  readonly externalId: string;
  readonly name: string | null;
}

export type FormerAgents = (userIds: readonly string[]) => Promise<ReadonlySet<string>>;

/** What a helpdesk's change feed tells of a ticket. */
export interface TicketChange {
  readonly externalId: string;
  readonly updatedAt: Date;
  /** As of that change. */
  readonly status: TicketStatus;
}

/** What a connection wants to find at its helpdesk. */
export interface RemoteWish {
  /** Where events are to be sent. */
  readonly webhookUrl: string;
  /** Ticket fields for partner, region and reason, with these values to choose from; absent: none are made. */
  readonly fields?: {
    readonly partners: readonly { readonly code: string; readonly name: string }[];
    readonly regions: readonly { readonly code: string; readonly name: string }[];
  };
  /** Where the helpdesk's own sidebar asks for a ticket's context; absent: no widget is made. */
  readonly sidebarUrl?: string;
}

/** What we have made, and keep alive, at a helpdesk. */
export type Remote = RemoteOf<RemoteWish>;

/** Something at the account that a person should know of. */
export interface Finding {
  readonly topic: 'own survey' | 'rights' | 'plan' | 'clock' | 'handle time' | 'quota' | 'fields';
  readonly level: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** What to do; null where nothing is to be done. */
  readonly next: string | null;
}

/** A ticket field of the account that a setting can name. */
export interface TicketField {
  /** As settings name it. */
  readonly id: string;
  /** As people see it; null: it has no name. */
  readonly title: string | null;
  /** As programs name it, where that is another name than the id. */
  readonly key?: string;
  /** `choices`: several at once. */
  readonly holds: 'text' | 'choice' | 'choices' | 'number' | 'other';
}

/** The tags of a ticket are written, and the helpdesk did not take the mapped fields that are to say the same. */
export class FieldsRefused extends UpstreamError {
  /** Ids of the fields. */
  readonly fields: readonly string[];
  constructor(fields: readonly string[], options?: ErrorOptions) {
    super(
      `The helpdesk did not take the ticket ${fields.length === 1 ? 'field' : 'fields'} ${fields.join(', ')}; the tags are written.`,
      { status: 422, retryable: false },
      options,
    );
    this.fields = fields;
  }
}

/** Settings that the account itself tells, and what a person should know of them. */
export interface Discovery {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
}

/** Work that a helpdesk tells of in a stream of its own instead of on the ticket, e.g. legs of phone calls. */
export interface WorkFeed {
  /** Names the stored cursor, e.g. "talk". */
  readonly name: string;
  /** Nobody asked for it by a setting: where the vendor refuses it from the first (403, 404), the account just has none. */
  readonly isOptional?: boolean;
  /**
   * Page by page to the end of the stream; the same reading may come twice. The cursor is a place of the adapter's own: no
   * answer of the vendor makes it worthless. Throws UpstreamError, which may be tried again where a 404 is not the vendor's.
   */
  walk(from: { readonly cursor: string | null; readonly since: Date }): AsyncIterable<{
    readonly work: readonly { readonly externalId: string; readonly reading: WorkReading }[];
    readonly cursor: string | null;
  }>;
}

/** A customer's answer, for the helpdesk's own record. */
export interface Score {
  /** Stable: writing it twice is writing it once. */
  readonly key: string;
  readonly requesterId: string;
  /** 1 to 5. */
  readonly score: number;
  readonly sentAt: Date;
  readonly answeredAt: Date;
  readonly language: string;
}

/** Tags to add to and take from a ticket. Mapped fields of the helpdesk that mirror our tags are set with them. */
export interface TagChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** An earlier call may have gone through: where writing over it is not refused, the adapter looks before it writes. */
  readonly inDoubt?: boolean;
}

/** One connected account. Optional members that are absent are not supported by the helpdesk. */
export interface HelpdeskClient {
  /** Who we are there; throws Refused where the credentials do not work. */
  verify(): Promise<{ readonly apiUserId: string; readonly accountName: string }>;
  /**
   * Up to 100 tickets in as few calls as the helpdesk allows. `if solved` spares the history of tickets still being worked
   * on, save where a mapped partner or region is filled and no history is held that tells who filled it. `missing`: gone
   * for good; a soft-deleted ticket comes back with status `deleted` where the helpdesk tells. `notBegun`: our part of the
   * quota, or a worker's patience, ended before their turn; never all of them, so that each pull gets further.
   */
  pullTickets(
    wanted: readonly {
      readonly externalId: string;
      readonly withHistory: 'yes' | 'no' | 'if solved';
      readonly historyHeld?: boolean;
    }[],
  ): Promise<{
    readonly tickets: readonly TicketSnapshot[];
    readonly missing: readonly string[];
    readonly notBegun?: { readonly externalIds: readonly string[]; readonly retryAfterMs: number };
    readonly agents: readonly HelpdeskAgent[];
  }>;
  /** Changes since the cursor (or since the date), page by page, to the end of the stream or, where given, to `until`. */
  walkChanges(from: { readonly cursor: string | null; readonly since: Date; readonly until?: Date }): AsyncIterable<{
    readonly changed: readonly TicketChange[];
    readonly cursor: string | null;
  }>;
  /**
   * Each idempotent. Throws UpstreamError; a ticket that takes no tags any more is status 422. With the `updatedAt` of the
   * state that we hold, helpdesks that can tell refuse to write over what changed since, and the adapter looks and tries again.
   * FieldsRefused where the tags are written and a mapped field was not taken.
   */
  changeTags(externalId: string, change: TagChange, held?: { readonly updatedAt: Date }): Promise<void>;
  /** As `changeTags` for up to 100 tickets in one call, closed ones too; answers with those refused, and why. */
  changeTagsOfMany?(
    changes: readonly ({ readonly externalId: string } & TagChange)[],
  ): Promise<{ readonly refused: readonly { readonly externalId: string; readonly reason: string }[] }>;
  /** Tickets created since that are not deleted, as the helpdesk counts them; null where it does not say. A stop ends it with the call under way. */
  count?(since: Date, stop?: AbortSignal): Promise<number | null>;
  /** Looks at the account for what keeps us from working well; reads only. */
  inspect?(): Promise<readonly Finding[]>;
  /** Finds settings that nobody gave, e.g. the ids of fields; reads only, and never contradicts what was given. */
  discover?(): Promise<Discovery>;
  /** Ticket fields that are in use, for a person to map and for us to see that mapped ones still exist; null: we may not read them. */
  fields?(): Promise<readonly TicketField[] | null>;
  readonly workFeeds?: readonly WorkFeed[];
  recordScore?(externalId: string, score: Score): Promise<void>;
  readonly remote?: Remote;
}

/** What every agent may see of a ticket: nothing of one agent's work or pay. */
export interface TicketContext {
  readonly externalId: string;
  /**
   * Names, the largest share first, each with its share where there are several; null: known to have none. The whole is null
   * while the ticket is not known here.
   */
  readonly attribution: {
    readonly partner: string | null;
    readonly region: string | null;
    readonly method: 'person' | 'field' | 'text' | 'recent orders' | 'recent orders, region' | 'rule' | 'unattributed';
    readonly confidence: 'high' | 'medium' | 'low' | null;
  } | null;
  /** Whose the figures below are, of how many days, and whether all of these were read; null where there are none. */
  readonly figures: { readonly partner: string; readonly days: number; readonly areWhole: boolean } | null;
  /** Figures of the partner named first, at pooled rates; null where there is no figure, and amounts where the account hides them. */
  readonly contactRate: number | null;
  readonly costPerTicket: { readonly amount: string; readonly currency: string } | null;
  readonly costMultiple: number | null;
  /** Answers so far, and how many a score needs, or the share of satisfied ones, between 0 and 1. */
  readonly csat:
    | { readonly n: number; readonly needed: number }
    | { readonly n: number; readonly topTwoBox: number }
    | null;
}

/** A helpdesk's own sidebar that asks an address of ours for a ticket's context. */
export interface HelpdeskSidebar<Settings> {
  /** Whether the request carries a secret of the connection, and the ticket it names, if any. Never throws. */
  ticketAsked(input: {
    readonly settings: Settings;
    readonly headers: Headers;
    readonly query: Readonly<Record<string, unknown>>;
  }): { readonly verified: boolean; readonly externalId: string | null };
  answer(context: TicketContext): object;
}

/**
 * An app of ours in the helpdesk's own workspace, which asks through the helpdesk's proxy: that signs each request with a secret
 * of the connection (a JWT, HS256). It proves the installation and no person, for the browser chooses the claims.
 */
export interface SidebarApp<Settings> {
  /** The setting that holds the secrets, a list. */
  readonly secretSetting: string;
  secrets(settings: Settings): readonly string[];
}

/** One helpdesk: the only thing the rest of the program knows of it. */
export interface HelpdeskAdapter<Settings extends z.ZodObject = z.ZodObject> {
  readonly kind: string;
  readonly settings: Settings;
  /** Keys of the settings that are encrypted at rest. */
  readonly secretKeys: readonly string[];
  /** Request headers worth keeping with a delivery; none of them secret. */
  readonly keptHeaders: readonly string[];
  /** The helpdesk measures no work: all of it is estimated from what agents wrote. Absent: it has a clock. */
  readonly clock?: 'none';
  /** Verifies raw bytes before anything parses them; never throws on what a stranger sent. */
  verifyDelivery(input: DeliveryInput<z.output<Settings>> & { readonly now: Date }): Verification;
  /** Reads a delivery that was verified when it came in, from the headers and bytes that were kept; asks for no signature. */
  readDelivery(input: DeliveryInput<z.output<Settings>>): Verification;
  /**
   * A delivery that concerns no ticket, as the helpdesk would send it with the connection's own secret: verified, stored and
   * ignored. It proves that our address leads to us; null while there is no secret. Absent where it cannot be made.
   */
  selfTest?(
    settings: z.output<Settings>,
    now: Date,
  ): { readonly headers: Readonly<Record<string, string>>; readonly body: string } | null;
  readonly sidebar?: HelpdeskSidebar<z.output<Settings>>;
  readonly sidebarApp?: SidebarApp<z.output<Settings>>;
  connect(
    settings: z.output<Settings>,
    deps: {
      readonly clock: Clock;
      /** In which a pull's patience is counted: a clock that hurries makes no call faster. Absent: `clock`. */
      readonly wall?: Clock;
      readonly allowPrivate: boolean;
      readonly apiUserId: string | null;
      /** Told of every call, for metrics. */
      readonly observe?: CallObserver;
      /** Counts calls over all processes, so that together they keep to our share; absent: each keeps to it alone. */
      readonly counts?: CallCounts;
      /** Those of these users whom we ever knew as agents; absent: what the helpdesk says today is all there is. */
      readonly formerAgents?: FormerAgents;
    },
  ): HelpdeskClient;
}
