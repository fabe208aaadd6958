import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs, secondMs } from '../../../src/core/time.ts';
import { mostAttempts, retryDelayMs } from '../../../src/features/ingest/coalescing.ts';
import { claimDue } from '../../../src/features/ingest/index.ts';
import { raiseChanged } from '../../../src/features/ingest/raise.ts';
import { type Clock, wallClock } from '../../../src/platform/clock.ts';
import { shopOrder } from '../../stores/bigcommerce/shop.ts';
import { emptyHistory, reading } from './fake-desk.ts';
import { telling } from './told.ts';
import { later, type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const { deliverAll, settled } = telling(() => w);

describe('a store that does not answer', () => {
  test('leaves the ticket decided by our own copy, to be looked at again', async () => {
    w.put('1', { firstMessage: 'Where is order #1001?' });
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    const { get } = w.shop.api;
    Object.assign(w.shop.api, {
      get: async () => {
        throw new UpstreamError('away', { status: 503, retryable: true });
      },
    });
    await w.drain();
    expect(await w.decision('1')).toMatchObject({ method: 'unattributed' });
    expect(await w.row('1')).toMatchObject({ settled_seq: 1n, due_at: later(w, 5 * minuteMs), attempts: 0 });
    expect(await w.pending()).toBe(1);

    Object.assign(w.shop.api, { get });
    w.shop.orders.push(shopOrder(1001, { channel_id: 8 }));
    w.clock.advance(5 * minuteMs);
    await w.drain();
    expect(await w.decision('1')).toMatchObject({ method: 'text', partner: 'sud' });
    expect((await w.row('1')).due_at).toBeNull();
  });
});

test('a pull that takes longer than a lease keeps its tickets', async () => {
  await w.close();
  const third = Promise.withResolvers<void>();
  const slept: number[] = [];
  const wall: Clock = {
    ...wallClock,
    sleep: (ms, signal) => {
      slept.push(ms);
      return slept.length === 1
        ? third.promise
        : new Promise((resolve) => signal?.addEventListener('abort', () => resolve()));
    },
  };
  w = await world({ wall });
  const leaseEnd = async (): Promise<number> => (await w.row('1')).claimed_until?.getTime() ?? 0;
  w.put('1');
  w.desk.onPull = async () => {
    const before = await leaseEnd();
    third.resolve();
    await vi.waitFor(async () => expect(await leaseEnd()).toBeGreaterThan(before));
  };
  await deliverAll('1');
  await w.drain();
  expect(slept).toEqual([30_000, 30_000]);
  expect(await settled('1')).toBe(true);
});

describe('what the helpdesk has not', () => {
  test('a ticket that is gone for good is kept as deleted and asks for nothing more', async () => {
    w.put('1', { history: { ...emptyHistory, work: [reading('audit:1', 100)] } });
    await deliverAll('1');
    await w.drain();
    w.desk.tickets.delete('1');
    await deliverAll('1');
    await w.drain();
    expect(await w.row('1')).toMatchObject({ status: 'deleted', due_at: null, deep_due_at: null, settled_seq: 2n });
    expect(await w.cost('1')).toEqual({ '-/-': 1_000_000n });
  });

  test('a ticket that never was is settled too', async () => {
    await deliverAll('404');
    await w.drain();
    expect(await settled('404')).toBe(true);
    expect((await w.row('404')).status).toBe('deleted');
  });

  test('a ticket left out of an answer is asked for again, and not without end', async () => {
    w.put('1');
    w.put('2');
    w.desk.leftOut.add('2');
    await deliverAll('1', '2');
    await w.drain();
    expect(await settled('1')).toBe(true);
    expect(await w.row('2')).toMatchObject({ due_at: later(w, 10 * secondMs), attempts: 1 });
    for (let times = 1; times < mostAttempts; times += 1) {
      w.clock.advance(retryDelayMs(times));
      await w.drain();
    }
    expect((await w.row('2')).quarantined_at).not.toBeNull();
  });

  test('bug: tickets whose turn did not come were blamed for it, and set aside after five times', async () => {
    w.put('1');
    w.put('2');
    w.desk.notBegun.add('2');
    await deliverAll('1', '2');
    await w.drain();
    expect(await settled('1')).toBe(true);
    for (let times = 0; times < 2 * mostAttempts; times += 1) {
      expect(await w.row('2')).toMatchObject({ due_at: later(w, 7 * secondMs), attempts: 0, quarantined_at: null });
      w.clock.advance(7 * secondMs);
      await w.drain();
    }
    w.desk.notBegun.clear();
    w.clock.advance(7 * secondMs);
    await w.drain();
    expect(await settled('2')).toBe(true);
  });

  test('a history that does not come is not asked for again and again', async () => {
    w.put('1', { status: 'deleted' });
    await deliverAll('1');
    const { tickets } = w.desk;
    const ticket = tickets.get('1');
    if (ticket) Object.assign(ticket, { history: undefined });
    await w.drain();
    expect(w.desk.pulls).toHaveLength(1);
    expect(await settled('1')).toBe(true);
  });
});

describe('a clock that was ahead', () => {
  const pulledAhead = () => w.db.query('update ticket set pulled_at = $1', [later(w, 24 * 60 * minuteMs)]);

  test('makes no pull of a new event count as overtaken', async () => {
    w.put('1');
    await deliverAll('1');
    await w.drain();
    await pulledAhead();
    await deliverAll('1');
    await w.drain();
    expect(await settled('1')).toBe(true);
    expect(w.desk.pulls).toHaveLength(2);
  });

  test('nor one that no event asked for', async () => {
    w.put('1');
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    await w.drain();
    await pulledAhead();
    w.clock.advance(6 * 60 * minuteMs);
    await w.drain();
    expect(await settled('1')).toBe(true);
    expect(w.desk.pulls).toHaveLength(2);
  });
});

describe('a delivery that arrives while its ticket is gathered', () => {
  test('is not lost: the ticket stays dirty and is pulled again', async () => {
    w.put('1', { tags: [] });
    await deliverAll('1');
    w.desk.onPull = async () => {
      w.desk.onPull = () => undefined;
      await w.deliver('1', { urgency: 'now with audits' });
    };
    const [lot] = await claimDue(w.db, w.clock.now());
    if (lot) await w.first.gather(lot);
    const row = await w.row('1');
    expect(row).toMatchObject({ dirty_seq: 2n, settled_seq: 1n, wants_deep: true, claimed_until: null });
    expect(row.due_at).not.toBeNull();
    w.put('1', { history: { ...emptyHistory, work: [reading('audit:9', 100)] }, updatedAt: w.clock.now() });
    w.clock.advance(3 * secondMs);
    await w.drain();
    expect(await settled('1')).toBe(true);
    expect(await w.cost('1')).toEqual({ '-/-': 1_000_000n });
  });

  test('and may wait keeps its 6 h', async () => {
    w.put('1');
    await deliverAll('1');
    w.desk.onPull = async () => {
      w.desk.onPull = () => undefined;
      await w.deliver('1', { urgency: 'later' });
    };
    const [lot] = await claimDue(w.db, w.clock.now());
    if (lot) await w.first.gather(lot);
    const row = await w.row('1');
    expect(row).toMatchObject({ dirty_seq: 2n, settled_seq: 1n });
    expect(row.deep_due_at?.getTime()).toBeGreaterThan(w.clock.now().getTime() + 5 * 60 * minuteMs);
  });
});

test('bug: a change that the feed alone told of while its ticket was being read was lost', async () => {
  w.put('1', { updatedAt: w.clock.now() });
  await deliverAll('1');
  w.desk.onPull = async () => {
    w.desk.onPull = () => undefined;
    const changed = [{ externalId: '1', updatedAt: later(w, 10 * secondMs), status: 'open' as const }];
    await raiseChanged(w.db, w.connection.id, changed, { now: w.clock.now(), fromBackfill: false });
  };
  const [lot] = await claimDue(w.db, w.clock.now());
  if (lot) await w.first.gather(lot);
  const row = await w.row('1');
  expect(row).toMatchObject({ dirty_seq: 2n, settled_seq: 1n, claimed_until: null });
  expect(row.due_at).not.toBeNull();
});

test('tickets that are due together are pulled in one call, people with them', async () => {
  const ids = Array.from({ length: 100 }, (_, index) => String(index + 1));
  for (const id of ids) w.put(id);
  await deliverAll(...ids);
  await w.drain();
  expect(w.desk.pulls).toHaveLength(1);
  expect(await w.db.query('select external_id, name from agent')).toEqual([{ external_id: 'ada', name: 'Ada' }]);
});
