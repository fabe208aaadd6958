import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { dayMs, hourMs, minuteMs } from '../../../src/core/time.ts';
import { connectionStatuses, unsettledUpTo, walkWorkFeeds } from '../../../src/features/ingest/index.ts';
import { troubleOf } from '../../../src/features/ingest/trouble.ts';
import type { WorkFeed } from '../../../src/helpdesks/port.ts';
import { reading } from './fake-desk.ts';
import { type World, world } from './world.ts';

// Streams of work beside the tickets that the vendor refuses, or that something before it answers for.

const answer = (status: number | undefined, retryable = false) =>
  new UpstreamError('GET desk.example.com/calls says no', { status, retryable });

/** What the next walk meets after its first page; null: nothing. */
let bad: UpstreamError | null;
/** Where each walk of the feed began. */
let asked: (string | null)[];
let w: World;
beforeEach(async () => {
  w = await world();
  [bad, asked] = [null, []];
});
afterEach(() => w.close());

const calls: WorkFeed = {
  name: 'calls',
  async *walk({ cursor }) {
    asked.push(cursor);
    const next = Number(cursor ?? 0) + 1;
    if (bad) throw bad;
    yield { work: [], cursor: String(next) };
  },
};
const walkAll = (feeds: readonly WorkFeed[], options: Parameters<typeof walkWorkFeeds>[2] = {}) =>
  walkWorkFeeds(
    { sql: w.db, clock: w.clock, runStep: w.runStep, ...w.first, client: { ...w.first.client, workFeeds: feeds } },
    w.connection,
    options,
  );
const walk = (options = {}) => walkAll([calls], options);
const status = async () => (await connectionStatuses(w.db, w.clock.now())).find(({ id }) => id === w.connection.id);

describe('a feed of work', () => {
  test('bug: that answered 400 was read again from its beginning every five minutes, in silence', async () => {
    await walk();
    await walk();
    bad = answer(400);
    await expect(walk()).rejects.toMatchObject({ status: 400 });
    for (let minutes = 5; minutes < 60; minutes += 5) {
      w.clock.advance(5 * minuteMs);
      await walk();
    }
    expect(asked).toEqual([null, '1', '2']);
    expect(await status()).toMatchObject({
      state: 'unread work',
      stateText: expect.stringContaining('/calls'),
      stateNext: expect.stringContaining('--settings FILE.json'),
      lastError: expect.stringContaining('work calls: '),
    });
    w.clock.advance(5 * minuteMs);
    bad = null;
    await walk();
    expect(asked.at(-1)).toBe('2');
    expect(await status()).toMatchObject({ state: 'ok', lastError: null });
  });

  test.each([
    [400, 60],
    [403, 15],
    [404, 60],
  ])('that answers %i is left alone for %i minutes', async (code, minutes) => {
    await walk();
    bad = answer(code);
    await expect(walk()).rejects.toMatchObject({ status: code });
    w.clock.advance((minutes - 1) * minuteMs);
    await walk();
    expect(asked).toHaveLength(2);
    w.clock.advance(minuteMs);
    await expect(walk()).rejects.toMatchObject({ status: code });
  });

  test.each([
    [401, false],
    [500, true],
    [undefined, true],
  ])('that meets %s waits as the connection does, not longer', async (code, retryable) => {
    bad = answer(code, retryable);
    await expect(walk()).rejects.toThrow();
    await expect(walk()).rejects.toThrow();
    expect(asked).toHaveLength(2);
    expect(await w.first.troubles.heldUntil(w.connection.id, 'work')).not.toBeNull();
  });

  test('is asked at once where somebody wants it now', async () => {
    bad = answer(400);
    await expect(walk()).rejects.toThrow();
    bad = null;
    await walk({ now: true });
    expect(asked).toHaveLength(2);
    expect(await status()).toMatchObject({ state: 'ok' });
  });

  test('that is refused keeps no other from its turn, and no tickets', async () => {
    const chats: WorkFeed = {
      name: 'chats',
      async *walk() {
        const work = [{ externalId: '1', reading: reading('chat:1', 60) }];
        yield { work, cursor: 'end' };
      },
    };
    bad = answer(500, true);
    await expect(walkAll([calls, chats])).rejects.toMatchObject({ status: 500 });
    await expect(walkAll([calls, chats])).rejects.toMatchObject({ status: 500 });
    expect(await w.db.query('select source_key from found_work')).toEqual([{ source_key: 'chat:1' }]);
    for (const area of ['feed', 'tickets', 'tags'] as const)
      expect(await w.first.troubles.heldUntil(w.connection.id, area)).toBeNull();
  });

  test('that is switched off is in no trouble any more', async () => {
    bad = answer(400);
    await expect(walk()).rejects.toThrow();
    await walkAll([]);
    expect(await status()).toMatchObject({ state: 'ok' });
  });

  test('that asked for nothing says nothing of the account', async () => {
    await w.first.troubles.met(w.connection.id, 'feed', answer(500, true));
    await walkAll([{ name: 'calls', async *walk() {} }]);
    expect(await status()).toMatchObject({ state: 'unreachable' });
  });
});

