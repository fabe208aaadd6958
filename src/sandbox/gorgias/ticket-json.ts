import { uuidOf } from '../random.ts';
import type { Desk } from './desk.ts';
import { customerOfTicket, emailIntegration, type Json, personJson, surveyJson } from './json.ts';
import type { AccountEvent, Customer, Message, Ticket } from './model.ts';
import { stampOf, stampOrNull } from './stamps.ts';

/** Shapes of what hangs together: tickets with their messages, people and tags; `seed` names the contexts of events. */
export const createJson = (desk: Desk, seed: string | number) => {
  const person = (id: number | null, isUser: boolean): Json | null => {
    const user = isUser && id !== null ? desk.users.get(id) : undefined;
    const customer = !isUser && id !== null ? desk.customers.get(id) : undefined;
    return user ? personJson(user, 'agent') : customer ? personJson(customer, 'email') : null;
  };
  const customerOf = (ticket: Ticket): Customer => {
    const customer = desk.customers.get(ticket.customerId);
    if (!customer) throw new RangeError(`the sandbox has no customer ${ticket.customerId}`);
    return customer;
  };
  const assigneeOf = (ticket: Ticket): Json | null => {
    const assignee = person(ticket.assigneeId, true);
    return assignee && { ...assignee, bio: null };
  };
  const tagsOf = (ticket: Ticket): Json[] =>
    ticket.tagIds.flatMap((id) => {
      const tag = desk.tags.get(id);
      return tag ? [{ id, name: tag.name, decoration: tag.color === null ? {} : { color: tag.color } }] : [];
    });
  const fieldsOf = (ticket: Ticket): Json =>
    ticket.fields.size === 0
      ? {}
      : { custom_fields: Object.fromEntries([...ticket.fields].map(([id, value]) => [String(id), { id, value }])) };
  const timesOf = (ticket: Ticket): Json => ({
    created_datetime: stampOf(ticket.createdAtMs),
    opened_datetime: stampOrNull(ticket.openedAtMs),
    last_received_message_datetime: stampOrNull(ticket.lastReceivedAtMs),
    last_message_datetime: stampOrNull(ticket.lastMessageAtMs),
    updated_datetime: stampOf(ticket.updatedAtMs),
    closed_datetime: stampOrNull(ticket.closedAtMs),
    trashed_datetime: stampOrNull(ticket.trashedAtMs),
    snooze_datetime: stampOrNull(ticket.snoozeUntilMs),
  });

  const messageJson = (message: Message): Json => {
    const sender = person(message.senderId, message.fromAgent);
    const receiver = person(message.receiverId, false);
    const addressOf = (one: Json | null) => ({ name: one?.name ?? '', address: one?.email ?? null });
    const desks = { name: emailIntegration.name, address: emailIntegration.address };
    return {
      id: message.id,
      uri: `/api/tickets/${message.ticketId}/messages/${message.id}/`,
      message_id: message.channel === 'email' ? `<${message.id}.${message.ticketId}@example.com>` : null,
      ticket_id: message.ticketId,
      external_id: message.externalId,
      public: message.public,
      channel: message.channel,
      via: message.via,
      source: {
        type: message.channel,
        to: message.fromAgent ? (receiver ? [addressOf(receiver)] : []) : [desks],
        from: message.fromAgent ? desks : addressOf(sender),
        extra: { include_thread: false },
      },
      sender,
      integration_id: message.channel === 'email' ? emailIntegration.id : null,
      intents: [],
      rule_id: message.ruleId,
      from_agent: message.fromAgent,
      receiver,
      subject: message.subject,
      body_text: message.text,
      body_html: `<div>${message.text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</div>`,
      stripped_text: message.text,
      stripped_html: null,
      stripped_signature: null,
      attachments: null,
      actions: null,
      macros: null,
      imported: false,
      meta: null,
      created_datetime: stampOf(message.createdAtMs),
      processed_datetime: stampOf(message.createdAtMs),
      sent_datetime: stampOrNull(message.sentAtMs),
      failed_datetime: stampOrNull(message.failedAtMs),
      opened_datetime: null,
      last_sending_error:
        message.failedAtMs === null ? null : { error: 'This message could not be sent. <b>Error:</b> rejected' },
      is_retriable: message.failedAtMs === null,
    };
  };

  const ticketJson = (ticket: Ticket): Json => {
    const customer = customerOfTicket(customerOf(ticket));
    const survey = ticket.surveyId === null ? undefined : desk.surveys.get(ticket.surveyId);
    return {
      id: ticket.id,
      uri: `/api/tickets/${ticket.id}/`,
      external_id: ticket.externalId,
      events: [],
      status: ticket.status,
      priority: ticket.priority,
      channel: ticket.channel,
      via: ticket.via,
      from_agent: ticket.fromAgent,
      spam: ticket.spam,
      imported: null,
      customer,
      assignee_user: assigneeOf(ticket),
      assignee_user_id: ticket.assigneeId,
      assignee_team: null,
      assignee_team_id: null,
      language: ticket.language,
      subject: ticket.subject,
      summary: null,
      meta: ticket.meta,
      tags: tagsOf(ticket),
      ...fieldsOf(ticket),
      messages: ticket.messages.map(messageJson),
      ...timesOf(ticket),
      processed_datetime: stampOf(ticket.createdAtMs),
      satisfaction_survey: survey ? surveyJson(survey) : null,
      reply_options: Object.fromEntries(
        ['email', ticket.channel, 'internal-note'].map((channel) => [channel, { answerable: true }]),
      ),
      requester: customer,
      is_unread: ticket.isUnread,
    };
  };

  return {
    messageJson,
    ticketJson,
    /** A row of the list: no messages and no ids of the assignee, an excerpt instead. */
    compactJson: (ticket: Ticket, withFields: boolean): Json => ({
      id: ticket.id,
      uri: `/api/tickets/${ticket.id}/`,
      external_id: ticket.externalId,
      language: ticket.language,
      status: ticket.status,
      priority: ticket.priority,
      channel: ticket.channel,
      via: ticket.via,
      from_agent: ticket.fromAgent,
      customer: person(ticket.customerId, false),
      assignee_user: assigneeOf(ticket),
      assignee_team: null,
      subject: ticket.subject,
      excerpt: ticket.messages.at(-1)?.text.slice(0, 200) ?? null,
      integrations:
        ticket.channel === 'email'
          ? [{ name: emailIntegration.name, address: emailIntegration.address, type: 'email' }]
          : [],
      meta: ticket.meta,
      tags: tagsOf(ticket),
      ...(withFields ? fieldsOf(ticket) : {}),
      messages_count: ticket.messages.length,
      is_unread: ticket.isUnread,
      spam: ticket.spam,
      ...timesOf(ticket),
    }),
    /** The whole context of an HTTP integration's call. */
    contextJson(ticket: Ticket, account: string, message: Message | undefined): Json {
      const { events: _, ...whole } = ticketJson(ticket);
      const [first, last] = [ticket.messages[0], ticket.messages.at(-1)];
      return {
        ticket: {
          ...whole,
          account: { domain: account },
          first_message: first ? messageJson(first) : null,
          last_message: last ? messageJson(last) : null,
        },
        ...(message ? { message: messageJson(message) } : {}),
      };
    },
    eventJson: (event: AccountEvent): Json => ({
      id: event.id,
      context: uuidOf(seed, 'context', event.contextNo),
      created_datetime: stampOf(event.atMs),
      data: event.data,
      object_id: event.objectId,
      object_type: event.objectType,
      type: event.type,
      user_id: event.userId,
      uri: `/api/events/${event.id}/`,
    }),
  };
};

export type AccountJson = ReturnType<typeof createJson>;
