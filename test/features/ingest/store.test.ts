import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hourMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import { mostLots } from '../../../src/features/ingest/claim-tickets.ts';
import { deepPullMs, leaseSeconds, mostAttempts, retryDelayMs } from '../../../src/features/ingest/coalescing.ts';
import { countFailure } from '../../../src/features/ingest/count-failure.ts';
import { claimDue, claimStale, type Lot, lookAt, markStale } from '../../../src/features/ingest/index.ts';
import { lotSize, postpone, renewDue } from '../../../src/features/ingest/store.ts';
import { at, later, type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const claimed = async () => (await claimDue(w.db, w.clock.now())).flatMap(({ ticketIds }) => ticketIds);
const endLeases = () => w.db.query("update ticket set claimed_until = now() - interval '1 s'");

describe('coalescing', () => {
  test('a ticket is due 3 s after the last event of its burst', async () => {
    await w.deliver('1');
    expect((await w.row('1')).due_at).toEqual(at('10:00:03'));
    w.clock.advance(2 * secondMs);
    await w.deliver('1');
    expect((await w.row('1')).due_at).toEqual(at('10:00:05'));
    w.clock.advance(2999);
    expect(await claimed()).toEqual([]);
    w.clock.advance(1);
    expect(await claimed()).toEqual([await w.idOf('1')]);
  });

  test('and 30 s after the first at most', async () => {
    for (let second = 0; second < 29; second += 1) {
      await w.deliver('1');
      w.clock.advance(secondMs);
    }
    await w.deliver('1');
    expect((await w.row('1')).due_at).toEqual(at('10:00:30'));
  });

  test('events that may wait do not make a known ticket due: its audits are, after 6 h', async () => {
    w.put('1');
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    await w.drain();
    await w.deliver('1', { urgency: 'later' });
    expect(await w.row('1')).toMatchObject({ dirty_seq: 2n, settled_seq: 1n, due_at: null });
    expect(await w.pending()).toBe(0);
    w.clock.advance(deepPullMs - 4 * secondMs);
    expect(await claimed()).toEqual([]);
    w.clock.advance(4 * secondMs);
    expect(await w.pending()).toBe(1);
    await w.drain();
    expect(w.desk.pulls.at(-1)).toMatchObject([{ externalId: '1', withHistory: 'yes' }]);
    expect(await w.row('1')).toMatchObject({ settled_seq: 2n, deep_due_at: null });
  });

  test('the 6 h count from the first event, not from the last', async () => {
    w.put('1');
    await w.deliver('1');
    w.clock.advance(hourMs);
    await w.drain();
    await w.deliver('1', { urgency: 'later' });
    expect((await w.row('1')).deep_due_at).toEqual(at('16:00:00'));
  });

  test('a ticket never seen before is pulled whatever told of it', async () => {
    w.put('1');
    await w.deliver('1', { urgency: 'later' });
    expect(await w.pending()).toBe(1);
    w.clock.advance(3 * secondMs);
    await w.drain();
    expect(await w.row('1')).toMatchObject({ settled_seq: 1n, due_at: null });
    expect(w.desk.pulls).toMatchObject([[{ externalId: '1', withHistory: 'if solved' }]]);
  });

  test('a look pulls at once what waits for its 6 h, and nothing where nothing waits', async () => {
    w.put('1');
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    await w.drain();
    await lookAt(w.db, await w.idOf('1'), w.clock.now());
    await w.drain();
    expect(w.desk.pulls.at(-1)).toMatchObject([{ externalId: '1', withHistory: 'yes' }]);
    const { length } = w.desk.pulls;
    await lookAt(w.db, await w.idOf('1'), w.clock.now());
    await w.drain();
    expect(w.desk.pulls).toHaveLength(length);
  });

  test('solving asks for the audits', async () => {
    w.put('1');
    await w.deliver('1', { urgency: 'now with audits' });
    w.clock.advance(3 * secondMs);
    await w.drain();
    expect(w.desk.pulls).toMatchObject([[{ externalId: '1', withHistory: 'yes' }]]);
  });
});

describe('claims', () => {
  test('a ticket has one worker until its lease ends', async () => {
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    const both = await Promise.all([claimed(), claimed()]);
    expect(both.flat()).toHaveLength(1);
    expect(await claimed()).toEqual([]);
    await endLeases();
    expect(await claimed()).toHaveLength(1);
  });

  test('come as lots of one connection, of one bulk read each', async () => {
    for (let id = 0; id < lotSize + 1; id += 1) await w.deliver(String(id));
    w.clock.advance(3 * secondMs);
    const lots = await claimDue(w.db, w.clock.now());
    expect(lots.map(({ ticketIds }) => ticketIds.length)).toEqual([lotSize, 1]);
    expect(new Set(lots.map(({ connectionId }) => connectionId))).toEqual(new Set([w.connection.id]));
  });

  test("bug: one helpdesk's backlog left no claim to any other", async () => {
    const other = await w.directory.connections.create({ kind: 'desk', settings: { name: 'other' }, mode: 'act' });
    const due = (connectionId: number, count: number, column: 'due_at' | 'deep_due_at' | 'stale_since') =>
      w.db.query(
        `insert into ticket (connection_id, external_id, first_seen_at, snapshot_at, ${column})
         select $1, '${column} ' || $3::timestamptz || n, $3, $3, $3::timestamptz - n * interval '1 s' from generate_series(1, $2::int) n`,
        [connectionId, count, w.clock.now()],
      );
    const perLot = async (claim: Promise<readonly Lot[]>) =>
      (await claim).map(({ connectionId, ticketIds }) => [
        connectionId === other.id ? 'other' : 'busy',
        ticketIds.length,
      ]);
    await due(w.connection.id, 1500, 'due_at');
    await due(w.connection.id, 1500, 'deep_due_at');
    await due(other.id, 5, 'due_at');
    const first = await perLot(claimDue(w.db, w.clock.now()));
    expect(first.filter(([whose]) => whose === 'busy')).toEqual(
      Array.from({ length: mostLots }, () => ['busy', lotSize]),
    );
    expect(first.filter(([whose]) => whose === 'other')).toEqual([['other', 5]]);
    // While these leases run the busy one gets no more, and the other what comes in.
    w.clock.advance(minuteMs);
    await due(other.id, 3, 'deep_due_at');
    expect(await perLot(claimDue(w.db, w.clock.now()))).toEqual([['other', 3]]);
    // Nor does what is decided again take the place of what is pulled, or the other way round.
    await due(w.connection.id, 2500, 'stale_since');
    await due(other.id, 2, 'stale_since');
    expect((await perLot(claimStale(w.db, w.clock.now()))).filter(([whose]) => whose === 'other')).toEqual([
      ['other', 2],
    ]);
    w.clock.advance(minuteMs);
    await due(other.id, 1, 'due_at');
    expect(await perLot(claimDue(w.db, w.clock.now()))).toEqual([['other', 1]]);
  });

  test('of one connection are few lots at a time, however small: what comes meanwhile goes together', async () => {
    for (let count = 0; count < mostLots + 3; count += 1) {
      await w.deliver(String(count));
      w.clock.advance(3 * secondMs);
      expect(await claimed()).toHaveLength(count < mostLots ? 1 : 0);
    }
    await w.db.query("update ticket set claimed_until = null, due_at = null where external_id = '0'");
    expect((await claimDue(w.db, w.clock.now())).map(({ ticketIds }) => ticketIds.length)).toEqual([3]);
  });

  test('leave out what is quarantined and what belongs to a disabled connection', async () => {
    await w.deliver('1');
    await w.deliver('2');
    w.clock.advance(3 * secondMs);
    await w.db.query("update ticket set quarantined_at = now() where external_id = '1'");
    expect(await claimed()).toEqual([await w.idOf('2')]);
    await endLeases();
    await w.db.query('update connection set disabled_at = now()');
    expect(await claimed()).toEqual([]);
  });

  test('renewing leaves out what another worker settled meanwhile', async () => {
    w.put('1');
    await w.deliver('1');
    await w.deliver('2');
    w.clock.advance(3 * secondMs);
    const [lot] = await claimDue(w.db, w.clock.now());
    await w.db.query("update ticket set due_at = null where external_id = '1'");
    if (!lot) throw new Error('nothing was due');
    const due = await renewDue(w.db, lot, w.clock.now());
    expect(due.map(({ externalId }) => externalId)).toEqual(['2']);
    const { claimed_until } = await w.row('2');
    expect((claimed_until?.getTime() ?? 0) - Date.now()).toBeGreaterThan((leaseSeconds - 10) * secondMs);
  });

  test('bug: an event between the claim and the pull put the ticket off until the lease ended', async () => {
    w.put('1');
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    const [lot] = await claimDue(w.db, w.clock.now());
    if (!lot) throw new Error('nothing was due');
    await w.deliver('1');
    await w.worker().gather(lot);
    expect(w.desk.pulls).toMatchObject([[{ externalId: '1' }]]);
    expect(await w.row('1')).toMatchObject({ due_at: null, claimed_until: null });
  });

  test('a worker that wakes after its lease leaves alone what another one has claimed', async () => {
    for (const id of ['1', '2']) w.put(id);
    await w.deliver('1');
    await w.deliver('2');
    w.clock.advance(3 * secondMs);
    const [slow] = await claimDue(w.db, w.clock.now());
    if (!slow) throw new Error('nothing was due');
    // Its lease ended; of one ticket another worker has the next.
    await w.db.query("update ticket set claimed_until = null where external_id = '1'");
    const [fast] = await claimDue(w.db, w.clock.now());
    if (!fast) throw new Error('nothing was due again');
    await w.worker().gather(slow);
    expect(w.desk.pulls).toMatchObject([[{ externalId: '2' }]]);
    await w.worker().gather(fast);
    expect(w.desk.pulls).toMatchObject([[{ externalId: '2' }], [{ externalId: '1' }]]);
    // A queue that hands the same job out twice has it done once.
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    const [twice] = await claimDue(w.db, w.clock.now());
    if (!twice) throw new Error('nothing was due');
    w.desk.onPull = () => w.worker().gather(twice);
    await w.worker().gather(twice);
    expect(w.desk.pulls).toHaveLength(3);
  });

  test('a stale ticket that was never pulled is not decided again', async () => {
    await w.deliver('1');
    await markStale(w.db, [await w.idOf('1')], { now: w.clock.now() });
    expect(await claimStale(w.db, w.clock.now())).toEqual([]);
  });
});

describe('failures', () => {
  test('what the outside failed at is due later, with its lease ended and no blame', async () => {
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    const ids = await claimed();
    await postpone(w.db, ids, { until: later(w, 30 * secondMs), error: 'away' });
    expect(await w.row('1')).toMatchObject({
      claimed_until: null,
      attempts: 0,
      last_error: 'away',
      due_at: at('10:00:33'),
    });
    expect(await claimed()).toEqual([]);
    expect(await w.pending()).toBe(1);
    w.clock.advance(30 * secondMs);
    expect(await claimed()).toEqual(ids);
  });

  test('a ticket is quarantined after bounded tries, ever further apart, and comes back with its next event', async () => {
    await w.deliver('1');
    const id = await w.idOf('1');
    const gaps: number[] = [];
    for (let tries = 1; tries < mostAttempts; tries += 1) {
      expect(await countFailure(w.db, id, { now: w.clock.now(), error: 'bad' })).toBe(false);
      gaps.push(((await w.row('1')).due_at?.getTime() ?? 0) - w.clock.now().getTime());
    }
    expect(gaps).toEqual([10, 30, 90, 270].map((seconds) => seconds * secondMs));
    expect(await countFailure(w.db, id, { now: w.clock.now(), error: 'bad' })).toBe(true);
    expect(await w.row('1')).toMatchObject({ attempts: mostAttempts, last_error: 'bad', claimed_until: null });
    w.clock.advance(hourMs);
    expect(await claimed()).toEqual([]);
    expect(await w.pending()).toBe(0);
    await w.deliver('1');
    expect(await w.row('1')).toMatchObject({ quarantined_at: null, attempts: mostAttempts - 1 });
  });

  test('tries are never further apart than a quarter of an hour', () => {
    expect(retryDelayMs(1)).toBe(10 * secondMs);
    expect(retryDelayMs(50)).toBe(15 * minuteMs);
  });
});
