export type Status = 'new' | 'open' | 'pending' | 'hold' | 'solved' | 'closed';

export interface ZendeskUser {
  readonly id: number;
  readonly name: string;
  readonly email: string | null;
  readonly role: 'end-user' | 'agent' | 'admin';
  readonly locale: string | null;
  readonly organizationId: number | null;
}

export interface Via {
  readonly channel: string;
  readonly source: {
    readonly from: Readonly<Record<string, unknown>>;
    readonly to: Readonly<Record<string, unknown>>;
    readonly rel: string | null;
  };
}

export const viaOf = (channel: string, rel: string | null = null, from: Via['source']['from'] = {}): Via => ({
  channel,
  source: { from, to: {}, rel },
});

/** An event of an audit, as the API writes it: values of custom fields are strings, the field's name is its id. */
export interface AuditEvent {
  readonly id: number;
  readonly type: 'Create' | 'Change' | 'Comment' | 'Notification';
  readonly field_name?: string;
  readonly value?: unknown;
  readonly previous_value?: unknown;
  readonly via?: Via;
  readonly author_id?: number;
  readonly body?: string;
  readonly html_body?: string;
  readonly plain_body?: string;
  readonly public?: boolean;
  readonly attachments?: readonly unknown[];
  readonly audit_id?: number;
  readonly subject?: string;
  readonly recipients?: readonly number[];
}

export interface Audit {
  readonly id: number;
  readonly ticket_id: number;
  readonly created_at: string;
  /** -1: the system. */
  readonly author_id: number;
  readonly metadata: {
    readonly system: Readonly<Record<string, unknown>>;
    readonly custom: Readonly<Record<string, unknown>>;
  };
  readonly via: Via;
  readonly events: readonly AuditEvent[];
}

export interface TicketField {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  /** The tags of a drop-down's options. */
  options?: readonly string[];
  /** What people read, by tag; the tag itself where absent. */
  names?: Readonly<Record<string, string>>;
  active?: boolean;
}

export interface Ticket {
  readonly id: number;
  subject: string;
  readonly description: string;
  status: Status;
  priority: string | null;
  readonly type: string | null;
  readonly requesterId: number;
  readonly submitterId: number;
  assigneeId: number | null;
  groupId: number | null;
  readonly brandId: number;
  readonly formId: number | null;
  readonly organizationId: number | null;
  tags: readonly string[];
  readonly fields: Map<number, string | null>;
  readonly via: Via;
  readonly followupIds: number[];
  readonly createdAtMs: number;
  updatedAtMs: number;
  /** When the change feed last took the ticket up, and as which entry. */
  generatedAtMs: number;
  feedNo: number;
  /** When it was closed, which nothing undoes. */
  closedAtMs: number | null;
  deleted: boolean;
  mergedInto: number | null;
  readonly audits: Audit[];
  /** The audits as JSON text, made once. */
  readonly auditTexts: string[];
  /** The ticket as JSON text, until it changes. */
  text: string | null;
}

/** Values that one actor gives a ticket in one update. */
export interface TicketValues {
  readonly status?: Status;
  readonly priority?: string;
  readonly subject?: string;
  readonly assigneeId?: number | null;
  readonly groupId?: number | null;
  readonly tags?: readonly string[];
  readonly fields?: ReadonlyMap<number, string | null>;
}

/** What happened to a ticket, by the name of the webhook event that tells it. */
export interface Happening {
  readonly type: string;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface TicketUpdate {
  readonly ticket: Ticket;
  readonly actorId: number;
  readonly atMs: number;
  readonly happenings: readonly Happening[];
}
