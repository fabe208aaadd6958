import type { BigcommerceApi, Query } from '../../../src/stores/bigcommerce/api.ts';
import { createBigcommerceClient } from '../../../src/stores/bigcommerce/client.ts';
import { standingClock } from '../../support/standing-clock.ts';

type Json = Record<string, unknown>;

export interface ShopOrder extends Json {
  id: number;
  date_modified: string;
}

/** RFC 2822, as V2 writes dates. */
export const rfc = (iso: string): string => new Date(iso).toUTCString().replace('GMT', '+0000');

/** An order as V2 lists it, without tax: 100 net, one line. */
export const shopOrder = (id: number, overrides: Json = {}): ShopOrder => ({
  id,
  customer_id: 0,
  date_created: rfc('2026-02-01T10:00:00Z'),
  date_modified: rfc('2026-02-01T10:00:00Z'),
  status_id: 11,
  total_ex_tax: '100.0000',
  total_inc_tax: '125.0000',
  total_tax: '25.0000',
  is_tax_inclusive_pricing: false,
  items_total: 1,
  default_currency_code: 'EUR',
  currency_code: 'SEK',
  channel_id: 1,
  external_source: null,
  external_order_id: '',
  customer_locale: 'sv',
  is_deleted: false,
  billing_address: { country_iso2: 'SE', email: `buyer${id}@example.com`, form_fields: [] },
  products: { url: 'https://api.example/orders/1/products', resource: '/orders/1/products' },
  ...overrides,
});

export const shopLine = (id: number, overrides: Json = {}): Json => ({
  id,
  name: `Lamp ${id}`,
  sku: `L-${id}`,
  brand: 'Nord',
  quantity: 1,
  total_ex_tax: '100.0000',
  total_inc_tax: '125.0000',
  total_tax: '25.0000',
  discounted_total_inc_tax: '125.0000',
  parent_order_product_id: null,
  ...overrides,
});

export const shippedTo = (country: string, lines: unknown[], extra: Json = {}): Json => ({
  shipping: [{ country_iso2: country, email: 'x@example.com', form_fields: [], line_items: lines, ...extra }],
  pickups: [],
  downloads: [],
  email: { gift_certificates: [] },
});

/** A field "market.seller" of an order, as V3 lists it. */
export const shopMetafield = (orderId: number, value: string, at: string): Json => ({
  resource_id: orderId,
  namespace: 'market',
  key: 'seller',
  value,
  date_modified: at,
});

/** A whole order of `shopOrder` paid back. */
export const shopRefund = (id: number, orderId: number, overrides: Json = {}): Json => ({
  id,
  order_id: orderId,
  created: '2026-02-10T10:00:00+00:00',
  total_amount: 125,
  total_tax: 25,
  payments: [{ amount: 125, is_declined: false }],
  ...overrides,
});

export interface FakeShop {
  orders: ShopOrder[];
  readonly lines: Map<number, Json[]>;
  readonly addresses: Map<number, Json[]>;
  readonly refunds: Json[];
  readonly metafields: Json[];
  readonly customers: { readonly id: number; readonly email: string; readonly customer_group_id?: number }[];
  /** Rows of further V3 lists by path; asked for by ids they are filtered. */
  readonly lists: Map<string, Json[]>;
  /** Thrown instead of an answer, by path. */
  readonly faults: Map<string, Error>;
  /** Whether the list folds lines and addresses in when asked to. */
  folds: boolean;
  /** Rows per page at most, whatever is asked. */
  mostRows: number;
  /** Every call as path and query. */
  readonly calls: { readonly path: string; readonly query: Query }[];
  /** Runs after each answered list of orders. */
  afterPage: () => void;
  readonly api: BigcommerceApi;
}

const paged = (rows: Json[], query: Query, most: number): Json[] | null => {
  const limit = Math.min(Number(query.limit ?? 50), most);
  const start = (Number(query.page ?? 1) - 1) * limit;
  const page = rows.slice(start, start + limit);
  return page.length > 0 ? page : null;
};

const v3 = (rows: Json[], query: Query, most: number): Json => {
  const limit = Math.min(Number(query.limit ?? 50), most);
  return {
    data: paged(rows, query, most) ?? [],
    meta: { pagination: { total_pages: Math.ceil(rows.length / limit), current_page: Number(query.page ?? 1) } },
  };
};

