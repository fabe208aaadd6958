import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { hourMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import { connectionStatuses, reconcile } from '../../../src/features/ingest/index.ts';
import type { TicketChange } from '../../../src/helpdesks/port.ts';
import { emptyHistory, reading } from './fake-desk.ts';
import { telling } from './told.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const walk = (options: { stop?: AbortSignal } = {}) => {
  const { client, troubles } = w.first;
  return reconcile({ sql: w.db, clock: w.clock, runStep: w.runStep, client, troubles }, w.connection, options);
};
const changed = (externalId: string, updatedAt = w.clock.now()): TicketChange => ({
  externalId,
  updatedAt,
  status: w.desk.tickets.get(externalId)?.status ?? 'open',
});
const feed = (...pages: ReturnType<typeof changed>[][]) => {
  w.desk.feed.splice(0, Number.POSITIVE_INFINITY, ...pages);
};
const cursor = async () => {
  const [row] = await w.db.query<{
    cursor: { cursor: string | null };
    seen_until: Date | null;
    last_error: string | null;
  }>('select cursor, seen_until, last_error from sync_cursor where connection_id = $1', [w.connection.id]);
  return row;
};
const toldShare = async () =>
  (await connectionStatuses(w.db, w.clock.now())).find(({ id }) => id === w.connection.id)?.toldShare;

const { tell } = telling(() => w);

