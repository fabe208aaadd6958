import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Conflict, NotFound } from '../../../src/core/errors.ts';
import {
  bulkEditOf,
  type Decidable,
  decideWork,
  findMissedHolds,
  workToDecide,
} from '../../../src/features/costing/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { type Ledger, now, openLedger, reading, wholly } from './ledger.ts';

let db: Database;
let ledger: Ledger;
let tickets: bigint[];

const second = new Date('2026-05-04T09:00:07Z');
const bulk = (part = {}) => reading({ value: 900, rawSeconds: 600, workedAt: second, ...part });

const decide = (ids: readonly bigint[], decision: 'accept' | 'reject', of?: Decidable) =>
  db.transaction((tx) => decideWork(tx, { ids, decision, of, actor: 'mia', at: now }));
const entryOf = async (ticketId: bigint, index = 0): Promise<bigint> =>
  (await ledger.entries(ticketId))[index]?.id ?? 0n;

beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(async () => {
  ledger = await openLedger(db);
  await ledger.rates('default,,30,USD,2026-01-01');
  tickets = [await ledger.ticket(), await ledger.ticket(), await ledger.ticket()];
});

describe('on held work', () => {
  const heldEntry = async (part = {}) => {
    await ledger.settle(tickets.map((ticketId) => ({ ticketId, readings: [bulk(part)], touches: [] })));
    const [ticketId = 0n] = tickets;
    return { ticketId, id: await entryOf(ticketId) };
  };

  test('to accept costs it, for that entry alone, and stays', async () => {
    const { ticketId, id } = await heldEntry();
    expect(await workToDecide(db, [id])).toEqual([{ id, ticketId }]);
    await decide([id], 'accept');
    expect(await ledger.cost(ticketId)).toEqual([5_000_000n, 600, 0]);
    expect(await ledger.cost(tickets[1] ?? 0n)).toEqual([0n, 0, 0]);
    expect(await findMissedHolds(db, { from: now, to: new Date(now.getTime() + 1) })).toEqual([]);
    expect(await ledger.postings(ticketId)).toMatchObject([{ cause: 'decision' }]);
    const logged = await db.query(`select actor, action from audit_log where detail -> 'workEntries' ? $1`, [
      String(id),
    ]);
    expect(logged).toEqual([{ actor: 'mia', action: 'accept held work' }]);
  });

  test('to reject leaves it uncosted, and either can be revised', async () => {
    const { ticketId, id } = await heldEntry();
    await decide([id], 'reject');
    expect(await ledger.cost(ticketId)).toEqual([0n, 0, 0]);
    await decide([id], 'accept');
    expect(await ledger.cost(ticketId)).toEqual([5_000_000n, 600, 0]);
    await decide([id], 'reject');
    expect(await ledger.cost(ticketId)).toEqual([0n, 0, 0]);
    expect((await ledger.postings(ticketId)).map(({ cause }) => cause)).toEqual(['decision', 'decision']);
  });

  test('is taken on the whole bulk edit at once, and on nothing beside it', async () => {
    const { id } = await heldEntry();
    const beside = await ledger.ticket();
    await ledger.settle([{ ticketId: beside, readings: [bulk({ value: 901 })], touches: [] }]);
    const group = await bulkEditOf(db, id);
    expect(group.map(({ ticketId }) => ticketId)).toEqual(tickets);
    await decide(
      group.map((entry) => entry.id),
      'accept',
    );
    for (const ticketId of tickets) expect(await ledger.cost(ticketId)).toEqual([5_000_000n, 600, 0]);
    // Also of one that was decided before, for a decision can be revised.
    expect(await bulkEditOf(db, id)).toEqual(group);
    await expect(bulkEditOf(db, await entryOf(beside))).rejects.toThrow(Conflict);
  });

  test('bug: accepted, it was costed at the rate from before it was held', async () => {
    const [ticketId = 0n, ...others] = tickets;
    expect(await ledger.cost(ticketId, { readings: [bulk()], touches: [] })).toEqual([5_000_000n, 600, 0]);
    const lot = others.map((id) => ({ ticketId: id, readings: [bulk()], touches: [] }));
    expect((await ledger.settle(lot)).heldElsewhere).toEqual([ticketId]);
    expect(await ledger.cost(ticketId)).toEqual([0n, 0, 0]);
    const report = await ledger.rates('default,,40,USD,2026-01-01');
    expect(await ledger.toReprice(report.priced?.from ?? '')).toEqual([]);
    await decide([await entryOf(ticketId)], 'accept');
    expect(await ledger.cost(ticketId)).toEqual([6_666_667n, 600, 0]);
    await ledger.rates('default,,50,USD,2026-01-01');
    expect(await ledger.cost(ticketId, { shares: wholly('sud'), attributionVersion: 2 })).toEqual([6_666_667n, 600, 0]);
  });

  test('that is also above the cap, the cap stays until that is decided by its name', async () => {
    const { ticketId, id } = await heldEntry({ rawSeconds: 19_800 });
    await decide([id], 'accept');
    expect(await ledger.cost(ticketId)).toEqual([120_000_000n, 14_400, 0]);
    await expect(decide([id], 'reject')).rejects.toThrow(/"of"/);
    await decide([id], 'accept', 'capped');
    expect(await ledger.cost(ticketId)).toEqual([165_000_000n, 19_800, 0]);
  });
});

