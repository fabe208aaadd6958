import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LimitReached, UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs, secondMs } from '../../../src/core/time.ts';
import { mostAttempts } from '../../../src/features/ingest/coalescing.ts';
import { claimDue, claimTags, switchMode } from '../../../src/features/ingest/index.ts';
import { previewAct } from '../../../src/features/ingest/preview.ts';
import { chosenPartner, emptyHistory } from './fake-desk.ts';
import { connectionOf, later, type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const tell = async (externalId: string) => {
  await w.deliver(externalId, { urgency: 'now with audits' });
  w.clock.advance(3 * secondMs);
  await w.drain();
};

/** A ticket of a buyer of Nord's; its tags are due or written. */
const nordTicket = async (externalId: string) => {
  await w.order(Number(externalId));
  w.put(externalId);
  await tell(externalId);
};

/** An agent names another partner in the mapped field. */
const choose = (externalId: string, partner: string) =>
  w.put(externalId, {
    updatedAt: w.clock.now(),
    history: { ...emptyHistory, choices: chosenPartner(partner, 'audit:9', w.clock.now()) },
  });

const states = async (externalId: string) =>
  (await w.tagRows(externalId)).map(({ tag, wanted, state }) => `${wanted ? '+' : '-'}${tag} ${state}`);
const onTicket = (externalId: string) => w.desk.tickets.get(externalId)?.tags.toSorted();

describe('tagging', () => {
  test('adds to the tags of others, in one call', async () => {
    await w.order(1);
    w.put('1', { tags: ['vip'] });
    await tell('1');
    expect(w.desk.writes).toEqual([{ externalId: '1', add: ['partner_nord', 'region_nordics'], remove: [] }]);
    expect(onTicket('1')).toEqual(['partner_nord', 'region_nordics', 'vip']);
    expect(await states('1')).toEqual(['+partner_nord done', '+region_nordics done']);
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
    expect(await states('1')).toEqual(['+partner_nord done', '+region_nordics done']);
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
    expect(await states('1')).toEqual(['+partner_nord refused', '+region_nordics refused']);
    expect(await w.pending()).toBe(0);
  });

  test('bug: with a 404 of a proxy was given up', async () => {
    w.desk.onWrite = () => {
      throw new UpstreamError('not in the words of the API', { status: 404, retryable: true });
    };
    await nordTicket('1');
    expect(await states('1')).toEqual(['+partner_nord pending', '+region_nordics pending']);
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
    expect(await states('1')).toEqual(['+partner_nord failed', '+region_nordics failed']);
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
    expect(await states('1')).toEqual(['+partner_nord failed', '+region_nordics failed']);
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
    expect(await states('1')).toEqual(['-partner_nord done', '+partner_sud done', '+region_nordics done']);
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
      expect(await states('1')).toContain('-partner_nord done');
      landed = true;
    };
    await nordTicket('1');
    expect(landed).toBe(true);
    expect(onTicket('1')).toEqual(['partner_sud', 'region_nordics']);
    expect(await states('1')).toEqual(['-partner_nord done', '+partner_sud done', '+region_nordics done']);
  });
});

describe('a backlog of tags', () => {
  test('delays neither a fresh ticket nor another connection', async () => {
    const waiting = 5000;
    await w.db.query(
      `insert into ticket (connection_id, external_id, first_seen_at) select $1, 'old ' || n, $2 from generate_series(1, $3::int) n`,
      [w.connection.id, w.clock.now(), waiting],
    );
    await w.db.query(
      `insert into wanted_tag (ticket_id, connection_id, tag, wanted, state, due_at)
       select id, connection_id, 'partner_nord', true, 'pending', $1 from ticket where external_id like 'old %'`,
      [w.clock.now()],
    );
    w.clock.advance(secondMs);
    await w.order(2);
    w.put('2');
    await w.deliver('2');
    w.clock.advance(3 * secondMs);
    for (const lot of await claimDue(w.db, w.clock.now())) await w.first.gather(lot);
    const lots = await claimTags(w.db, w.clock.now());
    expect(lots.flatMap(({ ticketIds }) => ticketIds)).toContain(await w.idOf('2'));
    const claimed = lots.reduce((sum, { ticketIds }) => sum + ticketIds.length, 0);
    expect(claimed).toBeLessThan(waiting);
    // Another connection has room of its own while the first one's is used up.
    expect(await claimTags(w.db, w.clock.now())).toEqual([]);
    const other = await w.directory.connections.create({ kind: 'desk', settings: { name: 'other' }, mode: 'act' });
    await w.db.query(
      `with t as (insert into ticket (connection_id, external_id, first_seen_at) values ($1, 'theirs', $2) returning id)
       insert into wanted_tag (ticket_id, connection_id, tag, wanted, state, due_at) select id, $1, 'partner_nord', true, 'pending', $2 from t`,
      [other.id, w.clock.now()],
    );
    expect(await claimTags(w.db, w.clock.now())).toMatchObject([{ connectionId: other.id }]);
  });
});

