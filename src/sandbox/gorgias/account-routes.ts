import type { FastifyInstance } from 'fastify';
import { isRecord } from '../http.ts';
import { bodyOf, empty, fail, invalid, notFound, pagingOf, type Query, sendPage, textOf } from './answers.ts';
import { customerJson, surveyJson, userJson } from './json.ts';
import type { Survey } from './model.ts';
import { orderedByCreation } from './ordered.ts';
import { instantOf } from './stamps.ts';
import type { IdRoute, RouteDeps } from './ticket-routes.ts';

const textOr = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** People, the account with its settings, and satisfaction surveys. */
export const addAccountRoutes = (app: FastifyInstance, { desk, clock, apiUserId, account }: RouteDeps): void => {
  app.get<{ Querystring: Query }>('/api/users', (request, reply) => {
    const paging = pagingOf(reply, request.query, { fields: ['created_datetime', 'name'], descending: false });
    const email = textOf(request.query, 'email');
    return paging
      ? sendPage(request, reply, orderedByCreation(desk.users.values()), paging, {
          json: userJson,
          keep: (user) => email === undefined || user.email === email,
        })
      : reply;
  });
  // "Use the ID 0 to fetch your user": https://developers.gorgias.com/reference/get-user
  app.get<IdRoute>('/api/users/:id', ({ params }, reply) => {
    const user = desk.users.get(params.id === '0' ? apiUserId : Number(params.id));
    return user ? reply.send(userJson(user)) : notFound(reply);
  });

  app.get<{ Querystring: Query }>('/api/customers', (request, reply) => {
    const paging = pagingOf(reply, request.query, { fields: ['created_datetime', 'updated_datetime'] });
    const email = textOf(request.query, 'email');
    return paging
      ? sendPage(request, reply, orderedByCreation(desk.customers.values()), paging, {
          json: customerJson,
          keep: (customer) => email === undefined || customer.email === email,
        })
      : reply;
  });
  app.get<IdRoute>('/api/customers/:id', ({ params }, reply) => {
    const customer = desk.customers.get(Number(params.id));
    return customer ? reply.send(customerJson(customer)) : notFound(reply);
  });
  app.post<IdRoute>('/api/customers', (request, reply) => {
    const body = bodyOf(request.body);
    const email = textOr(body.email);
    if (email !== null && [...desk.customers.values()].some((customer) => customer.email === email))
      return fail(reply, 409, 'The resource already exists.');
    const customer = desk.addCustomer({
      name: textOr(body.name),
      email,
      language: textOr(body.language),
      externalId: textOr(body.external_id),
    });
    desk.log('customer-created', { type: 'Customer', id: customer.id }, apiUserId);
    return reply.code(201).send(customerJson(customer));
  });
  app.put<IdRoute>('/api/customers/:id', ({ params, body: given }, reply) => {
    const customer = desk.customers.get(Number(params.id));
    if (!customer) return notFound(reply);
    const body = bodyOf(given);
    if (body.name !== undefined) customer.name = textOr(body.name);
    if (body.language !== undefined) customer.language = textOr(body.language);
    if (body.note !== undefined) customer.note = textOr(body.note);
    if (body.external_id !== undefined) customer.externalId = textOr(body.external_id);
    customer.updatedAtMs = clock.now().getTime();
    desk.log('customer-updated', { type: 'Customer', id: customer.id }, apiUserId);
    return reply.send(customerJson(customer));
  });
  app.put<IdRoute>('/api/customers/:id/data', ({ params, body }, reply) => {
    const customer = desk.customers.get(Number(params.id));
    if (!customer) return notFound(reply);
    if (!isRecord(body) || !('data' in body)) return invalid(reply, 'data', 'Missing data for required field.');
    customer.data = body.data;
    return empty(reply, 202);
  });

  const { all: settings } = desk.settings;
  app.get('/api/account', (_, reply) =>
    reply.send({
      created_datetime: '2024-11-14T13:56:00.000000+00:00',
      deactivated_datetime: null,
      domain: account,
      settings,
      status: { status: 'active' },
    }),
  );
  app.get<{ Querystring: Query }>('/api/account/settings', ({ query }, reply) => {
    const type = textOf(query, 'type');
    return reply.send({ data: settings.filter((setting) => type === undefined || setting.type === type) });
  });
  app.put<IdRoute>('/api/account/settings/:id', ({ params, body }, reply) => {
    const setting = settings.find(({ id }) => id === Number(params.id));
    if (!setting) return notFound(reply);
    const { type, data } = bodyOf(body);
    if (type !== setting.type) return invalid(reply, 'type', 'Invalid value.');
    if (!isRecord(data)) return invalid(reply, 'data', 'Missing data for required field.');
    setting.data = data;
    desk.log('account-setting-updated', { type: 'AccountSetting', id: setting.id }, apiUserId);
    return reply.send(setting);
  });

  const surveysPath = '/api/satisfaction-surveys';
  /** The values of a survey's body, or the key that is wrong. */
  const surveyOf = (given: unknown): Omit<Survey, 'id' | 'createdAtMs'> | { readonly wrong: string } => {
    const body = bodyOf(given);
    const ticket = desk.tickets.get(Number(body.ticket_id));
    const customerId = Number(body.customer_id);
    if (!ticket) return { wrong: 'ticket_id' };
    if (!desk.customers.has(customerId)) return { wrong: 'customer_id' };
    const score = body.score ?? null;
    if (score !== null && !(Number.isInteger(score) && Number(score) >= 1 && Number(score) <= 5))
      return { wrong: 'score' };
    const text = textOr(body.body_text);
    if ((text?.length ?? 0) > 1000) return { wrong: 'body_text' };
    return {
      ticketId: ticket.id,
      customerId,
      score: score as number | null,
      text,
      meta: body.meta ?? null,
      sentAtMs: instantOf(body.sent_datetime),
      scoredAtMs: instantOf(body.scored_datetime),
      shouldSendAtMs: instantOf(body.should_send_datetime),
    };
  };
  app.get<{ Querystring: Query }>(surveysPath, (request, reply) => {
    const paging = pagingOf(reply, request.query);
    const ticketId = textOf(request.query, 'ticket_id');
    return paging
      ? sendPage(request, reply, orderedByCreation(desk.surveys.values()), paging, {
          json: surveyJson,
          keep: (survey) => ticketId === undefined || survey.ticketId === Number(ticketId),
        })
      : reply;
  });
  app.get<IdRoute>(`${surveysPath}/:id`, ({ params }, reply) => {
    const survey = desk.surveys.get(Number(params.id));
    return survey ? reply.send(surveyJson(survey)) : notFound(reply);
  });
  app.post<IdRoute>(surveysPath, ({ body }, reply) => {
    const input = surveyOf(body);
    if ('wrong' in input) return invalid(reply, input.wrong, 'Invalid value.');
    const ticket = desk.ticket(input.ticketId);
    if (ticket.surveyId !== null) return fail(reply, 400, 'A satisfaction survey already exists for this ticket.');
    const survey = desk.addSurvey(input, clock.now().getTime());
    ticket.surveyId = survey.id;
    return reply.code(201).send(surveyJson(survey));
  });
  // A full replacement: what is left out is emptied.
  app.put<IdRoute>(`${surveysPath}/:id`, ({ params, body }, reply) => {
    const survey = desk.surveys.get(Number(params.id));
    if (!survey) return notFound(reply);
    const input = surveyOf(body);
    if ('wrong' in input) return invalid(reply, input.wrong, 'Invalid value.');
    if (input.ticketId !== survey.ticketId) return invalid(reply, 'ticket_id', 'Invalid value.');
    Object.assign(survey, input);
    return reply.code(202).send(surveyJson(survey));
  });
};
