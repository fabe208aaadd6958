import pLimit from 'p-limit';
import { Refused, UpstreamError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { PlacesWanted, StoreClient, StoreMetafield, StoreOrder, StoreRefund } from '../port.ts';
import type { BigcommerceApi, Query } from './api.ts';
import { createCustomers } from './customers.ts';
import { customerOf, mapOrder, mapRefund, metafieldName } from './orders.ts';
import {
  defaultPageRows,
  faultsIn,
  listOf,
  mostPages,
  pageRows,
  pagesV3,
  read,
  rowsV2,
  walkTooLong,
} from './paging.ts';
import {
  type Metafield,
  metafield,
  type Order,
  type OrderProduct,
  order,
  orderProduct,
  refund,
  type ShippingAddress,
  shippingAddress,
  store,
} from './schema.ts';

/** Orders in one refund call; keeps the address of the request below 2 kB. */
const refundBatch = 100;
/** Orders of one page whose missing parts are fetched at the same time. */
const ordersAtOnce = 4;
/** Nobody has more recent orders that matter. */
const mostOrdersOfAnAddress = 100;

/** Folds addresses and lines into the order, so that a page of 250 orders takes one call instead of 501. */
const folded: Query = { include: 'consignments.line_items', consignment_structure: 'object' };

const ordersPath = '/v2/orders';
const refundsPath = '/v3/orders/payment_actions/refunds';

const chunks = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

/** Ids are signed 32-bit integers: a longer number is refused, and can only be a marketplace's. */
const isOrderId = (number: string): boolean => /^[1-9]\d{0,9}$/.test(number) && Number(number) < 2 ** 31;

const changedAt = (one: Order): number => (one.date_modified ?? one.date_created).getTime();

/** Folded lines are taken where they are whole: without asking for more the store lists 50 lines of an order. */
const foldedProducts = ({ consignments, items_total }: Order): OrderProduct[] | null => {
  if (!consignments) return null;
  const { shipping, pickups, downloads, email } = consignments;
  const products: OrderProduct[] = [];
  for (const { line_items } of [...shipping, ...pickups, ...downloads, ...(email?.gift_certificates ?? [])]) {
    if (!line_items) return null;
    products.push(...line_items);
  }
  const items = products
    .filter((product) => product.parent_order_product_id === null)
    .reduce((sum, { quantity }) => sum + quantity, 0);
  return products.length < defaultPageRows && items >= items_total ? products : null;
};

/** Orders of one page, and what is wrong with those that cannot be read. */
const readOrders = (rows: readonly unknown[]): { readonly orders: Order[]; readonly unreadable: string[] } => {
  const orders: Order[] = [];
  const unreadable: string[] = [];
  for (const row of rows) {
    const parsed = order.safeParse(row);
    if (parsed.success) orders.push(parsed.data);
    else
      unreadable.push(
        `order ${String((row as { id?: unknown } | null)?.id ?? 'without id')}: ${faultsIn(parsed.error)}`,
      );
  }
  return { orders, unreadable };
};

/** One store over its API; all money stays decimal text. */
export const createBigcommerceClient = ({
  api,
  storeHash,
}: {
  readonly api: BigcommerceApi;
  readonly storeHash: string;
}): StoreClient => {
  const customers = createCustomers(api);

  /** Account addresses of the orders' customers, by customer id. */
  const accountsOf = (orders: readonly Order[]): Promise<Map<string, string>> =>
    customers.addressesOf(orders.flatMap((one) => customerOf(one) ?? []));

  const addressesOf = async (one: Order): Promise<readonly ShippingAddress[]> =>
    one.consignments?.shipping ??
    listOf(api, { path: '/v2/orders/{id}/shipping_addresses', orderId: one.id, schema: shippingAddress });

  const complete = async (
    one: Order,
    wanted: PlacesWanted,
    {
      accounts,
      metafields,
    }: { readonly accounts: ReadonlyMap<string, string>; readonly metafields: readonly Metafield[] },
  ): Promise<StoreOrder> => {
    const [products, addresses] = await Promise.all([
      foldedProducts(one) ?? listOf(api, { path: '/v2/orders/{id}/products', orderId: one.id, schema: orderProduct }),
      addressesOf(one),
    ]);
    const accountEmail = accounts.get(customerOf(one) ?? '') ?? null;
    return mapOrder({ order: one, products, addresses, accountEmail, metafields }, wanted);
  };

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

  /** Orders with everything, metafields included. */
  const whole = async (bodies: readonly unknown[], wanted: PlacesWanted): Promise<StoreOrder[]> => {
    const limit = pLimit(ordersAtOnce);
    const orders = bodies.map((body) => read(order, body, 'an order'));
    const accounts = await accountsOf(orders);
    return Promise.all(
      orders.map((one) =>
        limit(async () => complete(one, wanted, { accounts, metafields: await readMetafieldsOf(one.id, wanted) })),
      ),
    );
  };

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
      const limit = pLimit(ordersAtOnce);
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
        const news = unreadable.filter((fault) => !reported.has(fault));
        for (const one of fresh) seen.set(one.id, changedAt(one));
        for (const fault of news) reported.add(fault);
        if (fresh.length + news.length > 0) {
          const accounts = await accountsOf(fresh);
          const parts = { accounts, metafields: [] };
          yield {
            orders: await Promise.all(fresh.map((one) => limit(() => complete(one, wanted, parts)))),
            unreadable: news,
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
      const found = await whole([...(own === null ? [] : [own]), ...rowsV2(others, ordersPath)], wanted);
      return [...new Map(found.map((one) => [one.externalId, one])).values()];
    },

    async ordersByEmail(email, since, wanted) {
      const query = {
        email,
        sort: 'date_created:desc',
        min_date_created: since.toISOString(),
        limit: mostOrdersOfAnAddress,
      };
      return whole(rowsV2(await api.get(ordersPath, { ...folded, ...query }), ordersPath), wanted);
    },

    async knowsAddress(email) {
      const orders = rowsV2(await api.get(ordersPath, { email, limit: 1 }), ordersPath);
      return orders.length > 0 || customers.has(email);
    },

    async refundsOf(orderExternalIds) {
      const refunds: StoreRefund[] = [];
      for (const ids of chunks(orderExternalIds, refundBatch))
        for await (const rows of pagesV3(api, refundsPath, { 'order_id:in': ids.join(',') }))
          refunds.push(...rows.map((row) => mapRefund(read(refund, row, 'a refund'))));
      return refunds;
    },

    async *walkRefunds(since) {
      for await (const rows of pagesV3(api, refundsPath, { 'created:min': since.toISOString() }))
        yield rows.map((row) => mapRefund(read(refund, row, 'a refund')));
    },
  };
};
