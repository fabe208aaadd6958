import type { FastifyInstance, FastifyReply } from 'fastify';
import type { SandboxClock } from '../clock.ts';
import { isRecord } from '../http.ts';
import {
  type Body,
  bodyOf,
  invalid,
  listOf,
  notFound,
  numberOf,
  pagingOf,
  type Query,
  sendPage,
  textOf,
} from './answers.ts';
import type { TicketValues } from './changes.ts';
import type { Desk } from './desk.ts';
import { readFieldValues } from './field-routes.ts';
import type { Ticket } from './model.ts';
import type { Readings } from './readings.ts';
import { instantOf } from './stamps.ts';
import type { AccountJson } from './ticket-json.ts';

export interface RouteDeps {
  readonly desk: Desk;
  readonly clock: SandboxClock;
  readonly apiUserId: number;
  readonly account: string;
  readonly json: AccountJson;
  readonly readings: Readings;
}

export interface IdRoute {
  Params: { id: string };
  Querystring: Query;
  Body: unknown;
}

const idIn = (value: unknown): number | null => (isRecord(value) && typeof value.id === 'number' ? value.id : null);

/** What a body may change of a ticket, or the key that is wrong. `created_datetime` is not writable; unknown keys are passed over. */
const valuesOf = (body: Body, desk: Desk): TicketValues | { readonly wrong: string } => {
  const { status, priority, subject, spam, is_unread, language, external_id, meta, tags, custom_fields } = body;
  const wrong = (key: string) => ({ wrong: key });
  if (status !== undefined && status !== 'open' && status !== 'closed') return wrong('status');
  if (priority !== undefined && !['critical', 'high', 'normal', 'low'].includes(priority as string))
    return wrong('priority');
  let assigneeId: number | null | undefined;
  if (body.assignee_user !== undefined) {
    assigneeId = idIn(body.assignee_user);
    if (body.assignee_user !== null && !desk.users.has(assigneeId ?? -1)) return wrong('assignee_user');
  }
  let names: string[] | undefined;
  if (tags !== undefined) {
    const found = Array.isArray(tags)
      ? tags.map((tag) => (isRecord(tag) ? (tag.name ?? desk.tags.get(Number(tag.id))?.name) : undefined))
      : [undefined];
    if (found.some((name) => typeof name !== 'string')) return wrong('tags');
    names = found as string[];
  }
  const fields = custom_fields === undefined ? undefined : readFieldValues(custom_fields, desk);
  if (fields && 'wrong' in fields) return wrong('custom_fields');
  const snooze = body.snooze_datetime;
  if (snooze != null && instantOf(snooze) === null) return wrong('snooze_datetime');
  const customerId = body.customer === undefined ? undefined : (idIn(body.customer) ?? -1);
  if (customerId !== undefined && !desk.customers.has(customerId)) return wrong('customer');
  return {
    ...(status === undefined ? {} : { status }),
    ...(priority === undefined ? {} : { priority: String(priority) }),
    ...(subject === undefined ? {} : { subject: subject === null ? null : String(subject) }),
    ...(typeof spam === 'boolean' ? { spam } : {}),
    ...(typeof is_unread === 'boolean' ? { isUnread: is_unread } : {}),
    ...(language === undefined ? {} : { language: language === null ? null : String(language) }),
    ...(external_id === undefined ? {} : { externalId: external_id === null ? null : String(external_id) }),
    ...(meta === undefined ? {} : { meta }),
    ...(body.trashed_datetime === undefined ? {} : { trashed: body.trashed_datetime !== null }),
    ...(snooze === undefined ? {} : { snoozeUntilMs: instantOf(snooze) }),
    ...(assigneeId === undefined ? {} : { assigneeId }),
    ...(customerId === undefined ? {} : { customerId }),
    ...(names ? { tags: names } : {}),
    ...(fields ? { fields: fields.values } : {}),
  };
};

/** A message as a body gives it; without `sent_datetime` the vendor would send it. */
const messageOf = (given: unknown, desk: Desk) => {
  const body = bodyOf(given);
  const { channel, body_text: text, body_html: html, from_agent: fromAgent, via, external_id: externalId } = body;
  const missing = (['channel', 'via', 'from_agent'] as const).filter((key) => body[key] === undefined);
  const email = isRecord(body.sender) ? body.sender.email : undefined;
  const senderId =
    idIn(body.sender) ??
    [...(fromAgent ? desk.users : desk.customers).values()].find((person) => person.email === email)?.id;
  const known = senderId !== undefined && (fromAgent ? desk.users : desk.customers).has(senderId);
  if (!known) missing.push('sender' as never);
  if (missing.length > 0 || senderId === undefined) return { missing };
  return {
    missing,
    message: {
      from: fromAgent ? { userId: senderId } : { customerId: senderId },
      text: String(text ?? html ?? ''),
      public: body.public !== false && channel !== 'internal-note',
      channel: String(channel),
      via: String(via),
      externalId: typeof externalId === 'string' ? externalId : null,
    },
  };
};

