import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import type { Clock } from '../../../src/platform/clock.ts';
import { signatureOf } from '../../helpdesks/memory/deliveries.ts';
import type { NewOrder, Shop } from '../conformance.ts';

interface Held {
  readonly id: string;
  readonly order: NewOrder;
  readonly placedMs: number;
  modifiedMs: number;
  seller: string | null;
  sellerMs: number;
}

const key = 'key-of-the-shop';
const fieldName = 'market.seller';
const money = (cents: number): string => (cents / 100).toFixed(2);

const jsonOf = ({ id, order, placedMs, modifiedMs, seller }: Held) => {
  const total = order.lines.reduce((sum, { cents }) => sum + cents, 0);
  const discount = order.discountCents ?? 0;
  return {
    id,
    number: id,
    external_number: order.externalNumber ?? null,
    placed_at: new Date(placedMs).toISOString(),
    modified_at: new Date(modifiedMs).toISOString(),
    country: order.country,
    customer: order.customerId ?? null,
    email: order.email,
    currency: 'USD',
    coupons: order.coupon ? ['HOME'] : [],
    fields: seller === null ? {} : { [fieldName]: seller },
    lines: order.lines.map(({ sku, brand, cents }, index) => ({
      id: `${id}-${index}`,
      sku,
      brand,
      gross: money(cents),
      net: money(cents - (discount * cents) / total),
    })),
  };
};