describe('a walk over the changes', () => {
  test('finds tickets that no webhook told of, with their work, and measures how much was told', async () => {
    w.put('1');
    await tell('1', 'now');
    w.put('2', { history: { ...emptyHistory, work: [reading('audit:2', 100)] } });
    feed([changed('1', new Date('2026-03-02T09:59:00Z')), changed('2')]);
    expect(await walk()).toEqual({ connection: w.connection.id, walked: 2, raised: 1 });
    expect(await toldShare()).toBe(0.5);
    await w.drain();
    expect(await w.cost('2')).toEqual({ '-/-': 1_000_000n });
    expect(w.desk.pulls.at(-1)).toMatchObject([{ externalId: '2', withHistory: 'yes' }]);
    expect((await w.row('2')).from_backfill).toBe(false);
  });

  test('bug: a change in the second in which we had pulled was never found', async () => {
    const second = new Date(Math.ceil(w.clock.now().getTime() / secondMs + 4) * secondMs);
    w.put('1', { updatedAt: second });
    await w.deliver('1');
    w.clock.advance(second.getTime() + 400 - w.clock.now().getTime());
    await w.drain();
    w.put('1', { updatedAt: second, tags: ['later'] });
    feed([changed('1', second)]);
    w.clock.advance(minuteMs);
    expect(await walk()).toMatchObject({ walked: 1 });
    expect((await w.row('1')).due_at).not.toBeNull();
    await w.drain();
    await walk();
    expect((await w.row('1')).due_at).toBeNull();
  });

  test('bug: what came right after connecting was never found where our clock was a day ahead', async () => {
    const aheadMs = 24 * hourMs;
    const walkAhead = () =>
      reconcile(
        { sql: w.db, clock: w.clock, runStep: w.runStep, ...w.first, aheadMs: async () => aheadMs },
        w.connection,
      );
    await walkAhead();
    expect(w.desk.walks.at(-1)?.since).toEqual(new Date(w.connection.createdAt.getTime() - aheadMs - 10 * minuteMs));
    // By then the clock was set right again.
    w.clock.advance(-aheadMs);
    await walk();
    expect(w.desk.walks.at(-1)?.since).toEqual(new Date(w.clock.now().getTime() - 10 * minuteMs));
    w.clock.advance(aheadMs);
  });

  test('finds what changed without a webhook on a ticket we hold', async () => {
    w.put('1');
    await tell('1', 'now');
    w.clock.advance(hourMs);
    w.put('1', { status: 'pending', updatedAt: w.clock.now() });
    feed([changed('1')]);
    expect(await walk()).toMatchObject({ raised: 1 });
    await w.drain();
    expect((await w.row('1')).status).toBe('pending');
  });

  test('ends at its page when the process stops, without an error, and the next one goes on there', async () => {
    feed([changed('1')], [changed('2')], [changed('3')]);
    expect(await walk({ stop: AbortSignal.abort() })).toMatchObject({ walked: 1 });
    expect(await cursor()).toMatchObject({
      cursor: { cursor: expect.any(String) },
      seen_until: null,
      last_error: null,
    });
    expect(await walk()).toMatchObject({ walked: 3 });
    expect(await cursor()).toMatchObject({ cursor: { cursor: null }, seen_until: expect.any(Date) });
  });

  test('raises nothing that is dirty already or held as new', async () => {
    w.put('1');
    await tell('1', 'now');
    await w.deliver('2');
    feed([changed('1', new Date('2026-03-02T09:59:00Z')), changed('2')]);
    expect(await walk()).toMatchObject({ walked: 2, raised: 0 });
    expect(await w.row('2')).toMatchObject({ dirty_seq: 1n });
    expect(await toldShare()).toBe(1);
  });

  test('finds a lost webhook on a ticket that merely waits for its 6 h', async () => {
    w.put('1');
    await tell('1', 'now');
    await w.deliver('1', { urgency: 'later' });
    w.clock.advance(hourMs);
    w.put('1', { status: 'solved', updatedAt: w.clock.now() });
    feed([changed('1')]);
    expect(await walk()).toMatchObject({ raised: 1 });
    await w.drain();
    expect(w.desk.pulls.at(-1)).toMatchObject([{ externalId: '1', withHistory: 'if solved' }]);
    expect(await w.row('1')).toMatchObject({ status: 'solved', deep_due_at: null });
  });

  test('does not read a ticket that waits for its 6 h and changed as a webhook told, and reads it where none told', async () => {
    w.put('1');
    await tell('1', 'now');
    w.clock.advance(minuteMs);
    w.put('1', { updatedAt: w.clock.now() });
    await w.deliver('1', { urgency: 'later' });
    feed([changed('1')]);
    expect(await walk()).toMatchObject({ raised: 0 });
    const { length } = w.desk.pulls;
    await w.drain();
    expect(w.desk.pulls).toHaveLength(length);
    w.clock.advance(minuteMs);
    w.put('1', { updatedAt: w.clock.now() });
    feed([changed('1')]);
    expect(await walk()).toMatchObject({ raised: 1 });
    await w.drain();
    expect((await w.row('1')).snapshot_at).toEqual(w.clock.now());
    expect((await w.row('1')).deep_due_at).not.toBeNull();
  });

  test('a lost "solved" is found at once where a later webhook told of the ticket', async () => {
    await w.order(1);
    w.put('1');
    await tell('1', 'now');
    w.clock.advance(minuteMs);
    for (const status of ['solved', 'open', 'deleted'] as const) {
      w.clock.advance(minuteMs);
      w.put('1', { status, updatedAt: w.clock.now() });
      await w.deliver('1', { urgency: 'later' });
      feed([changed('1')]);
      await walk();
      await w.drain();
      expect(await w.row('1')).toMatchObject({ status });
      expect(w.desk.pulls.at(-1)).toMatchObject([{ externalId: '1', withHistory: 'if solved' }]);
    }
  });

  test('bug: a ticket that was taken for deleted while the helpdesk lists it stayed so', async () => {
    const at = w.clock.now();
    w.put('1');
    await tell('1', 'now');
    await w.db.query("update ticket set status = 'deleted' where external_id = '1'");
    w.clock.advance(hourMs);
    feed([changed('1', at)]);
    await walk();
    await w.drain();
    expect(await w.row('1')).toMatchObject({ status: 'open' });
    const { length } = w.desk.pulls;
    await walk();
    await w.drain();
    expect(w.desk.pulls).toHaveLength(length);
  });

  test('finds a lost webhook on a ticket in quarantine, and tries it once', async () => {
    w.put('1');
    await tell('1', 'now');
    await w.db.query("update ticket set quarantined_at = now(), attempts = 5 where external_id = '1'");
    w.clock.advance(hourMs);
    w.put('1', { updatedAt: w.clock.now() });
    feed([changed('1')]);
    expect(await walk()).toMatchObject({ raised: 1 });
    expect(await w.row('1')).toMatchObject({ quarantined_at: null, attempts: 4 });
    await w.drain();
    expect(await w.row('1')).toMatchObject({ snapshot_at: w.clock.now(), attempts: 0 });
  });

  /** A walk while the first pull is under way; its outcome. */
  const walkInPull = (before: () => void = () => undefined) => {
    const outcome = Promise.withResolvers<Awaited<ReturnType<typeof walk>>>();
    w.desk.onPull = async () => {
      w.desk.onPull = () => undefined;
      before();
      feed([changed('1', w.desk.tickets.get('1')?.updatedAt)]);
      outcome.resolve(await walk());
    };
    return outcome.promise;
  };

  test('bug: a ticket that was being read because a webhook told of it, or of its end, was read twice', async () => {
    for (const status of ['open', 'solved'] as const) {
      w.clock.advance(minuteMs);
      w.put('1', { status, updatedAt: w.clock.now() });
      const { length } = w.desk.pulls;
      const walked = walkInPull();
      await tell('1', 'now with audits');
      expect(await walked).toMatchObject({ walked: 1, raised: 0 });
      await w.drain();
      expect(w.desk.pulls).toHaveLength(length + 1);
    }
  });

  test('a ticket that changes without a webhook while it is being read is read once more', async () => {
    w.put('1');
    await tell('1', 'now');
    w.clock.advance(minuteMs);
    const { length } = w.desk.pulls;
    const walked = walkInPull(() => {
      w.clock.advance(minuteMs);
      w.put('1', { updatedAt: w.clock.now() });
    });
    await tell('1', 'now');
    expect(await walked).toMatchObject({ raised: 1 });
    await w.drain();
    expect(w.desk.pulls).toHaveLength(length + 2);
  });

  test('a ticket that stands twice on a page is raised once', async () => {
    feed([changed('1'), changed('1', new Date('2026-03-02T09:00:00Z'))]);
    expect(await walk()).toMatchObject({ walked: 2, raised: 1 });
    expect(await w.row('1')).toMatchObject({ dirty_seq: 1n });
  });

  test('our own tags are no news: read again without audits, and no gap', async () => {
    await w.order(1);
    w.put('1');
    await tell('1', 'now');
    expect(w.desk.writes).toHaveLength(1);
    w.put('1', { updatedAt: w.clock.now() });
    feed([changed('1')]);
    w.clock.advance(5 * minuteMs);
    expect(await walk()).toMatchObject({ walked: 1, raised: 0 });
    await w.drain();
    expect(w.desk.pulls.at(-1)).toMatchObject([{ externalId: '1', withHistory: 'if solved' }]);
    expect(w.desk.writes).toHaveLength(1);
    feed([changed('1', new Date('2026-03-02T10:00:03Z'))]);
    expect(await walk()).toMatchObject({ raised: 0 });
    expect(await w.pending()).toBe(0);
  });

  test('our own tags whose echo came are not read again', async () => {
    await w.order(1);
    w.put('1');
    await tell('1', 'now');
    await w.deliver('1', { urgency: 'ignore' });
    w.put('1', { updatedAt: w.clock.now() });
    feed([changed('1')]);
    w.clock.advance(5 * minuteMs);
    expect(await walk()).toMatchObject({ walked: 1, raised: 0 });
    const { length } = w.desk.pulls;
    await w.drain();
    expect(w.desk.pulls).toHaveLength(length);
    w.put('1', { updatedAt: w.clock.now() });
    feed([changed('1')]);
    expect(await walk()).toMatchObject({ raised: 1 });
  });

  test("bug: an agent's change in the second after our own tags, of which no webhook told, was never found", async () => {
    await w.order(1);
    w.put('1');
    await tell('1', 'now with audits');
    await w.deliver('1', { urgency: 'ignore' });
    w.clock.advance(secondMs);
    w.put('1', { updatedAt: w.clock.now() });
    feed([changed('1')]);
    w.clock.advance(5 * minuteMs);
    await walk();
    const { length } = w.desk.pulls;
    await w.drain();
    expect(w.desk.pulls.slice(length)).toMatchObject([[{ externalId: '1', withHistory: 'if solved' }]]);
    w.clock.advance(6 * hourMs);
    await w.drain();
    expect(w.desk.pulls.slice(length + 1)).toMatchObject([[{ externalId: '1', withHistory: 'yes' }]]);
  });

  test('a change after our own tags is news', async () => {
    await w.order(1);
    w.put('1');
    await tell('1', 'now');
    w.clock.advance(minuteMs);
    w.put('1', { updatedAt: w.clock.now() });
    feed([changed('1')]);
    expect(await walk()).toMatchObject({ raised: 1 });
  });
});

