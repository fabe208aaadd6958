import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dayMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import { walkHistory } from '../../../src/features/ingest/backfill.ts';
import { walkWorkFeeds } from '../../../src/features/ingest/index.ts';
import type { WorkFeed } from '../../../src/helpdesks/port.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { createBudget } from '../../../src/platform/http/budget.ts';
import { emptyHistory, reading, reply } from './fake-desk.ts';
import { telling } from './told.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const walk = () => walkWorkFeeds({ sql: w.db, clock: w.clock, runStep: w.runStep, ...w.first }, w.connection);
const call = (externalId: string, key: string, seconds: number, workedAt = w.clock.now()) => ({
  externalId,
  reading: reading(key, seconds, { clock: 'legs', channel: 'phone', workedAt }),
});
const { tell } = telling(() => w);

describe('work that a feed tells of', () => {
  test('is booked on a ticket that is not pulled again for it', async () => {
    w.put('1', { history: { ...emptyHistory, work: [reading('audit:1', 100)] } });
    await tell('1');
    const pulls = w.desk.pulls.length;
    w.desk.calls.push([call('1', 'leg:1', 50)]);
    expect(await walk()).toBe(1);
    await w.drain();
    expect(w.desk.pulls).toHaveLength(pulls);
    expect(await w.cost('1')).toEqual({ '-/-': 1_500_000n });
  });

  test('bug: work was lost when the process died between keeping it and telling its ticket', async () => {
    w.put('1');
    await tell('1', 'now');
    w.desk.calls.push([call('1', 'leg:1', 50)]);
    const dies = (sql: Sql): Sql => ({
      query: async (text, ...more) => {
        if (text.includes('set stale_since')) throw new Error('killed');
        return sql.query(text, ...more);
      },
    });
    const dying: Database = {
      ...w.db,
      ...dies(w.db),
      transaction: (work, options) => w.db.transaction((tx) => work(dies(tx)), options),
    };
    await expect(
      walkWorkFeeds({ sql: dying, clock: w.clock, runStep: w.runStep, ...w.first }, w.connection),
    ).rejects.toThrow('killed');
    expect(await walk()).toBe(1);
    await w.drain();
    expect(await w.cost('1')).toEqual({ '-/-': 500_000n });
  });

  test('bug: work found while its ticket was first decided waited for the next change', async () => {
    w.put('1');
    await w.deliver('1');
    w.desk.calls.push([call('1', 'leg:1', 50)]);
    await walk();
    const [row] = await w.db.query<{ marked: boolean }>('select stale_since is not null as marked from ticket');
    // The mark waits for a decision that holds the ticket; here none does, and the first decision takes it away.
    expect(row?.marked).toBe(true);
    w.clock.advance(3 * secondMs);
    await w.drain();
    expect(await w.cost('1')).toEqual({ '-/-': 500_000n });
    expect((await w.row('1')).stale_since).toBeNull();
  });

  test('brings a ticket that nobody knew, and waits for it', async () => {
    w.put('7');
    w.desk.calls.push([call('7', 'leg:1', 100)]);
    await walk();
    await w.drain();
    expect(await w.cost('7')).toEqual({ '-/-': 1_000_000n });
    expect((await w.row('7')).from_backfill).toBe(false);
  });

  test('of the time before the connection makes history of such a ticket', async () => {
    w.put('7');
    w.desk.calls.push([call('7', 'leg:1', 100, new Date(w.connection.createdAt.getTime() - dayMs))]);
    await walk();
    expect((await w.row('7')).from_backfill).toBe(true);
  });

  test('takes the place of an estimate', async () => {
    w.put('1', { status: 'solved', history: { ...emptyHistory, touches: [reply('audit:1')] } });
    await tell('1');
    expect(await w.cost('1')).toEqual({ '-/-': 3_000_000n });
    w.desk.calls.push([call('1', 'leg:1', 60)]);
    await walk();
    await w.drain();
    expect(await w.cost('1')).toEqual({ '-/-': 600_000n });
  });

  test('that comes twice, on one page, on the next and after a restart, changes nothing', async () => {
    w.put('1');
    await tell('1', 'now');
    w.desk.calls.push([call('1', 'leg:1', 60), call('1', 'leg:1', 60)], [call('1', 'leg:1', 60)]);
    expect(await walk()).toBe(1);
    await w.drain();
    const before = await w.growth('1');
    await w.db.query("delete from sync_cursor where stream = 'work calls'");
    expect(await walk()).toBe(0);
    await w.drain();
    expect(await w.growth('1')).toEqual(before);
  });

  test('bug: a backfill after the first walk left out the work of its time', async () => {
    const asked: { readonly cursor: string | null; readonly since: Date }[] = [];
    const feed: WorkFeed = {
      name: 'calls',
      async *walk(from) {
        asked.push(from);
        yield { work: [], cursor: 'end' };
      },
    };
    const client = { ...w.first.client, workFeeds: [feed] };
    const again = () =>
      walkWorkFeeds({ sql: w.db, clock: w.clock, runStep: w.runStep, ...w.first, client }, w.connection);
    await again();
    const since = new Date(w.connection.createdAt.getTime() - 50 * dayMs);
    const walkedHistory = { ...w.first, sql: w.db, clock: w.clock, runStep: w.runStep };
    await walkHistory(walkedHistory, w.connection, { since });
    await again();
    await again();
    expect(asked.map(({ cursor }) => cursor)).toEqual([null, null, 'end']);
    expect(asked[1]?.since).toEqual(new Date(since.getTime() - 10 * minuteMs));
  });

  test('bug: a long read of a feed kept the calls for tickets of today waiting', async () => {
    const budget = createBudget({ clock: w.clock, concurrency: 1 });
    const order: string[] = [];
    const called = (name: string) => budget.run(async () => void order.push(name));
    const [busy, isAsked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const feed: WorkFeed = {
      name: 'calls',
      async *walk() {
        const pages = ['a page', 'the next page'].map(called);
        isAsked.resolve();
        await Promise.all(pages);
        yield { work: [], cursor: null };
      },
    };
    const client = { ...w.first.client, workFeeds: [feed] };
    const first = budget.run(() => busy.promise);
    const walking = walkWorkFeeds({ sql: w.db, clock: w.clock, runStep: w.runStep, ...w.first, client }, w.connection);
    await isAsked.promise;
    const ticket = called('a ticket');
    busy.resolve();
    await Promise.all([first, walking, ticket]);
    expect(order).toEqual(['a ticket', 'a page', 'the next page']);
  });

  test('is read on from where the last walk ended', async () => {
    w.desk.calls.push([call('1', 'leg:1', 60)]);
    await walk();
    w.desk.calls.push([call('1', 'leg:2', 60)]);
    expect(await walk()).toBe(1);
  });
});
