import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findMissedHolds, settleWork } from '../../../src/features/costing/index.ts';
import { uncountedClock } from '../../../src/helpdesks/port.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { type Ledger, now, openLedger, reading } from './ledger.ts';

let db: Database;
let ledger: Ledger;
let tickets: bigint[];

const second = new Date('2026-05-04T09:00:07Z');
const bulk = (part = {}) => reading({ value: 900, rawSeconds: 600, workedAt: second, ...part });
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
      expect((await findMissedHolds(db, now)).filter((id) => some.includes(id))).toEqual([]);
      expect((await Promise.all(some.map(held))).flat()).toEqual([state, state, state]);
    }
  });

  test('bug: work that yields to another clock was to be held for ever', async () => {
    const [first = 0n, ...others] = tickets;
    await settleOne(first, { clock: 'talk' });
    await ledger.settle([{ ticketId: first, readings: [reading({ clock: 'time tracking' })], touches: [] }]);
    const lot = others.map((ticketId) => ({ ticketId, readings: [bulk()], touches: [] }));
    expect((await ledger.settle(lot)).heldElsewhere).toEqual([]);
    expect((await findMissedHolds(db, now)).filter((id) => tickets.includes(id))).toEqual([]);
  });

  test('whose parts two workers stored at the same moment is found by the sweep', async () => {
    const [first = 0n, second = 0n, third = 0n] = tickets;
    const settled = Promise.withResolvers<void>();
    const bothRead = Promise.withResolvers<void>();
    // The first worker has settled and not committed when the second settles: neither sees the other's entries.
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
    expect((await findMissedHolds(db, now)).filter((id) => tickets.includes(id))).toEqual([first, second, third]);
    expect(await findMissedHolds(db, new Date(now.getTime() + 1))).toEqual([]);
    await ledger.settle(tickets.map((ticketId) => ({ ticketId })));
    expect((await Promise.all(tickets.map(held))).flat()).toEqual(['held', 'held', 'held']);
    expect((await findMissedHolds(db, now)).filter((id) => tickets.includes(id))).toEqual([]);
  });
});
