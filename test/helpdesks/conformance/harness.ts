import type { HelpdeskAdapter } from '../../../src/helpdesks/port.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { ProofHarness, ProofOptional } from '../../conformance/proofs.ts';

/** What an adapter or its helpdesk may lack. */
export type Optional =
  | 'count'
  | 'inspect'
  | 'discover'
  | 'fields'
  | 'changeTagsOfMany'
  | 'workFeeds'
  | 'recordScore'
  | 'remote'
  /** Fields of tickets that our remote set-up makes. */
  | 'ticket fields'
  /** A field of the partner that `changeTags` has to set beside the tags. */
  | 'partner field'
  | 'sidebar'
  /** Deliveries that say who caused them. */
  | 'own echoes'
  /** A measure of agents' work; without one (`clock: 'none'` of the adapter) cost is estimated from what they wrote. */
  | 'clock'
  /** Agents who have a ticket, notes among them, and bots that answer: `assign`, `note` and `answerAsBot` of the desk. */
  | 'assignees'
  | 'notes'
  | 'bots'
  /** An end after which a ticket takes no tags: `freeze` of the desk. */
  | 'freezing'
  | ProofOptional;

/** What one adapter brings to the suite: how its helpdesk proves deliveries, samples of them, and a helpdesk to talk to. */
export interface Harness extends ProofHarness {
  readonly adapter: HelpdeskAdapter;
  readonly lacks: readonly Optional[];
  /**
   * A folder with `deliveries/*.json`: at least three that each tell of a ticket in another way, `unknown.json` (an event that
   * concerns no ticket) and, where events say who caused them, `ours.json` (an echo of our own write).
   */
  readonly fixtures: URL;
  /** Our user in the deliveries. */
  readonly apiUserId: string;
  /** What the helpdesk's own sidebar sends to ask for a ticket, whose id stands in the query; absent: it asks nobody. */
  sidebar?(
    secret: string,
    externalId: string,
  ): {
    readonly headers: Readonly<Record<string, string | undefined>>;
    readonly query: Readonly<Record<string, unknown>>;
  };
  /** How answers tell the account's limit. */
  readonly quota: {
    readonly windowMs: number;
    headers(account: { readonly limit: number; readonly left: number }): Readonly<Record<string, string>>;
  };
  /** Names in the JSON of answers without which no ticket can be read; each must really be needed. */
  readonly indispensable: readonly string[];
  /** Names in the JSON of answers whose texts are of a set that the vendor may enlarge; each must occur in them. */
  readonly enums: readonly string[];
  startDesk(clock: Clock): Promise<Desk>;
}

export interface NewTicket {
  readonly subject: string;
  readonly text: string;
  readonly email: string;
  readonly tags: readonly string[];
}

/** A helpdesk on loopback with one account, and hands to do there what people do. Holds no ticket at the start. */
export interface Desk {
  readonly url: string;
  /** What a connection to it needs, every field mapped, without a webhook's secret. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Settings instead of those that do not let us in. */
  readonly wrongCredentials: Readonly<Record<string, unknown>>;
  readonly apiUserId: string;
  /** Of no ticket. */
  readonly absentId: string;
  /** A customer writes; answers with the ticket's id. */
  open(ticket: NewTicket): string;
  /** An agent answers. */
  reply(id: string): void;
  /** That agent takes the ticket. */
  assign?(id: string): void;
  /** An agent writes what the customer does not see. */
  note?(id: string): void;
  /** A bot answers the customer. */
  answerAsBot?(id: string): void;
  /** A program answers the customer with our key. */
  answerAsUs(id: string): void;
  /** A solved ticket comes to its end, after which it takes no tags. */
  freeze?(id: string): void;
  /** An agent works so long, as the helpdesk's clock has it where there is one, and solves the ticket. */
  solve(id: string, seconds: number): void;
  /** An agent adds a tag. */
  tag(id: string, name: string): void;
  /** An agent sets the mapped field of the partner; absent: the helpdesk has no such field. */
  choosePartner?(id: string, code: string): void;
  tagsOf(id: string): readonly string[];
  /** The mapped field of the partner where `changeTags` is to set it too. */
  partnerOf?(id: string): string | null;
  /** The customer's answers that the helpdesk holds of a ticket, 1 to 5; needed where `recordScore` is supported. */
  scoresOf?(id: string): readonly number[];
  /** Every ticket that is not deleted, and when it last changed, in ms. */
  truth(): ReadonlyMap<string, number>;
  /** Pages hold this many tickets of the change feed; by default a request is made smaller in the proxy. */
  smallPages(request: { url: string; body: string }): { url: string; body: string };
  /** Webhooks, triggers, fields, widgets: all that an admin sees, as text. */
  made(): string;
  /** Has somebody else make a webhook for an address. */
  subscribe(url: string): void;
  spoilWebhook(url: string, how: 'remove' | 'switch off'): void;
  /** Resolves when no webhook is on its way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}
