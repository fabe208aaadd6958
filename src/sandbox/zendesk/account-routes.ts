import type { FastifyInstance } from 'fastify';
import { isoSeconds } from '../clock.ts';
import { boundedInt, sendText } from '../http.ts';
import { fieldJson, ticketText, userJson, usersText } from './json.ts';
import { idsIn, invalid, notFound, type RouteDeps } from './ticket-routes.ts';
import type { Webhook, WebhookRegistry } from './webhooks.ts';

type Query = Readonly<Record<string, string | undefined>>;

/** Changes of the last minute are not in the export yet. */
const exportDelayMs = 60_000;

const cursorOf = (place: number): string => Buffer.from(`feed ${place}`).toString('base64url');
const placeOf = (cursor: string): number | null => {
  const match = /^feed (\d+)$/.exec(Buffer.from(cursor, 'base64url').toString());
  return match ? Number(match[1]) : null;
};

const webhookJson = (webhook: Webhook): Record<string, unknown> => ({
  id: webhook.id,
  name: webhook.name,
  status: webhook.status,
  subscriptions: webhook.subscriptions,
  created_at: isoSeconds(webhook.createdAtMs),
  created_by: '1',
  endpoint: webhook.endpoint,
  http_method: webhook.httpMethod,
  request_format: 'json',
});

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The change feed, people, ticket fields, webhooks and triggers. */
export const addAccountRoutes = (
  app: FastifyInstance,
  { desk, clock, apiUserId, baseUrl }: RouteDeps,
  registry: WebhookRegistry,
): void => {
  /** The first entry of the feed at or after the instant. */
  const placeAt = (atMs: number): number => {
    let low = 0;
    let high = desk.feed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((desk.feed[middle]?.atMs ?? 0) < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  app.get<{ Querystring: Query }>('/api/v2/incremental/tickets/cursor', ({ query }, reply) => {
    const untilMs = clock.now().getTime() - exportDelayMs;
    const startMs = Number(query.start_time) * 1000;
    if (query.cursor === undefined && !(startMs <= untilMs))
      return invalid(reply, 'start_time', 'Too recent start_time. Use a start_time older than 60 seconds', 400);
    const start = query.cursor === undefined ? placeAt(startMs) : placeOf(query.cursor);
    if (start === null || start > desk.feed.length) return invalid(reply, 'cursor', 'cursor: is not valid', 400);
    const end = placeAt(untilMs + 1);
    const most = boundedInt(query.per_page, { fallback: 1000, min: 1, max: 1000 });
    const texts: string[] = [];
    let place = start;
    for (; place < end && texts.length < most; place += 1) {
      const ticket = desk.tickets.get(desk.feed[place]?.ticketId ?? 0);
      // An entry is stale once its ticket changed again: the ticket stands further on.
      if (ticket?.feedNo !== place || (ticket.deleted && query.exclude_deleted === 'true')) continue;
      texts.push(ticketText(desk, ticket, baseUrl()));
    }
    const address = `${baseUrl()}/api/v2/incremental/tickets/cursor.json?cursor=`;
    const paging = {
      after_cursor: cursorOf(place),
      after_url: `${address}${cursorOf(place)}`,
      before_cursor: null,
      before_url: null,
      end_of_stream: place >= end,
    };
    return sendText(reply, `{"tickets":[${texts.join(',')}],${JSON.stringify(paging).slice(1)}`);
  });

  app.get('/api/v2/users/me', (_, reply) => {
    const user = desk.users.get(apiUserId);
    return user ? reply.send({ user: userJson(user, baseUrl()) }) : notFound(reply);
  });
  app.get<{ Querystring: Query }>('/api/v2/users/show_many', ({ query }, reply) => {
    const ids = idsIn(query);
    if (!ids) return invalid(reply, 'ids', 'at most 100 ids', 400);
    const count = new Set(ids.filter((id) => desk.users.has(id))).size;
    return sendText(
      reply,
      `{"users":${usersText(desk, ids, baseUrl())},"next_page":null,"previous_page":null,"count":${count}}`,
    );
  });
  app.get<{ Params: { id: string } }>('/api/v2/users/:id', ({ params }, reply) => {
    const user = desk.users.get(Number(params.id));
    return user ? reply.send({ user: userJson(user, baseUrl()) }) : notFound(reply);
  });

  app.get('/api/v2/ticket_fields', (_, reply) =>
    reply.send({
      ticket_fields: desk.fields.map((field, index) => fieldJson(field, index + 1, baseUrl())),
      next_page: null,
      previous_page: null,
      count: desk.fields.length,
    }),
  );

  interface WebhookRoute {
    Params: { id: string };
  }
  app.get('/api/v2/webhooks', (_, reply) =>
    reply.send({
      webhooks: [...registry.webhooks.values()].map(webhookJson),
      meta: { has_more: false, after_cursor: null, before_cursor: null },
      links: { next: null, prev: null },
    }),
  );
  app.post<{ Body: unknown }>('/api/v2/webhooks', ({ body }, reply) => {
    const input = isRecord(body) && isRecord(body.webhook) ? body.webhook : {};
    const { name, endpoint, http_method: httpMethod, subscriptions = ['conditional_ticket_events'], status } = input;
    if (typeof name !== 'string' || typeof endpoint !== 'string' || !/^https?:\/\//.test(endpoint))
      return invalid(reply, 'endpoint', 'name and endpoint: cannot be blank', 400);
    if (!Array.isArray(subscriptions)) return invalid(reply, 'subscriptions', 'subscriptions: is a list', 400);
    try {
      const webhook = registry.add({
        name,
        endpoint,
        httpMethod: typeof httpMethod === 'string' ? httpMethod : 'POST',
        status: status === 'inactive' ? 'inactive' : 'active',
        subscriptions: subscriptions.map(String),
      });
      return reply.code(201).send({ webhook: webhookJson(webhook) });
    } catch (error) {
      if (error instanceof RangeError) return invalid(reply, 'subscriptions', error.message, 400);
      throw error;
    }
  });
  app.get<WebhookRoute>('/api/v2/webhooks/:id', ({ params }, reply) => {
    const webhook = registry.webhooks.get(params.id);
    return webhook ? reply.send({ webhook: webhookJson(webhook) }) : notFound(reply);
  });
  app.delete<WebhookRoute>('/api/v2/webhooks/:id', ({ params }, reply) =>
    registry.remove(params.id) ? reply.code(204).send() : notFound(reply),
  );
  app.get<WebhookRoute>('/api/v2/webhooks/:id/signing_secret', ({ params }, reply) => {
    const webhook = registry.webhooks.get(params.id);
    return webhook ? reply.send({ signing_secret: { algorithm: 'SHA256', secret: webhook.secret } }) : notFound(reply);
  });
  app.post<WebhookRoute>('/api/v2/webhooks/:id/signing_secret', ({ params }, reply) =>
    registry.webhooks.has(params.id)
      ? reply.code(201).send({ signing_secret: { algorithm: 'SHA256', secret: registry.resetSecret(params.id) } })
      : notFound(reply),
  );

  app.get('/api/v2/triggers', (_, reply) =>
    reply.send({
      triggers: registry.triggers.map((trigger) => ({
        id: trigger.id,
        title: trigger.title,
        active: true,
        conditions: {
          all:
            trigger.exceptUserId === null
              ? []
              : [{ field: 'current_user_id', operator: 'is_not', value: String(trigger.exceptUserId) }],
          any: [],
        },
        actions: [{ field: 'notification_webhook', value: [trigger.webhookId, trigger.body] }],
      })),
      count: registry.triggers.length,
      next_page: null,
      previous_page: null,
    }),
  );
};
