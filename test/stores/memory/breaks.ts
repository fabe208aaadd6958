import { z } from 'zod';
import { UpstreamError } from '../../../src/core/errors.ts';
import type { createHttp } from '../../../src/platform/http/client.ts';
import type { RemoteOf } from '../../../src/platform/vendor.ts';
import type { PulledOrders, StoreAdapter, StoreClient, StoreOrder, StoreWish } from '../../../src/stores/port.ts';
import { keepingBreaks, naiveHttp, proofBreaks, secretsOf, webhookBreaks } from '../../conformance/breaks.ts';
import { signatureOf } from '../../helpdesks/memory/deliveries.ts';
import type { Harness } from '../conformance.ts';
import { connectMemory, settingsSchema } from './index.ts';

export type Break = (harness: Harness) => Harness;
type Verify = StoreAdapter['verifyDelivery'];
type Connect = StoreAdapter['connect'];

export const adapterWith =
  (part: (adapter: StoreAdapter) => Partial<StoreAdapter>): Break =>
  (harness) => ({ ...harness, adapter: { ...harness.adapter, ...part(harness.adapter) } });
const settingsWith = (shape: z.ZodRawShape): Break =>
  adapterWith(() => ({ settings: settingsSchema.extend(shape) as unknown as StoreAdapter['settings'] }));
const verifyWith = (alter: (input: Parameters<Verify>[0], right: Verify, read: Verify) => ReturnType<Verify>): Break =>
  adapterWith((adapter) => ({
    verifyDelivery: (input) => alter(input, adapter.verifyDelivery, adapter.readDelivery),
  }));
const deliveryWith = (alter: (input: Parameters<Verify>[0]) => object): Break =>
  verifyWith((input, right) => {
    const said = right(input);
    return said.outcome === 'verified' ? { ...said, delivery: { ...said.delivery, ...alter(input) } } : said;
  });
export const clientWith = (alter: (client: StoreClient, deps: Parameters<Connect>[1]) => Partial<StoreClient>): Break =>
  adapterWith((adapter) => ({
    connect: (settings, deps) => {
      const client = adapter.connect(settings, deps);
      return { ...client, ...alter(client, deps) };
    },
  }));
const httpWith = (httpFor: typeof createHttp): Break =>
  adapterWith(() => ({ connect: connectMemory(httpFor) as unknown as Connect }));
const pulledWith = (alter: (pulled: PulledOrders) => object): Break =>
  clientWith((client) => ({
    pullOrders: async (ids, wanted) => {
      const pulled = await client.pullOrders(ids, wanted);
      return { ...pulled, ...alter(pulled) };
    },
  }));
const orderWith = (alter: (order: StoreOrder) => object): Break =>
  pulledWith(({ orders }) => ({ orders: orders.map((order) => ({ ...order, ...alter(order) })) }));
const remoteWith = (alter: (remote: RemoteOf<StoreWish>) => Partial<RemoteOf<StoreWish>>): Break =>
  clientWith((client) => (client.remote ? { remote: { ...client.remote, ...alter(client.remote) } } : {}));
type Page = { readonly orders: readonly StoreOrder[]; readonly unreadable: readonly string[] };
const walkWith = (walk: (since: Date, client: StoreClient) => AsyncIterable<Page>): Break =>
  clientWith((client) => ({ walkOrders: (since) => walk(since, client) }));

const nothing = { metafields: [], formFields: [] };

const naive = httpWith(naiveHttp);
const mayPass = ['HTML instead of JSON', 'a gateway page', 'status 500', 'a broken connection', 'an answer cut short'];

