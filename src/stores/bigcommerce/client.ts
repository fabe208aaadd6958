import pLimit from 'p-limit';
import { Refused, UpstreamError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import {
  metafieldName,
  type PlacesWanted,
  type PulledOrders,
  type StoreClient,
  type StoreMetafield,
  type StoreOrder,
  type StoreRefund,
} from '../port.ts';
import type { BigcommerceApi, Query } from './api.ts';
import { createCustomers } from './customers.ts';
import { createExtras } from './extras.ts';
import { createHooks } from './hooks.ts';
import { folded, foldedProducts, isOrderId, ordersPath, readOrders, rowsById } from './order-rows.ts';
import { customerOf, mapOrder, mapRefund } from './orders.ts';
import { defaultPageRows, idLists, listOf, mostPages, pageRows, pagesV3, read, rowsV2, walkTooLong } from './paging.ts';
import {
  type Metafield,
  metafield,
  type Order,
  order,
  orderCount,
  orderProduct,
  refund,
  type ShippingAddress,
  shippingAddress,
  store,
} from './schema.ts';

/** Orders of one page whose missing parts are fetched at the same time. */
const ordersAtOnce = 4;
/** Nobody has more recent orders that matter. */
const mostOrdersOfAnAddress = 100;

const refundsPath = '/v3/orders/payment_actions/refunds';

const changedAt = (one: Order): number => (one.date_modified ?? one.date_created).getTime();

/** One store over its API; all money stays decimal text. */
export const createBigcommerceClient = ({
  api,
  clock,
  storeHash,
  headerSecrets = [],
}: {
  readonly api: BigcommerceApi;
  readonly clock: Clock;
  readonly storeHash: string;
  /** What our webhooks carry, the newest first. */
  readonly headerSecrets?: readonly string[];
}): StoreClient => {
  const customers = createCustomers(api);
  const extras = createExtras(api, clock);

  const addressesOf = async (one: Order): Promise<readonly ShippingAddress[]> =>
    one.consignments?.shipping ??
    listOf(api, { path: '/v2/orders/{id}/shipping_addresses', orderId: one.id, schema: shippingAddress });

  const readMetafieldsOf = async (orderId: string, wanted: PlacesWanted): Promise<Metafield[]> => {
    if (wanted.metafields.length === 0) return [];
    const names = new Set(wanted.metafields.map(metafieldName));
    const fields: Metafield[] = [];
    for await (const rows of pagesV3(api, '/v3/orders/{id}/metafields', {}, { id: orderId }))
      fields.push(
        ...rows.map((row) => read(metafield, row, 'a metafield')).filter((field) => names.has(metafieldName(field))),
      );
    return fields;
  };

  /** Orders with lines and all wanted places; their metafields come from `metafieldsOf`. */
  const complete = async (
    orders: readonly Order[],
    wanted: PlacesWanted,
    fieldsOf: (orderId: string) => Metafield[] | Promise<Metafield[]>,
  ): Promise<StoreOrder[]> => {
    const limit = pLimit(ordersAtOnce);
    const customerIds = orders.flatMap((one) => customerOf(one) ?? []);
    const accounts = await customers.accountsOf(customerIds);
    const parts = await Promise.all(
      orders.map((order) =>
        limit(async () => {
          const path = '/v2/orders/{id}/products';
          const [products, addresses, metafields] = await Promise.all([
            foldedProducts(order) ?? listOf(api, { path, orderId: order.id, schema: orderProduct }),
            addressesOf(order),
            fieldsOf(order.id),
          ]);
          return { order, products, addresses, metafields };
        }),
      ),
    );
    const productIds = parts.flatMap(({ products }) => products.flatMap(({ product_id }) => product_id ?? []));
    const more = await extras.of({ customerIds, productIds }, wanted);
    return parts.map(({ order, products, addresses, metafields }) => {
      const customerId = customerOf(order) ?? '';
      const account = accounts.get(customerId);
      return mapOrder(
        {
          order,
          products,
          addresses,
          accountEmail: account?.email ?? null,
          extras: {
            metafields,
            customerGroup: account?.customer_group_id ?? null,
            customerAttributes: more.attributes.get(customerId) ?? {},
            customerFields: more.fields.get(customerId) ?? {},
            productFields: more.products.fields,
            productCategories: more.products.categories,
          },
        },
        wanted,
      );
    });
  };
  const noMetafields = (): Metafield[] => [];

  /** Orders with everything, metafields included. */
  const whole = (orders: readonly Order[], wanted: PlacesWanted): Promise<StoreOrder[]> =>
    complete(orders, wanted, (id) => readMetafieldsOf(id, wanted));
  const readAll = (bodies: readonly unknown[]): Order[] => bodies.map((body) => read(order, body, 'an order'));

  /** The answer, or the refusal of a token that may not read this. */
  const allowed = async (
    path: string,
    query: Query,
  ): Promise<{ readonly body: unknown } | { readonly refusal: UpstreamError }> => {
    try {
      return { body: await api.get(path, query) };
    } catch (error) {
      if (error instanceof UpstreamError && (error.status === 401 || error.status === 403 || error.status === 404))
        return { refusal: error };
      throw error;
    }
  };

  return {
    async verify() {
      const orders = await allowed(ordersPath, { limit: 1 });
      if ('refusal' in orders)
        throw new Refused(
          `BigCommerce answered ${orders.refusal.status} when asked for the orders of store "${storeHash}"; check storeHash, and enter the token of a store-level API account that may read orders`,
          { cause: orders.refusal },
        );
      // The name needs a scope of its own that nothing else needs; without it the hash names the store.
      const about = await allowed('/v2/store', {});
      return {
        storeName: ('body' in about ? store.safeParse(about.body).data?.name : null) ?? storeHash,
        lacking: (await customers.readable())
          ? []
          : [
              'The token may not read customers: whether an address is known is told by orders alone. Give it the read-only scope for customers',
            ],
      };
    },

    /**
     * Walks by the last change seen rather than by page number: an order that changes meanwhile moves to the end of the
     * list, and whatever stood behind it would slip over a page border.
     */
    async *walkOrders(since, wanted) {
      const seen = new Map<string, number>();
      const reported = new Set<string>();
      let from = since.getTime();
      let page = 1;
      for (let calls = 0; calls < mostPages; calls += 1) {
        const query = {
          min_date_modified: new Date(from).toISOString(),
          sort: 'date_modified:asc',
          limit: pageRows,
          page,
        };
        const rows = rowsV2(await api.get(ordersPath, { ...folded, ...query }), ordersPath);
        const { orders, unreadable } = readOrders(rows);
        const fresh = orders.filter((one) => seen.get(one.id) !== changedAt(one));
        const news = unreadable.filter(({ externalId }) => !reported.has(externalId));
        for (const one of fresh) seen.set(one.id, changedAt(one));
        for (const { externalId } of news) reported.add(externalId);
        if (fresh.length + news.length > 0) {
          yield {
            orders: await complete(fresh, wanted, noMetafields),
            unreadable: news.map(({ externalId, fault }) => `order ${externalId}: ${fault}`),
          };
        }
        if (rows.length < defaultPageRows) return;
        // Times have whole seconds, and whether the bound is inclusive is not documented.
        const next = Math.max(from, ...orders.map(changedAt)) - secondMs;
        page = next > from ? 1 : page + 1;
        from = Math.max(from, next);
        for (const [id, at] of seen) if (at < from) seen.delete(id);
      }
      throw walkTooLong(ordersPath);
    },

    /** There is no filter by order: a namespace is walked by change. */
    async *walkMetafields(since, wanted) {
      for (const [namespace, fields] of Map.groupBy(wanted.metafields, (field) => field.namespace)) {
        const keys = fields.map(({ key }) => key).join(',');
        const query = { namespace, 'key:in': keys, 'date_modified:min': since.toISOString().slice(0, 19) };
        for await (const rows of pagesV3(api, '/v3/orders/metafields', query))
          yield rows
            .map((row) => read(metafield, row, 'a metafield'))
            .flatMap((field): StoreMetafield[] =>
              field.resource_id === null
                ? []
                : [{ orderExternalId: field.resource_id, name: metafieldName(field), value: field.value.trim() }],
            );
      }
    },

    async pullOrders(externalIds, wanted) {
      const { rows, missing } = await rowsById(api, externalIds.filter(isOrderId));
      const { orders, unreadable } = readOrders(rows);
      const pulled: PulledOrders = {
        orders: await whole(orders, wanted),
        missing: [...missing, ...externalIds.filter((id) => !isOrderId(id))],
        unreadable,
      };
      return pulled;
    },

    async metafieldsOf(orderExternalId, wanted) {
      const fields = await readMetafieldsOf(orderExternalId, wanted);
      return fields.map((field) => ({ orderExternalId, name: metafieldName(field), value: field.value.trim() }));
    },

    /** Customers see the order id; a marketplace's number stands in `external_order_id` and may be the id of another order. */
    async ordersByNumber(number, wanted) {
      const [own, others] = await Promise.all([
        isOrderId(number) ? api.get('/v2/orders/{id}', folded, { id: number }) : null,
        api.get(ordersPath, { ...folded, external_order_id: number, limit: defaultPageRows }),
      ]);
      const found = await whole(readAll([...(own === null ? [] : [own]), ...rowsV2(others, ordersPath)]), wanted);
      return [...new Map(found.map((one) => [one.externalId, one])).values()];
    },

    async ordersByEmail(email, since, wanted) {
      const query = {
        email,
        sort: 'date_created:desc',
        min_date_created: since.toISOString(),
        limit: mostOrdersOfAnAddress,
      };
      return whole(readAll(rowsV2(await api.get(ordersPath, { ...folded, ...query }), ordersPath)), wanted);
    },

    addressesOf: customers.addressesOf,

    async knowsAddress(email) {
      const orders = rowsV2(await api.get(ordersPath, { email, limit: 1 }), ordersPath);
      return orders.length > 0 || customers.has(email);
    },

    async refundsOf(orderExternalIds) {
      const refunds: StoreRefund[] = [];
      for (const list of idLists(orderExternalIds))
        for await (const rows of pagesV3(api, refundsPath, { 'order_id:in': list }))
          refunds.push(...rows.map((row) => mapRefund(read(refund, row, 'a refund'))));
      return refunds;
    },

    async *walkRefunds(since) {
      for await (const rows of pagesV3(api, refundsPath, { 'created:min': since.toISOString() }))
        yield rows.map((row) => mapRefund(read(refund, row, 'a refund')));
    },

    async surveyOrders(most, wanted) {
      const rows: unknown[] = [];
      for (let page = 1; rows.length < most && page <= Math.ceil(most / defaultPageRows); page += 1) {
        const query = { ...folded, sort: 'date_created:desc', limit: Math.min(most, pageRows), page };
        const found = rowsV2(await api.get(ordersPath, query), ordersPath);
        rows.push(...found);
        if (found.length < defaultPageRows) break;
      }
      const { orders } = readOrders(rows.slice(0, most));
      const metafields = await extras.metafieldsOf(orders);
      return {
        orders: await complete(orders, { ...wanted, everything: true }, (id) => metafields.get(id) ?? []),
        channelNames: await extras.channelNames(),
        groupNames: await extras.groupNames(),
      };
    },

    async count(since) {
      const body = await api.get('/v2/orders/count', { min_date_created: since.toISOString() });
      return orderCount.safeParse(body).data?.count ?? null;
    },

    remote: createHooks(api, { secrets: headerSecrets }),
  };
};