/** The shop itself: an HTTP server with lists in pages by a cursor that no change confuses, and webhooks. */
export const startMemoryShop = async (clock: Clock): Promise<Shop> => {
  const orders = new Map<string, Held>();
  const refunds: { order: string; atMs: number; json: object }[] = [];
  const accounts = new Map<string, string>();
  const hooks = new Map<string, { id: string; url: string; on: boolean; secret: string }>();
  const sending = new Set<Promise<unknown>>();
  let serial = 500;
  const next = (): string => {
    serial += 1;
    return String(serial);
  };
  const now = () => clock.now().getTime();
  const heldOf = (id: string): Held => {
    const held = orders.get(id);
    if (!held) throw new Error(`there is no order ${id}`);
    return held;
  };

  const tell = (type: string, about: object): void => {
    const body = JSON.stringify({ event: `e${next()}`, type, shop: 'loom', ...about });
    for (const { url, on, secret } of hooks.values()) {
      if (!on || !url.startsWith('http://127.0.0.1')) continue;
      const sent = request(url, { method: 'POST', headers: signatureOf(body, secret, clock.now()), body })
        .then(({ body: answer }) => answer.dump())
        .catch(() => null)
        .finally(() => sending.delete(sent));
      sending.add(sent);
    }
  };

  interface Row {
    readonly order: string;
    readonly atMs: number;
    readonly json: object;
  }
  const listOf = (path: string, query: URLSearchParams): Row[] => {
    const since = Date.parse(query.get('since') ?? '1970-01-01');
    const ids = (query.get('ids') ?? query.get('orders'))?.split(',');
    if (path === '/refunds') return refunds.filter(({ order, atMs }) => (ids ? ids.includes(order) : atMs >= since));
    if (path === '/accounts')
      return [...accounts]
        .filter(([id, email]) => (ids ? ids.includes(id) : email === query.get('email')))
        .map(([id, email]) => ({ order: id, atMs: 0, json: { id, email } }));
    const all = [...orders.values()];
    if (path === '/fields')
      return all
        .filter(({ id, seller, sellerMs }) =>
          seller !== null && query.has('order') ? id === query.get('order') : seller !== null && sellerMs >= since,
        )
        .map(({ id, seller, sellerMs }) => ({
          order: id,
          atMs: sellerMs,
          json: { order: id, name: fieldName, value: seller },
        }));
    const placedSince = Date.parse(query.get('placed_since') ?? '1970-01-01');
    const number = query.get('number');
    return all
      .filter(
        ({ id, order, placedMs, modifiedMs }) =>
          modifiedMs >= since &&
          placedMs >= placedSince &&
          (!ids || ids.includes(id)) &&
          (number === null || id === number || order.externalNumber === number) &&
          (!query.has('email') || order.email === query.get('email')),
      )
      .map((held) => ({ order: held.id, atMs: held.modifiedMs, json: jsonOf(held) }));
  };
  const pageOf = (rows: Row[], query: URLSearchParams): object => {
    const sorted = rows.toSorted((a, b) => a.atMs - b.atMs || Number(a.order) - Number(b.order));
    const [afterMs, afterId] = (query.get('after') ?? '-1:0').split(':').map(Number);
    const rest = sorted.filter(
      ({ atMs, order }) => atMs > (afterMs ?? 0) || (atMs === afterMs && Number(order) > (afterId ?? 0)),
    );
    const items = rest.slice(0, Number(query.get('size') ?? 100));
    const last = items.at(-1);
    const more = rest.length > items.length && last;
    return { items: items.map(({ json }) => json), next: more ? `${last.atMs}:${last.order}` : null };
  };

  const answer = (method: string, url: URL, body: string): { status: number; json?: unknown } => {
    const [, path = '', id = ''] = /^(\/\w+)(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    if (path === '/shop') return { status: 200, json: { name: 'Loom' } };
    if (path === '/count') {
      const since = Date.parse(url.searchParams.get('since') ?? '');
      return { status: 200, json: { count: [...orders.values()].filter(({ placedMs }) => placedMs >= since).length } };
    }
    if (path !== '/hooks') return { status: 200, json: pageOf(listOf(path, url.searchParams), url.searchParams) };
    if (method === 'GET') return { status: 200, json: [...hooks.values()] };
    if (method === 'POST') {
      const hook = { id: next(), on: true, ...(JSON.parse(body) as { url: string; secret: string }) };
      hooks.set(hook.id, hook);
      return { status: 201, json: hook };
    }
    const held = hooks.get(id);
    if (!held) return { status: 404 };
    if (method === 'DELETE') hooks.delete(id);
    else held.on = true;
    return { status: 200, json: held };
  };
  const server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    incoming.on('end', () => {
      const isKnown = incoming.headers['x-key'] === key;
      const url = new URL(incoming.url ?? '/', 'http://shop');
      const { status, json } = isKnown ? answer(incoming.method ?? 'GET', url, body) : { status: 401, json: {} };
      outgoing
        .writeHead(status, { 'content-type': 'application/json' })
        .end(json === undefined ? '' : JSON.stringify(json));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    settings: { name: 'loom', shop: 'loom', apiKey: key },
    wrongCredentials: { apiKey: 'wrong-key' },
    absentId: '99',
    wanted: { metafields: [{ namespace: 'market', key: 'seller' }], formFields: [] },
    place(order) {
      const id = next();
      const atMs = now();
      const placedMs = order.placedAt?.getTime() ?? atMs;
      orders.set(id, { id, order, placedMs, modifiedMs: atMs, seller: order.seller ?? null, sellerMs: atMs });
      tell('order.placed', { order: id });
      return id;
    },
    change(id) {
      heldOf(id).modifiedMs = now();
      tell('order.changed', { order: id });
    },
    refund(id, { cents, taxCents, declinedCents }) {
      const [total, tax, paid] = [cents, taxCents, cents - declinedCents].map(money);
      const json = { id: next(), order: id, made_at: clock.now().toISOString(), total, tax, paid };
      refunds.push({ order: id, atMs: now(), json });
      tell('refund.made', { refund: { order: id } });
    },
    setSeller(id, value) {
      Object.assign(heldOf(id), { seller: value, sellerMs: now() });
      tell('field.set', { field: { of: `order/${id}` } });
    },
    register(customerId, email) {
      accounts.set(customerId, email);
      tell('customer.changed', { customer: customerId });
    },
    truth: () => new Map([...orders.values()].map(({ id, modifiedMs }) => [id, modifiedMs])),
    smallPages: ({ url, body }) => ({ url: `${url}${url.includes('?') ? '&' : '?'}size=2`, body }),
    made: () => JSON.stringify([...hooks.values()]),
    subscribe(url) {
      const id = next();
      hooks.set(id, { id, url, on: true, secret: 'of others' });
    },
    spoilWebhook(url, how) {
      for (const hook of hooks.values())
        if (hook.url === url) {
          if (how === 'remove') hooks.delete(hook.id);
          else hook.on = false;
        }
    },
    async idle() {
      while (sending.size > 0) await Promise.all(sending);
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
