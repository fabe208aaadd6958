import type { FastifyInstance, FastifyReply } from 'fastify';
import { isoSeconds } from '../clock.ts';
import { isRecord } from '../http.ts';
import { fieldJson } from './json.ts';
import type { TicketField } from './model.ts';
import { invalid, notFound, type RouteDeps } from './ticket-routes.ts';
import type { NewWebhook, Trigger, Webhook, WebhookRegistry } from './webhooks.ts';

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

const triggerJson = ({ id, title, active, exceptUserId, webhookId, body }: Trigger): Record<string, unknown> => ({
  id,
  title,
  active,
  conditions: {
    all: exceptUserId === null ? [] : [{ field: 'current_user_id', operator: 'is_not', value: String(exceptUserId) }],
    any: [],
  },
  actions: [{ field: 'notification_webhook', value: [webhookId, body] }],
});

const within = (body: unknown, key: string): Record<string, unknown> =>
  isRecord(body) && isRecord(body[key]) ? body[key] : {};

/** What is asked of a webhook, without what is not given. */
const webhookInput = (body: unknown): Partial<NewWebhook> => {
  const { name, endpoint, http_method: httpMethod, subscriptions, status } = within(body, 'webhook');
  return {
    ...(typeof name === 'string' && { name }),
    ...(typeof endpoint === 'string' && { endpoint }),
    ...(typeof httpMethod === 'string' && { httpMethod }),
    ...(Array.isArray(subscriptions) && { subscriptions: subscriptions.map(String) }),
    ...((status === 'active' || status === 'inactive') && { status }),
  };
};

interface ById {
  Params: { id: string };
  Body: unknown;
}