describe('a slow helpdesk', () => {
  const due = async (...ids: string[]) => {
    for (const id of ids) {
      await w.order(Number(id));
      w.put(id);
      await w.deliver(id);
    }
    w.clock.advance(3 * secondMs);
    for (const lot of await claimDue(w.db, w.clock.now())) await w.first.gather(lot);
  };
  const lotOf = async () => {
    const [lot] = await claimTags(w.db, w.clock.now());
    if (!lot) throw new Error('nothing was due');
    return lot;
  };
  const ids = Array.from({ length: 12 }, (_, index) => String(index + 1));

  test('has no ticket written twice when the lease ends midway and another worker goes on', async () => {
    await due(...ids);
    const lot = await lotOf();
    let others: Promise<void> | undefined;
    w.desk.onWrite = async () => {
      w.desk.onWrite = () => undefined;
      await w.db.query("update wanted_tag set claimed_until = now() - interval '1 s' where state = 'pending'");
      const again = await lotOf();
      others = w.worker().act(again);
      await others;
    };
    await w.first.act(lot);
    await others;
    const written = w.desk.writes.map(({ externalId }) => externalId);
    // Only what was under way when the lease ended may have been written by both.
    expect(written.length).toBeLessThanOrEqual(ids.length + 8);
    expect(new Set(written).size).toBe(ids.length);
    for (const id of ids) expect(await states(id)).toEqual(['+partner_nord done', '+region_nordics done']);
    expect(w.lines.some(({ step, left }) => step === 'act' && Number(left) > 0)).toBe(true);
  });

  test('is written to no more once a switch to observe comes midway, but for the calls under way', async () => {
    await due(...ids);
    const lot = await lotOf();
    w.desk.onWrite = async () => {
      w.desk.onWrite = () => undefined;
      await w.db.query("update connection set mode = 'observe' where id = $1", [w.connection.id]);
    };
    await w.first.act(lot);
    expect(w.desk.writes.length).toBeLessThanOrEqual(8);
  });

  test('leaves what it cannot take in the table: a job whose claim has gone does nothing', async () => {
    await due('1');
    const lot = await lotOf();
    await w.db.query("update wanted_tag set claimed_until = now() - interval '1 s'");
    await lotOf();
    await w.first.act(lot);
    expect(w.desk.writes).toEqual([]);
  });
});

describe('switching the mode', () => {
  const to = async (mode: 'observe' | 'act') =>
    switchMode({ sql: w.db, clock: w.clock, directory: w.directory }, await connectionOf(w), {
      mode,
      consent: async () => true,
      actor: 'test',
    });

  test('to act writes what was only observed, as the preview said', async () => {
    await w.close();
    w = await world({ mode: 'observe' });
    await nordTicket('1');
    await nordTicket('2');
    w.put('3', { status: 'closed', frozen: true });
    await w.order(3);
    await tell('3');
    expect(await previewAct(w.db, w.connection, w.clock.now())).toMatchObject({ tickets: 2, tags: 4 });
    await to('act');
    await w.drain();
    expect(w.desk.writes).toHaveLength(2);
    expect(await previewAct(w.db, w.connection, w.clock.now())).toMatchObject({ tickets: 0, tags: 0 });
  });

  test('back to observe writes no more, and what became stale meanwhile goes after the next switch', async () => {
    await nordTicket('1');
    w.desk.onWrite = () => {
      throw new UpstreamError('away', { retryable: true });
    };
    await nordTicket('2');
    await to('observe');
    w.desk.onWrite = () => undefined;
    w.clock.advance(10 * minuteMs);
    await w.drain();
    expect(onTicket('2')).toEqual([]);
    expect(await w.pending()).toBe(0);

    choose('1', 'sud');
    await tell('1');
    expect(onTicket('1')).toEqual(['partner_nord', 'region_nordics']);
    expect(await previewAct(w.db, w.connection, w.clock.now())).toMatchObject({ tickets: 2, tags: 4 });
    await to('act');
    await w.drain();
    expect(onTicket('1')).toEqual(['partner_sud', 'region_nordics']);
    expect(onTicket('2')).toEqual(['partner_nord', 'region_nordics']);
  });

  test('a switch that was cut off after the mode is finished by doing it again', async () => {
    await w.close();
    w = await world({ mode: 'observe' });
    await nordTicket('1');
    await w.directory.connections.setMode(w.connection.id, 'act');
    await to('act');
    await w.drain();
    expect(onTicket('1')).toEqual(['partner_nord', 'region_nordics']);
  });
});