describe('on what lies above the cap', () => {
  test('to accept costs it, to reject takes that back; RULES example 10 until then', async () => {
    const [ticketId = 0n] = tickets;
    await ledger.settle([{ ticketId, readings: [reading({ rawSeconds: 19_800 })], touches: [] }]);
    const id = await entryOf(ticketId);
    expect(await ledger.entries(ticketId)).toMatchObject([{ costed: 14_400, capped: 5400n }]);
    await decide([id], 'reject');
    expect(await ledger.cost(ticketId)).toEqual([120_000_000n, 14_400, 0]);
    await decide([id], 'accept');
    expect(await ledger.cost(ticketId)).toEqual([165_000_000n, 19_800, 0]);
    expect(await ledger.cost(ticketId)).toEqual([165_000_000n, 19_800, 0]);
    await decide([id], 'reject');
    expect(await ledger.cost(ticketId)).toEqual([120_000_000n, 14_400, 0]);
    expect((await ledger.postings(ticketId)).map(({ cause }) => cause)).toEqual([
      'work',
      ...Array.from({ length: 4 }, () => 'decision'),
    ]);
  });
});

describe('on a correction', () => {
  test('to reject gives back what it took, to accept takes it again', async () => {
    const [ticketId = 0n] = tickets;
    await ledger.settle([
      { ticketId, readings: [reading({ rawSeconds: 600 }), reading({ rawSeconds: -240 })], touches: [] },
    ]);
    expect(await ledger.cost(ticketId)).toEqual([3_000_000n, 360, 0]);
    const id = await entryOf(ticketId, 1);
    await decide([id], 'reject');
    expect(await ledger.cost(ticketId)).toEqual([5_000_000n, 600, 0]);
    await decide([id], 'accept');
    expect(await ledger.cost(ticketId)).toEqual([3_000_000n, 360, 0]);
  });
});

test('where nothing waits for one is refused, and then none of the others is recorded', async () => {
  const [ticketId = 0n] = tickets;
  await ledger.settle([{ ticketId, readings: [reading(), reading({ rawSeconds: 19_800 })], touches: [] }]);
  const [plain, capped] = [await entryOf(ticketId), await entryOf(ticketId, 1)];
  await expect(decide([capped, plain], 'accept')).rejects.toThrow(Conflict);
  await expect(decide([plain], 'accept', 'capped')).rejects.toThrow(/not capped/);
  await expect(decide([plain], 'reject', 'correction')).rejects.toThrow(/not a correction/);
  expect(await ledger.cost(ticketId)).toEqual([125_000_000n, 15_000, 0]);
  await expect(workToDecide(db, [plain, 10n ** 15n])).rejects.toThrow(NotFound);
});
