import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { dayMs, hourMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import { loadBackfill, newRun, saveBackfill, walkHistory } from '../../../src/features/ingest/backfill.ts';
import { measureProgress, rateOf } from '../../../src/features/ingest/backfill-progress.ts';
import { completeBackfill, countHere, noteCount } from '../../../src/features/ingest/compare.ts';
import {
  type BackfillProgress,
  claimDue,
  connectionStatuses,
  dismissTicket,
  replay,
  runBackfill,
  ticketsKnown,
} from '../../../src/features/ingest/index.ts';
import { raiseChanged } from '../../../src/features/ingest/raise.ts';
import type { TicketChange } from '../../../src/helpdesks/port.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import { emptyHistory, reading } from './fake-desk.ts';
import { telling } from './told.ts';
import { watching } from './watching.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const since = new Date('2025-12-01T00:00:00Z');
const old = new Date('2025-12-05T00:00:00Z');
const changed = (externalId: string, updatedAt = w.clock.now()): TicketChange => ({
  externalId,
  updatedAt,
  status: w.desk.tickets.get(externalId)?.status ?? 'open',
});
const feed = (...pages: TicketChange[][]) => {
  w.desk.feed.splice(0, Number.POSITIVE_INFINITY, ...pages);
};
const deps = () => ({ sql: w.db, clock: w.clock, runStep: w.runStep, ...w.first });
const walk = (options: { since?: Date; stop?: AbortSignal } = {}) =>
  walkHistory(deps(), w.connection, { since, ...options });
/** What the command does; `gather` in the place of its own process. */
const run = (onProgress?: (progress: BackfillProgress) => void, from = since) =>
  runBackfill(
    {
      ...deps(),
      onProgress,
      gatherSome: async (only) => {
        const lots = await claimDue(w.db, w.clock.now(), { only, most: 100 });
        for (const lot of lots) await w.first.gather(lot);
        return lots.length > 0;
      },
    },
    w.connection,
    { since: from },
  );
const status = async () => (await connectionStatuses(w.db, w.clock.now())).find(({ id }) => id === w.connection.id);
const { tell } = telling(() => w);
const { look } = watching(() => w);
/** Tickets in the desk and in its feed. */
const history = (...ids: string[]) => {
  for (const id of ids)
    w.put(id, { createdAt: old, updatedAt: old, history: { ...emptyHistory, work: [reading(`audit:${id}`, 100)] } });
  feed(ids.map((id) => changed(id, old)));
};

describe('the walk', () => {
  test('reads the newest 30 days first, then the rest up to there, and leaves the cursor of the usual walk alone', async () => {
    feed([changed('1', old)]);
    expect(await walk()).toMatchObject({ found: 1, raised: 1 });
    const cut = new Date(w.clock.now().getTime() - 30 * dayMs);
    expect(w.desk.walks).toEqual([
      { cursor: null, since: cut },
      { cursor: null, since, until: new Date(cut.getTime() + 10 * minuteMs) },
    ]);
    expect((await w.row('1')).from_backfill).toBe(true);
    expect(await w.db.query('select stream from sync_cursor')).toEqual([{ stream: 'backfill' }]);
    expect((await status())?.toldShare).toBeNull();
  });

  test('of a short history is one', async () => {
    await walk({ since: new Date(w.clock.now().getTime() - dayMs) });
    expect(w.desk.walks).toHaveLength(1);
  });

  test('that was killed goes on at its page, in its stretch, and counts each ticket once', async () => {
    feed([changed('1')], [changed('2')], [changed('3')]);
    w.desk.onPage = (page) => {
      if (page === 2) throw new UpstreamError('away', { retryable: true });
    };
    await expect(walk()).rejects.toThrow('away');
    w.desk.onPage = () => undefined;
    w.clock.advance(hourMs);
    expect(await walk()).toMatchObject({ found: 3 });
    expect(w.desk.walks.map(({ cursor }) => cursor)).toEqual([null, '2', null]);
    expect(await walk()).toMatchObject({ found: 3 });
    expect(w.desk.walks).toHaveLength(3);
  });

  test('bug: a kill after a page was noted and before the run was saved kept it from ever being complete', async () => {
    history('1', '2');
    const sql: Sql = {
      query: async (text, parameters, options) => {
        const run = JSON.stringify(parameters ?? []);
        if (text.includes('sync_cursor') && run.includes('walked') && !run.includes('walked\\":0'))
          throw new Error('killed');
        return w.db.query(text, parameters, options);
      },
    };
    await expect(walkHistory({ ...deps(), sql }, w.connection, { since })).rejects.toThrow('killed');
    expect(await w.db.query('select external_id from backfill_ticket')).toHaveLength(2);
    const { comparison } = await run();
    expect(comparison).toMatchObject({ found: 2, held: 2, complete: true });
  });

  test('since another day begins anew', async () => {
    feed([changed('1')]);
    await walk();
    expect(await walk({ since: new Date('2025-11-01T00:00:00Z') })).toMatchObject({ found: 1, walked: 2 });
  });

  test('that is stopped ends at its page', async () => {
    feed([changed('1')], [changed('2')]);
    expect(await walk({ stop: AbortSignal.abort() })).toMatchObject({ walkedAt: null, found: 0 });
  });
});

describe('history', () => {
  test('makes none of a ticket that webhooks told of', async () => {
    w.put('1');
    await tell('1', 'now');
    feed([changed('1', new Date(w.clock.now().getTime() + dayMs))]);
    await walk();
    expect((await w.row('1')).from_backfill).toBe(false);
  });

  test('makes none of a ticket that was created while it was walked and whose webhook was lost', async () => {
    feed([changed('1'), changed('2')]);
    await walk();
    w.put('1');
    w.put('2', { createdAt: w.clock.now(), updatedAt: w.clock.now() });
    w.clock.advance(minuteMs);
    await w.drain();
    expect((await w.row('1')).from_backfill).toBe(true);
    expect((await w.row('2')).from_backfill).toBe(false);
  });

  test('that was cut off and goes on began when it first did', async () => {
    feed([changed('1')], [changed('2')]);
    w.desk.onPage = (page) => {
      if (page === 1) throw new UpstreamError('away', { retryable: true });
    };
    await expect(walk()).rejects.toThrow('away');
    w.clock.advance(hourMs);
    w.put('2', { createdAt: w.clock.now(), updatedAt: w.clock.now() });
    w.clock.advance(hourMs);
    w.desk.onPage = () => undefined;
    await walk();
    await w.drain();
    expect((await w.row('2')).from_backfill).toBe(false);
  });

  test('is history no more once a later walk finds it changed; our own tags change nothing about that', async () => {
    const both = { now: w.clock.now(), fromBackfill: true };
    await raiseChanged(w.db, w.connection.id, [changed('1'), changed('2')], both);
    w.put('1');
    w.put('2');
    await w.drain();
    await w.db.query(
      "insert into wanted_tag (ticket_id, connection_id, tag, wanted, state, done_at) select id, connection_id, 'partner_nord', true, 'done', $1 from ticket where external_id = '2'",
      [new Date(w.clock.now().getTime() + minuteMs)],
    );
    w.clock.advance(minuteMs);
    const now = { now: w.clock.now(), fromBackfill: false };
    await raiseChanged(w.db, w.connection.id, [changed('1'), changed('2')], now);
    expect((await w.row('1')).from_backfill).toBe(false);
    expect((await w.row('2')).from_backfill).toBe(true);
  });

  test('is claimed after what happens now, and no more of it than a few lots', async () => {
    feed(Array.from({ length: 1000 }, (_, index) => changed(`old ${index}`, old)));
    await walk();
    await w.deliver('new');
    w.clock.advance(3 * secondMs);
    const lots = await claimDue(w.db, w.clock.now());
    expect(lots.map((lot) => [lot.history ?? false, lot.ticketIds.length])).toEqual([
      [false, 1],
      [true, 100],
      [true, 100],
      [true, 100],
      [true, 100],
    ]);
    expect(await claimDue(w.db, w.clock.now())).toEqual([]);
    await w.deliver('newer');
    w.clock.advance(3 * secondMs);
    expect(await claimDue(w.db, w.clock.now())).toMatchObject([{ ticketIds: [await w.idOf('newer')] }]);
  });

  test('bug: history that five connections pulled left no hand for what happens now', async () => {
    feed([changed('old', old)]);
    await walk();
    await w.db.query(
      `insert into ticket (connection_id, external_id, first_seen_at, from_backfill, due_at, claimed_until)
       select $1, 'held ' || n, now(), true, now(), now() + interval '1 minute' from generate_series(1, 2000) n`,
      [w.connection.id],
    );
    await w.deliver('new');
    w.clock.advance(3 * secondMs);
    expect(await claimDue(w.db, w.clock.now())).toMatchObject([{ ticketIds: [await w.idOf('new')] }]);
  });

  test('becomes free at once when a webhook tells of a ticket that is claimed with it', async () => {
    history('1');
    await walk();
    expect(await claimDue(w.db, w.clock.now())).toHaveLength(1);
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    expect(await claimDue(w.db, w.clock.now())).toMatchObject([{ ticketIds: [await w.idOf('1')] }]);
  });

  test('leaves no lag behind: it waits, and that is no fault', async () => {
    history('1', '2');
    await walk();
    w.clock.advance(hourMs);
    expect(await status()).toMatchObject({ lagSeconds: 0, pending: 2 });
  });
});

describe('the command', () => {
  test('gathers what it finds, prices it, and says complete only where all of it is held', async () => {
    history('1', '2');
    const shown: BackfillProgress[] = [];
    const { comparison, raised } = await run((progress) => shown.push(progress));
    expect(raised).toBe(2);
    expect(comparison).toEqual({
      found: 2,
      held: 2,
      quarantined: 0,
      missing: 0,
      givenUp: 0,
      countedThere: null,
      countedHere: 2,
      complete: true,
    });
    expect(await w.cost('2')).toEqual({ '-/-': 1_000_000n });
    expect(shown.length).toBeGreaterThan(0);
    expect((await status())?.backfill).toMatchObject({ found: 2, done: 2, state: 'complete', remainingSeconds: 0 });
  });

  test('asks the helpdesk for its own number, and is not complete where that is larger', async () => {
    history('1', '2');
    w.desk.counted = 3;
    expect((await run()).comparison).toMatchObject({ countedThere: 3, countedHere: 2, complete: false });
    expect((await status())?.backfill).toMatchObject({ state: 'incomplete' });
    w.desk.counted = 2;
    expect((await run()).comparison).toMatchObject({ complete: true });
  });

  test('ends where a ticket is poison, and is not complete', async () => {
    history('1', '2');
    w.desk.leftOut.add('2');
    expect((await run()).comparison).toMatchObject({ held: 1, quarantined: 1, missing: 0, complete: false });
  });

  describe('bug: one ticket that was set aside kept it incomplete, and all older days unknown, for ever', () => {
    const known = async () =>
      (await ticketsKnown(w.db))?.tickets.sources.find(({ name }) => name === w.connection.name)?.since ?? null;
    const setAside = async () => {
      history('1', '2');
      w.desk.leftOut.add('2');
      w.desk.counted = 2;
      expect((await run()).comparison).toMatchObject({ quarantined: 1, countedHere: 1, complete: false });
      await look();
      expect([(await status())?.backfill?.state, await known()]).toEqual(['incomplete', null]);
    };

    test('it completes when it was read', async () => {
      await setAside();
      w.desk.leftOut.delete('2');
      await replay({ ...deps(), directory: w.directory, adapters: { helpdesks: w.helpdesks, stores: new Map() } }, {});
      await look();
      expect((await status())?.backfill?.state).toBe('incomplete');
      await w.drain();
      await look();
      expect([(await status())?.backfill, await known()]).toMatchObject([{ state: 'complete', done: 2 }, '2025-12-01']);
    });

    test('it completes when a person gave it up, which the audit log tells', async () => {
      await setAside();
      const asked = { connection: w.connection, externalId: '2', actor: 'test' };
      expect(await dismissTicket(w, asked)).toBe(1);
      await expect(dismissTicket(w, asked)).rejects.toThrow(/no ticket "2" in quarantine; GET/);
      expect(await w.pending()).toBe(0);
      await look();
      expect([(await status())?.backfill, await known()]).toMatchObject([
        { state: 'complete', done: 2, givenUp: 1, counted: { there: 2, here: 1 } },
        '2025-12-01',
      ]);
      expect(await w.db.query("select actor, detail from audit_log where action = 'dismiss ticket'")).toMatchObject([
        { actor: 'test', detail: { connection: w.connection.id, ticket: '2', error: expect.any(String) } },
      ]);
    });

    test('a ticket that was given up is read when it changes', async () => {
      await setAside();
      await dismissTicket(w, { externalId: '2', actor: 'test' });
      w.desk.leftOut.delete('2');
      await tell('2');
      expect(await w.row('2')).toMatchObject({ quarantined_at: null, status: 'open' });
    });

    test('not while the helpdesk counts more than we hold, and it is asked once', async () => {
      await setAside();
      await dismissTicket(w, { externalId: '2', actor: 'test' });
      w.desk.counted = 3;
      await look();
      expect((await status())?.backfill).toMatchObject({
        state: 'incomplete',
        done: 2,
        counted: { there: 3, here: 1 },
      });
    });

    test('bug: what was given up, however old, stood in the count for one that is really missing', async () => {
      await setAside();
      await dismissTicket(w, { externalId: '2', actor: 'test' });
      expect(await countHere(w.db, w.connection.id, since)).toBe(1);
      await noteCount(w.db, w.connection.id, { at: w.clock.now(), since, there: 2, here: 1 });
      expect(await status()).toMatchObject({ completeness: 0.5, counted: { shortCounts: 0 } });
      await noteCount(w.db, w.connection.id, { at: w.clock.now(), since, there: 3, here: 1 });
      expect(await status()).toMatchObject({ counted: { shortCounts: 1 } });
    });

    test('bug: a run that began while another was compared was overwritten by it', async () => {
      await setAside();
      await dismissTicket(w, { externalId: '2', actor: 'test' });
      const before = await loadBackfill(w.db, w.connection.id);
      if (!before) return expect.unreachable('a run is lacking');
      const next = newRun(since, w.clock.now(), [], before);
      const sql: Sql = {
        query: async (text, parameters, options) => {
          // Between the last look and the write.
          if (/^\s*(update|insert into) sync_cursor/.test(text))
            await saveBackfill(w.db, w.connection.id, next, { now: w.clock.now() });
          return w.db.query(text, parameters, options);
        },
      };
      const client = { count: async () => 2 };
      const stop = new AbortController().signal;
      expect(await completeBackfill({ sql, clock: w.clock, client, stop }, w.connection.id)).toBe(false);
      expect(await loadBackfill(w.db, w.connection.id)).toMatchObject({ startedAt: next.startedAt, complete: false });
    });

    test('bug: a ticket of that number was given up at every connection', async () => {
      await setAside();
      const [other] = await w.db.query<{ id: number }>(
        "insert into connection (kind, name, settings, secrets, webhook_key, created_at) values ('desk', 'other', '{}', '', 'o', now()) returning id",
      );
      await w.db.query(
        "insert into ticket (connection_id, external_id, first_seen_at, quarantined_at) values ($1, '2', now(), now())",
        [other?.id],
      );
      await expect(dismissTicket(w, { externalId: '2', actor: 'test' })).rejects.toThrow(/--connection/);
      expect(await dismissTicket(w, { connection: w.connection, externalId: '2', actor: 'test' })).toBe(1);
      expect(await dismissTicket(w, { externalId: '2', actor: 'test' })).toBe(1);
    });
  });

  test('waits out a helpdesk that is away', async () => {
    history('1');
    let tries = 0;
    w.desk.onPage = () => {
      tries += 1;
      if (tries < 4) throw new UpstreamError('away', { retryable: true });
    };
    expect((await run()).comparison).toMatchObject({ held: 1, complete: true });
  });

  test('bug: one failed call to the database ended it', async () => {
    history('1', '2');
    const failed = new Set<string>();
    // Each statement of its own fails the first time.
    const sql: Sql = {
      query: async (text, ...rest) => {
        if (failed.has(text)) return w.db.query(text, ...rest);
        failed.add(text);
        throw Object.assign(new Error('the server restarts'), { code: '57P01' });
      },
    };
    const gatherSome = async (only: number | null) => {
      const lots = await claimDue(sql, w.clock.now(), { only, most: 100 });
      for (const lot of lots) await w.first.gather(lot);
      return lots.length > 0;
    };
    const { comparison } = await runBackfill({ ...deps(), sql, gatherSome }, w.connection, { since });
    expect(failed.size).toBeGreaterThan(0);
    expect(comparison).toMatchObject({ found: 2, held: 2, complete: true });
  });

  test('bug: tickets that were deleted there, and such of unknown age, hid as many that we lack', async () => {
    w.put('gone', { createdAt: old, updatedAt: old });
    await w.deliver('gone');
    w.clock.advance(3000);
    await w.drain();
    w.clock.advance(minuteMs);
    w.desk.tickets.delete('gone');
    history('1', '2');
    // They have 1, 2 and one that no walk names.
    w.desk.counted = 3;
    expect((await run()).comparison).toMatchObject({ countedThere: 3, countedHere: 2, complete: false });
    await w.db.query(
      "insert into ticket (connection_id, external_id, first_seen_at, from_backfill, due_at) select $1, 'history ' || n, now(), true, now() from generate_series(1, 5) n",
      [w.connection.id],
    );
    expect(await countHere(w.db, w.connection.id, since)).toBe(3);
  });

  test('bug: tickets that came in the last minute before it, which no feed shows yet, counted there and not here', async () => {
    history('1', '2');
    w.put('new', { createdAt: w.clock.now(), updatedAt: w.clock.now() });
    await w.deliver('new');
    w.clock.advance(3 * secondMs);
    await w.drain();
    w.clock.advance(30 * secondMs);
    w.desk.counted = 3;
    expect((await run()).comparison).toMatchObject({ found: 2, countedThere: 3, countedHere: 3, complete: true });
  });

  test('bug: a ticket whose webhook was on its way when the helpdesk counted made it incomplete', async () => {
    history('1');
    w.desk.counted = 2;
    const sleep = w.clock.sleep;
    w.clock.sleep = async (ms, signal) => {
      if (ms === 5 * secondMs) {
        w.put('late', { createdAt: w.clock.now(), updatedAt: w.clock.now() });
        await w.deliver('late');
      }
      await sleep(ms, signal);
    };
    expect((await run()).comparison).toMatchObject({ countedThere: 2, countedHere: 2, complete: true });
  });

  test('bug: the doctor went on telling what was counted before it', async () => {
    history('1', '2');
    const before = { at: w.clock.now(), since, there: 2, here: 1 };
    for (let count = 0; count < 3; count += 1) await noteCount(w.db, w.connection.id, before);
    expect((await status())?.counted).toMatchObject({ here: 1, shortCounts: 3 });
    w.desk.counted = 2;
    await run();
    expect((await status())?.counted).toMatchObject({ there: 2, here: 2, shortCounts: 0 });
  });

  test('bug: a later one that read less, or was under way, made what an earlier one had read unknown', async () => {
    const known = async () => (await ticketsKnown(w.db))?.tickets.since;
    // By its walk it is a store, of whatever kind.
    await w.db.query(
      "insert into sync_cursor (connection_id, stream, cursor) select id, 'orders', '{}' from connection where kind = 'shop'",
    );
    history('1');
    await walk();
    expect(await known()).toBeNull();
    await run();
    expect(await known()).toBe('2025-12-01');
    const later = new Date('2025-12-20T00:00:00Z');
    feed([]);
    await walk({ since: later });
    expect(await known()).toBe('2025-12-01');
    await run(undefined, later);
    expect(await known()).toBe('2025-12-01');
    await run(undefined, new Date('2025-11-01T00:00:00Z'));
    expect(await known()).toBe('2025-11-01');
  });

  test('ends with the error of a helpdesk that refuses us, and the status tells', async () => {
    history('1');
    w.desk.onPage = () => {
      throw new UpstreamError('401', { status: 401, retryable: false });
    };
    await expect(run()).rejects.toThrow('401');
    expect(await status()).toMatchObject({ state: 'credentials', stateNext: expect.stringContaining('--settings') });
  });

  test('tells an unknown rest until it is measured, and that nobody is at it after a minute of silence', async () => {
    history('1', '2');
    await walk();
    expect((await status())?.backfill).toMatchObject({ state: 'gathering', remainingSeconds: null, done: 0, found: 2 });
    w.clock.advance(2 * minuteMs);
    expect((await status())?.backfill).toMatchObject({ state: 'interrupted' });
  });
});

describe('the rate', () => {
  const begun = (found: number, startedAt = w.clock.now()) => ({ ...newRun(since, startedAt, []), found });
  const measured = (...runs: ReturnType<typeof begun>[]) =>
    runs.reduce<Promise<(number | null)[]>>(async (before, one) => {
      const rates = await before;
      w.clock.advance(10 * secondMs);
      return [...rates, (await measureProgress(w.db, w.connection.id, one, w.clock.now())).perMinute];
    }, Promise.resolve([]));

  test('bug: it was negative after an earlier run, whose tickets were all done', async () => {
    const [first, second] = [begun(1531), begun(0, new Date(w.clock.now().getTime() + 1))];
    expect(await measured(first, second, { ...second, found: 100 })).toEqual([null, null, 600]);
  });

  test('bug: it was negative while a page was raised and not told as found', async () => {
    const one = begun(0);
    await measured(one);
    await w.db.query(
      "insert into ticket (connection_id, external_id, first_seen_at, from_backfill, due_at) select $1, 'history ' || n, now(), true, now() from generate_series(1, 50) n",
      [w.connection.id],
    );
    expect(await measured(one, { ...one, found: 50 }, { ...one, found: 80 })).toEqual([0, 0, 60]);
  });
});

test('the rate is that of the trailing samples', () => {
  expect(rateOf([])).toBeNull();
  expect(rateOf([{ atMs: 0, done: 5 }])).toBeNull();
  expect(
    rateOf([
      { atMs: 0, done: 5 },
      { atMs: 4000, done: 9 },
    ]),
  ).toBeNull();
  expect(
    rateOf([
      { atMs: 0, done: 5 },
      { atMs: 30_000, done: 55 },
    ]),
  ).toBe(100);
});
