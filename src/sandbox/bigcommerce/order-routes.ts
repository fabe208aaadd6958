import type { FastifyInstance, FastifyReply } from 'fastify';
import { boundedInt, sendText } from '../http.ts';
import { orderWith } from './json.ts';
import { type OrderRecord, statusNames } from './model.ts';
import type { Query } from './pages.ts';
import type { Shop } from './shop.ts';

export interface RouteDeps {
  readonly shop: Shop;
  /** The address of the store's API, up to and without "/v2". */
  readonly baseUrl: () => string;
}

const refuse = (reply: FastifyReply, status: number, message: string): FastifyReply =>
  reply.code(status).send([{ status, message }]);

const bySort: Readonly<Record<string, (order: OrderRecord) => number>> = {
  id: ({ id }) => id,
  customer_id: ({ input }) => input.customerId,
  date_created: ({ input }) => input.placedAtMs,
  date_modified: ({ modifiedAtMs }) => modifiedAtMs,
  status_id: ({ statusId }) => statusId,
  channel_id: ({ input }) => input.channelId,
};

/** Filters that compare an order's value with a bound; times to the second, as the store keeps them. */
const bounds: readonly {
  readonly name: string;
  readonly value: (order: OrderRecord) => number;
  readonly parse: (text: string) => number;
  readonly least: boolean;
}[] = [
  { name: 'min_id', value: ({ id }) => id, parse: Number, least: true },
  { name: 'max_id', value: ({ id }) => id, parse: Number, least: false },
  {
    name: 'min_date_created',
    value: ({ input }) => Math.floor(input.placedAtMs / 1000),
    parse: (text) => Date.parse(text) / 1000,
    least: true,
  },
  {
    name: 'max_date_created',
    value: ({ input }) => Math.floor(input.placedAtMs / 1000),
    parse: (text) => Date.parse(text) / 1000,
    least: false,
  },
  {
    name: 'min_date_modified',
    value: ({ modifiedAtMs }) => Math.floor(modifiedAtMs / 1000),
    parse: (text) => Date.parse(text) / 1000,
    least: true,
  },
  {
    name: 'max_date_modified',
    value: ({ modifiedAtMs }) => Math.floor(modifiedAtMs / 1000),
    parse: (text) => Date.parse(text) / 1000,
    least: false,
  },
];

const equals: readonly { readonly name: string; readonly value: (order: OrderRecord) => string }[] = [
  { name: 'status_id', value: ({ statusId }) => String(statusId) },
  { name: 'channel_id', value: ({ input }) => String(input.channelId) },
  { name: 'customer_id', value: ({ input }) => String(input.customerId) },
  { name: 'external_order_id', value: ({ input }) => input.externalOrderId },
];

/** The V2 order resource: bare arrays without paging data, and 204 without a body where nothing matches. */
export const addOrderRoutes = (app: FastifyInstance, { shop, baseUrl }: RouteDeps): void => {
  const pageOf = <Item>(items: readonly Item[], query: Query): readonly Item[] => {
    const limit = boundedInt(query.limit, { fallback: 50, min: 1, max: 250 });
    const page = boundedInt(query.page, { fallback: 1, min: 1, max: 1_000_000 });
    return items.slice((page - 1) * limit, page * limit);
  };
  const list = (reply: FastifyReply, texts: readonly string[]): FastifyReply =>
    texts.length > 0 ? sendText(reply, `[${texts.join(',')}]`) : reply.code(204).send();
  const nothing = (reply: FastifyReply) => refuse(reply, 404, 'The requested resource was not found.');

  /** Orders that the query's filters leave; a text names the filter that cannot be read. */
  const filtered = (query: Query): OrderRecord[] | string => {
    const from: Iterable<OrderRecord> = query.email === undefined ? shop.orders.values() : shop.byEmail(query.email);
    const tests: ((order: OrderRecord) => boolean)[] = [({ isArchived }) => !isArchived];
    for (const { name, value, parse, least } of bounds) {
      const text = query[name];
      if (text === undefined) continue;
      const bound = parse(text);
      if (Number.isNaN(bound)) return name;
      tests.push(least ? (order) => value(order) >= bound : (order) => value(order) <= bound);
    }
    for (const { name, value } of equals)
      if (query[name] !== undefined) tests.push((order) => value(order) === query[name]);
    const matches: OrderRecord[] = [];
    for (const order of from) if (tests.every((test) => test(order))) matches.push(order);
    return matches;
  };
  const oddField = (reply: FastifyReply, name: string) => refuse(reply, 400, `The field '${name}' is invalid.`);

  app.get<{ Querystring: Query }>('/v2/orders/count', ({ query }, reply) => {
    const matches = filtered(query);
    if (typeof matches === 'string') return oddField(reply, matches);
    const byStatus = Map.groupBy(matches, ({ statusId }) => statusId);
    const statuses = Object.entries(statusNames).map(([id, name]) => ({
      id: Number(id),
      name,
      system_label: name,
      custom_label: name,
      count: byStatus.get(Number(id))?.length ?? 0,
    }));
    return reply.send({ statuses, count: matches.length });
  });
  app.get<{ Querystring: Query }>('/v2/orders', ({ query }, reply) => {
    const matches = filtered(query);
    if (typeof matches === 'string') return oddField(reply, matches);
    const [key = 'id', direction = 'asc'] = (query.sort ?? 'id').split(':');
    const rank = bySort[key];
    if (!rank || (direction !== 'asc' && direction !== 'desc')) return oddField(reply, 'sort');
    const sign = direction === 'desc' ? -1 : 1;
    matches.sort((a, b) => sign * (rank(a) - rank(b) || a.id - b.id));
    return list(
      reply,
      pageOf(matches, query).map((order) => orderWith(order, query, baseUrl())),
    );
  });

  interface OrderRoute {
    Params: { id: string };
    Querystring: Query;
  }
  const found = (id: string): OrderRecord | undefined => shop.orders.get(Number(id));
  app.get<OrderRoute>('/v2/orders/:id', ({ params, query }, reply) => {
    const order = found(params.id);
    return order ? sendText(reply, orderWith(order, query, baseUrl())) : nothing(reply);
  });
  app.get<OrderRoute>('/v2/orders/:id/products', ({ params, query }, reply) => {
    const order = found(params.id);
    if (!order) return nothing(reply);
    const products = JSON.parse(order.productsText) as unknown[];
    return list(
      reply,
      pageOf(products, query).map((product) => JSON.stringify(product)),
    );
  });
  for (const path of ['/v2/orders/:id/shipping_addresses', '/v2/orders/:id/shippingaddresses'])
    app.get<OrderRoute>(path, ({ params, query }, reply) => {
      const order = found(params.id);
      return order ? list(reply, pageOf([order.addressText], query)) : nothing(reply);
    });
};
