import type { FastifyInstance, FastifyReply } from 'fastify';
import type { SandboxClock } from '../clock.ts';
import { createFaults, createQuota, createServer, type FaultPlan, listen } from '../http.ts';
import { addCatalogRoutes } from './catalog-routes.ts';
import type { BigcommerceDelivery } from './delivery.ts';
import { addHookRoutes } from './hook-routes.ts';
import { createHooks, type HookRegistry } from './hooks.ts';
import type { Metafield, Refund } from './model.ts';
import { addOrderRoutes } from './order-routes.ts';
import { listIn, pageV3, type Query } from './pages.ts';
import { createShop, type Shop } from './shop.ts';

/** Requests per window, shared by every app of the store; the default is a Pro plan's. */
export interface BigcommerceLimits {
  readonly total?: number;
  readonly windowMs?: number;
}

export interface BigcommerceSandboxOptions {
  readonly clock: SandboxClock;
  readonly seed: string | number;
  readonly limits?: BigcommerceLimits | 'off';
  readonly faults?: FaultPlan;
  readonly firstOrderId?: number;
  readonly delivery?: BigcommerceDelivery;
  /** Several stores are told apart by it. */
  readonly storeHash?: string;
}

/** What `deskledger connect bigcommerce` needs. */
export interface BigcommerceConnectSettings {
  readonly name: string;
  readonly storeHash: string;
  readonly accessToken: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly baseUrl: string;
}

export interface BigcommerceSandbox {
  readonly url: string;
  readonly settings: BigcommerceConnectSettings;
  readonly shop: Shop;
  readonly hooks: HookRegistry;
  /** How many API calls came, refused ones too. */
  calls(): number;
  /** Answers every call with this instead, until told otherwise: a login page, say. */
  answerWith(answer: { readonly status: number; readonly html: string } | null): void;
  /** From now on the token is none. */
  revoke(): void;
  close(): Promise<void>;
}

const problem = (reply: FastifyReply, status: number, title: string): FastifyReply =>
  reply.code(status).send({
    status,
    title,
    type: 'https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes',
    errors: {},
  });

const metafieldsFor = (fields: readonly Metafield[], query: Query): Metafield[] => {
  const namespaces = listIn(query, 'namespace:in');
  const keys = listIn(query, 'key:in');
  const sinceMs =
    query['date_modified:min'] === undefined
      ? Number.NEGATIVE_INFINITY
      : Date.parse(`${query['date_modified:min'].replace(/Z$/, '')}Z`);
  return fields.filter(
    (field) =>
      field.permission_set !== 'app_only' &&
      (query.namespace === undefined || field.namespace === query.namespace) &&
      (query.key === undefined || field.key === query.key) &&
      (!namespaces || namespaces.has(field.namespace)) &&
      (!keys || keys.has(field.key)) &&
      !(Date.parse(field.date_modified) < sinceMs),
  );
};

const addV3Routes = (app: FastifyInstance, shop: Shop): void => {
  interface OrderRoute {
    Params: { id: string };
    Querystring: Query;
  }
  app.get<OrderRoute>('/v3/orders/metafields', ({ query }, reply) =>
    reply.send(pageV3(metafieldsFor(shop.metafields, query), query)),
  );
  app.get<OrderRoute>('/v3/customers', ({ query }, reply) => {
    const ids = listIn(query, 'id:in');
    const emails = listIn(query, 'email:in');
    const found = [...shop.customers].filter(
      ([id, email]) => (!ids || ids.has(String(id))) && (!emails || emails.has(email)),
    );
    return reply.send(
      pageV3(
        found.map(([id, email]) => ({ id, email })),
        query,
      ),
    );
  });
  app.get<OrderRoute>('/v3/orders/:id/metafields', ({ params, query }, reply) => {
    const order = shop.orders.get(Number(params.id));
    return order
      ? reply.send(pageV3(metafieldsFor(order.metafields, query), query))
      : problem(reply, 404, 'The order was not found');
  });
  app.get<OrderRoute>('/v3/orders/payment_actions/refunds', ({ query }, reply) => {
    const orders = listIn(query, 'order_id:in');
    const ids = listIn(query, 'id:in');
    const [minMs, maxMs] = [query['created:min'], query['created:max']].map((text) =>
      text === undefined ? null : Date.parse(text),
    );
    if (Number.isNaN(minMs) || Number.isNaN(maxMs))
      return problem(reply, 422, 'created:min and created:max are RFC 3339 instants');
    const matches = (refund: Refund): boolean =>
      (!orders || orders.has(String(refund.order_id))) &&
      (!ids || ids.has(String(refund.id))) &&
      (typeof minMs !== 'number' || Date.parse(refund.created) >= Math.floor(minMs / 1000) * 1000) &&
      (typeof maxMs !== 'number' || Date.parse(refund.created) <= maxMs);
    return reply.send(pageV3(shop.refunds.filter(matches), query));
  });
  app.get<OrderRoute>('/v3/orders/payment_actions/refunds/:id', ({ params }, reply) => {
    const refund = shop.refunds[Number(params.id) - 1];
    return refund ? reply.send({ data: refund, meta: {} }) : problem(reply, 404, 'The refund was not found');
  });
  app.get<OrderRoute>('/v3/orders/:id/payment_actions/refunds', ({ params }, reply) => {
    const order = shop.orders.get(Number(params.id));
    return order ? reply.send({ data: order.refunds, meta: {} }) : problem(reply, 404, 'The order was not found');
  });
};

