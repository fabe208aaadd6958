import type { FastifyInstance, FastifyReply } from 'fastify';
import { secondMs } from '../../core/time.ts';
import { isRecord } from '../http.ts';
import type { Hook, HookRegistry, HookValues } from './hooks.ts';
import { pageV3, type Query } from './pages.ts';

interface HookRoute {
  Params: { id: string };
  Querystring: Query;
  Body: unknown;
}

/** What a body says of a hook; RangeError where a value is of the wrong kind. */
const readHook = (body: unknown): Partial<HookValues> => {
  if (!isRecord(body)) throw new RangeError('The body must be an object');
  const { scope, destination, headers, is_active: isActive } = body;
  if (scope !== undefined && typeof scope !== 'string') throw new RangeError('scope must be text');
  if (destination !== undefined && typeof destination !== 'string') throw new RangeError('destination must be text');
  if (isActive !== undefined && typeof isActive !== 'boolean') throw new RangeError('is_active must be true or false');
  if (headers != null && !(isRecord(headers) && Object.values(headers).every((value) => typeof value === 'string')))
    throw new RangeError('headers must be an object of texts');
  return {
    ...(scope === undefined ? {} : { scope }),
    ...(destination === undefined ? {} : { destination }),
    ...(isActive === undefined ? {} : { isActive }),
    ...(headers == null ? {} : { headers: headers as Record<string, string> }),
  };
};

/** Webhooks of the account whose token asks: single, as a list, and what an administrator sees of blocked domains. */
export const addHookRoutes = (
  app: FastifyInstance,
  {
    registry,
    storeHash,
    clientId,
    problem,
  }: {
    readonly registry: HookRegistry;
    readonly storeHash: string;
    readonly clientId: string;
    readonly problem: (reply: FastifyReply, status: number, title: string) => FastifyReply;
  },
): void => {
  const json = ({ id, scope, destination, headers, isActive, createdAtMs, updatedAtMs }: Hook) => ({
    id,
    client_id: clientId,
    store_hash: storeHash,
    scope,
    destination,
    headers: Object.keys(headers).length > 0 ? headers : null,
    is_active: isActive,
    created_at: Math.floor(createdAtMs / secondMs),
    updated_at: Math.floor(updatedAtMs / secondMs),
  });
  const one = (reply: FastifyReply, hook: Hook | null): FastifyReply =>
    hook ? reply.send({ data: json(hook), meta: {} }) : problem(reply, 404, 'The webhook was not found');
  const orRefused = (reply: FastifyReply, act: () => Hook | null): FastifyReply => {
    try {
      return one(reply, act());
    } catch (error) {
      if (error instanceof RangeError) return problem(reply, 422, error.message);
      throw error;
    }
  };

  app.get<HookRoute>('/v3/hooks', ({ query }, reply) => {
    registry.sweep();
    const found = [...registry.hooks.values()].filter(
      ({ scope, destination, isActive }) =>
        (query.scope === undefined || scope === query.scope) &&
        (query.destination === undefined || destination === query.destination) &&
        (query.is_active === undefined || String(isActive) === query.is_active),
    );
    return reply.send(pageV3(found.map(json), query));
  });
  app.post<HookRoute>('/v3/hooks', ({ body }, reply) =>
    orRefused(reply, () =>
      registry.add({ scope: '', destination: '', headers: {}, isActive: false, ...readHook(body) }),
    ),
  );
  app.get<HookRoute>('/v3/hooks/admin', (_, reply) => {
    const domains = new Set([...registry.hooks.values()].map(({ destination }) => new URL(destination).origin));
    const blocked = [...domains].flatMap((destination) => {
      const left = registry.blockedSeconds(destination);
      return left > 0 ? [{ destination, time_left: left, reasons: [] }] : [];
    });
    const list = [...registry.hooks.values()].map((hook) => ({
      ...json(hook),
      status: hook.isActive ? 'active' : 'deactivated',
    }));
    return reply.send({ data: { emails: [], hooks_list: list, blocked_domains: blocked }, meta: {} });
  });
  app.get<HookRoute>('/v3/hooks/:id', ({ params }, reply) => one(reply, registry.hooks.get(Number(params.id)) ?? null));
  app.put<HookRoute>('/v3/hooks/:id', ({ params, body }, reply) =>
    orRefused(reply, () => registry.change(Number(params.id), readHook(body))),
  );
  app.delete<HookRoute>('/v3/hooks/:id', ({ params }, reply) => one(reply, registry.remove(Number(params.id))));
};
