import { expect } from 'vitest';
import type { RemoteOf } from '../../../src/platform/vendor.ts';
import type { StoreWish } from '../../../src/stores/port.ts';
import { present } from '../../conformance/check.ts';
import { withReceiver } from '../../conformance/receiver.ts';
import { webhookChecks } from '../../conformance/remote.ts';
import { type Check, lamp, type World, withShop } from './check.ts';
import type { Harness } from './harness.ts';

const remoteOf = ({ client }: World, more: object = {}): RemoteOf<StoreWish> => present(client(more).remote, 'remote');

export const remoteChecks: readonly Check[] = [
  ...webhookChecks<World, Harness, Check>({ withAccount: withShop, accountOf: ({ shop }) => shop, remoteOf }),
  withShop(
    'what was made tells of orders, refunds, places and accounts, acceptably and thinly',
    async (world, { adapter }) => {
      const { shop, clock, settings } = world;
      await withReceiver({ status: 202 }, async ({ url, arrived }) => {
        const made = await remoteOf(world).make({ webhookUrl: `${url}/webhooks/our-own-key` });
        const parsed = adapter.settings.parse(settings(made.settings));
        const told = async (act: () => void): Promise<string[]> => {
          arrived.length = 0;
          act();
          await shop.idle();
          expect(arrived.length).toBeGreaterThan(0);
          return arrived.map(({ headers, body }) => {
            const input = { headers, body: Buffer.from(body), now: clock.now() };
            const said = adapter.verifyDelivery({ settings: parsed, ...input });
            if (said.outcome !== 'verified') throw new Error(`a delivery is ${said.outcome}`);
            expect(body).not.toContain(lamp.email);
            return `${said.delivery.changed?.what} ${said.delivery.changed?.externalId}`;
          });
        };
        let id = '';
        const placed = await told(() => {
          id = shop.place(lamp);
        });
        const own = `order ${id}`;
        expect(new Set(placed)).toEqual(new Set([own]));
        expect(await told(() => shop.change(id))).toContain(own);
        expect(await told(() => shop.refund(id, { cents: 100, taxCents: 0, declinedCents: 0 }))).toContain(own);
        expect(await told(() => shop.setSeller(id, 'nord'))).toContain(own);
        expect(await told(() => shop.register('40', 'account@example.com'))).toEqual(['customer 40']);
      });
    },
    'remote',
  ),
];
