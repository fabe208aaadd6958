import { z } from 'zod';
import { Refused, UpstreamError } from '../../../src/core/errors.ts';
import { baseUrlOf } from '../../../src/platform/http/address.ts';
import { createBudget } from '../../../src/platform/http/budget.ts';
import { createHttp } from '../../../src/platform/http/client.ts';
import type { PlacesWanted, StoreAdapter, StoreClient, StoreOrder } from '../../../src/stores/port.ts';
import { keptHeaders, readDelivery, selfTest, verifyDelivery } from './deliveries.ts';
import { createRemote } from './remote.ts';

// A store of nobody, whose adapter is as short as the port allows: what the suite is proven on, and where a new one may begin.

export const settingsSchema = z.object({
  name: z.string().trim().min(1).meta({ title: 'Name', description: 'What the connection is called here.' }),
  shop: z
    .string()
    .regex(/^[a-z]+$/)
    .meta({ title: 'Shop', description: 'The first part of the address.', identifies: true }),
  apiKey: z.string().min(1).meta({ title: 'API key', description: 'Settings > API > New key.' }),
  webhookSecrets: z
    .array(z.string().trim().min(1))
    .max(10)
    .default([])
    .meta({ title: 'Signing secrets', description: 'Of the webhook; set when we make it. Two during a rotation.' }),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ title: 'Address', description: "Another address than the vendor's, for tests." }),
});
export type MemorySettings = z.output<typeof settingsSchema>;

const instant = z.string().transform((text) => new Date(text));
const orderSchema = z.object({
  id: z.string(),
  number: z.string(),
  external_number: z.string().nullable(),
  placed_at: instant,
  modified_at: instant,
  country: z.string(),
  customer: z.string().nullable(),
  email: z.string(),
  currency: z.string(),
  coupons: z.array(z.string()),
  fields: z.record(z.string(), z.string()),
  lines: z.array(z.object({ id: z.string(), sku: z.string(), brand: z.string(), gross: z.string(), net: z.string() })),
});
type Order = z.output<typeof orderSchema>;
const page = z.object({ items: z.array(z.unknown()), next: z.string().nullable() });
const refundSchema = z
  .object({ id: z.string(), order: z.string(), made_at: instant, total: z.string(), tax: z.string(), paid: z.string() })
  .transform((refund) => ({
    externalId: refund.id,
    orderExternalId: refund.order,
    madeAt: refund.made_at,
    totalAmount: refund.total,
    totalTax: refund.tax,
    paid: refund.paid,
  }));
const fieldSchema = z.object({ order: z.string(), name: z.string(), value: z.string() });
const accountSchema = z.object({ id: z.string(), email: z.string() });

const sum = (amounts: readonly string[]): string =>
  (amounts.reduce((total, amount) => total + Math.round(Number(amount) * 100), 0) / 100).toFixed(2);

const namesOf = ({ metafields }: PlacesWanted): Set<string> =>
  new Set(metafields.map(({ namespace, key }) => `${namespace}.${key}`));

const mapped = (order: Order, wanted: PlacesWanted): StoreOrder => ({
  externalId: order.id,
  number: order.number,
  externalNumber: order.external_number,
  placedAt: order.placed_at,
  modifiedAt: order.modified_at,
  statusId: 11,
  archived: false,
  country: order.country,
  locale: null,
  customerId: order.customer,
  emails: [order.email],
  currency: order.currency,
  revenue: sum(order.lines.map(({ net }) => net)),
  gross: sum(order.lines.map(({ gross }) => gross)),
  coupons: order.coupons.length,
  lines: order.lines.map((line) => ({
    externalId: line.id,
    sku: line.sku,
    productName: line.sku,
    brand: line.brand || null,
    revenue: line.net,
    gross: line.gross,
  })),
  places: {
    channel: null,
    externalSource: null,
    metafields: Object.fromEntries(Object.entries(order.fields).filter(([name]) => namesOf(wanted).has(name))),
    formFields: {},
  },
});

const oddShape = (what: string) =>
  new UpstreamError(`The shop sent ${what} that cannot be read; see whether its API changed.`, { retryable: false });

type Query = Readonly<Record<string, string>>;
const mostPages = 1000;