describe('the cursor', () => {
  test('stands behind what is stored: the next walk starts where the last one began, with an overlap', async () => {
    feed([changed('1')]);
    await walk();
    expect(await cursor()).toMatchObject({ seen_until: w.clock.now(), cursor: { cursor: null }, last_error: null });
    const seen = w.clock.now();
    w.clock.advance(hourMs);
    await walk();
    expect(w.desk.walks.map(({ since }) => since)).toEqual([
      new Date(w.connection.createdAt.getTime() - 10 * minuteMs),
      new Date(seen.getTime() - 10 * minuteMs),
    ]);
  });

  test('of a walk that was cut off is taken up again, and nothing is lost', async () => {
    feed([changed('1')], [changed('2')], [changed('3')]);
    w.desk.onPage = (page) => {
      if (page === 2) throw new UpstreamError('away', { retryable: true });
    };
    await expect(walk()).rejects.toThrow('away');
    expect(await cursor()).toMatchObject({
      cursor: { cursor: '2' },
      seen_until: null,
      last_error: 'UpstreamError: away',
    });
    expect(await w.db.query('select external_id from ticket order by 1')).toHaveLength(2);
    w.desk.onPage = () => undefined;
    expect(await walk()).toMatchObject({ walked: 3, raised: 3 });
    expect(w.desk.walks.at(-1)?.cursor).toBe('2');
    expect(await w.db.query('select external_id from ticket order by 1')).toHaveLength(3);
    expect((await connectionStatuses(w.db, w.clock.now()))[0]?.lastError).toBeNull();
  });

  test('that the helpdesk takes no more is dropped', async () => {
    feed([changed('1')], [changed('2')]);
    w.desk.onPage = (page) => {
      if (page === 1) throw new UpstreamError('invalid cursor', { status: 400, retryable: false });
    };
    await expect(walk()).rejects.toThrow('invalid cursor');
    w.desk.onPage = () => undefined;
    expect(await walk()).toMatchObject({ walked: 2 });
    expect(w.desk.walks.at(-1)?.cursor).toBeNull();
  });

  test('a failure before a page is stored leaves the page to the next walk', async () => {
    feed([changed('1')]);
    w.desk.onPage = () => {
      throw new UpstreamError('away', { retryable: true });
    };
    await expect(walk()).rejects.toThrow('away');
    w.desk.onPage = () => undefined;
    expect(await walk()).toMatchObject({ raised: 1 });
  });
});
