import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { Remote } from '../../../src/helpdesks/port.ts';
import { type Check, kim, openTicket, present, type World, withDesk } from './check.ts';

const ourUrl = 'http://127.0.0.1:9/webhooks/our-own-key-of-sixteen';
const wish = { webhookUrl: ourUrl };
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

const writes = ({ upstream }: World): number => upstream.seen.filter(({ method }) => method !== 'GET').length;

const round = (name: string, work: (world: World, remote: Remote) => Promise<void>): Check =>
  withDesk(name, (world) => work(world, remoteOf(world)), 'remote');

export const remoteChecks: readonly Check[] = [
  round('what would be made is told first, and nothing is written for that', async (world, remote) => {
    const before = world.desk.made();
    expect((await remote.plan(wish)).length).toBeGreaterThan(0);
    expect((await remote.check(wish)).state).toBe('absent');
    expect(writes(world)).toBe(0);
    expect(world.desk.made()).toBe(before);
  }),
  round('making twice is making once', async (world, remote) => {
    const { objects, settings } = await remote.make(wish);
    expect(objects.length).toBeGreaterThan(0);
    for (const { externalId, name } of objects) expect(externalId && name).toBeTruthy();
    const once = world.desk.made();
    const after = remoteOf(world, settings);
    expect(await after.plan(wish)).toEqual([]);
    expect((await after.make(wish)).objects).toEqual([]);
    expect(world.desk.made()).toBe(once);
    expect(await after.check(wish)).toEqual({ state: 'fine' });
  }),
  round('a webhook that is gone, switched off or signs otherwise is seen, and mended', async (world, remote) => {
    let { settings } = await remote.make(wish);
    for (const how of ['remove', 'switch off'] as const) {
      world.desk.spoilWebhook(ourUrl, how);
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
  withDesk(
    'a webhook that signs with a secret we do not hold is seen',
    async (world, { withSecrets }) => {
      await remoteOf(world).make(wish);
      const { state } = await remoteOf(world, withSecrets(['a-secret-of-yesterday'])).check(wish);
      expect(state).toBe('changed');
    },
    'remote',
  ),
  round('what we made is taken away again, exactly that, and twice is no error', async (world, remote) => {
    world.desk.subscribe('https://others.example.com/hook');
    const before = world.desk.made();
    const { objects, settings } = await remote.make(wish);
    expect(world.desk.made()).not.toBe(before);
    const after = remoteOf(world, settings);
    for (let time = 0; time < 2; time += 1) {
      await after.remove(objects);
      expect(world.desk.made()).toBe(before);
    }
  }),
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
        const webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhooks/our-own-key-of-sixteen`;
        const made = await remoteOf(world).make({ webhookUrl });
        const id = await openTicket(world);
        desk.reply(id);
        await desk.idle();
        const read = arrived.map(({ headers, body }) =>
          adapter.verifyDelivery({
            settings: adapter.settings.parse(settings(made.settings)),
            apiUserId: desk.apiUserId,
            headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
            body: Buffer.from(body),
            now: clock.now(),
          }),
        );
        expect(read.length).toBeGreaterThan(0);
        for (const one of read) expect(one).toMatchObject({ outcome: 'verified', delivery: { ticketExternalId: id } });
        for (const { body, headers } of arrived)
          for (const word of [kim.email, String(world.settings().apiKey ?? 'none')])
            expect(JSON.stringify(headers) + body).not.toContain(word);
      } finally {
        receiver.closeAllConnections();
        receiver.close();
      }
    },
    'remote',
  ),
];
