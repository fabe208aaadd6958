import type { FastifyInstance, FastifyReply } from 'fastify';
import { isRecord } from '../http.ts';
import { bodyOf, empty, fail, invalid, notFound, pagingOf, type Query, sendPage, textOf } from './answers.ts';
import { type HttpIntegration, type HttpSettings, type Integrations, triggerNames } from './integrations.ts';
import { emailIntegration } from './json.ts';
import { orderedByCreation } from './ordered.ts';
import { stampOf, stampOrNull } from './stamps.ts';
import type { IdRoute, RouteDeps } from './ticket-routes.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'];
const contentTypes = ['application/json', 'application/x-www-form-urlencoded'];

/** The `http` of a body, or what is wrong with it. A secret for signing is taken and never shown; no call is signed. */
const httpOf = (given: unknown): HttpSettings | { readonly wrong: string } => {
  const http = bodyOf(given);
  const { url, method = 'POST', request_content_type: sends = 'application/json', headers = {}, triggers = {} } = http;
  const { response_content_type: takes = 'application/json', form = null } = http;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return { wrong: 'url: Not a valid URL.' };
  if (!methods.includes(method as string)) return { wrong: 'method: Not a valid choice.' };
  if (!contentTypes.includes(sends as string)) return { wrong: 'request_content_type: Not a valid choice.' };
  if (takes !== 'application/json') return { wrong: 'response_content_type: Not a valid choice.' };
  if (!isRecord(headers) || Object.values(headers).some((value) => typeof value !== 'string'))
    return { wrong: 'headers: Not a valid mapping.' };
  if (!isRecord(triggers)) return { wrong: 'triggers: Not a valid mapping.' };
  const odd = Object.keys(triggers).find((name) => !triggerNames.includes(name as never));
  if (odd !== undefined) return { wrong: `triggers: ${odd} is not known.` };
  if (form !== null && !isRecord(form) && typeof form !== 'string') return { wrong: 'form: Not a valid mapping.' };
  return {
    url,
    method: String(method),
    request_content_type: String(sends),
    response_content_type: takes,
    headers: headers as Record<string, string>,
    form,
    triggers: triggers as HttpSettings['triggers'],
  };
};

interface Widget {
  readonly id: number;
  readonly createdAtMs: number;
  updatedAtMs: number;
  context: string;
  type: string;
  integrationId: number | null;
  order: number;
  template: unknown;
}

