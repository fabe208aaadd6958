import { expect } from 'vitest';
import type { Remote } from '../../../src/helpdesks/port.ts';
import { present } from '../../conformance/check.ts';
import { withReceiver } from '../../conformance/receiver.ts';
import { webhookChecks, wish } from '../../conformance/remote.ts';
import { type Check, kim, openTicket, type World, withDesk } from './check.ts';
import type { Harness } from './harness.ts';

const wishOfFields = {
  ...wish,
  fields: {
    partners: [
      { code: 'direct', name: 'Direct' },
      { code: 'nord', name: 'Nord Living' },
    ],
    regions: [{ code: 'SE', name: 'Sweden' }],
  },
};

const remoteOf = ({ client }: World, more: object = {}): Remote => present(client(more).remote, 'remote');

export const remoteChecks: readonly Check[] = [
  ...webhookChecks<World, Harness, Check>({ withAccount: withDesk, accountOf: ({ desk }) => desk, remoteOf }),
  withDesk(
    'fields that are wished are told, made once, mapped, and at the end gone or named to a person',
    async (world, { adapter }) => {
      const unmapped = { partnerFieldId: undefined, regionFieldId: undefined, reasonFieldId: undefined };
      const remote = remoteOf(world, unmapped);
      const before = world.desk.made();
      const told = await remote.plan(wishOfFields);
      expect(told.length).toBeGreaterThan((await remote.plan(wish)).length);
      expect(world.desk.made()).toBe(before);

      const { objects, settings } = await remote.make(wishOfFields);
      const mapped = Object.keys(settings).filter((key) => key.endsWith('FieldId'));
      expect(mapped).toContain('partnerFieldId');
      const given = { ...unmapped, ...settings };
      adapter.settings.parse(world.settings(given));
      const after = remoteOf(world, given);
      expect(await after.plan(wishOfFields)).toEqual([]);
      expect((await after.make(wishOfFields)).objects).toEqual([]);

      const id = await openTicket(world);
      await world.client(given).changeTags(id, { add: ['partner_nord', 'region_se'], remove: [] });
      expect(world.desk.tagsOf(id)).toEqual(expect.arrayContaining(['partner_nord', 'region_se']));

      const stays = objects.filter(({ what }) => after.byHand?.[what] !== undefined);
      await after.remove(objects.filter((object) => !stays.includes(object)));
      for (const { what, externalId } of stays) {
        expect(world.desk.made()).toContain(externalId);
        expect(after.byHand?.[what]).toMatch(/\w+ \w+ \w+/);
      }
      if (stays.length === 0) expect(world.desk.made()).toBe(before);
    },
    'ticket fields',
  ),
  withDesk(
    'what was made delivers events that the connection accepts',
    async (world, { adapter }) => {
      const { desk, clock, settings } = world;
      await withReceiver({ status: 202 }, async ({ url, arrived }) => {
        const webhookUrl = `${url}/webhooks/our-own-key-of-sixteen`;
        const made = await remoteOf(world).make({ webhookUrl });
        const id = await openTicket(world);
        desk.reply(id);
        await desk.idle();
        const read = arrived.map(({ headers, body }) =>
          adapter.verifyDelivery({
            settings: adapter.settings.parse(settings(made.settings)),
            apiUserId: desk.apiUserId,
            headers,
            body: Buffer.from(body),
            now: clock.now(),
          }),
        );
        expect(read.length).toBeGreaterThan(0);
        for (const one of read) expect(one).toMatchObject({ outcome: 'verified', delivery: { ticketExternalId: id } });
        for (const { body, headers } of arrived)
          for (const word of [kim.email, String(world.settings().apiKey ?? 'none')])
            expect(JSON.stringify(headers) + body).not.toContain(word);
      });
    },
    'remote',
  ),
];
