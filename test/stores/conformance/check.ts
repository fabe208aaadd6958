import type { Clock } from '../../../src/platform/clock.ts';
import { isObject } from '../../../src/platform/http/body.ts';
import type { CallSeen } from '../../../src/platform/http/client.ts';
import type { StoreClient, StoreOrder } from '../../../src/stores/port.ts';
import { type CheckOf, deliveriesOf } from '../../conformance/check.ts';
import { type Arrival, secret } from '../../conformance/proofs.ts';
import { startUpstream, type Upstream } from '../../conformance/upstream.ts';
import { jumpingClock } from '../../sandbox/jumping-clock.ts';
import type { Harness, NewOrder, Optional, Shop } from './harness.ts';

export type Check = CheckOf<Harness, Optional>;

export const telling = (harness: Harness): [string, string][] =>
  [...deliveriesOf(harness)].filter(([name]) => name !== 'unknown');

export const verify = (
  { adapter, settings, withSecrets, sentAt, sign }: Harness,
  body: string,
  { secrets = [secret], now = sentAt, headers = sign(body, secret, sentAt) }: Arrival = {},
) =>
  adapter.verifyDelivery({
    settings: adapter.settings.parse({ ...settings, ...withSecrets(secrets) }),
    headers,
    body: Buffer.from(body),
    now,
  });

/** A shop with a proxy before it, and clients of the adapter that go through the proxy. */
export interface World {
  readonly clock: Clock;
  readonly shop: Shop;
  readonly upstream: Upstream;
  /** Every try of every client, as metrics hear of it. */
  readonly observed: CallSeen[];
  settings(more?: object): Record<string, unknown>;
  client(more?: object): StoreClient;
  /** Calls that the work made. */
  calls(work: () => Promise<unknown>): Promise<number>;
}

export const worldStart = new Date('2026-03-02T09:00:00Z');
/** Before anything in a world. */
export const longAgo = new Date('2020-01-01T00:00:00Z');

export const withWorld = async (
  { adapter, startShop }: Harness,
  work: (world: World) => void | Promise<void>,
): Promise<void> => {
  const clock = jumpingClock(worldStart.getTime());
  const shop = await startShop(clock);
  const upstream = await startUpstream(clock, shop.url);
  const observed: CallSeen[] = [];
  const settings = (more: object = {}) => ({ ...shop.settings, baseUrl: upstream.url, ...more });
  try {
    await work({
      clock,
      shop,
      upstream,
      observed,
      settings,
      client: (more) =>
        adapter.connect(adapter.settings.parse(settings(more)), {
          clock,
          allowPrivate: true,
          observe: (call) => observed.push(call),
        }),
      async calls(work) {
        const before = upstream.seen.length;
        await work();
        return upstream.seen.length - before;
      },
    });
  } finally {
    await upstream.close();
    await shop.close();
  }
};

/** A check that talks to a shop. */
export const withShop = (
  name: string,
  work: (world: World, harness: Harness) => void | Promise<void>,
  needs?: Optional,
): Check => ({
  name,
  ...(needs ? { needs } : {}),
  run: (harness) => withWorld(harness, (world) => work(world, harness)),
});

export const nothing = { metafields: [], formFields: [] };

export const lamp: NewOrder = {
  email: 'kim.larsson@example.com',
  country: 'SE',
  lines: [
    { sku: 'LX-1', brand: 'Nord', cents: 10_000 },
    { sku: 'LX-2', brand: '', cents: 5_000 },
  ],
};

export const walked = async (
  client: StoreClient,
  since: Date,
  wanted = nothing as Parameters<StoreClient['walkOrders']>[1],
): Promise<{ orders: StoreOrder[]; unreadable: string[] }> => {
  const orders: StoreOrder[] = [];
  const unreadable: string[] = [];
  for await (const page of client.walkOrders(since, wanted)) {
    orders.push(...page.orders);
    unreadable.push(...page.unreadable);
  }
  return { orders, unreadable };
};

export const one = <Item>(items: readonly Item[]): Item => {
  const [first] = items;
  if (first === undefined || items.length !== 1) throw new Error(`wanted was one, there are ${items.length}`);
  return first;
};

/** Makes one order in the answers of the shop such that it cannot be read. */
export const spoilOrder = ({ upstream }: World, bad: string, indispensable: readonly string[]): void => {
  const spoil = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(spoil);
    if (!isObject(value)) return value;
    const isBad = String(value.id) === bad && indispensable.every((name) => name in value);
    return Object.fromEntries(
      Object.entries(value).map(([name, held]) => [name, isBad && indispensable.includes(name) ? {} : spoil(held)]),
    );
  };
  upstream.after = (answer) => ({
    ...answer,
    body: answer.body === '' ? '' : JSON.stringify(spoil(JSON.parse(answer.body))),
  });
};
