import { hourMs } from '../../core/time.ts';
import type { SandboxClock } from '../clock.ts';
import { createRecords, type Records } from './account.ts';
import type { NewMessage, NewTicket, Ruled, TicketAction } from './actions.ts';
import { createChanger, type Operation, type TicketValues } from './changes.ts';
import type { AccountEvent, Message, Ticket, TicketOperation, VoiceCall } from './model.ts';
import { createOrdered, type Ordered } from './ordered.ts';

export interface Desk extends Records {
  readonly tickets: ReadonlyMap<number, Ticket>;
  readonly byCreated: Ordered<Ticket>;
  readonly byUpdated: Ordered<Ticket>;
  readonly messages: Ordered<Message>;
  readonly calls: Ordered<VoiceCall>;
  ticket(id: number): Ticket;
  create(input: NewTicket): Ticket;
  /** Does one thing to a ticket as one operation; answers with what it caused, nothing where nothing differs. */
  act(id: number, action: TicketAction): readonly AccountEvent[];
  /** Moves the messages over; the source is closed and lies in the trash. */
  merge(sourceId: number, targetId: number, by: { readonly atMs: number; readonly userId: number }): void;
  addCall(call: Omit<VoiceCall, 'id'>): VoiceCall;
  /** Lets happen what is due: snoozes that end, surveys that the account sends. */
  wake(nowMs: number): void;
}

