import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { secondMs } from '../../../src/core/time.ts';
import { mostAttempts, mostOlder, olderAgainMs, retryDelayMs } from '../../../src/features/ingest/coalescing.ts';
import { claimDue, connectionStatuses, listQuarantined, markStale } from '../../../src/features/ingest/index.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import { reading } from './fake-desk.ts';
import { telling, worked } from './told.ts';
import { connectionOf, later, type World, world } from './world.ts';

let w: World;

beforeEach(async () => {
  w = await world();
});

afterEach(() => w.close());

const { tell, solved } = telling(() => w);

describe('pulls that come in another order', () => {
  test('an older state is refused, asked for again a little later, and settles nothing', async () => {
    w.put('1', { status: 'pending', updatedAt: new Date('2026-03-02T10:00:00Z') });
    await tell('1');
    w.put('1', { status: 'open', updatedAt: new Date('2026-03-02T09:59:59Z') });
    await tell('1');
    expect(await w.row('1')).toMatchObject({ status: 'pending', dirty_seq: 2n, settled_seq: 1n, claimed_until: null });
    expect(w.desk.pulls).toHaveLength(2);
    w.put('1', { status: 'open', updatedAt: new Date('2026-03-02T10:00:01Z') });
    w.clock.advance(5 * secondMs);
    await w.drain();
    expect(await w.row('1')).toMatchObject({ status: 'open', settled_seq: 2n, due_at: null });
  });

  test('a helpdesk that keeps to an older state is asked ever less often and not without end; the next event asks again', async () => {
    w.put('1', { status: 'pending', updatedAt: new Date('2026-03-02T10:00:00Z') });
    await tell('1');
    w.put('1', { status: 'open', updatedAt: new Date('2026-03-02T09:59:59Z') });
    await tell('1');
    const waits: number[] = [];
    while (waits.length < 20) {
      const { due_at: due, quarantined_at: aside } = await w.row('1');
      if (aside) break;
      const waitMs = (due?.getTime() ?? Number.NaN) - w.clock.now().getTime();
      waits.push(waitMs / secondMs);
      w.clock.advance(waitMs);
      await w.drain();
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900]);
    expect(w.desk.pulls).toHaveLength(1 + 10);
    expect((await connectionStatuses(w.db, w.clock.now()))[0]).toMatchObject({ pending: 0, quarantined: 1 });
    expect(await listQuarantined(w.db)).toMatchObject([
      { externalId: '1', error: expect.stringContaining('older state') },
    ]);
    expect(await w.row('1')).toMatchObject({ status: 'pending', claimed_until: null });

    w.put('1', { status: 'solved', updatedAt: new Date('2026-03-02T12:00:00Z') });
    await tell('1');
    expect(await w.row('1')).toMatchObject({ status: 'solved', quarantined_at: null, attempts: 0, due_at: null });
  });

  test('bug: a few older answers had the first real failure put a ticket in quarantine', async () => {
    w.put('1', { status: 'pending', updatedAt: new Date('2026-03-02T10:00:00Z') });
    await tell('1');
    w.put('1', { updatedAt: new Date('2026-03-02T09:59:59Z') });
    await tell('1');
    for (let answers = 1; answers < mostAttempts; answers += 1) {
      w.clock.advance(olderAgainMs(answers));
      await w.drain();
    }
    w.desk.onPull = () => {
      throw new UpstreamError('unreadable', { retryable: false });
    };
    w.clock.advance(olderAgainMs(mostAttempts));
    await w.drain();
    expect(await w.row('1')).toMatchObject({
      attempts: 1,
      quarantined_at: null,
      last_error: expect.stringContaining('unreadable'),
      due_at: later(w, retryDelayMs(1)),
    });
    w.desk.onPull = () => undefined;
    for (let answers = mostAttempts + 1; answers < mostOlder; answers += 1) {
      w.clock.advance(olderAgainMs(answers));
      await w.drain();
    }
    expect(await w.row('1')).toMatchObject({ attempts: 1, quarantined_at: null });
    w.clock.advance(olderAgainMs(mostOlder));
    await w.drain();
    expect((await w.row('1')).quarantined_at).not.toBeNull();
  });

  test('an older state takes no stale mark away', async () => {
    w.put('1', { status: 'pending', updatedAt: new Date('2026-03-02T10:00:00Z') });
    await tell('1');
    w.put('1', { updatedAt: new Date('2026-03-02T09:00:00Z') });
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    const [lot] = await claimDue(w.db, w.clock.now());
    await markStale(w.db, [await w.idOf('1')], { now: w.clock.now(), reprice: true });
    if (lot) await w.first.gather(lot);
    const row = await w.row('1');
    expect(row.stale_since).not.toBeNull();
    expect(row.reprice).toBe(true);
  });

  test('a pull that a later one overtook changes nothing and settles nothing', async () => {
    w.put('1', { status: 'open' });
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    const [lot] = await claimDue(w.db, w.clock.now());
    if (!lot) throw new Error('nothing was due');
    const slow = w.worker();
    const fast = w.worker();
    w.desk.onPull = async () => {
      w.desk.onPull = () => undefined;
      w.clock.advance(secondMs);
      await w.deliver('1');
      w.clock.advance(3 * secondMs);
      await fast.gather({ connectionId: lot.connectionId, ticketIds: lot.ticketIds });
    };
    await slow.gather(lot);
    expect(await w.row('1')).toMatchObject({ dirty_seq: 2n, settled_seq: 2n, due_at: null });
    expect(await w.growth('1')).toMatchObject({ versions: 1n });
  });
});