/** A BigCommerce store on loopback: orders in V2, refunds, metafields and catalogue in V3, with the vendor's paging and rate headers. Starts empty. */
export const createBigcommerceSandbox = async (options: BigcommerceSandboxOptions): Promise<BigcommerceSandbox> => {
  const { clock, seed } = options;
  const { storeHash = 'sandboxstore' } = options;
  const accessToken = `sandbox-token-${seed}`;
  const clientSecret = `sandbox-secret-${seed}`;
  const clientId = 'sandbox-client';
  const faults = createFaults(seed, options.faults);
  const hooks = createHooks({ clock, seed, storeHash, clientSecret, faults, delivery: options.delivery ?? {} });
  const shop = createShop({ clock, firstOrderId: options.firstOrderId ?? 40_001, tell: hooks.publish });
  let calls = 0;
  let isRevoked = false;
  let instead: { readonly status: number; readonly html: string } | null = null;
  const limits = options.limits ?? {};
  const windowMs = limits === 'off' ? 0 : (limits.windowMs ?? 30_000);
  const quota = limits === 'off' ? null : createQuota(clock, { total: limits.total ?? 450, windowMs });

  const server = createServer();
  server.addHook('onRequest', (request, reply, done) => {
    calls += 1;
    if (instead) return void reply.code(instead.status).type('text/html').send(instead.html);
    if (isRevoked || request.headers['x-auth-token'] !== accessToken) return void problem(reply, 401, 'Unauthorized');
    const taken = quota?.take();
    if (taken)
      void reply.headers({
        'X-Rate-Limit-Time-Window-Ms': windowMs,
        'X-Rate-Limit-Time-Reset-Ms': Math.ceil(taken.resetMs),
        'X-Rate-Limit-Requests-Quota': taken.total,
        'X-Rate-Limit-Requests-Left': taken.left,
      });
    if (taken && !taken.allowed) return void problem(reply, 429, 'You have surpassed the rate limit for this store');
    const odd = faults.statusFor(request.method, request.url);
    if (odd === null) return done();
    void problem(reply, odd, 'The sandbox was told to fail here');
  });
  server.setNotFoundHandler((_, reply) => problem(reply, 404, 'Not found'));
  let url = '';
  await server.register(
    async (store) => {
      store.get('/v2/store', (_, reply) =>
        reply.send({ id: storeHash, name: 'Sandbox Home Decor', currency: 'EUR', timezone: { name: 'Etc/UTC' } }),
      );
      store.get('/v2/time', (_, reply) => reply.send({ time: Math.floor(clock.now().getTime() / 1000) }));
      addOrderRoutes(store, { shop, baseUrl: () => `${url}/stores/${storeHash}` });
      addV3Routes(store, shop);
      addCatalogRoutes(store, shop.catalog);
      addHookRoutes(store, { registry: hooks, storeHash, clientId, problem });
    },
    { prefix: `/stores/${storeHash}` },
  );
  url = await listen(server);

  return {
    url,
    settings: {
      name: 'store',
      storeHash,
      accessToken,
      clientId,
      clientSecret,
      baseUrl: url,
    },
    shop,
    hooks,
    calls: () => calls,
    answerWith(answer) {
      instead = answer;
    },
    revoke() {
      isRevoked = true;
    },
    async close() {
      await hooks.sender.close();
      await server.close();
    },
  };
};