/** What admins set up: webhooks, triggers, ticket fields and the account's settings. */
export const addAdminRoutes = (
  app: FastifyInstance,
  {
    clock,
    baseUrl,
    registry,
    fields,
    ownSurvey,
  }: RouteDeps & {
    readonly registry: WebhookRegistry;
    readonly fields: TicketField[];
    readonly ownSurvey: boolean;
  },
): void => {
  const { webhooks, triggers } = registry;
  /** What a range error of the registry says is what the account answers. */
  const validated = (reply: FastifyReply, work: () => FastifyReply): FastifyReply => {
    try {
      return work();
    } catch (error) {
      if (error instanceof RangeError) return invalid(reply, 'base', error.message, 400);
      throw error;
    }
  };

  app.get('/api/v2/webhooks', (_, reply) =>
    reply.send({
      webhooks: [...webhooks.values()].map(webhookJson),
      meta: { has_more: false, after_cursor: null, before_cursor: null },
      links: { next: null, prev: null },
    }),
  );
  app.post<{ Body: unknown }>('/api/v2/webhooks', ({ body }, reply) => {
    const { name, endpoint, subscriptions = ['conditional_ticket_events'], ...more } = webhookInput(body);
    if (name === undefined || endpoint === undefined || !/^https?:\/\//.test(endpoint))
      return invalid(reply, 'endpoint', 'name and endpoint: cannot be blank', 400);
    return validated(reply, () =>
      reply.code(201).send({ webhook: webhookJson(registry.add({ ...more, name, endpoint, subscriptions })) }),
    );
  });
  app.post<{ Body: unknown; Querystring: { webhook_id?: string } }>(
    '/api/v2/webhooks/test',
    ({ body, query }, reply) => {
      const { payload } = within(body, 'request');
      return registry.test(query.webhook_id ?? '', typeof payload === 'string' ? payload : '{}')
        ? reply.send({ response: { status: 202, headers: [], payload: '' } })
        : notFound(reply);
    },
  );
  app.get<ById>('/api/v2/webhooks/:id', ({ params }, reply) => {
    const webhook = webhooks.get(params.id);
    return webhook ? reply.send({ webhook: webhookJson(webhook) }) : notFound(reply);
  });
  for (const method of ['PATCH', 'PUT'] as const)
    app.route<ById>({
      method,
      url: '/api/v2/webhooks/:id',
      handler: ({ params, body }, reply) =>
        validated(reply, () =>
          registry.change(params.id, webhookInput(body)) ? reply.code(204).send() : notFound(reply),
        ),
    });
  app.delete<ById>('/api/v2/webhooks/:id', ({ params }, reply) =>
    validated(reply, () => (registry.remove(params.id) ? reply.code(204).send() : notFound(reply))),
  );
  app.get<ById>('/api/v2/webhooks/:id/signing_secret', ({ params }, reply) => {
    const webhook = webhooks.get(params.id);
    return webhook ? reply.send({ signing_secret: { algorithm: 'SHA256', secret: webhook.secret } }) : notFound(reply);
  });
  app.post<ById>('/api/v2/webhooks/:id/signing_secret', ({ params }, reply) =>
    webhooks.has(params.id)
      ? reply.code(201).send({ signing_secret: { algorithm: 'SHA256', secret: registry.resetSecret(params.id) } })
      : notFound(reply),
  );

  app.get('/api/v2/triggers', (_, reply) =>
    reply.send({ triggers: triggers.map(triggerJson), count: triggers.length, next_page: null, previous_page: null }),
  );
  app.post<{ Body: unknown }>('/api/v2/triggers', ({ body }, reply) => {
    const { title, actions, conditions } = within(body, 'trigger');
    const action = Array.isArray(actions) ? actions.find(isRecord) : undefined;
    const [webhookId, text] = Array.isArray(action?.value) ? action.value.map(String) : [];
    const { all, any } = isRecord(conditions) ? conditions : {};
    if (![all, any].some((list) => Array.isArray(list) && list.length > 0))
      return invalid(reply, 'conditions', 'Conditions: at least one is needed');
    if (typeof title !== 'string' || webhookId === undefined || text === undefined || !webhooks.has(webhookId))
      return invalid(reply, 'actions', 'Actions: is not a webhook of this account');
    const trigger = registry.addTrigger({ title, webhookId, body: text, exceptUserId: null });
    return reply.code(201).send({ trigger: triggerJson(trigger) });
  });
  app.put<ById>('/api/v2/triggers/:id', ({ params, body }, reply) => {
    const trigger = triggers.find(({ id }) => String(id) === params.id);
    if (!trigger) return notFound(reply);
    const { active } = within(body, 'trigger');
    if (typeof active === 'boolean') trigger.active = active;
    return reply.send({ trigger: triggerJson(trigger) });
  });
  app.delete<ById>('/api/v2/triggers/:id', ({ params }, reply) =>
    registry.removeTrigger(Number(params.id)) ? reply.code(204).send() : notFound(reply),
  );

  const json = (field: TicketField) => fieldJson(field, fields.indexOf(field) + 1, baseUrl());
  const byId = (id: string): TicketField | undefined => fields.find((field) => String(field.id) === id);
  /** The tags of the options and their names; null where one stands there twice or without a tag. */
  const optionsIn = (list: unknown): Pick<TicketField, 'options' | 'names'> | null => {
    if (!Array.isArray(list)) return {};
    const options = list.filter(isRecord).map(({ name, value }) => [String(value ?? ''), String(name ?? '')] as const);
    const tags = options.map(([tag]) => tag);
    if (new Set(tags).size !== tags.length || tags.includes('')) return null;
    return { options: tags, names: Object.fromEntries(options) };
  };
  app.get('/api/v2/ticket_fields', (_, reply) =>
    reply.send({ ticket_fields: fields.map(json), next_page: null, previous_page: null, count: fields.length }),
  );
  app.get<ById>('/api/v2/ticket_fields/:id', ({ params }, reply) => {
    const field = byId(params.id);
    return field ? reply.send({ ticket_field: json(field) }) : notFound(reply);
  });
  app.post<{ Body: unknown }>('/api/v2/ticket_fields', ({ body }, reply) => {
    const { title, type, custom_field_options } = within(body, 'ticket_field');
    const options = optionsIn(custom_field_options);
    if (typeof title !== 'string' || typeof type !== 'string' || options === null)
      return invalid(reply, 'base', 'Title, type and options must be given, each option once');
    if (type === 'tagger' && (options.options ?? []).length === 0)
      return invalid(reply, 'custom_field_options', 'Options: cannot be blank');
    const field: TicketField = { id: Math.max(...fields.map(({ id }) => id)) + 1_000, title, type, ...options };
    fields.push(field);
    return reply.code(201).send({ ticket_field: json(field) });
  });
  app.put<ById>('/api/v2/ticket_fields/:id', ({ params, body }, reply) => {
    const field = byId(params.id);
    if (!field) return notFound(reply);
    const { active, custom_field_options } = within(body, 'ticket_field');
    const options = optionsIn(custom_field_options);
    if (options === null) return invalid(reply, 'custom_field_options', 'Options: each once');
    Object.assign(field, options, typeof active === 'boolean' ? { active } : {});
    return reply.send({ ticket_field: json(field) });
  });
  app.delete<ById>('/api/v2/ticket_fields/:id', ({ params }, reply) => {
    const place = fields.findIndex(({ id }) => String(id) === params.id);
    if (place < 0) return notFound(reply);
    fields.splice(place, 1);
    return reply.code(204).send();
  });

  app.get('/api/v2/account/settings', (_, reply) =>
    reply.send({ settings: { active_features: { customer_satisfaction: ownSurvey }, tickets: {}, api: {} } }),
  );
  app.get('/api/v2/apps/installations', (_, reply) =>
    reply.send({ installations: [{ id: 42, app_id: 35_111, enabled: true, settings: { name: 'Time Tracking' } }] }),
  );
  app.get<ById>('/api/v2/apps/installations/:id/requirements', (_, reply) =>
    reply.send({
      requirements: fields
        .filter(({ type }) => type === 'integer')
        .map(({ id }, index) => ({
          identifier: index === 0 ? 'total_time_field' : 'time_last_update_field',
          requirement_id: id,
          requirement_type: 'ticket_fields',
          installed_at: isoSeconds(clock.now().getTime()),
        })),
    }),
  );
};