describe('a feed that nobody asked for by a setting', () => {
  const optional: WorkFeed = { ...calls, isOptional: true };

  test.each([403, 404])(
    'is none where the vendor refuses it from the first (%i), and is asked for once a day',
    async (code) => {
      bad = answer(code);
      await walkAll([optional]);
      w.clock.advance(dayMs - minuteMs);
      await walkAll([optional]);
      expect(asked).toHaveLength(1);
      expect(await status()).toMatchObject({ state: 'ok', lastError: null });
      w.clock.advance(minuteMs);
      bad = null;
      await walkAll([optional]);
      expect(asked).toEqual([null, null]);
    },
  );

  test('bug: one that had worked and was refused fell silent for a day', async () => {
    await walkAll([optional]);
    bad = answer(403);
    await expect(walkAll([optional])).rejects.toMatchObject({ status: 403 });
    expect(await status()).toMatchObject({ state: 'forbidden', stateNext: expect.stringContaining('rights') });
    w.clock.advance(15 * minuteMs);
    await expect(walkAll([optional])).rejects.toMatchObject({ status: 403 });
  });

  test('bug: a page of a proxy silenced one for a day', async () => {
    bad = answer(404, true);
    await expect(walkAll([optional])).rejects.toMatchObject({ status: 404 });
    expect(await status()).toMatchObject({ state: 'odd answers' });
    w.clock.advance(hourMs);
    bad = null;
    await walkAll([optional]);
    expect(await status()).toMatchObject({ state: 'ok' });
  });

  test('that a setting asked for is never silently none', async () => {
    bad = answer(403);
    await expect(walkAll([calls])).rejects.toMatchObject({ status: 403 });
    expect(await status()).toMatchObject({ state: 'forbidden' });
  });
});

describe('before a seal', () => {
  /** Whether all was read since the day before now ended. */
  const isRead = async () => {
    const upTo = { lastDay: new Date(w.clock.now().getTime() - dayMs).toISOString().slice(0, 10), timeZone: 'UTC' };
    const all = await unsettledUpTo(w.db, { ...upTo, asOf: w.clock.now() });
    return all.find(({ id }) => id === w.connection.id)?.isRead;
  };
  beforeEach(() =>
    w.db.query(
      "insert into sync_cursor (connection_id, stream, cursor) values ($1, 'tickets', jsonb_build_object('endedAt', $2::text))",
      [w.connection.id, new Date(w.clock.now().getTime() + 30 * dayMs).toISOString()],
    ),
  );

  test('bug: a seal was made while a stream of work was not read since', async () => {
    await walk();
    expect(await isRead()).toBe(true);
    w.clock.advance(dayMs);
    expect(await isRead()).toBe(false);
    await walk();
    expect(await isRead()).toBe(true);
    bad = answer(403);
    await expect(walk()).rejects.toThrow();
    expect(await isRead()).toBe(false);
  });

  test('nothing is awaited of a stream that the account has not, or that is switched off', async () => {
    bad = answer(404);
    await walkAll([{ ...calls, isOptional: true }]);
    expect(await isRead()).toBe(true);
    await expect(walk({ now: true })).rejects.toThrow();
    expect(await isRead()).toBe(false);
    await walkAll([]);
    w.clock.advance(dayMs);
    expect(await isRead()).toBe(true);
  });
});

test.each([
  [401, 'credentials'],
  [403, 'forbidden'],
  [400, 'unread work'],
  [404, 'unread work'],
  [undefined, 'unread work'],
])('of the answer %s alone the account is not blamed', (code, state) => {
  expect(troubleOf(answer(code), 'work', 7)).toMatchObject({ area: 'work', state });
});