export const connectMemory =
  (httpFor: typeof createHttp): StoreAdapter<typeof settingsSchema>['connect'] =>
  (settings, { clock, allowPrivate, observe }): StoreClient => {
    const http = httpFor({
      baseUrl: baseUrlOf({ given: settings.baseUrl, vendor: `https://${settings.shop}.example.com`, allowPrivate }),
      headers: { 'x-key': settings.apiKey },
      clock,
      allowPrivate,
      budget: createBudget({ clock }),
      observe,
    });
    async function* pages(path: string, query: Query): AsyncGenerator<unknown[]> {
      let next: string | null = null;
      for (let count = 0; count < mostPages; count += 1) {
        const { body } = await http.request({ path, query: { ...query, ...(next !== null && { after: next }) } });
        const { data } = page.safeParse(body);
        if (!data) throw oddShape('a list');
        if (data.items.length > 0) yield data.items;
        if (data.next === null) return;
        next = data.next;
      }
    }
    const all = async <Schema extends z.ZodType>(path: string, query: Query, schema: Schema) => {
      const found: z.output<Schema>[] = [];
      for await (const items of pages(path, query))
        for (const item of items) {
          const parsed = schema.safeParse(item);
          if (!parsed.success) throw oddShape(`a row of ${path}`);
          found.push(parsed.data);
        }
      return found;
    };
    const split = (items: readonly unknown[]) => {
      const orders: Order[] = [];
      const unreadable: { externalId: string; fault: string }[] = [];
      for (const item of items) {
        const parsed = orderSchema.safeParse(item);
        const externalId = String((item as { id?: unknown } | null)?.id);
        if (parsed.success) orders.push(parsed.data);
        else unreadable.push({ externalId, fault: parsed.error.issues.map(({ path }) => path.join('.')).join() });
      }
      return { orders, unreadable };
    };
    const found = async (query: Query, wanted: PlacesWanted): Promise<StoreOrder[]> =>
      (await all('/orders', query, orderSchema)).map((order) => mapped(order, wanted));
    const fieldOf = ({ order, name, value }: z.output<typeof fieldSchema>) => ({ orderExternalId: order, name, value });

    return {
      async verify() {
        const { body } = await http.request({ path: '/shop', allow: [401] });
        const { data } = z.object({ name: z.string() }).safeParse(body);
        if (!data) throw new Refused('The shop does not let us in; check the key.');
        return { storeName: data.name, lacking: [] };
      },
      async *walkOrders(since, wanted) {
        for await (const items of pages('/orders', { since: since.toISOString() })) {
          const { orders, unreadable } = split(items);
          yield {
            orders: orders.map((order) => mapped(order, wanted)),
            unreadable: unreadable.map(({ externalId, fault }) => `order ${externalId}: ${fault}`),
          };
        }
      },
      async *walkMetafields(since, wanted) {
        const names = namesOf(wanted);
        if (names.size === 0) return;
        for (const field of await all('/fields', { since: since.toISOString() }, fieldSchema))
          if (names.has(field.name)) yield [fieldOf(field)];
      },
      async pullOrders(externalIds, wanted) {
        const items: unknown[] = [];
        for await (const some of pages('/orders', { ids: externalIds.join(',') })) items.push(...some);
        const { orders, unreadable } = split(items);
        const seen = new Set(items.map((item) => String((item as { id?: unknown }).id)));
        return {
          orders: orders.map((order) => mapped(order, wanted)),
          missing: externalIds.filter((id) => !seen.has(id)),
          unreadable,
        };
      },
      async metafieldsOf(order, wanted) {
        const names = namesOf(wanted);
        return (await all('/fields', { order }, fieldSchema)).filter(({ name }) => names.has(name)).map(fieldOf);
      },
      ordersByNumber: (number, wanted) => found({ number }, wanted),
      ordersByEmail: (email, since, wanted) => found({ email, placed_since: since.toISOString() }, wanted),
      knowsAddress: async (email) =>
        (await found({ email }, { metafields: [], formFields: [] })).length > 0 ||
        (await all('/accounts', { email }, accountSchema)).length > 0,
      addressesOf: async (ids) =>
        new Map((await all('/accounts', { ids: ids.join(',') }, accountSchema)).map(({ id, email }) => [id, email])),
      refundsOf: async (ids) => (ids.length === 0 ? [] : all('/refunds', { orders: ids.join(',') }, refundSchema)),
      async *walkRefunds(since) {
        yield await all('/refunds', { since: since.toISOString() }, refundSchema);
      },
      async count(since) {
        const { body } = await http.request({ path: '/count', query: { since: since.toISOString() } });
        return z.object({ count: z.number() }).parse(body).count;
      },
      remote: createRemote(http, settings.webhookSecrets),
    };
  };

export const memory = {
  kind: 'memory',
  settings: settingsSchema,
  secretKeys: ['apiKey', 'webhookSecrets'],
  keptHeaders,
  verifyDelivery,
  readDelivery,
  selfTest,
  connect: connectMemory(createHttp),
} satisfies StoreAdapter<typeof settingsSchema>;