/** For each check of the suite a way to break the store in memory that it must find. */
export const breaks: Readonly<Record<string, Break>> = {
  'every setting can be asked for: it has a title and a description, and some say which store it is': settingsWith({
    colour: z.string().optional(),
  }),
  ...keepingBreaks<Harness>({ settingsWith, adapterWith }),
  'settings that mean nothing are refused with their names': settingsWith({
    baseUrl: z.string().optional().meta({ title: 'Address', description: 'Any address at all.' }),
  }),

  'a proven delivery names the order or the customer that is to be read again': deliveryWith(() => ({
    changed: { what: 'order', externalId: '0' },
  })),
  ...proofBreaks<Harness, Parameters<Verify>[0], ReturnType<Verify>>({
    verifyWith,
    adapterWith,
    asksForMore: { changed: { what: 'order', externalId: '9' } },
  }),
  "another store's delivery is refused, whatever proves it": verifyWith((input, right) => {
    const body = Buffer.from(input.body.toString().replace('"other"', '"loom"'));
    const headers = signatureOf(body, secretsOf(input)[0] ?? '', new Date(input.headers['x-sent-at'] ?? ''));
    return right({ ...input, body, headers });
  }),

  'credentials that work name the store, others are refused before anything else': clientWith(() => ({
    verify: async () => ({ storeName: 'Loom', lacking: [] }),
  })),
  'an order comes whole: who, where, when, what, and every line': orderWith(({ lines }) => ({
    lines: lines.slice(1),
  })),
  'a guest is no customer': orderWith(({ customerId }) => ({ customerId: customerId ?? '0' })),
  'money is without tax, after discounts and before them, of the order and of each line': orderWith(({ gross }) => ({
    revenue: gross,
  })),
  'what the store has not is missing, and is no error': pulledWith(() => ({ missing: [] })),
  'many orders are pulled in few calls': clientWith((client) => ({
    pullOrders: async (ids, wanted) => {
      const pulled = await Promise.all(ids.map((id) => client.pullOrders([id], wanted)));
      return {
        orders: pulled.flatMap(({ orders }) => orders),
        missing: pulled.flatMap(({ missing }) => missing),
        unreadable: pulled.flatMap(({ unreadable }) => unreadable),
      };
    },
  })),
  'an order that cannot be read is told and stops no other': pulledWith(({ unreadable }) => {
    if (unreadable.length > 0) throw new UpstreamError('an order cannot be read', { retryable: false });
    return {};
  }),
  'orders are found by their own number and by a marketplace’s': clientWith((client) => ({
    ordersByNumber: async (number, wanted) =>
      (await client.ordersByNumber(number, wanted)).filter(({ number: own }) => own === number),
  })),
  'orders are found by an address, those placed since alone': clientWith((client) => ({
    ordersByEmail: (email, _, wanted) => client.ordersByEmail(email, new Date(0), wanted),
  })),
  'an address is known by an order, however old, or by an account': clientWith((client) => ({
    knowsAddress: async (email) => (await client.ordersByEmail(email, new Date(0), nothing)).length > 0,
  })),
  'the addresses of accounts come by customer': clientWith(() => ({ addressesOf: async () => new Map() })),
  'refunds tell what was paid, declined payments left out, and the tax in them': clientWith((client) => ({
    refundsOf: async (ids) => (await client.refundsOf(ids)).map((one) => ({ ...one, paid: one.totalAmount })),
  })),
  'refunds of many orders take few calls, and none for no order': clientWith((client) => ({
    refundsOf: async (ids) => (await Promise.all(ids.map((id) => client.refundsOf([id])))).flat(),
  })),
  'places that a rule reads are filled, and no others': orderWith(({ places }) => ({
    places: { ...places, metafields: { 'market.seller': 'nord' } },
  })),
  'the store’s own count is of the orders placed since': clientWith((client) => ({
    count: async () => (await client.count?.(new Date(0))) ?? null,
  })),

  'a walk names every changed order, the oldest change first, to the end of the list': walkWith(
    async function* (since, client) {
      for await (const page of client.walkOrders(since, nothing)) {
        yield page;
        return;
      }
    },
  ),
  'a walk begins where it is told to': walkWith((_, client) => client.walkOrders(new Date(0), nothing)),
  'an order that changes during the walk loses no other': walkWith(async function* (since, client) {
    // By page number: what changes moves to the end, and the first of the next page moves up.
    for (let start = 0; ; start += 2) {
      const all: StoreOrder[] = [];
      for await (const { orders } of client.walkOrders(since, nothing)) all.push(...orders);
      const orders = all.slice(start, start + 2);
      if (orders.length === 0) return;
      yield { orders, unreadable: [] };
    }
  }),
  'a walk goes past an order that cannot be read, and tells of it': walkWith(async function* (since, client) {
    for await (const page of client.walkOrders(since, nothing)) yield { ...page, unreadable: [] };
  }),
  'a walk over places tells of those that changed although their orders did not': clientWith(() => ({
    async *walkMetafields() {},
  })),
  'a walk over refunds tells of those made since': clientWith((client) => ({
    walkRefunds: () => client.walkRefunds(new Date(0)),
  })),

  'a quota that stays used up ends in LimitReached, after few tries': naive,
  'Retry-After is obeyed': naive,
  ...Object.fromEntries(
    mayPass.map((what) => [`${what} is an UpstreamError that may pass, and no crash`, naive] as const),
  ),
  'an answer of another shape is an UpstreamError that will not pass': walkWith(async function* (since, client) {
    try {
      for await (const page of client.walkOrders(since, nothing)) yield page;
    } catch (error) {
      if (error instanceof UpstreamError && error.retryable) throw error;
    }
  }),
  'a token that was revoked is told by its status': naive,
  'errors name no address, no secret and no person': clientWith((client) => ({
    async knowsAddress(email) {
      try {
        return await client.knowsAddress(email);
      } catch {
        throw new UpstreamError(`the shop did not answer for ${email}`, { retryable: true });
      }
    },
  })),
  'credentials follow no redirect': naive,
  'a private address is refused unless it is allowed': adapterWith((adapter) => ({
    connect: (settings, deps) => adapter.connect(settings, { ...deps, allowPrivate: true }),
  })),
  'every call is told to whoever counts them, with its status': naive,

  ...webhookBreaks<Harness>(remoteWith),
  'what was made tells of orders, refunds, places and accounts, acceptably and thinly': deliveryWith(({ body }) =>
    body.toString().includes('refund') ? { changed: null } : {},
  ),
};