describe('two workers', () => {
  test('on the same tickets post once', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => String(index + 1));
    for (const id of ids)
      w.put(id, { ...solved(`audit:${id}`), requester: { id: `u${id}`, email: `p${id}@example.com`, locale: null } });
    for (const id of ids) await w.deliver(id, { urgency: 'now with audits' });
    w.clock.advance(3 * secondMs);
    const [lot] = await claimDue(w.db, w.clock.now());
    if (!lot) throw new Error('nothing was due');
    // Without the claim, which would leave the tickets to the first of them.
    const { connectionId, ticketIds } = lot;
    await Promise.all(
      [ticketIds, ticketIds.toReversed()].map((ids) => w.worker().gather({ connectionId, ticketIds: ids })),
    );
    await w.drain();
    const [sums] = await w.db.query(
      `select (select count(*) from posting)::int as postings, (select sum(cost_micros)::text from posting) as cost,
              (select count(*) from attribution)::int as versions, (select count(*) from invitation)::int as invitations,
              (select count(*) from ticket where settled_seq = dirty_seq and claimed_until is null and attempts = 0)::int as settled`,
    );
    expect(sums).toEqual({ postings: 40, cost: '240000000', versions: 40, invitations: 40, settled: 40 });
  });

  test('on families that cross each other finish without blame', async () => {
    for (let id = 1; id <= 30; id += 1)
      w.put(String(id), {
        ...(id > 1 && { mergedIntoExternalId: String(((id * 7) % 30) + 1) }),
        history: worked(`audit:${id}`),
      });
    for (let id = 1; id <= 30; id += 1) await w.deliver(String(id), { urgency: 'now with audits' });
    w.clock.advance(3 * secondMs);
    const [lot] = await claimDue(w.db, w.clock.now());
    const ids = lot?.ticketIds ?? [];
    const connection = await connectionOf(w);
    await Promise.all(
      [ids.slice(0, 15), ids.slice(15), ids.filter((_, index) => index % 2 === 0)].map((ticketIds) =>
        w.worker().gather({ connectionId: connection.id, ticketIds }),
      ),
    );
    await w.drain();
    const [sums] = await w.db.query(
      `select count(*) filter (where settled_seq = dirty_seq and attempts = 0 and quarantined_at is null)::int as settled,
              (select sum(cost_micros)::text from posting) as cost from ticket`,
    );
    expect(sums).toEqual({ settled: 30, cost: '180000000' });
  });

  test('bug: who found a bulk edit waited for its other tickets while it held its own', async () => {
    const bulk = (id: string) => ({
      history: worked(id, { work: [reading(id, 600, { value: 900, workedAt: new Date('2026-03-02T09:59:07Z') })] }),
    });
    for (const id of ['1', '2']) {
      w.put(id, bulk(id));
      await tell(id);
    }
    w.put('3', bulk('3'));
    const lock = (tx: Sql, id: string) => tx.query('select id from ticket where external_id = $1 for update', [id]);
    let told: Promise<void> | undefined;
    // A walk raises tickets in order: the first of them, and then the one whose worker finds the edit.
    await w.db.transaction(async (walk) => {
      // Of two that wait for each other, the one that looks first gives up.
      await walk.query("set local deadlock_timeout = '10ms'");
      await lock(walk, '1');
      told = tell('3');
      await vi.waitUntil(async () => {
        const waiting = await w.db.query(
          "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return waiting.length > 0;
      });
      await lock(walk, '3');
      expect(
        await walk.query("select 1 from posting p join ticket t on t.id = p.ticket_id where t.external_id = '3'"),
      ).toEqual([]);
    });
    await told;
    // Held: their replies are estimated.
    for (const id of ['1', '2', '3']) expect(await w.cost(id)).toEqual({ '-/-': 3_000_000n });
    expect(w.lines.filter(({ step, outcome }) => step === 'process' && outcome === 'failed')).toEqual([]);
  });
});
