import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs, secondMs } from '../../../src/core/time.ts';
import { releaseHistory } from '../../../src/features/ingest/index.ts';
import { telling } from './told.ts';
import { type World, world } from './world.ts';

let w: World;
/** Starts over with a helpdesk that tags by job. */
const start = async (mode: 'act' | 'observe' = 'act') => {
  w = await world({ mode });
  w.desk.tagsByJob = true;
};
beforeEach(() => start());
afterEach(() => w.close());

const nord = ['partner_nord', 'region_nordics'];
const { tell, nordTicket } = telling(() => w);
const closed = { status: 'closed', frozen: true } as const;
const states = async (externalId: string) => (await w.tagRows(externalId)).map(({ state }) => state);
const jobs = () => w.desk.jobs.map((changes) => changes.map(({ externalId }) => externalId).toSorted());

describe('a closed ticket', () => {
  test('is tagged by job, and open ones one by one, naming the state that we hold', async () => {
    await nordTicket('1', closed);
    await nordTicket('2');
    expect(jobs()).toEqual([['1']]);
    expect(w.desk.tickets.get('1')?.tags).toEqual(nord);
    expect(w.desk.writes.map(({ externalId }) => externalId)).toEqual(['2']);
    expect(w.desk.heldStates).toEqual([w.desk.tickets.get('2')?.updatedAt]);
    expect(await states('1')).toEqual(['done', 'done']);
    expect(await states('2')).toEqual(['done', 'done']);
  });

  test('that was closed since we read it is tagged by job instead', async () => {
    w.desk.onWrite = () => {
      throw new UpstreamError('closed', { status: 422, retryable: false });
    };
    await nordTicket('1');
    expect(jobs()).toEqual([['1']]);
    expect(await states('1')).toEqual(['done', 'done']);
  });

  test('that the job refuses is refused, the others are done', async () => {
    w.desk.refusedByJob.add('1');
    await w.order(1);
    await w.order(2);
    for (const id of ['1', '2']) {
      w.put(id, closed);
      await w.deliver(id, { urgency: 'now with audits' });
    }
    w.clock.advance(3 * secondMs);
    await w.drain();
    expect(jobs()).toEqual([['1', '2']]);
    expect(await states('1')).toEqual(['refused', 'refused']);
    expect(await states('2')).toEqual(['done', 'done']);
  });

  test('waits where the job fails, without blame, and is written then', async () => {
    w.desk.onJob = () => {
      throw new UpstreamError('killed', { retryable: true, inDoubt: true });
    };
    await nordTicket('1', closed);
    expect(await w.tagRows('1')).toMatchObject([{ state: 'pending', attempts: 0 }, { state: 'pending' }]);
    w.desk.onJob = () => undefined;
    w.clock.advance(10 * minuteMs);
    await w.drain();
    expect(await states('1')).toEqual(['done', 'done']);
  });

  test('is left alone once it is deleted', async () => {
    await nordTicket('1', { status: 'deleted', frozen: true });
    expect(jobs()).toEqual([]);
    expect(await w.pending()).toBe(0);
  });
});

describe('what was only observed on a closed ticket', () => {
  test('stays so after a switch that did not show it, until somebody asks for the tags of history', async () => {
    await w.close();
    await start('observe');
    await nordTicket('1', closed);
    expect(await states('1')).toEqual(['observed', 'observed']);
    await w.db.query("update connection set mode = 'act' where id = $1", [w.connection.id]);
    await tell('1');
    expect(await states('1')).toEqual(['observed', 'observed']);
    const release = (since: string) =>
      releaseHistory(w.db, w.connection.id, { since: new Date(since), now: w.clock.now(), actor: 'test' });
    expect(await release('2026-03-03T00:00:00Z')).toBe(0);
    expect(await release('2026-03-01T00:00:00Z')).toBe(1);
    const kept = await w.db.query("select actor, detail from audit_log where action = 'tag history'");
    expect(kept).toMatchObject([{ actor: 'test', detail: { tickets: 1, tags: 2 } }]);
    await w.drain();
    expect(w.desk.tickets.get('1')?.tags).toEqual(nord);
  });

  test('is not written in mode observe, whoever asks', async () => {
    await w.close();
    await start('observe');
    await nordTicket('1', closed);
    expect(await releaseHistory(w.db, w.connection.id, { since: new Date(0), now: w.clock.now(), actor: 'test' })).toBe(
      0,
    );
  });
});

describe('tags of history', () => {
  test('go by job, open tickets too, those with the same change together', async () => {
    await w.order(1);
    await w.order(2, { channel: 8 });
    await w.order(3);
    for (const id of ['1', '2', '3']) {
      w.put(id);
      await w.deliver(id, { urgency: 'now with audits' });
    }
    await w.db.query('update ticket set from_backfill = true');
    w.clock.advance(3 * secondMs);
    await w.drain();
    expect(w.desk.jobs).toEqual([]);
    expect(await releaseHistory(w.db, w.connection.id, { since: new Date(0), now: w.clock.now(), actor: 'test' })).toBe(
      3,
    );
    await w.drain();
    expect(w.desk.jobs).toHaveLength(1);
    expect(w.desk.jobs[0]?.map(({ add }) => add[0])).toEqual(['partner_nord', 'partner_nord', 'partner_sud']);
    expect(w.desk.writes).toEqual([]);
  });
});
