import { expect } from 'vitest';
import type { UpstreamError } from '../../../src/core/errors.ts';
import { dayMs, hourMs } from '../../../src/core/time.ts';
import { FieldsRefused } from '../../../src/helpdesks/port.ts';
import { present } from '../../conformance/check.ts';
import { type Check, kim, openTicket, pullOne, withDesk, worldStart } from './check.ts';

/** Members that a client may lack; those it has keep their word. */
export const furtherChecks: readonly Check[] = [
  withDesk(
    'a count is the number of tickets created since',
    async (world) => {
      const { client, desk, clock } = world;
      const count = present(client().count, 'count');
      expect(await count(new Date(worldStart.getTime() - dayMs))).toBe(0);
      for (let made = 0; made < 3; made += 1) desk.open(kim);
      await clock.sleep(2 * hourMs);
      const border = clock.now();
      await clock.sleep(1000);
      for (let made = 0; made < 4; made += 1) desk.open(kim);
      await clock.sleep(5 * 60_000);
      expect(await count(worldStart)).toBe(7);
      expect(await count(border)).toBe(4);
    },
    'count',
  ),
  withDesk(
    'a count that is stopped asks for nothing more, and tells no number that is short',
    async (world) => {
      const { client, desk, clock, upstream } = world;
      const count = present(client().count, 'count');
      for (let made = 0; made < 12; made += 1) desk.open(kim);
      await clock.sleep(5 * 60_000);
      const stopping = new AbortController();
      upstream.rewrite = desk.smallPages;
      upstream.before = () => {
        stopping.abort();
        return 'pass';
      };
      const asked = upstream.seen.length;
      // So far back that some ask for what is archived by itself.
      const counted = await count(new Date(worldStart.getTime() - 3 * 365 * dayMs), stopping.signal);
      expect([12, null]).toContain(counted);
      expect(upstream.seen.length - asked).toBe(1);
    },
    'count',
  ),
  withDesk(
    'findings about the account say what to do, and nothing is written',
    async (world) => {
      const { client, desk, upstream } = world;
      const inspect = present(client().inspect, 'inspect');
      await openTicket(world);
      const before = desk.made();
      const atPeace = await inspect();
      expect(atPeace.length).toBeGreaterThan(0);
      upstream.before = () => ({ status: 403, body: '{}' });
      const locked = (await client().inspect?.()) ?? [];
      expect(locked.some(({ level }) => level !== 'ok')).toBe(true);
      for (const { level, text, next } of [...atPeace, ...locked]) {
        expect(text).toMatch(/^\S.{10,}/);
        if (level !== 'ok') expect(next).toMatch(/\w{3,}/);
      }
      expect(desk.made()).toBe(before);
    },
    'inspect',
  ),
  withDesk(
    'discovered settings are settings, and contradict none that were given',
    async (world, { adapter }) => {
      const found = await present(world.client().discover, 'discover')();
      expect(Object.keys(found.settings).filter((key) => !(key in adapter.settings.shape))).toEqual([]);
      for (const key of Object.keys(found.settings)) expect(world.desk.settings[key]).toBeUndefined();
      adapter.settings.parse(world.settings(found.settings));
    },
    'discover',
  ),
  withDesk(
    'ticket fields are listed by the ids that settings name, and where we may not read them that is said',
    async (world) => {
      const { client, desk, upstream } = world;
      const fields = (await present(client().fields, 'fields')()) ?? [];
      const mapped = Object.entries(desk.settings).filter(([key]) => key.endsWith('FieldId'));
      expect(mapped.length).toBeGreaterThan(1);
      for (const [, id] of mapped) expect(fields.filter((field) => field.id === id)).toHaveLength(1);
      for (const { title, holds } of fields) {
        expect(title).toMatch(/\S/);
        expect(['text', 'choice', 'number', 'other']).toContain(holds);
      }
      expect(fields.some(({ holds }) => holds !== 'other')).toBe(true);
      upstream.before = () => ({ status: 403, body: '{}' });
      expect(await client().fields?.()).toBeNull();
      upstream.before = () => ({ status: 401, body: '{}' });
      expect(
        await client()
          .fields?.()
          .catch(() => null),
      ).toBeNull();
    },
    'fields',
  ),
  withDesk(
    'a mapped field that is gone costs no ticket and no tag, and is listed no more',
    async (world, { adapter }) => {
      const { client, desk } = world;
      const id = await openTicket(world);
      const mapped = Object.keys(desk.settings).filter((key) => key.endsWith('FieldId'));
      // As each helpdesk writes its ids.
      const gone = (key: string) =>
        ['9988776655', 'isGoneStr'].find((one) => adapter.settings.shape[key]?.safeParse(one).success);
      const one = client(Object.fromEntries(mapped.map((key) => [key, gone(key)])));
      const listed = ((await present(one.fields, 'fields')()) ?? []).map((field) => field.id);
      expect(listed).not.toContain(gone(mapped[0] ?? ''));
      await one.changeTags(id, { add: ['partner_nord'], remove: [] }).catch((error: unknown) => {
        // The one way to say that the tags are written.
        expect(error).toBeInstanceOf(FieldsRefused);
      });
      expect(desk.tagsOf(id)).toContain('partner_nord');
      const { orderNumber, reason, tags } = await pullOne(one, id);
      expect({ orderNumber, reason, tags: tags.includes('partner_nord') }).toEqual({
        orderNumber: null,
        reason: null,
        tags: true,
      });
    },
    'fields',
  ),
  withDesk(
    'streams of work end, and go on from their cursors',
    async (world) => {
      await openTicket(world);
      const feeds = present(world.client().workFeeds, 'workFeeds');
      expect(feeds.length).toBeGreaterThan(0);
      for (const feed of feeds) {
        let cursor: string | null = null;
        try {
          for (let time = 0; time < 2; time += 1)
            for await (const page of feed.walk({ cursor, since: worldStart })) cursor = page.cursor;
        } catch (error) {
          // The account may have no such product.
          expect(feed.isOptional, String(error)).toBe(true);
          expect(error).toMatchObject({ name: 'UpstreamError', retryable: false });
          expect([403, 404]).toContain((error as UpstreamError).status);
        }
      }
      expect(world.upstream.seen.length).toBeLessThan(50);
    },
    'workFeeds',
  ),
];