/** The helpdesk's memory: tickets, what happened to them, and time spent. Every operation is told to `onOperation`. */
export const createDesk = (options: {
  readonly clock: SandboxClock;
  readonly firstTicketId: number;
  readonly snoozeCloses: boolean;
  readonly ownSurvey: boolean;
  readonly onOperation: (operation: TicketOperation) => void;
}): Desk => {
  const { onOperation } = options;
  const tickets = new Map<number, Ticket>();
  const byCreated = createOrdered<Ticket>(({ createdAtMs }) => createdAtMs);
  const byUpdated = createOrdered<Ticket>(({ updatedAtMs }) => updatedAtMs);
  const messages = createOrdered<Message>(({ createdAtMs }) => createdAtMs);
  const calls = createOrdered<VoiceCall>(({ startedAtMs }) => startedAtMs);
  const due: { readonly atMs: number; readonly ticketId: number; readonly what: 'snooze' | 'survey' }[] = [];
  /** So many of the due have happened. */
  let dueDone = 0;
  // Ids are the whole vendor's, so one account's have gaps.
  let lastTicketId = options.firstTicketId - 7;
  let lastMessageId = 218_855_000;

  const records = createRecords(options);
  const { settings, startOperation } = records;

  const ticketOf = (id: number): Ticket => {
    const ticket = tickets.get(id);
    if (!ticket) throw new RangeError(`the sandbox has no ticket ${id}`);
    return ticket;
  };

  const later = (atMs: number, ticketId: number, what: 'snooze' | 'survey'): void => {
    const before = due.findLastIndex((entry) => entry.atMs <= atMs);
    due.splice(Math.max(before + 1, dueDone), 0, { atMs, ticketId, what });
  };

  const { apply } = createChanger({
    tagNamed: records.tagNamed,
    tagIdOf: (name) => records.tagsByName.get(name)?.id,
    snoozeCloses: options.snoozeCloses,
    onSnooze: (ticket, untilMs) => later(untilMs, ticket.id, 'snooze'),
    onClose(ticket, atMs) {
      const waitHours = settings.surveyHours(ticket.channel);
      const reachable = records.customers.get(ticket.customerId)?.email != null;
      if (waitHours === null || !reachable || ticket.spam || ticket.surveyId !== null || ticket.fromAgent) return;
      const shouldSendAtMs = atMs + waitHours * hourMs;
      ticket.surveyId = records.addSurvey(
        { ticketId: ticket.id, customerId: ticket.customerId, shouldSendAtMs },
        atMs,
      ).id;
      later(shouldSendAtMs, ticket.id, 'survey');
    },
  });

  const write = (ticket: Ticket, input: NewMessage, operation: Operation): Message => {
    lastMessageId += 3;
    const { from, channel = ticket.channel, ruleId = null } = input;
    const fromAgent = 'userId' in from;
    const visible = input.public ?? true;
    const { atMs } = operation;
    const message: Message = {
      id: lastMessageId,
      ticketId: ticket.id,
      channel: fromAgent && !visible ? 'internal-note' : channel,
      via: ruleId === null ? (input.via ?? (fromAgent ? 'helpdesk' : ticket.via)) : 'rule',
      public: visible,
      fromAgent,
      senderId: fromAgent ? from.userId : from.customerId,
      receiverId: fromAgent && visible ? ticket.customerId : null,
      ruleId,
      subject: ticket.subject,
      text: input.text,
      externalId: input.externalId ?? null,
      createdAtMs: atMs,
      sentAtMs: atMs,
      failedAtMs: input.fails ? atMs + 9_000 : null,
    };
    ticket.messages.push(message);
    messages.add(message);
    operation.messages.set(message.id, message);
    if (visible) ticket.lastMessageAtMs = atMs;
    if (!fromAgent) {
      ticket.lastReceivedAtMs = atMs;
      ticket.isUnread = true;
      ticket.language ??= input.language ?? null;
    }
    const userId = fromAgent && ruleId === null ? from.userId : null;
    operation.emit('ticket-message-created', { type: 'TicketMessage', id: message.id }, null, userId);
    operation.emit('ticket-updated', { type: 'Ticket', id: ticket.id, ticket }, null, userId);
    if (input.fails) operation.emit('ticket-message-failed', { type: 'TicketMessage', id: message.id }, null, null);
    return message;
  };

  const rule = (ticket: Ticket, { id, name, values, message }: Ruled, operation: Operation): void => {
    const trigger = operation.events[0]?.type ?? 'ticket-updated';
    const data = { id, name, triggering_event_type: trigger };
    operation.emit('rule-executed', { type: 'Ticket', id: ticket.id, ticket }, data, null);
    if (message) write(ticket, { ...message, ruleId: id }, operation);
    if (values) apply(ticket, values, operation, null);
  };

  const settle = (ticket: Ticket, operation: Operation): readonly AccountEvent[] => {
    if (operation.events.length === 0) return [];
    byUpdated.remove(ticket);
    ticket.updatedAtMs = operation.atMs;
    byUpdated.add(ticket);
    onOperation({ ticket, events: operation.events, messages: operation.messages });
    return operation.events;
  };

  const desk: Desk = {
    ...records,
    tickets,
    byCreated,
    byUpdated,
    messages,
    calls,
    ticket: ticketOf,
    create(input) {
      desk.wake(input.atMs);
      const operation = startOperation(input.atMs, input.userId ?? null);
      lastTicketId += 7;
      const { atMs } = operation;
      const ticket: Ticket = {
        id: lastTicketId,
        status: 'open',
        priority: 'normal',
        channel: input.channel,
        via: input.via ?? input.channel,
        fromAgent: input.message !== undefined && 'userId' in input.message.from,
        spam: false,
        isUnread: false,
        customerId: input.customerId,
        assigneeId: null,
        language: null,
        subject: input.subject,
        externalId: input.externalId ?? null,
        meta: null,
        tagIds: [],
        fields: new Map(input.fields),
        messages: [],
        createdAtMs: atMs,
        openedAtMs: null,
        lastMessageAtMs: null,
        lastReceivedAtMs: null,
        updatedAtMs: atMs,
        closedAtMs: null,
        trashedAtMs: null,
        snoozeUntilMs: null,
        mergedInto: null,
        surveyId: null,
        work: [],
        events: [],
      };
      tickets.set(ticket.id, ticket);
      byCreated.add(ticket);
      byUpdated.add(ticket);
      operation.emit('ticket-created', { type: 'Ticket', id: ticket.id, ticket });
      if (input.message) write(ticket, input.message, operation);
      apply(
        ticket,
        {
          ...(input.tags ? { addTags: input.tags } : {}),
          ...(input.assigneeId === undefined ? {} : { assigneeId: input.assigneeId }),
        },
        operation,
      );
      if (input.ruled) rule(ticket, input.ruled, operation);
      settle(ticket, operation);
      return ticket;
    },
    act(id, { atMs: givenMs, userId, message, values = {}, seconds = 0, ruled }) {
      desk.wake(givenMs);
      const ticket = ticketOf(id);
      const operation = startOperation(givenMs, userId);
      const { atMs } = operation;
      if (userId !== null) {
        ticket.openedAtMs ??= atMs;
        ticket.isUnread = false;
        if (seconds !== 0) ticket.work.push({ atMs, userId, seconds });
      }
      const written = message && write(ticket, message, operation);
      // A customer's words wake a ticket; an agent's open reply may lose its assignee, a closing one finds one.
      const caused: TicketValues = !written
        ? {}
        : !written.fromAgent
          ? { status: 'open', snoozeUntilMs: null }
          : !written.public || written.via === 'api' || values.assigneeId !== undefined
            ? {}
            : (values.status ?? ticket.status) === 'closed'
              ? { assigneeId: ticket.assigneeId ?? written.senderId }
              : settings.unassignsOnReply()
                ? { assigneeId: null }
                : {};
      apply(ticket, { ...caused, ...values }, operation);
      if (ruled) rule(ticket, ruled, operation);
      return settle(ticket, operation);
    },
    merge(sourceId, targetId, { atMs, userId }) {
      desk.wake(atMs);
      const [source, target] = [ticketOf(sourceId), ticketOf(targetId)];
      const operation = startOperation(atMs, userId);
      const moved = source.messages;
      source.messages = [];
      source.mergedInto = targetId;
      for (const message of moved) message.ticketId = targetId;
      target.messages = [...target.messages, ...moved].toSorted((a, b) => a.createdAtMs - b.createdAtMs || a.id - b.id);
      const about = { type: 'Ticket', id: target.id, ticket: target };
      operation.emit('ticket-merged', about, { source_ticket_id: source.id });
      operation.emit('ticket-updated', about);
      settle(target, operation);
      const second = startOperation(atMs, userId, operation);
      apply(source, { status: 'closed', trashed: true }, second);
      settle(source, second);
    },
    addCall(call) {
      const made = { ...call, id: 77_001 + calls.rows.length };
      calls.add(made);
      return made;
    },
    wake(nowMs) {
      for (let first = due[dueDone]; first && first.atMs <= nowMs; first = due[dueDone]) {
        dueDone += 1;
        const ticket = ticketOf(first.ticketId);
        const operation = startOperation(first.atMs, null);
        const about = { type: 'Ticket', id: ticket.id, ticket };
        if (first.what === 'snooze') {
          if (ticket.snoozeUntilMs !== first.atMs || ticket.trashedAtMs !== null) continue;
          operation.emit('ticket-self-unsnoozed', about);
          apply(ticket, { snoozeUntilMs: null }, operation);
          settle(ticket, operation);
        } else if (ticket.surveyId !== null) {
          const survey = records.surveys.get(ticket.surveyId);
          if (!survey || survey.sentAtMs !== null || survey.shouldSendAtMs !== first.atMs) continue;
          survey.sentAtMs = operation.atMs;
          // The ticket itself does not change by it.
          operation.emit('satisfaction-survey-sent', about);
        }
      }
    },
  };
  return desk;
};
