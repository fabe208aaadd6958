import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs, secondMs } from '../../../src/core/time.ts';
import { mostAttempts, retryDelayMs } from '../../../src/features/ingest/coalescing.ts';
import { claimDue } from '../../../src/features/ingest/index.ts';
import { type Clock, wallClock } from '../../../src/platform/clock.ts';
import { shopOrder } from '../../stores/bigcommerce/shop.ts';
import { emptyHistory, reading } from './fake-desk.ts';
import { later, type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const deliverAll = async (...ids: string[]) => {
  for (const id of ids) await w.deliver(id, { urgency: 'now with audits' });
  w.clock.advance(3 * secondMs);
};
const settled = async (...ids: string[]) => {
  const rows = await Promise.all(ids.map((id) => w.row(id)));
  return rows.every((row) => row.dirty_seq === row.settled_seq && row.due_at === null && row.deep_due_at === null);
};
const outcomes = (step: string) => w.lines.filter((line) => line.step === step).map((line) => line.outcome);

describe('an outage of the helpdesk', () => {
  test.each<[string, () => Error, number]>([
    ['that is disturbed', () => new UpstreamError('disturbed', { status: 502, retryable: true }), 30 * secondMs],
    ['whose quota is used up', () => new LimitReached('used up', 47 * secondMs), 47 * secondMs],
    ['that refuses our credentials', () => new UpstreamError('who?', { status: 401, retryable: false }), 30 * secondMs],
    ['that knows us as no agent', () => new Refused('no agent'), 30 * secondMs],
  ])('%s puts the whole lot back without blame', async (_, error, waitMs) => {
    w.put('1');
    w.put('2');
    await deliverAll('1', '2');
    w.desk.onPull = () => {
      throw error();
    };
    await w.drain();
    expect(w.desk.pulls).toHaveLength(1);
    expect(outcomes('gather')).toEqual(['postponed']);
    expect(await w.row('1')).toMatchObject({ attempts: 0, due_at: later(w, waitMs), claimed_until: null });
    expect(await w.pending()).toBe(2);
    w.desk.onPull = () => undefined;
    w.clock.advance(waitMs);
    await w.drain();
    expect(await settled('1', '2')).toBe(true);
  });

  test.each([
    ['a full disk', { code: '53100' }],
    ['a deadlock', { code: '40P01' }],
    ['a shutdown', { code: '57P01' }],
    ['an I/O error', { code: '58030' }],
    ['a lost connection', { code: 'ECONNREFUSED' }],
  ])('of the storage, %s, puts the whole lot back in one go, without blame', async (_, facts) => {
    for (const id of ['1', '2', '3']) w.put(id);
    await deliverAll('1', '2', '3');
    const { transaction } = w.db;
    const transactions = vi.fn(async () => {
      throw Object.assign(new Error('trouble'), facts);
    });
    w.db.transaction = transactions;
    await w.drain();
    expect(transactions.mock.calls.length).toBeLessThanOrEqual(3);
    for (const id of ['1', '2', '3'])
      expect(await w.row(id)).toMatchObject({ attempts: 0, due_at: later(w, 30 * secondMs), quarantined_at: null });
    w.db.transaction = transaction;
    w.clock.advance(30 * secondMs);
    await w.drain();
    expect(await settled('1', '2', '3')).toBe(true);
  });

  test('of the storage makes nothing due again that was settled before it', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => String(index + 1));
    for (const id of ids) w.put(id);
    await deliverAll(...ids);
    const { transaction } = w.db;
    let calls = 0;
    w.db.transaction = (work, options) => {
      calls += 1;
      if (calls > 1) throw Object.assign(new Error('full'), { code: '53100' });
      return transaction(work, options);
    };
    const [lot] = await claimDue(w.db, w.clock.now());
    if (lot) await w.first.gather(lot);
    w.db.transaction = transaction;
    expect(await w.db.query('select 1 from ticket where due_at is not null')).toHaveLength(10);
  });

  test('a ticket that is closed to our user is set aside after bounded tries, and delays no other', async () => {
    for (const id of ['1', '2', '3']) w.put(id);
    await deliverAll('1', '2', '3');
    w.desk.onPull = (ids) => {
      if (ids.includes('2')) throw new UpstreamError('closed to us', { status: 403, retryable: false });
    };
    await w.drain();
    expect(await settled('1', '3')).toBe(true);
    expect(await w.row('2')).toMatchObject({ attempts: 1, due_at: later(w, 15 * minuteMs) });
    for (let tries = 1; tries < mostAttempts; tries += 1) {
      w.clock.advance(15 * minuteMs);
      await w.drain();
    }
    expect((await w.row('2')).quarantined_at).not.toBeNull();
  });
});