const missingData = (reply: FastifyReply, msg: string, keys: readonly string[]): FastifyReply =>
  reply.code(400).send({
    error: { msg, data: Object.fromEntries(keys.map((key) => [key, ['Missing data for required field.']])) },
  });

/** Tickets and their messages, read and written. */
export const addTicketRoutes = (app: FastifyInstance, deps: RouteDeps): void => {
  const { desk, clock, apiUserId, json, readings } = deps;

  app.get<{ Querystring: Query }>('/api/tickets', (request, reply) => {
    const { query } = request;
    const paging = pagingOf(reply, query, { fields: ['created_datetime', 'updated_datetime'] });
    if (!paging) return reply;
    const customerId = numberOf(textOf(query, 'customer_id'));
    const externalId = textOf(query, 'external_id');
    const trashed = textOf(query, 'trashed') !== 'false';
    const ids = listOf(query, 'ticket_ids', readings.bracketKeys).flatMap((text) => text.split(',').map(Number));
    if (ids.length > 100) return invalid(reply, 'ticket_ids', 'Longer than maximum length 100.');
    const withFields =
      readings.fieldsInList && listOf(query, 'relationships', readings.bracketKeys).includes('custom_fields');
    const wanted = new Set(ids);
    return sendPage(request, reply, paging.field === 'created_datetime' ? desk.byCreated : desk.byUpdated, paging, {
      json: (ticket) => json.compactJson(ticket, withFields),
      keep: (ticket: Ticket) =>
        (trashed || ticket.trashedAtMs === null) &&
        (Number.isNaN(customerId) || ticket.customerId === customerId) &&
        (externalId === undefined || ticket.externalId === externalId) &&
        (wanted.size === 0 || wanted.has(ticket.id)),
    });
  });

  app.get<IdRoute>('/api/tickets/:id', ({ params }, reply) => {
    const ticket = desk.tickets.get(Number(params.id));
    return ticket ? reply.send(json.ticketJson(ticket)) : notFound(reply);
  });

  app.post<IdRoute>('/api/tickets', (request, reply) => {
    const body = bodyOf(request.body);
    const messages = Array.isArray(body.messages) ? body.messages : [];
    if (messages.length === 0) return missingData(reply, 'Failed to create ticket', ['messages']);
    const [first, ...rest] = messages.map((given) => messageOf(given, desk));
    if (!first?.message) return missingData(reply, 'Failed to create ticket', first?.missing ?? ['messages']);
    const { from, channel, via } = first.message;
    const customerId = idIn(body.customer) ?? ('customerId' in from ? from.customerId : -1);
    if (!desk.customers.has(customerId)) return missingData(reply, 'Failed to create ticket', ['customer']);
    const values = valuesOf({ ...body, customer: { id: customerId } }, desk);
    if ('wrong' in values) return invalid(reply, values.wrong, 'Invalid value.');
    const atMs = clock.now().getTime();
    const ticket = desk.create({
      atMs,
      userId: apiUserId,
      customerId,
      channel: String(body.channel ?? channel),
      via: String(body.via ?? via),
      subject: values.subject ?? null,
      message: first.message,
      ...(values.tags ? { tags: values.tags } : {}),
    });
    for (const { message } of rest) if (message) desk.act(ticket.id, { atMs, userId: apiUserId, message });
    const { tags: _, ...left } = values;
    desk.act(ticket.id, { atMs, userId: apiUserId, values: left });
    return reply.code(201).send(json.ticketJson(ticket));
  });

  app.put<IdRoute>('/api/tickets/:id', ({ params, body: given }, reply) => {
    const ticket = desk.tickets.get(Number(params.id));
    if (!ticket) return notFound(reply);
    const values = valuesOf(bodyOf(given), desk);
    if ('wrong' in values) return invalid(reply, values.wrong, 'Invalid value.');
    // Fields given here are the whole set: those that are left out are cleared.
    const cleared = values.fields ? [...ticket.fields.keys()].filter((id) => !values.fields?.has(id)) : [];
    const fields = new Map([...cleared.map((id) => [id, null] as const), ...(values.fields ?? [])]);
    desk.act(ticket.id, {
      atMs: clock.now().getTime(),
      userId: apiUserId,
      values: { ...values, ...(values.fields ? { fields } : {}) },
    });
    return reply.code(200).send(json.ticketJson(ticket));
  });

  app.post<IdRoute>('/api/tickets/:id/messages', ({ params, body }, reply) => {
    const ticket = desk.tickets.get(Number(params.id));
    if (!ticket) return notFound(reply);
    const { message, missing } = messageOf(body, desk);
    if (!message) return missingData(reply, 'Failed to create message', missing);
    desk.act(ticket.id, { atMs: clock.now().getTime(), userId: apiUserId, message });
    const written = ticket.messages.at(-1);
    return written ? reply.code(201).send(json.messageJson(written)) : notFound(reply);
  });
};
