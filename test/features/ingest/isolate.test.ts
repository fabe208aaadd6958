import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs, secondMs } from '../../../src/core/time.ts';
import { mostAttempts } from '../../../src/features/ingest/coalescing.ts';
import { claimDue } from '../../../src/features/ingest/index.ts';
import { emptyHistory, reading } from './fake-desk.ts';
import { telling } from './told.ts';
import { later, type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());
const { deliverAll, settled } = telling(() => w);
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
