import { expect } from 'vitest';
import type { RemoteOf } from '../../src/platform/vendor.ts';
import type { CheckOf } from './check.ts';
import type { Upstream } from './upstream.ts';

/** Hands on what stands at a vendor. */
interface Account {
  /** All that an admin sees, as text. */
  made(): string;
  subscribe(url: string): void;
  spoilWebhook(url: string, how: 'remove' | 'switch off'): void;
}

interface Wish {
  readonly webhookUrl: string;
}

const ourUrl = 'http://127.0.0.1:9/webhooks/our-own-key-of-sixteen';
export const wish: Wish = { webhookUrl: ourUrl };

/** What every adapter keeps that makes its webhooks at the vendor. */
export const webhookChecks = <
  World extends { readonly upstream: Upstream },
  Harness extends { withSecrets(secrets: readonly string[]): object },
  Check extends CheckOf<Harness>,
>({
  withAccount,
  accountOf,
  remoteOf,
}: {
  readonly withAccount: (
    name: string,
    work: (world: World, harness: Harness) => Promise<void>,
    needs: 'remote',
  ) => Check;
  readonly accountOf: (world: World) => Account;
  /** Of a client with these settings beside its own. */
  readonly remoteOf: (world: World, more?: object) => RemoteOf<Wish>;
}): readonly Check[] => {
  const round = (name: string, work: (world: World, remote: RemoteOf<Wish>, account: Account) => Promise<void>) =>
    withAccount(name, (world) => work(world, remoteOf(world), accountOf(world)), 'remote');
  return [
    round(
      'what would be made is told first, and nothing is written for that',
      async ({ upstream }, remote, account) => {
        const before = account.made();
        expect((await remote.plan(wish)).length).toBeGreaterThan(0);
        expect((await remote.check(wish)).state).toBe('absent');
        expect(upstream.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
        expect(account.made()).toBe(before);
      },
    ),
    round('making twice is making once', async (world, remote, account) => {
      const { objects, settings } = await remote.make(wish);
      expect(objects.length).toBeGreaterThan(0);
      for (const { what, externalId, name } of objects) expect(what && externalId && name).toBeTruthy();
      const once = account.made();
      const after = remoteOf(world, settings);
      expect(await after.plan(wish)).toEqual([]);
      expect((await after.make(wish)).objects).toEqual([]);
      expect(account.made()).toBe(once);
      expect(await after.check(wish)).toEqual({ state: 'fine' });
    }),
    round('a webhook that is gone or switched off is seen, and mended', async (world, remote, account) => {
      let { settings } = await remote.make(wish);
      for (const how of ['remove', 'switch off'] as const) {
        account.spoilWebhook(ourUrl, how);
        const spoiled = remoteOf(world, settings);
        expect(await spoiled.check(wish)).toMatchObject({
          state: how === 'remove' ? 'absent' : 'inactive',
          reason: expect.stringMatching(/\w+ \w+/),
        });
        expect((await spoiled.plan(wish)).length).toBeGreaterThan(0);
        settings = { ...settings, ...(await spoiled.make(wish)).settings };
        expect(await remoteOf(world, settings).check(wish)).toEqual({ state: 'fine' });
      }
    }),
    withAccount(
      'a webhook whose secret we do not hold is seen',
      async (world, { withSecrets }) => {
        await remoteOf(world).make(wish);
        const { state } = await remoteOf(world, withSecrets(['a-secret-of-yesterday'])).check(wish);
        expect(state).toBe('changed');
      },
      'remote',
    ),
    round('what we made is taken away again, exactly that, and twice is no error', async (world, remote, account) => {
      account.subscribe('https://others.example.com/hook');
      const before = account.made();
      const { objects, settings } = await remote.make(wish);
      expect(account.made()).not.toBe(before);
      const after = remoteOf(world, settings);
      for (let time = 0; time < 2; time += 1) {
        await after.remove(objects);
        expect(account.made()).toBe(before);
      }
    }),
  ];
};