describe('a poison ticket', () => {
  test('that spoils the answer of its lot is found by halves and delays no other', async () => {
    const ids = Array.from({ length: 64 }, (_, index) => String(index + 1));
    for (const id of ids) w.put(id);
    await deliverAll(...ids);
    w.desk.onPull = (asked) => {
      if (asked.includes('40')) throw new UpstreamError('unreadable', { retryable: false });
    };
    await w.drain();
    expect(await settled(...ids.filter((id) => id !== '40'))).toBe(true);
    expect(await w.row('40')).toMatchObject({ attempts: 1, last_error: expect.stringContaining('unreadable') });
    // Six halvings: two calls each, after the first.
    expect(w.desk.pulls).toHaveLength(13);
  });

  test('bug: halves of its lot took what another worker had claimed meanwhile', async () => {
    for (const id of ['1', '2', '3', '4']) w.put(id);
    await deliverAll('1', '2', '3', '4');
    const claimOf = async (id: string) => (await w.row(id)).claimed_until;
    const asked: string[] = [];
    w.desk.onPull = async (ids) => {
      asked.push([...ids].sort().join(' '));
      // Its lease had run out, and somebody else works on it.
      if (asked.length === 1)
        await w.db.query("update ticket set claimed_until = now() + interval '1 h' where external_id = '4'");
      if (ids.includes('1')) throw new UpstreamError('unreadable', { retryable: false });
    };
    const [lot] = await claimDue(w.db, w.clock.now());
    if (lot) await w.first.gather(lot);
    expect(asked).toEqual(['1 2 3 4', '1 2', '1', '2', '3']);
    expect(await settled('2', '3')).toBe(true);
    expect(await w.row('4')).toMatchObject({ settled_seq: 0n, attempts: 0 });
    expect(((await claimOf('4'))?.getTime() ?? 0) - Date.now()).toBeGreaterThan(50 * minuteMs);
  });

  test('that cannot be stored is counted alone, and nobody is pulled again for it', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => String(index + 1));
    for (const id of ids) w.put(id, { history: { ...emptyHistory, work: [reading(`audit:${id}`, 60)] } });
    w.put('7', { history: { ...emptyHistory, work: [reading('audit:7', 60, { clock: 'nul\0' })] } });
    await deliverAll(...ids);
    await w.drain();
    expect(w.desk.pulls).toHaveLength(1);
    expect(await settled(...ids.filter((id) => id !== '7'))).toBe(true);
    expect(await w.row('7')).toMatchObject({ attempts: 1, settled_seq: 0n, claimed_until: null });
    expect(outcomes('gather')).toEqual(['tickets failed']);
  });

  test('is quarantined after bounded tries and replayed by its next event', async () => {
    w.put('7', { history: { ...emptyHistory, work: [reading('audit:7', 60, { clock: 'nul\0' })] } });
    await deliverAll('7');
    for (let tries = 0; tries < mostAttempts; tries += 1) {
      await w.drain();
      w.clock.advance(15 * minuteMs);
    }
    expect((await w.row('7')).quarantined_at).not.toBeNull();
    expect(w.desk.pulls).toHaveLength(mostAttempts);
    w.put('7', { history: { ...emptyHistory, work: [reading('audit:7', 60)] } });
    await deliverAll('7');
    await w.drain();
    expect(await settled('7')).toBe(true);
    expect(await w.row('7')).toMatchObject({ attempts: 0, last_error: null });
  });
});

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

test('tickets that are due together are pulled in one call, people with them', async () => {
  const ids = Array.from({ length: 100 }, (_, index) => String(index + 1));
  for (const id of ids) w.put(id);
  await deliverAll(...ids);
  await w.drain();
  expect(w.desk.pulls).toHaveLength(1);
  expect(await w.db.query('select external_id, name from agent')).toEqual([{ external_id: 'ada', name: 'Ada' }]);
});
