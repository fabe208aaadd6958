import type { FastifyInstance } from 'fastify';
import { isRecord } from '../http.ts';
import { notFound, type Query, refuse, sendList } from './envelope.ts';
import { linkTo } from './json.ts';
import { instant } from './model.ts';
import { eventNames, type Webhook, type WebhookHeader, type WebhookRegistry, type WebhookValues } from './webhooks.ts';

interface IdRoute {
  Params: { id: string };
  Querystring: Query;
  Body: unknown;
}

const isHeader = (value: unknown): value is WebhookHeader =>
  isRecord(value) && typeof value.name === 'string' && typeof value.value === 'string';

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

/** What a body says of a webhook; RangeError where a value is of the wrong kind. */
const readWebhook = (body: unknown): Partial<WebhookValues> => {
  if (!isRecord(body)) throw new RangeError('the body is an object');
  const { name, url, events, headers, enabled } = body;
  if (name !== undefined && typeof name !== 'string') throw new RangeError('name: is text');
  if (url !== undefined && typeof url !== 'string') throw new RangeError('url: is text');
  if (events !== undefined && !isNames(events)) throw new RangeError('events: is a list of names');
  if (headers !== undefined && !(Array.isArray(headers) && headers.every(isHeader)))
    throw new RangeError('headers: is a list of {name, value}');
  if (enabled !== undefined && typeof enabled !== 'boolean') throw new RangeError('enabled: is true or false');
  return {
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url }),
    ...(events === undefined ? {} : { events }),
    ...(headers === undefined ? {} : { headers }),
    ...(enabled === undefined ? {} : { enabled }),
  };
};

/** Outbound webhooks, their log, and the events there are. */
export const addWebhookRoutes = (app: FastifyInstance, registry: WebhookRegistry, orgId: string): void => {
  const base = '/v1/outbound-webhooks';
  const json = ({ id, createdAtMs, updatedAtMs, ...attributes }: Webhook) => ({
    type: 'outbound_webhook',
    id,
    attributes: { ...attributes, createdAt: instant(createdAtMs), updatedAt: instant(updatedAtMs) },
    relationships: { org: linkTo('org', orgId) },
    links: { self: `${base}/${id}` },
  });

  app.get<{ Querystring: Query }>(base, ({ query }, reply) =>
    sendList(reply, [...registry.webhooks.values()], json, { query, path: base }),
  );
  app.get<{ Querystring: Query }>(`${base}/events`, ({ query }, reply) =>
    sendList(reply, eventNames, (name) => ({ type: 'outbound_webhook_event', id: name, attributes: { name } }), {
      query,
      path: `${base}/events`,
    }),
  );
  app.post<{ Body: unknown }>(base, ({ body }, reply) => {
    try {
      const values = { name: '', url: '', events: [], headers: [], enabled: true, ...readWebhook(body) };
      return reply.code(201).send({ data: json(registry.add(values)) });
    } catch (error) {
      if (error instanceof RangeError) return refuse(reply, 400, error.message);
      throw error;
    }
  });
  app.get<IdRoute>(`${base}/:id`, ({ params }, reply) => {
    const webhook = registry.webhooks.get(params.id);
    return webhook ? reply.send({ data: json(webhook) }) : notFound(reply);
  });
  app.put<IdRoute>(`${base}/:id`, ({ params, body }, reply) => {
    try {
      const webhook = registry.change(params.id, readWebhook(body));
      return webhook ? reply.send({ data: json(webhook) }) : notFound(reply);
    } catch (error) {
      if (error instanceof RangeError) return refuse(reply, 400, error.message);
      throw error;
    }
  });
  app.delete<IdRoute>(`${base}/:id`, ({ params }, reply) =>
    registry.remove(params.id) ? reply.code(204).send() : notFound(reply),
  );
  app.get<IdRoute>(`${base}/:id/transactions`, ({ params, query }, reply) => {
    if (!registry.webhooks.has(params.id)) return notFound(reply);
    const path = `${base}/${params.id}/transactions`;
    return sendList(
      reply,
      registry.transactions(params.id),
      ({ eventId, event, status, atMs }) => ({
        type: 'outbound_webhook_transaction',
        id: `${eventId}${atMs}`,
        attributes: { eventId, eventName: event, statusCode: status, createdAt: instant(atMs) },
      }),
      { query, path },
    );
  });
};
