import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LimitReached, UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs, secondMs } from '../../../src/core/time.ts';
import { mostAttempts } from '../../../src/features/ingest/coalescing.ts';
import { claimDue, claimTags } from '../../../src/features/ingest/index.ts';
import { telling } from './told.ts';
import { later, type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const { tell, nordTicket, choose, tagStates, onTicket } = telling(() => w);

describe('tagging', () => {
  test('adds to the tags of others, in one call', async () => {
    await w.order(1);
    w.put('1', { tags: ['vip'] });
    await tell('1');
    expect(w.desk.writes).toEqual([{ externalId: '1', add: ['partner_nord', 'region_nordics'], remove: [] }]);
    expect(onTicket('1')).toEqual(['partner_nord', 'region_nordics', 'vip']);
    expect(await tagStates('1')).toEqual(['+partner_nord done', '+region_nordics done']);
  });

  test('takes our own stale tag away together with adding the new one, and leaves those of others', async () => {
    await w.order(1);
    w.put('1', { tags: ['partner_other'] });
    await tell('1');
    choose('1', 'sud');
    await tell('1');
    expect(w.desk.writes.at(-1)).toEqual({ externalId: '1', add: ['partner_sud'], remove: ['partner_nord'] });
    expect(onTicket('1')).toEqual(['partner_other', 'partner_sud', 'region_nordics']);
  });

  test('stands behind the connection’s prefix', async () => {
    await w.close();
    w = await world({ settings: { tagPrefix: 'dl_' } });
    await nordTicket('1');
    expect(onTicket('1')).toEqual(['dl_partner_nord', 'dl_region_nordics']);
  });

  test('writes nothing where nothing differs', async () => {
    await w.order(1);
    w.put('1', { tags: ['partner_nord', 'region_nordics'] });
    await tell('1');
    expect(w.desk.writes).toEqual([]);
    expect(await w.tagRows('1')).toEqual([]);
  });

  test('leaves a closed ticket alone', async () => {
    await w.order(1);
    w.put('1', { status: 'closed', frozen: true });
    await tell('1');
    expect(w.desk.writes).toEqual([]);
    expect(await w.pending()).toBe(0);
  });

  test('is done once by two workers on one lot', async () => {
    await w.order(1);
    w.put('1');
    w.desk.onWrite = () => {
      throw new UpstreamError('away', { status: 503, retryable: true });
    };
    await tell('1');
    w.desk.onWrite = () => undefined;
    w.clock.advance(10 * minuteMs);
    const [lot] = await claimTags(w.db, w.clock.now());
    expect(await claimTags(w.db, w.clock.now())).toEqual([]);
    if (!lot) throw new Error('nothing was due');
    w.desk.writes.length = 0;
    await Promise.all([w.worker().act(lot), w.worker().act(lot)]);
    expect(w.desk.writes).toHaveLength(1);
    expect(onTicket('1')).toEqual(['partner_nord', 'region_nordics']);
    expect(await tagStates('1')).toEqual(['+partner_nord done', '+region_nordics done']);
  });
});

describe('a call that fails', () => {
  test.each<[string, () => Error, number]>([
    ['on the quota waits as long as it is told', () => new LimitReached('used up', 44 * secondMs), 44 * secondMs],
    [
      'on the network is made again',
      () => new UpstreamError('reset', { retryable: true, inDoubt: true }),
      30 * secondMs,
    ],
    [
      'on a conflict is made again',
      () => new UpstreamError('conflict', { status: 409, retryable: true }),
      30 * secondMs,
    ],
    [
      'on our credentials is made again',
      () => new UpstreamError('who?', { status: 401, retryable: false }),
      30 * secondMs,
    ],
  ])('%s, without blame', async (_, error, waitMs) => {
    w.desk.onWrite = () => {
      throw error();
    };
    await nordTicket('1');
    expect(await w.tagRows('1')).toMatchObject([
      { state: 'pending', attempts: 0, due_at: later(w, waitMs) },
      { state: 'pending', attempts: 0 },
    ]);
    expect(await w.pending()).toBe(2);
    w.desk.onWrite = () => undefined;
    w.clock.advance(waitMs);
    await w.drain();
    expect(onTicket('1')).toEqual(['partner_nord', 'region_nordics']);
    expect(await w.pending()).toBe(0);
  });

  test.each([404, 422])('with %i is not made again', async (status) => {
    w.desk.onWrite = () => {
      throw new UpstreamError('no', { status, retryable: false });
    };
    await nordTicket('1');
    expect(await tagStates('1')).toEqual(['+partner_nord refused', '+region_nordics refused']);
    expect(await w.pending()).toBe(0);
  });

  test('bug: with a 404 of a proxy was given up', async () => {
    w.desk.onWrite = () => {
      throw new UpstreamError('not in the words of the API', { status: 404, retryable: true });
    };
    await nordTicket('1');
    expect(await tagStates('1')).toEqual(['+partner_nord pending', '+region_nordics pending']);
  });

  test('on our rights to the ticket is made again every quarter of an hour, and ends', async () => {
    w.desk.onWrite = () => {
      throw new UpstreamError('closed to us', { status: 403, retryable: false });
    };
    await nordTicket('1');
    expect(await w.tagRows('1')).toMatchObject([
      { state: 'pending', attempts: 1, due_at: later(w, 15 * minuteMs) },
      {},
    ]);
    for (let tries = 1; tries < mostAttempts; tries += 1) {
      w.clock.advance(15 * minuteMs);
      await w.drain();
    }
    expect(await tagStates('1')).toEqual(['+partner_nord failed', '+region_nordics failed']);
    w.clock.advance(60 * minuteMs);
    await w.drain();
    expect(w.desk.writes).toHaveLength(mostAttempts);
  });

  test('for a reason of its own is given up after bounded tries, ever further apart', async () => {
    w.desk.onWrite = () => {
      throw new UpstreamError('odd', { status: 400, retryable: false });
    };
    await nordTicket('1');
    for (let tries = 1; tries < mostAttempts; tries += 1) {
      w.clock.advance(15 * minuteMs);
      await w.drain();
    }
    expect(w.desk.writes).toHaveLength(mostAttempts);
    expect(await tagStates('1')).toEqual(['+partner_nord failed', '+region_nordics failed']);
  });

  test('delays no other ticket', async () => {
    await w.order(1);
    await w.order(2);
    w.put('1');
    w.put('2');
    w.desk.onWrite = (externalId) => {
      if (externalId === '1') throw new UpstreamError('odd', { status: 400, retryable: false });
    };
    await w.deliver('1');
    await tell('2');
    expect(onTicket('2')).toEqual(['partner_nord', 'region_nordics']);
  });

  test('leaves no tag behind when the wish turns before it is made again', async () => {
    // The first write lands, its answer is lost.
    w.desk.onWrite = (externalId) => {
      const ticket = w.desk.tickets.get(externalId);
      if (ticket) w.desk.tickets.set(externalId, { ...ticket, tags: ['partner_nord', 'region_nordics'] });
      throw new UpstreamError('reset', { retryable: true, inDoubt: true });
    };
    await nordTicket('1');
    w.desk.onWrite = () => undefined;
    choose('1', 'sud');
    w.desk.tickets.set('1', { ...(w.desk.tickets.get('1') ?? never()), tags: [] });
    await tell('1');
    w.desk.tickets.set('1', { ...(w.desk.tickets.get('1') ?? never()), tags: ['partner_nord', 'region_nordics'] });
    w.clock.advance(2 * minuteMs);
    await w.drain();
    expect(w.desk.writes.some(({ remove }) => remove.includes('partner_nord'))).toBe(true);
  });
});

const never = (): never => {
  throw new Error('the ticket is gone');
};

describe('a wish that turns while its call is under way', () => {
  test('is taken back after it', async () => {
    let turned = false;
    w.desk.onWrite = async () => {
      if (turned) return;
      turned = true;
      choose('1', 'sud');
      await w.deliver('1', { urgency: 'now with audits' });
      w.clock.advance(3 * secondMs);
      for (const lot of await claimDue(w.db, w.clock.now())) await w.worker().gather(lot);
    };
    await nordTicket('1');
    await w.db.query('update wanted_tag set claimed_until = null');
    await w.drain();
    expect(onTicket('1')).toEqual(['partner_sud', 'region_nordics']);
    expect(await tagStates('1')).toEqual(['-partner_nord done', '+partner_sud done', '+region_nordics done']);
  });
});

describe('a call that lands after its lease ended', () => {
  test('is undone where the opposite was written meanwhile', async () => {
    let landed = false;
    w.desk.onWrite = async () => {
      w.desk.onWrite = () => undefined;
      choose('1', 'sud');
      await w.deliver('1', { urgency: 'now with audits' });
      w.clock.advance(3 * secondMs);
      for (const lot of await claimDue(w.db, w.clock.now())) await w.worker().gather(lot);
      await w.db.query('update wanted_tag set claimed_until = null');
      for (const lot of await claimTags(w.db, w.clock.now())) await w.worker().act(lot);
      expect(await tagStates('1')).toContain('-partner_nord done');
      landed = true;
    };
    await nordTicket('1');
    expect(landed).toBe(true);
    expect(onTicket('1')).toEqual(['partner_sud', 'region_nordics']);
    expect(await tagStates('1')).toEqual(['-partner_nord done', '+partner_sud done', '+region_nordics done']);
  });
});