/** HTTP integrations and the widgets that show what they fetch. */
export const addIntegrationRoutes = (
  app: FastifyInstance,
  {
    desk,
    clock,
    apiUserId,
    integrations,
    restart,
  }: RouteDeps & { integrations: Integrations; restart: (id: number) => void },
): void => {
  const nowMs = (): number => clock.now().getTime();

  const integrationJson = (integration: HttpIntegration) => ({
    id: integration.id,
    created_datetime: stampOf(integration.createdAtMs),
    deactivated_datetime: stampOrNull(integration.deactivatedAtMs),
    decoration: null,
    description: integration.description,
    http: { ...integration.http, oauth2: null },
    locked_datetime: null,
    meta: null,
    name: integration.name,
    type: 'http',
    updated_datetime: stampOf(integration.updatedAtMs),
    user: { id: integration.userId },
    uri: `/api/integrations/${integration.id}/`,
    application_id: null,
    managed: false,
    business_hours_id: null,
  });
  const inboxJson = {
    ...{ id: emailIntegration.id, created_datetime: stampOf(nowMs()), deactivated_datetime: null, decoration: null },
    ...{ description: null, http: null, locked_datetime: null, meta: { address: emailIntegration.address } },
    ...{ name: emailIntegration.name, type: 'email', updated_datetime: stampOf(nowMs()), user: { id: apiUserId } },
    ...{ uri: `/api/integrations/${emailIntegration.id}/`, application_id: null, managed: false },
  };

  app.get<{ Querystring: Query }>('/api/integrations', (request, reply) => {
    const paging = pagingOf(reply, request.query, { descending: false });
    if (!paging) return reply;
    const type = textOf(request.query, 'type');
    if (type !== undefined && type !== 'http') return invalid(reply, 'type', 'Not a valid choice.');
    const inbox = { id: emailIntegration.id, createdAtMs: 0, http: null };
    const rows = [...(type === undefined ? [inbox] : []), ...integrations.all.values()];
    return sendPage(request, reply, orderedByCreation<(typeof rows)[number]>(rows), paging, {
      json: (row) => (row.http === null ? inboxJson : integrationJson(row as HttpIntegration)),
    });
  });
  app.get<IdRoute>('/api/integrations/:id', ({ params }, reply) => {
    const integration = integrations.all.get(Number(params.id));
    if (integration) return reply.send(integrationJson(integration));
    return Number(params.id) === emailIntegration.id ? reply.send(inboxJson) : notFound(reply);
  });
  app.post<IdRoute>('/api/integrations', (request, reply) => {
    const { name, type, description, http: given } = bodyOf(request.body);
    if (typeof name !== 'string' || name === '') return invalid(reply, 'name', 'Missing data for required field.');
    if (type !== 'http') return invalid(reply, 'type', 'Only integrations of type http can be created.');
    const http = httpOf(given);
    if ('wrong' in http) return invalid(reply, 'http', http.wrong);
    const made = integrations.add({
      name,
      description: typeof description === 'string' ? description : null,
      http,
      userId: apiUserId,
    });
    desk.log('integration-created', { type: 'Integration', id: made.id }, apiUserId);
    return reply.code(201).send(integrationJson(made));
  });
  // What is given replaces; `http` is replaced as a whole.
  app.put<IdRoute>('/api/integrations/:id', ({ params, body: given }, reply) => {
    const integration = integrations.all.get(Number(params.id));
    if (!integration) return notFound(reply);
    const body = bodyOf(given);
    if (body.type !== undefined && body.type !== 'http') return invalid(reply, 'type', 'Not a valid choice.');
    const http = body.http === undefined ? integration.http : httpOf(body.http);
    if ('wrong' in http) return invalid(reply, 'http', http.wrong);
    integration.http = http;
    if (typeof body.name === 'string') integration.name = body.name;
    if (body.description !== undefined)
      integration.description = typeof body.description === 'string' ? body.description : null;
    integration.updatedAtMs = nowMs();
    desk.log('integration-updated', { type: 'Integration', id: integration.id }, apiUserId);
    if (body.deactivated_datetime !== undefined) {
      const on = body.deactivated_datetime === null;
      if (on && integration.deactivatedAtMs !== null)
        desk.log('integration-reactivated', { type: 'Integration', id: integration.id }, apiUserId);
      integration.deactivatedAtMs = on ? null : nowMs();
      restart(integration.id);
    }
    return reply.send(integrationJson(integration));
  });
  app.delete<IdRoute>('/api/integrations/:id', ({ params }, reply) => {
    if (!integrations.remove(Number(params.id))) return notFound(reply);
    for (const widget of widgets.values()) if (widget.integrationId === Number(params.id)) widgets.delete(widget.id);
    desk.log('integration-deleted', { type: 'Integration', id: Number(params.id) }, apiUserId);
    return empty(reply, 204);
  });

  const widgets = new Map<number, Widget>();
  let lastWidgetId = 445_000;
  const widgetJson = (widget: Widget) => ({
    id: widget.id,
    context: widget.context,
    created_datetime: stampOf(widget.createdAtMs),
    deactivated_datetime: null,
    app_id: null,
    integration_id: widget.integrationId,
    order: widget.order,
    template: widget.template,
    type: widget.type,
    updated_datetime: stampOf(widget.updatedAtMs),
    uri: `/api/widgets/${widget.id}/`,
  });
  /** The values of a widget's body; null where one is wrong and was answered. */
  const widgetOf = (reply: FastifyReply, given: unknown, self: number | null) => {
    const { context, type, integration_id: integrationId = null, order = 0, template } = bodyOf(given);
    const taken = [...widgets.values()].some((other) => other.id !== self && other.integrationId === integrationId);
    if (context !== 'ticket' && context !== 'customer') void invalid(reply, 'context', 'Not a valid choice.');
    else if (typeof type !== 'string') void invalid(reply, 'type', 'Missing data for required field.');
    else if (bodyOf(template).type !== 'wrapper') void invalid(reply, 'template', 'The root must be a wrapper.');
    else if (type === 'http' && !integrations.all.has(Number(integrationId)))
      void invalid(reply, 'integration_id', 'The integration does not exist.');
    else if (type === 'http' && taken) void fail(reply, 409, 'The resource already exists.');
    else return { context, type, integrationId: integrationId as number | null, order: Number(order), template };
    return null;
  };
  app.get<{ Querystring: Query }>('/api/widgets', (request, reply) => {
    const paging = pagingOf(reply, request.query, { descending: false });
    return paging ? sendPage(request, reply, orderedByCreation(widgets.values()), paging, { json: widgetJson }) : reply;
  });
  app.get<IdRoute>('/api/widgets/:id', ({ params }, reply) => {
    const widget = widgets.get(Number(params.id));
    return widget ? reply.send(widgetJson(widget)) : notFound(reply);
  });
  app.post<IdRoute>('/api/widgets', ({ body }, reply) => {
    const values = widgetOf(reply, body, null);
    if (!values) return reply;
    lastWidgetId += 3;
    const widget: Widget = { id: lastWidgetId, createdAtMs: nowMs(), updatedAtMs: nowMs(), ...values };
    widgets.set(widget.id, widget);
    desk.log('widget-created', { type: 'Widget', id: widget.id }, apiUserId);
    return reply.code(201).send(widgetJson(widget));
  });
  app.put<IdRoute>('/api/widgets/:id', ({ params, body }, reply) => {
    const widget = widgets.get(Number(params.id));
    if (!widget) return notFound(reply);
    const values = widgetOf(reply, body, widget.id);
    if (!values) return reply;
    Object.assign(widget, values, { updatedAtMs: nowMs() });
    return reply.send(widgetJson(widget));
  });
  app.delete<IdRoute>('/api/widgets/:id', ({ params }, reply) =>
    widgets.delete(Number(params.id)) ? empty(reply, 204) : notFound(reply),
  );
};
