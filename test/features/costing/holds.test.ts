import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hourMs, minuteMs } from '../../../src/core/time.ts';
import { findMissedHolds, lookForMissedHolds, settleWork } from '../../../src/features/costing/index.ts';
import { uncountedClock } from '../../../src/helpdesks/port.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { type Ledger, now, openLedger, reading } from './ledger.ts';

let db: Database;
let ledger: Ledger;
let tickets: bigint[];

const second = new Date('2026-05-04T09:00:07Z');
const bulk = (part = {}) => reading({ value: 900, rawSeconds: 600, workedAt: second, ...part });
const later = new Date(now.getTime() + 24 * hourMs);
const recordedNow = { from: now, to: later };
const held = async (ticketId: bigint) => (await ledger.entries(ticketId)).map(({ state }) => state);
const settleOne = async (ticketId: bigint, part = {}) =>
  (await ledger.settle([{ ticketId, readings: [bulk(part)], touches: [] }])).heldElsewhere;

beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(async () => {
  ledger = await openLedger(db);
  await ledger.rates('default,,30,USD,2026-01-01');
  tickets = [await ledger.ticket(), await ledger.ticket(), await ledger.ticket()];
});

describe('a bulk edit', () => {
  test('in one lot is held on every ticket and costs nothing', async () => {
    const settled = await ledger.settle(tickets.map((ticketId) => ({ ticketId, readings: [bulk()], touches: [] })));
    expect([...settled.tickets.values()].map(({ costMicros }) => costMicros)).toEqual([0n, 0n, 0n]);
    expect(settled.heldElsewhere).toEqual([]);
    for (const ticketId of tickets) expect(await held(ticketId)).toEqual(['held']);
  });

  test('that comes ticket by ticket tells which others are to be decided again, and takes their cost back', async () => {
    const [first = 0n, second = 0n, third = 0n] = tickets;
    expect(await settleOne(first)).toEqual([]);
    expect(await settleOne(second)).toEqual([]);
    expect(await settleOne(third)).toEqual([first, second]);
    expect([await held(first), await held(third)]).toEqual([['costed'], ['held']]);
    const again = await ledger.settle([{ ticketId: first }, { ticketId: second }]);
    expect(again.heldElsewhere).toEqual([]);
    expect((await ledger.postings(first)).map(({ cost, cause }) => [cost, cause])).toEqual([
      [5_000_000n, 'work'],
      [-5_000_000n, 'hold'],
    ]);
    expect(await held(second)).toEqual(['held']);
  });

  test.each([
    ['two tickets', { agentId: 'ada' }, 2],
    ['another author', { agentId: 'ben' }, 3],
    ['another value', { value: 901 }, 3],
    ['another second', { workedAt: new Date('2026-05-04T09:00:08Z') }, 3],
    ['changes by a rule', { actor: 'rule' }, 3],
    ['changes without a total', { value: null }, 3],
  ])('%s are none', async (_, last, count) => {
    const some = tickets.slice(0, count);
    const settled = await ledger.settle(
      some.map((ticketId, index) => ({
        ticketId,
        readings: [bulk(index === some.length - 1 ? last : {})],
        touches: [],
      })),
    );
    expect(settled.heldElsewhere).toEqual([]);
    expect((await Promise.all(some.map(held))).flat()).not.toContain('held');
  });

  test('counts tickets, not changes, and stays within one connection', async () => {
    const [first = 0n, second = 0n] = tickets;
    await ledger.settle([{ ticketId: first, readings: [bulk(), bulk(), bulk()], touches: [] }]);
    expect(await held(first)).toEqual(['costed', 'costed', 'costed']);
    await settleOne(second);
    const other = await openLedger(db);
    const elsewhere = await other.ticket();
    await other.settle([{ ticketId: elsewhere, readings: [bulk()], touches: [] }]);
    expect((await other.entries(elsewhere)).map(({ state }) => state)).toEqual(['costed']);
  });

  test('lies anywhere within the second', async () => {
    const at = (ms: string) => bulk({ workedAt: new Date(`2026-05-04T09:00:07.${ms}Z`) });
    await ledger.settle(
      tickets.map((ticketId, index) => ({ ticketId, readings: [at(['000', '500', '999'][index] ?? '')], touches: [] })),
    );
    expect((await Promise.all(tickets.map(held))).flat()).toEqual(['held', 'held', 'held']);
  });

  test('bug: work that another clock stands for was to be held for ever, so its tickets marked each other stale', async () => {
    for (const { part, state } of [
      { part: { clock: uncountedClock }, state: 'kept' },
      { part: { clock: 'time tracking' }, state: 'held' },
    ]) {
      const some = [await ledger.ticket(), await ledger.ticket(), await ledger.ticket()];
      const [first = 0n, ...others] = some;
      await settleOne(first, part);
      let stale = await ledger.settle(others.map((ticketId) => ({ ticketId, readings: [bulk(part)], touches: [] })));
      for (let turn = 0; turn < 3 && stale.heldElsewhere.length > 0; turn++)
        stale = await ledger.settle(stale.heldElsewhere.map((ticketId) => ({ ticketId })));
      expect(stale.heldElsewhere).toEqual([]);
      expect((await findMissedHolds(db, recordedNow)).filter((id) => some.includes(id))).toEqual([]);
      expect((await Promise.all(some.map(held))).flat()).toEqual([state, state, state]);
    }
  });

  test('bug: work that yields to another clock was to be held for ever', async () => {
    const [first = 0n, ...others] = tickets;
    await settleOne(first, { clock: 'talk' });
    await ledger.settle([{ ticketId: first, readings: [reading({ clock: 'time tracking' })], touches: [] }]);
    const lot = others.map((ticketId) => ({ ticketId, readings: [bulk()], touches: [] }));
    expect((await ledger.settle(lot)).heldElsewhere).toEqual([]);
    expect((await findMissedHolds(db, recordedNow)).filter((id) => tickets.includes(id))).toEqual([]);
  });

  /** Two workers: the first has settled its tickets and not committed when the second settles the third; neither sees the other's entries. */
  const storedAtTheSameMoment = async () => {
    const [first = 0n, second = 0n, third = 0n] = tickets;
    const settled = Promise.withResolvers<void>();
    const bothRead = Promise.withResolvers<void>();
    const lot = (ids: readonly bigint[]) => ({
      tickets: ids.map((ticketId) => ({
        ticketId,
        connectionId: ledger.connection.id,
        channel: 'email' as const,
        readings: [bulk()],
        touches: [],
        shares: [{ partner: 'nord', region: null, country: null, ppm: 1_000_000 }],
        attributionVersion: 1,
        reprice: false,
      })),
      reportingCurrency: 'USD',
      reportingTimezone: 'UTC',
      now,
    });
    const one = db.transaction(async (tx) => {
      await settleWork(tx, lot([first, second]));
      settled.resolve();
      await bothRead.promise;
    });
    await settled.promise;
    await db.transaction((tx) => settleWork(tx, lot([third])));
    bothRead.resolve();
    await one;
    expect((await Promise.all(tickets.map(held))).flat()).toEqual(['costed', 'costed', 'costed']);
  };

  test('whose parts two workers stored at the same moment is found by the sweep', async () => {
    await storedAtTheSameMoment();
    expect((await findMissedHolds(db, recordedNow)).filter((id) => tickets.includes(id))).toEqual(tickets);
    expect(await findMissedHolds(db, { from: new Date(now.getTime() + 1), to: later })).toEqual([]);
    expect(await findMissedHolds(db, { from: new Date(0), to: now })).toEqual([]);
    await ledger.settle(tickets.map((ticketId) => ({ ticketId })));
    expect((await Promise.all(tickets.map(held))).flat()).toEqual(['held', 'held', 'held']);
    expect((await findMissedHolds(db, recordedNow)).filter((id) => tickets.includes(id))).toEqual([]);
  });

  describe('that was missed', () => {
    const lookAt = async (minutes: number): Promise<bigint[]> => {
      const seen: bigint[] = [];
      const found = async (ids: readonly bigint[]) => void seen.push(...ids);
      await lookForMissedHolds(db, { now: new Date(now.getTime() + minutes * minuteMs), found });
      return seen.filter((id) => tickets.includes(id));
    };
    beforeEach(() => db.query('truncate sweep_mark'));

    test('bug: was never found where nobody looked for an hour', async () => {
      await lookAt(-10);
      await storedAtTheSameMoment();
      expect(await lookAt(3 * 24 * 60)).toEqual(tickets);
      // It goes on where that look ended, but for what a slow writer may bring.
      expect(await lookAt(3 * 24 * 60 + 10)).toEqual([]);
    });

    test('is found by the first look of all, and by the next one where a look ended in between', async () => {
      await storedAtTheSameMoment();
      expect(await lookAt(365 * 24 * 60)).toEqual(tickets);
      await db.query('truncate sweep_mark');
      const gone = async () => {
        throw new Error('the process ends');
      };
      await expect(lookForMissedHolds(db, { now: later, found: gone })).rejects.toThrow('the process ends');
      expect(await lookAt(365 * 24 * 60)).toEqual(tickets);
    });

    test('is found by the look after one that was stopped, which begins where that one was', async () => {
      await storedAtTheSameMoment();
      const before = await ledger.ticket();
      await ledger.settle([{ ticketId: before, readings: [reading()], touches: [] }]);
      await db.query(`update work_entry set recorded_at = recorded_at - interval '30 days' where ticket_id = $1`, [
        before,
      ]);
      await lookForMissedHolds(db, { now: later, stop: AbortSignal.abort(), found: async () => undefined });
      const [mark] = await db.query<{ until: Date }>('select looked_until as until from sweep_mark');
      expect(mark?.until.getTime()).toBeLessThan(now.getTime());
      expect(await lookAt(24 * 60)).toEqual(tickets);
    });

    test('is found although its writer was slow, or the clock was set back meanwhile', async () => {
      await lookAt(50);
      await storedAtTheSameMoment();
      expect(await lookAt(60)).toEqual(tickets);
      await lookAt(365 * 24 * 60);
      expect(await lookAt(20)).toEqual(tickets);
    });
  });
});
