import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ClosedWork, readClosing } from '../../../src/features/costing/closing.ts';
import type { Closing } from '../../../src/helpdesks/port.ts';
import { testDatabase } from '../../support/database.ts';
import { type Ledger, openLedger } from './ledger.ts';

const closing = (
  hour: number,
  totalSeconds: number,
  workers: Record<string, number> = { ada: 1 },
  ticket = 1n,
): Closing => ({
  sourceKey: `closing:${ticket}:2026-05-04T${String(hour).padStart(2, '0')}:00:00Z`,
  at: new Date(Date.UTC(2026, 4, 4, hour)),
  clock: 'handle time',
  totalSeconds,
  workers: Object.entries(workers).map(([agentId, weight]) => ({ agentId, weight })),
  channel: 'email',
});

const secondsOf = (one: Closing, stored: Iterable<ClosedWork> = []) =>
  Object.fromEntries(readClosing(one, stored).map(({ agentId, rawSeconds }) => [agentId, rawSeconds]));

describe('the work of a closing', () => {
  test('goes to those who worked, in proportion, with nothing lost in rounding', () => {
    expect(secondsOf(closing(10, 100, { ada: 2, ben: 1 }))).toEqual({ ada: 67, ben: 33 });
  });

  test('is what the total grew by since the earlier closings', () => {
    const first = readClosing(closing(10, 600), []);
    expect(secondsOf(closing(12, 900, { ben: 1 }), first)).toEqual({ ben: 300 });
  });

  test('bug: a second closing was booked to all who ever wrote, not to those who wrote since the first', () => {
    const at = (hour: number) => new Date(Date.UTC(2026, 4, 4, hour));
    const first = { ...closing(10, 600), workers: [{ agentId: 'ada', weight: 1, at: at(9) }], assigneeId: 'cleo' };
    const held = readClosing(first, []);
    const workers = [...first.workers, ...first.workers, { agentId: 'ben', weight: 1, at: at(11) }];
    expect(secondsOf({ ...closing(12, 900), workers }, held)).toEqual({ ben: 300 });
    // A closing that we never held: both stretches are one.
    expect(secondsOf({ ...closing(12, 900), workers }, [])).toEqual({ ada: 600, ben: 300 });
    // Nobody wrote since: the assignee's; of nobody's all of them.
    const silent = { ...closing(12, 900), workers: first.workers };
    expect(secondsOf({ ...silent, assigneeId: 'cleo' }, held)).toEqual({ cleo: 300 });
    expect(secondsOf(silent, held)).toEqual({ ada: 300 });
  });

  test('follows a total that settles late, and a worker who has none any more gets 0', () => {
    const first = readClosing(closing(10, 600, { ada: 1, ben: 1 }), []);
    expect(secondsOf(closing(10, 700, { ada: 1 }), first)).toEqual({ ada: 700, ben: 0 });
  });

  test('other clocks of the ticket are no part of the total', () => {
    const call = { sourceKey: 'call:1', clock: 'talk', rawSeconds: 400, workedAt: new Date('2026-05-04T08:00:00Z') };
    expect(secondsOf(closing(10, 600), [call])).toEqual({ ada: 600 });
  });

  test('a total that shrank is a correction', () => {
    const first = readClosing(closing(10, 600), []);
    expect(secondsOf(closing(12, 500, { ada: 1, ben: 2 }), first)).toEqual({ ada: -33, ben: -67 });
  });

  test.each<[string, Record<string, number>]>([
    ['no worker', {}],
    ['workers of no weight', { ada: 0, ben: 0 }],
  ])('bug: a closing with %s could never be settled', (_, workers) => {
    expect(readClosing(closing(10, 600, workers), [])).toEqual([]);
    const first = readClosing(closing(10, 600), []);
    expect(readClosing(closing(10, 700, workers), first)).toEqual([]);
    expect(secondsOf(closing(12, 900, { ben: 1, cyd: 0 }), first)).toEqual({ ben: 300, cyd: 0 });
  });

  test('all closings together always make the latest total', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.nat(50_000),
            fc.dictionary(fc.constantFrom('ada', 'ben', 'cyd'), fc.integer({ min: 1, max: 9 }), { minKeys: 1 }),
          ),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        (totals) => {
          const held = new Map<string, ClosedWork>();
          for (const [index, [total, workers]] of totals.entries())
            for (const reading of readClosing(closing(index, total, workers), held.values()))
              held.set(reading.sourceKey, reading);
          const sum = [...held.values()].reduce((seconds, { rawSeconds }) => seconds + rawSeconds, 0);
          expect(sum).toBe(totals.at(-1)?.[0]);
        },
      ),
    );
  });
});

describe('in the ledger', () => {
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await openLedger(await testDatabase());
    await ledger.rates('default,,30,USD,2026-01-01');
  });

  test('a ticket closed, reopened and closed again costs its total once, each closing on its moment', async () => {
    const ticketId = await ledger.ticket();
    expect(await ledger.cost(ticketId, { closing: closing(10, 600, { ada: 1 }, ticketId) })).toEqual([
      5_000_000n,
      600,
      0,
    ]);
    expect(await ledger.cost(ticketId, { closing: closing(10, 600, { ada: 1 }, ticketId) })).toEqual([
      5_000_000n,
      600,
      0,
    ]);
    expect(await ledger.cost(ticketId, { closing: closing(12, 900, { ben: 1 }, ticketId) })).toEqual([
      7_500_000n,
      900,
      0,
    ]);
    expect((await ledger.postings(ticketId)).map(({ cost }) => cost)).toEqual([5_000_000n, 2_500_000n]);
  });

  test('bug: a closing that names nobody who worked kept its ticket from being settled', async () => {
    const ticketId = await ledger.ticket();
    expect(await ledger.cost(ticketId, { closing: closing(10, 600, {}, ticketId) })).toEqual([0n, 0, 0]);
    expect(await ledger.cost(ticketId, { closing: closing(10, 600, { ada: 1 }, ticketId) })).toEqual([
      5_000_000n,
      600,
      0,
    ]);
  });

  test('a total that settles late reverses and posts again', async () => {
    const ticketId = await ledger.ticket();
    await ledger.cost(ticketId, { closing: closing(10, 600, { ada: 1 }, ticketId) });
    expect(await ledger.cost(ticketId, { closing: closing(10, 720, { ada: 1 }, ticketId) })).toEqual([
      6_000_000n,
      720,
      0,
    ]);
    expect((await ledger.postings(ticketId)).map(({ cost }) => cost)).toEqual([5_000_000n, -5_000_000n, 6_000_000n]);
  });
});
