export type Status = 'open' | 'snoozed' | 'done';
export type Direction = 'in' | 'out';
/** Values of custom attributes; the suffix of an attribute's name is its type. */
export type CustomValue = string | number | boolean | null;

export interface KustomerUser {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  /** Bots and API keys are machines. */
  readonly userType: 'user' | 'machine';
  readonly teams: readonly string[];
  readonly createdAtMs: number;
}

export interface Customer {
  readonly id: string;
  readonly name: string;
  /** Null where the person came by phone or social media. */
  readonly email: string | null;
  /** A language such as "sv_se". */
  readonly defaultLang: string | null;
  readonly createdAtMs: number;
}

/** A custom attribute of the conversation klass. */
export interface Attribute {
  /** What agents see. */
  readonly displayName: string;
  /** The values to choose from; absent: any of its type. */
  readonly enumeration?: readonly string[];
}

/** A tag, brand, queue or team: conversations hold its id. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Message {
  readonly id: string;
  readonly atMs: number;
  readonly channel: string;
  readonly direction: Direction;
  readonly text: string;
  readonly subject: string | null;
  /** Null: the customer wrote it, or nobody did. */
  readonly userId: string | null;
  /** Sent by a rule, a workflow or a bot. */
  readonly auto: boolean;
}

export interface Note {
  readonly id: string;
  readonly atMs: number;
  readonly userId: string;
  readonly text: string;
}

/** A stretch of one agent's work. The two timers of the vendor are apart: each has its own record, id and figure. */
export interface WorkSession {
  readonly v1: { readonly id: string; readonly handleSeconds: number };
  /** Null where the newer timer does not count, as for looking at a conversation that is done. */
  readonly v2: { readonly id: string; readonly handleMs: number; readonly noteMs: number } | null;
  readonly messageMs: number;
  readonly userId: string;
  readonly startsAtMs: number;
  /** From here on the API tells it. */
  readonly endsAtMs: number;
  readonly channels: readonly string[];
  readonly assignedUsers: readonly string[];
  readonly assignedTeams: readonly string[];
}

export interface Change {
  readonly op: 'add' | 'remove' | 'replace';
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface Changes {
  readonly attributes: Readonly<Record<string, Change>>;
  readonly relationships: Readonly<Record<string, Change>>;
}

export type ObjectType = 'conversation' | 'customer' | 'message' | 'user' | 'team' | 'tag';

/** Who does something: one of the users by hand or by key, the customer, or a rule of the org. */
export interface Actor {
  readonly userId: string | null;
  readonly client: 'web' | 'api-gw' | 'workflow' | 'inbound';
}

export interface AuditEntry {
  readonly id: string;
  readonly atMs: number;
  readonly verb: 'create' | 'update' | 'delete';
  readonly objectType: ObjectType;
  readonly objectId: string;
  readonly by: Actor;
  readonly changes: Changes | null;
}

/** The last answer to a survey of the org's own, as the conversation sums it up. */
export interface Satisfaction {
  readonly responseId: string;
  readonly rating: number;
  readonly channel: string;
  readonly atMs: number;
}

export interface Conversation {
  readonly id: string;
  readonly customerId: string;
  name: string;
  status: Status;
  statusAtMs: number;
  snoozedUntilMs: number | null;
  readonly channels: string[];
  readonly direction: Direction;
  priority: number;
  tags: readonly string[];
  assignedUsers: readonly string[];
  assignedTeams: readonly string[];
  readonly custom: Map<string, CustomValue>;
  defaultLang: string | null;
  /** A region such as "US", never a language. */
  readonly locale: string | null;
  brandId: string | null;
  queueId: string | null;
  spam: boolean;
  endedAtMs: number | null;
  endedReason: string | null;
  firstDone: { readonly atMs: number; readonly userId: string | null } | null;
  lastDone: { readonly atMs: number; readonly userId: string | null } | null;
  doneCount: number;
  reopenCount: number;
  satisfaction: Satisfaction | null;
  readonly createdBy: string | null;
  /** The user who last changed it by hand or by key: what customers and rules do leaves it as it was. */
  modifiedBy: string | null;
  readonly createdAtMs: number;
  updatedAtMs: number;
  modifiedAtMs: number;
  lastActivityAtMs: number;
  /** Goes up by one with every change. */
  rev: number;
  readonly changedAtMs: Map<string, number>;
  deletedAtMs: number | null;
  readonly messages: Message[];
  readonly notes: Note[];
  readonly sessions: WorkSession[];
}

/** Values that somebody gives a conversation in one update. */
export interface ConversationValues {
  readonly name?: string;
  readonly status?: Status;
  readonly snoozedUntilMs?: number | null;
  readonly priority?: number;
  /** Ids: the whole list. */
  readonly tags?: readonly string[];
  readonly assignedUsers?: readonly string[];
  readonly assignedTeams?: readonly string[];
  readonly custom?: ReadonlyMap<string, CustomValue>;
  readonly defaultLang?: string | null;
  readonly brandId?: string | null;
  readonly queueId?: string | null;
  readonly spam?: boolean;
  readonly endedReason?: string;
}

/** Something that webhooks tell: the object as it is now, and what changed of it. */
export interface Happening {
  readonly objectType: ObjectType;
  readonly verb: 'create' | 'update';
  readonly objectId: string;
  readonly atMs: number;
  readonly by: Actor;
  readonly changes: Changes | null;
  /** The whole resource as JSON text. */
  readonly resource: () => string;
}

/** The vendor's ids: 24 hexadecimal digits that begin with the second of their making. `space` keeps two makers apart. */
export const createIds = (space = '00c7a1e5'): ((atMs: number) => string) => {
  let made = 0;
  return (atMs) => {
    made += 1;
    const seconds = Math.floor(atMs / 1000)
      .toString(16)
      .padStart(8, '0');
    return `${seconds}${space}${made.toString(16).padStart(8, '0')}`;
  };
};

export const isId = (text: string): boolean => /^[0-9a-f]{24}$/.test(text);

/** An instant as the vendor writes it, to the millisecond. */
export const instant = (atMs: number): string => new Date(atMs).toISOString();
