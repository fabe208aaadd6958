import { beforeEach, describe, expect, test } from 'vitest';
import { reconcileBooks, reconciliationDue, reconciliations } from '../../../src/features/books/index.ts';
import { createWorld, sud, type World } from '../reports/world.ts';
import { basis } from './sealing.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
  await world.rate('36.00');
});

const look = () => reconcileBooks({ ...world, basis });

describe('a night', () => {
  test('in which all is well says so: complete, in time, in balance', async () => {
    await world.db.query(
      `insert into connection_watch (connection_id, counted_at, counted_from, counted_there, counted_here) values ($1, now(), now(), 200, 199)`,
      [world.connectionId],
    );
    // Posted on 1 June at midnight: 14 h and 38 h late.
    await world.ticket({
      created: '2026-05-30',
      work: [
        ['ada', 600, '2026-05-30'],
        ['ada', 600, '2026-05-31'],
      ],
    });
    await world.db.query("update ticket set deep_due_at = '2026-06-01T04:00:00Z', due_at = '2026-05-31T23:59:00Z'");
    const found = await look();
    expect(found).toMatchObject({
      night: '2026-06-01',
      balanced: true,
      balance: [],
      completeness: [{ connection: 'desk', there: 200, here: 199, heldRatio: 0.995, quarantined: 0 }],
      timeliness: {
        postings: 2,
        medianLagSeconds: 14 * 3600,
        p95LagSeconds: 38 * 3600,
        mostLagSeconds: 38 * 3600,
        oldestDueSeconds: 60,
        oldestUnpulledSeconds: 2 * 3600,
      },
    });
    expect(await reconciliations(world.db, 5)).toEqual([found]);
  });

  test('measures the lag of what was posted since the night before, history left out', async () => {
    await world.ticket({ created: '2026-05-30', work: [['ada', 600, '2026-05-30']] });
    await look();
    world.clock.advance(24 * 3_600_000);
    await world.ticket({ created: '2026-06-01', work: [['ada', 600, '2026-06-01']] });
    const old = await world.ticket({ created: '2020-01-01', work: [['ada', 600, '2026-05-01']] });
    await world.db.query('update ticket set from_backfill = true where id = $1', [old]);
    expect((await look())?.timeliness).toMatchObject({ postings: 1, medianLagSeconds: 14 * 3600 });
    expect((await reconciliations(world.db, 5)).map(({ night }) => night)).toEqual(['2026-06-02', '2026-06-01']);
  });

  test.each([
    [
      'totals',
      "insert into rollup_delta (day, partner, region, measured, microseconds, cost_micros) values ('2026-05-04', 'nord', null, true, 5, 5)",
    ],
    ['entries', 'update work_entry set costed_seconds = 1'],
    ['attributions', "update attribution_share set partner = 'sud'"],
    ['rules', 'update work_entry set raw_seconds = 1'],
    ['refunds', 'update refund_share set reporting_micros = 1'],
  ])('finds what was broken: %s', async (check, breakIt) => {
    const id = await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    await world.order({ placed: '2026-05-04', refunds: [{ made: '2026-05-05', dollars: 10 }] });
    expect((await look())?.balance).toEqual([]);
    await world.db.query(breakIt);
    await world.db.query('delete from reconciliation');
    const found = await look();
    expect(found?.balanced).toBe(false);
    const wrong = found?.balance.find((one) => one.check === check);
    expect(wrong).toMatchObject({ count: 1 });
    expect(wrong?.next.length).toBeGreaterThan(20);
    if (check === 'rules' || check === 'attributions') expect(wrong?.examples).toEqual([String(id)]);
  });

  test('a ticket that waits to be decided again is not wrong yet', async () => {
    await world.ticket({ created: '2026-05-04', shares: [sud], work: [['ada', 600, '2026-05-04']] });
    await world.db.query("update attribution_share set partner = 'nord'");
    await world.db.query('update ticket set stale_since = $1', [world.clock.now()]);
    expect((await look())?.balanced).toBe(true);
  });

  test('is looked at once, after two, in the reporting time zone', async () => {
    const due = (now: string, timeZone: string) => reconciliationDue(world.db, { now: new Date(now), timeZone });
    expect(await due('2026-06-01T01:59:00Z', 'UTC')).toBe(false);
    expect(await due('2026-06-01T02:00:00Z', 'UTC')).toBe(true);
    expect(await due('2026-06-01T02:00:00Z', 'America/New_York')).toBe(true);
    expect(await due('2026-06-01T05:00:00Z', 'America/New_York')).toBe(false);
    await look();
    expect(await due('2026-06-01T02:00:00Z', 'UTC')).toBe(false);
    expect(await due('2026-06-02T02:00:00Z', 'UTC')).toBe(true);
  });

  test('is left to the worker that is at it', async () => {
    await world.db.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock(3900002)');
      expect(await look()).toBeNull();
    });
    expect(await look()).not.toBeNull();
  });
});
