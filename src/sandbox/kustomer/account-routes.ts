import type { FastifyInstance } from 'fastify';
import { dayMs } from '../../core/time.ts';
import { isRecord } from '../http.ts';
import type { RouteDeps } from './conversation-routes.ts';
import { notFound, type Query, refuseField, sendList, sendOne } from './envelope.ts';
import { customerJson, linkTo, namedJson, userJson } from './json.ts';
import { type AuditEntry, instant, type Named } from './model.ts';

const auditKeptMs = 365 * dayMs;

/** The org's own surveys, by channel. */
export interface NativeSurvey {
  readonly channel: string;
  readonly enabled: boolean;
}

export interface KeyAccess {
  /** A revoked key is refused everything. */
  revoked: boolean;
  roles: readonly string[];
}

interface IdRoute {
  Params: { id: string };
  Querystring: Query;
}

/** People, tags, brands, queues, teams, surveys, the key itself and the audit log. */
export const addAccountRoutes = (
  app: FastifyInstance,
  { desk, clock, apiUserId }: RouteDeps,
  { access, surveys }: { readonly access: KeyAccess; readonly surveys: readonly NativeSurvey[] },
): void => {
  const { orgId } = desk;

  app.get('/v1/auth/tokens/current', (_, reply) =>
    reply.send({
      data: {
        type: 'token',
        id: apiUserId,
        attributes: { name: 'Deskledger', roles: access.roles, createdAt: instant(clock.now().getTime()) },
        relationships: { org: linkTo('org', orgId), user: linkTo('user', apiUserId) },
      },
    }),
  );

  app.get('/v1/users/current', (_, reply) => {
    const user = desk.users.get(apiUserId);
    return user ? reply.send({ data: userJson(user, orgId) }) : notFound(reply);
  });
  app.get<{ Querystring: Query }>('/v1/users', ({ query }, reply) =>
    sendList(reply, [...desk.users.values()], (user) => userJson(user, orgId), { query, path: '/v1/users', most: 500 }),
  );
  app.get<IdRoute>('/v1/users/:id', ({ params }, reply) => {
    const user = desk.users.get(params.id);
    return user ? reply.send({ data: userJson(user, orgId) }) : notFound(reply);
  });

  app.get<IdRoute>('/v1/customers/:id', ({ params }, reply) => {
    const email = /^email=(.+)$/.exec(params.id)?.[1];
    const customer =
      email === undefined
        ? desk.customers.get(params.id)
        : [...desk.customers.values()].find((one) => one.email === email);
    return customer ? reply.send({ data: customerJson(customer, orgId) }) : notFound(reply);
  });

  const list = (path: string, type: string, items: () => readonly Named[]): void => {
    const url = `/v1/${path}`;
    app.get<{ Querystring: Query }>(url, ({ query }, reply) =>
      sendList(reply, items(), (one) => namedJson(type, path, one, orgId), { query, path: url }),
    );
    app.get<IdRoute>(`${url}/:id`, ({ params }, reply) => {
      const one = items().find(({ id }) => id === params.id);
      return one ? reply.send({ data: namedJson(type, path, one, orgId) }) : notFound(reply);
    });
  };
  list('tags', 'tag', () => [...desk.tags.values()]);
  list('brands', 'brand', () => desk.brands);
  list('routing/queues', 'queue', () => desk.queues);
  list('teams', 'team', () => desk.teams);

  app.post<{ Body: unknown }>('/v1/tags', ({ body }, reply) => {
    const name = isRecord(body) ? body.name : undefined;
    if (typeof name !== 'string' || name === '') return refuseField(reply, '/name', 'name: is required');
    if ([...desk.tags.values()].some((tag) => tag.name === name))
      return reply.code(409).send({ errors: [{ code: 'conflict', message: 'name: is taken', meta: {} }] });
    const tag = desk.tag(clock.now().getTime(), name, { userId: apiUserId, client: 'api-gw' });
    return sendOne(reply, JSON.stringify(namedJson('tag', 'tags', tag, orgId)), 201);
  });

  app.get<{ Querystring: Query }>('/v1/satisfaction', ({ query }, reply) =>
    sendList(
      reply,
      surveys,
      ({ channel, enabled }) => ({
        type: 'satisfaction',
        id: `${orgId.slice(0, -4)}${channel.padEnd(4, '0').slice(0, 4)}`,
        attributes: { name: `Survey by ${channel}`, channel, enabled },
      }),
      { query, path: '/v1/satisfaction' },
    ),
  );
  app.get<IdRoute>('/v1/satisfaction-responses/:id', ({ params }, reply) => {
    const response = desk.responses.get(params.id);
    if (!response) return notFound(reply);
    const { conversationId, rating, channel, atMs } = response;
    return reply.send({
      data: {
        type: 'satisfaction_response',
        id: params.id,
        attributes: { rating, status: 'rated', answers: [], channel, createdAt: instant(atMs) },
        relationships: { org: linkTo('org', orgId), conversation: linkTo('conversation', conversationId) },
      },
    });
  });

  const auditJson = (entry: AuditEntry) => ({
    type: 'audit_log',
    id: entry.id,
    attributes: {
      eventName: `kustomer.${entry.objectType}.${entry.verb}`,
      eventVerb: entry.verb,
      objectType: entry.objectType,
      objectId: entry.objectId,
      userId: entry.by.userId,
      userType: entry.by.userId === null ? 'system' : (desk.users.get(entry.by.userId)?.userType ?? 'user'),
      client: entry.by.client,
      changes: entry.changes,
      createdAt: instant(entry.atMs),
      expiresAt: instant(entry.atMs + auditKeptMs),
    },
    relationships: { org: linkTo('org', orgId) },
  });
  app.get<{ Querystring: Query }>('/v1/audit-logs', ({ query }, reply) => {
    const { objectId, objectType, eventName, userId } = query;
    const entries = desk.audits.filter(
      (entry) =>
        (objectId === undefined || entry.objectId === objectId) &&
        (objectType === undefined || entry.objectType === objectType) &&
        (eventName === undefined || `kustomer.${entry.objectType}.${entry.verb}` === eventName) &&
        (userId === undefined || entry.by.userId === userId),
    );
    return sendList(reply, entries.toReversed(), auditJson, { query, path: '/v1/audit-logs' });
  });
};
