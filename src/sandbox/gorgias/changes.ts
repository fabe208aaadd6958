import type { AccountEvent, FieldValue, Message, Ticket } from './model.ts';

/** Values that one actor gives a ticket. */
export interface TicketValues {
  readonly status?: 'open' | 'closed';
  readonly priority?: string;
  readonly subject?: string | null;
  readonly assigneeId?: number | null;
  readonly spam?: boolean;
  readonly isUnread?: boolean;
  readonly trashed?: boolean;
  readonly snoozeUntilMs?: number | null;
  readonly language?: string | null;
  readonly externalId?: string | null;
  readonly meta?: unknown;
  readonly customerId?: number;
  /** Tags by name: added to, taken from, or set instead of those held. */
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly tags?: readonly string[];
  /** Null clears. */
  readonly fields?: ReadonlyMap<number, FieldValue | null>;
}

/** One operation while it runs: everything it emits has one context. */
export interface Operation {
  readonly atMs: number;
  readonly userId: number | null;
  readonly events: AccountEvent[];
  readonly messages: Map<number, Message>;
  emit(
    type: string,
    about: { readonly type: string; readonly id: number; readonly ticket?: Ticket },
    data?: Readonly<Record<string, unknown>> | null,
    userId?: number | null,
  ): void;
}

export interface ChangeDeps {
  /** The id of the tag with this name, created where there is none. */
  readonly tagNamed: (name: string, operation: Operation) => number;
  readonly tagIdOf: (name: string) => number | undefined;
  /** Told of a change of the sort keys before it is made. */
  readonly onSnooze: (ticket: Ticket, untilMs: number) => void;
  readonly onClose: (ticket: Ticket, atMs: number) => void;
  readonly snoozeCloses: boolean;
}

const sameIds = (left: readonly number[], right: readonly number[]): boolean =>
  left.length === right.length && left.every((id) => right.includes(id));

/** Gives tickets new values: each difference is an event of its own and a `ticket-updated` after it. */
export const createChanger = (deps: ChangeDeps) => {
  const apply = (ticket: Ticket, values: TicketValues, operation: Operation, userId = operation.userId): void => {
    const about = { type: 'Ticket', id: ticket.id, ticket };
    const tell = (type: string | null, data?: Readonly<Record<string, unknown>>): void => {
      if (type) operation.emit(type, about, data, userId);
      operation.emit('ticket-updated', about, null, userId);
    };
    const { atMs } = operation;

    const setStatus = (status: 'open' | 'closed'): void => {
      if (status === ticket.status) return;
      ticket.status = status;
      ticket.closedAtMs = status === 'closed' ? atMs : null;
      tell(status === 'closed' ? 'ticket-closed' : 'ticket-reopened');
      if (status === 'closed') deps.onClose(ticket, atMs);
    };

    if (values.customerId !== undefined && values.customerId !== ticket.customerId) {
      const data = { old_customer: { id: ticket.customerId }, new_customer: { id: values.customerId } };
      ticket.customerId = values.customerId;
      tell('ticket-customer-updated', data);
    }
    if (values.assigneeId !== undefined && values.assigneeId !== ticket.assigneeId) {
      ticket.assigneeId = values.assigneeId;
      if (values.assigneeId === null) tell('ticket-unassigned');
      else tell('ticket-assigned', { assignee_user_id: values.assigneeId });
    }
    if (values.subject !== undefined && values.subject !== ticket.subject) {
      const data = { old_subject: ticket.subject, new_subject: values.subject };
      ticket.subject = values.subject;
      tell('ticket-subject-updated', data);
    }
    const plain = (['priority', 'language', 'externalId', 'isUnread', 'meta'] as const).filter(
      (key) => values[key] !== undefined && values[key] !== ticket[key],
    );
    for (const key of plain) Object.assign(ticket, { [key]: values[key] });
    if (plain.length > 0) tell(null);

    const fields = [...(values.fields ?? [])].filter(([id, value]) => (ticket.fields.get(id) ?? null) !== value);
    for (const [id, value] of fields) {
      if (value === null) ticket.fields.delete(id);
      else ticket.fields.set(id, value);
    }
    // The event log knows no type for a ticket's field values: all that is told is that the ticket was updated.
    if (fields.length > 0) tell(null);

    const held = ticket.tagIds;
    const base = values.tags ? values.tags.map((name) => deps.tagNamed(name, operation)) : held;
    const added = (values.addTags ?? []).map((name) => deps.tagNamed(name, operation));
    const gone = new Set((values.removeTags ?? []).map(deps.tagIdOf));
    const wanted = [...new Set([...base, ...added])].filter((id) => !gone.has(id));
    if (!sameIds(wanted, held)) {
      const plus = wanted.filter((id) => !held.includes(id));
      const minus = held.filter((id) => !wanted.includes(id));
      ticket.tagIds = wanted;
      if (plus.length > 0) tell('ticket-tags-added', { tags_added: plus });
      if (minus.length > 0) tell('ticket-tags-removed', { tags_removed: minus });
    }

    if (values.spam !== undefined && values.spam !== ticket.spam) {
      ticket.spam = values.spam;
      tell(values.spam ? 'ticket-marked-spam' : 'ticket-unmarked-spam');
    }
    if (values.status !== undefined) setStatus(values.status);
    const { snoozeUntilMs } = values;
    if (snoozeUntilMs !== undefined && snoozeUntilMs !== ticket.snoozeUntilMs) {
      ticket.snoozeUntilMs = snoozeUntilMs;
      tell(snoozeUntilMs === null ? null : 'ticket-snoozed');
      if (deps.snoozeCloses) setStatus(snoozeUntilMs === null ? 'open' : 'closed');
      if (snoozeUntilMs !== null) deps.onSnooze(ticket, snoozeUntilMs);
    }
    if (values.trashed !== undefined && values.trashed !== (ticket.trashedAtMs !== null)) {
      ticket.trashedAtMs = values.trashed ? atMs : null;
      tell(values.trashed ? 'ticket-trashed' : 'ticket-untrashed');
    }
  };
  return { apply };
};
