import type { FastifyInstance } from 'fastify';
import { invalid, listOf, notFound, numberOf, pagingOf, type Query, sendPage, textOf } from './answers.ts';
import { callJson } from './json.ts';
import type { AccountEvent } from './model.ts';
import { createOrdered } from './ordered.ts';
import { instantOf } from './stamps.ts';
import type { IdRoute, RouteDeps } from './ticket-routes.ts';

const objectTypes = new Set([
  ...['Account', 'AccountSetting', 'Customer', 'CustomField', 'CustomFieldCondition', 'CustomUserAvailabilityStatus'],
  ...['CustomerExternalData', 'Integration', 'Macro', 'Order', 'Role', 'Rule', 'SatisfactionSurvey', 'Shopper'],
  ...['ShopperAddress', 'Subscription', 'Tag', 'Team', 'TicketMessage', 'Ticket', 'User', 'UserSetting', 'View'],
  'Widget',
]);

/** What the account keeps of the past: messages, events and phone calls. */
export const addRecordRoutes = (app: FastifyInstance, { desk, json, readings }: RouteDeps): void => {
  app.get<{ Querystring: Query }>('/api/messages', (request, reply) => {
    const paging = pagingOf(reply, request.query);
    if (!paging) return reply;
    const given = textOf(request.query, 'ticket_id');
    const ticket = desk.tickets.get(numberOf(given));
    const rows =
      given === undefined
        ? desk.messages
        : createOrdered(({ createdAtMs }) => createdAtMs, ticket ? [...ticket.messages] : []);
    return sendPage(request, reply, rows, paging, { json: json.messageJson });
  });
  app.get<IdRoute>('/api/messages/:id', ({ params }, reply) => {
    const message = desk.messages.rows.find(({ id }) => id === Number(params.id));
    return message ? reply.send(json.messageJson(message)) : notFound(reply);
  });

  app.get<{ Querystring: Query }>('/api/events', (request, reply) => {
    const { query } = request;
    const paging = pagingOf(reply, query);
    if (!paging) return reply;
    const type = textOf(query, 'object_type');
    const objectId = numberOf(textOf(query, 'object_id'));
    if (type !== undefined && !objectTypes.has(type)) return invalid(reply, 'object_type', 'Not a valid choice.');
    if ((type === undefined) !== Number.isNaN(objectId))
      return invalid(reply, 'object_id', 'object_type and object_id go together.');
    const tests: ((event: AccountEvent) => boolean)[] = [];
    let [fromMs, toMs] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const name of ['gt', 'gte', 'lt', 'lte'] as const) {
      const text = textOf(query, `created_datetime[${name}]`);
      if (text === undefined) continue;
      // A "+" of the offset that nobody escaped arrives as a blank.
      const givenMs = instantOf(text.replace(' ', text.includes('T') ? '+' : 'T'));
      if (givenMs === null) return invalid(reply, 'created_datetime', 'Not a valid datetime.');
      if (name === 'gt' || name === 'gte') fromMs = Math.max(fromMs, name === 'gt' ? givenMs + 1 : givenMs);
      else toMs = Math.min(toMs, name === 'lt' ? givenMs - 1 : givenMs);
    }
    const types = new Set(listOf(query, 'types', readings.bracketKeys));
    if (types.size > 0) tests.push((event) => types.has(event.type));
    const userIds = new Set(listOf(query, 'user_ids', readings.bracketKeys).map(Number));
    if (userIds.size > 0) tests.push(({ userId }) => userId !== null && userIds.has(userId));
    if (type !== undefined && type !== 'Ticket')
      tests.push((event) => event.objectType === type && event.objectId === objectId);
    const rows =
      type === 'Ticket'
        ? createOrdered(({ atMs }) => atMs, [...(desk.tickets.get(objectId)?.events ?? [])])
        : desk.events;
    return sendPage(request, reply, rows, paging, {
      json: json.eventJson,
      fromMs,
      toMs,
      keep: (event) => tests.every((test) => test(event)),
    });
  });
  app.get<IdRoute>('/api/events/:id', ({ params }, reply) => {
    const event = desk.events.rows.find(({ id }) => id === Number(params.id));
    return event ? reply.send(json.eventJson(event)) : notFound(reply);
  });

  app.get<{ Querystring: Query }>('/api/phone/voice-calls', (request, reply) => {
    const paging = pagingOf(reply, request.query);
    if (!paging) return reply;
    const ticketId = numberOf(textOf(request.query, 'ticket_id'));
    return sendPage(request, reply, desk.calls, paging, {
      json: callJson,
      keep: (call) => Number.isNaN(ticketId) || call.ticketId === ticketId,
    });
  });
  app.get<IdRoute>('/api/phone/voice-calls/:id', ({ params }, reply) => {
    const call = desk.calls.rows.find(({ id }) => id === Number(params.id));
    return call ? reply.send(callJson(call)) : notFound(reply);
  });
};