/** A store in memory that answers as BigCommerce does: bare V2 arrays, nothing where nothing is, V3 envelopes. */
export const fakeShop = (): FakeShop => {
  const shop: FakeShop = {
    orders: [],
    lines: new Map(),
    addresses: new Map(),
    refunds: [],
    metafields: [],
    customers: [],
    lists: new Map(),
    faults: new Map(),
    folds: true,
    mostRows: 250,
    calls: [],
    afterPage: () => undefined,
    api: {
      get: async (path, query = {}, params = {}) => answer(path, query, params),
      send: async ({ path }) => {
        throw new Error(`the shop takes no writes, and this was one to ${path}`);
      },
    },
  };
  const linesOf = (id: number): Json[] => shop.lines.get(id) ?? [shopLine(id)];
  const shown = (order: ShopOrder, query: Query): Json =>
    shop.folds && query.include === 'consignments.line_items'
      ? { consignments: shippedTo('SE', linesOf(order.id)), ...order }
      : { ...order };
  const since = (value: unknown, bound: unknown): boolean =>
    bound === undefined || Date.parse(String(value)) >= Date.parse(String(bound));

  const answer = (path: string, query: Query, params: Readonly<Record<string, string | number>>): unknown => {
    shop.calls.push({ path, query });
    const fault = shop.faults.get(path);
    if (fault) throw fault;
    const id = Number(params.id);
    switch (path) {
      case '/v2/orders': {
        const by = String(query.sort ?? '').startsWith('date_modified') ? 'date_modified' : 'id';
        const rows = shop.orders
          .filter((order) => since(order.date_modified, query.min_date_modified))
          .filter((order) => since(order.date_created, query.min_date_created))
          .filter(({ id: own }) => own >= Number(query.min_id ?? 0) && own <= Number(query.max_id ?? Infinity))
          .filter(
            (order) => query.external_order_id === undefined || order.external_order_id === query.external_order_id,
          )
          .filter((order) => query.email === undefined || (order.billing_address as Json).email === query.email)
          .toSorted(
            (a, b) => (by === 'id' ? 0 : Date.parse(a.date_modified) - Date.parse(b.date_modified)) || a.id - b.id,
          )
          .map((order) => shown(order, query));
        const page = paged(rows, query, shop.mostRows);
        shop.afterPage();
        return page;
      }
      case '/v2/orders/count':
        return { count: shop.orders.filter((order) => since(order.date_created, query.min_date_created)).length };
      case '/v2/orders/{id}': {
        const order = shop.orders.find((one) => one.id === id);
        return order ? shown(order, query) : null;
      }
      case '/v3/customers': {
        const asked = (name: string) => (query[name] === undefined ? null : String(query[name]).split(','));
        return v3(
          shop.customers.filter(
            ({ id: own, email }) =>
              (asked('id:in') ?? [String(own)]).includes(String(own)) && (asked('email:in') ?? [email]).includes(email),
          ),
          query,
          shop.mostRows,
        );
      }
      case '/v2/orders/{id}/products':
        return paged(linesOf(id), query, shop.mostRows);
      case '/v2/orders/{id}/shipping_addresses':
        return paged(shop.addresses.get(id) ?? [], query, shop.mostRows);
      case '/v3/orders/{id}/metafields':
        return v3(
          shop.metafields.filter((field) => field.resource_id === id),
          query,
          shop.mostRows,
        );
      case '/v3/orders/metafields':
        return v3(
          shop.metafields.filter(
            (field) =>
              (query.namespace === undefined || field.namespace === query.namespace) &&
              (query['key:in'] === undefined || String(query['key:in']).split(',').includes(String(field.key))) &&
              since(field.date_modified, `${query['date_modified:min']}Z`),
          ),
          query,
          shop.mostRows,
        );
      case '/v3/orders/payment_actions/refunds': {
        const asked = query['order_id:in'] === undefined ? null : String(query['order_id:in']).split(',');
        return v3(
          shop.refunds.filter((refund) =>
            asked ? asked.includes(String(refund.order_id)) : since(refund.created, query['created:min']),
          ),
          query,
          shop.mostRows,
        );
      }
      default: {
        const rows = shop.lists.get(path);
        if (!rows) throw new Error(`the shop has no ${path}`);
        const asked = Object.entries(query).find(([name]) => /^(?:id|customer_id|category_id)(?::in)?$/.test(name));
        if (!asked) return v3(rows, query, shop.mostRows);
        const [name, ids] = [asked[0].replace(':in', ''), String(asked[1]).split(',')];
        return v3(
          rows.filter((row) => ids.includes(String(row[name]))),
          query,
          shop.mostRows,
        );
      }
    }
  };
  return shop;
};

export const clientOf = (shop: FakeShop, clock = standingClock()) =>
  createBigcommerceClient({ api: shop.api, clock, storeHash: 'abc123' });

export const nothingWanted = { metafields: [], formFields: [] };
