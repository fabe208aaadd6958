import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { RemoteOf } from '../../../src/platform/vendor.ts';
import type { StoreWish } from '../../../src/stores/port.ts';
import { type Check, lamp, type World, withShop } from './check.ts';

const ourUrl = 'http://127.0.0.1:9/webhooks/our-own-key-of-sixteen';
const wish = { webhookUrl: ourUrl };
type Remote = RemoteOf<StoreWish>;

/** Undefined: the store's webhooks are made by hand, and there is nothing to check. */
const remoteOf = ({ client }: World, more: object = {}): Remote | undefined => client(more).remote;

const round = (name: string, work: (world: World, remote: Remote) => Promise<void>): Check =>
  withShop(name, async (world) => {
    const remote = remoteOf(world);
    if (remote) await work(world, remote);
  });

export const remoteChecks: readonly Check[] = [
  round('what would be made is told first, and nothing is written for that', async (world, remote) => {
    const before = world.shop.made();
    expect((await remote.plan(wish)).length).toBeGreaterThan(0);
    expect((await remote.check(wish)).state).toBe('absent');
    expect(world.upstream.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(world.shop.made()).toBe(before);
  }),
  round('making twice is making once', async (world, remote) => {
    const { objects, settings } = await remote.make(wish);
    expect(objects.length).toBeGreaterThan(0);
    for (const { what, externalId, name } of objects) expect(what && externalId && name).toBeTruthy();
    const once = world.shop.made();
    const after = remoteOf(world, settings);
    expect(await after?.plan(wish)).toEqual([]);
    expect((await after?.make(wish))?.objects).toEqual([]);
    expect(world.shop.made()).toBe(once);
    expect(await after?.check(wish)).toEqual({ state: 'fine' });
  }),
  round('a webhook that is gone or switched off is seen, and mended', async (world, remote) => {
    let { settings } = await remote.make(wish);
    for (const how of ['remove', 'switch off'] as const) {
      world.shop.spoilWebhook(ourUrl, how);
      const spoiled = remoteOf(world, settings);
      expect(await spoiled?.check(wish)).toMatchObject({
        state: how === 'remove' ? 'absent' : 'inactive',
        reason: expect.stringMatching(/\w+ \w+/),
      });
      expect((await spoiled?.plan(wish))?.length).toBeGreaterThan(0);
      settings = { ...settings, ...(await spoiled?.make(wish))?.settings };
      expect(await remoteOf(world, settings)?.check(wish)).toEqual({ state: 'fine' });
    }
  }),
  withShop('a webhook whose secret we do not hold is seen', async (world, { withSecrets }) => {
    await remoteOf(world)?.make(wish);
    const state = await remoteOf(world, withSecrets(['a-secret-of-yesterday']))?.check(wish);
    if (state) expect(state.state).toBe('changed');
  }),
  round('what we made is taken away again, exactly that, and twice is no error', async (world, remote) => {
    world.shop.subscribe('https://others.example.com/hook');
    const before = world.shop.made();
    const { objects, settings } = await remote.make(wish);
    expect(world.shop.made()).not.toBe(before);
    const after = remoteOf(world, settings);
    for (let time = 0; time < 2; time += 1) {
      await after?.remove(objects);
      expect(world.shop.made()).toBe(before);
    }
  }),
  withShop(
    'what was made tells of orders, refunds, places and accounts, acceptably and thinly',
    async (world, harness) => {
      const { shop, clock, settings } = world;
      const { adapter } = harness;
      const arrived: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
      const receiver = createServer((request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        request.on('end', () => {
          arrived.push({ headers: request.headers, body });
          response.writeHead(202).end();
        });
      });
      await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
      try {
        const port = (receiver.address() as AddressInfo).port;
        const made = await remoteOf(world)?.make({ webhookUrl: `http://127.0.0.1:${port}/webhooks/our-own-key` });
        if (!made) return;
        const parsed = adapter.settings.parse(settings(made.settings));
        const told = async (act: () => void): Promise<string[]> => {
          arrived.length = 0;
          act();
          await shop.idle();
          expect(arrived.length).toBeGreaterThan(0);
          return arrived.map(({ headers, body }) => {
            const named = Object.entries(headers).map(([name, value]) => [name, String(value)]);
            const input = { headers: Object.fromEntries(named), body: Buffer.from(body), now: clock.now() };
            const said = adapter.verifyDelivery({ settings: parsed, ...input });
            expect(said.outcome).toBe('verified');
            expect(body).not.toContain(lamp.email);
            return said.outcome === 'verified'
              ? `${said.delivery.changed?.what} ${said.delivery.changed?.externalId}`
              : '';
          });
        };
        let id = '';
        const placed = await told(() => {
          id = shop.place(lamp);
        });
        expect(new Set(placed)).toEqual(new Set([`order ${id}`]));
        expect(await told(() => shop.change(id))).toContain(`order ${id}`);
        expect(await told(() => shop.refund(id, { cents: 100, taxCents: 0, declinedCents: 0 }))).toContain(
          `order ${id}`,
        );
        expect(await told(() => shop.setSeller(id, 'nord'))).toContain(`order ${id}`);
        expect(await told(() => shop.register('40', 'account@example.com'))).toEqual(['customer 40']);
      } finally {
        receiver.closeAllConnections();
        receiver.close();
      }
    },
  ),
];
