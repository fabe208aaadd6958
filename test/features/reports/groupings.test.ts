import fc from 'fast-check';
import { expect, test } from 'vitest';
import { figureDimensions } from '../../../src/features/reports/facts/fact-statements.ts';
import { addFacts, type CellFacts, loadSides } from '../../../src/features/reports/facts/facts.ts';
import { createWorld, nobody, nord, sud } from './world.ts';

const day = fc.integer({ min: 1, max: 28 }).map((number) => `2026-05-${String(number).padStart(2, '0')}`);
const shares = fc.oneof(
  fc.constantFrom([nord], [sud], [nobody]),
  fc.integer({ min: 1, max: 999_999 }).map((ppm) => [
    { ...nord, country: 'SE', ppm },
    { ...sud, ppm: 1_000_000 - ppm },
  ]),
);
const ticket = fc.record({
  created: day,
  shares,
  channel: fc.constantFrom('email', 'chat'),
  language: fc.constantFrom('de', 'fi'),
  reason: fc.constantFrom('return', 'damage'),
  work: fc.array(fc.tuple(fc.constantFrom('ada', 'ben', 'cem'), fc.integer({ min: -900, max: 9000 }), day), {
    maxLength: 5,
  }),
});
const order = fc.record({
  placed: day,
  shares,
  revenue: fc.integer({ min: 0, max: 500 }),
  discount: fc.integer({ min: 0, max: 50 }),
  coupons: fc.integer({ min: 0, max: 2 }),
  customerId: fc.constantFrom('1', '2', '3', '4'),
  refunds: fc.array(fc.record({ made: day, dollars: fc.integer({ min: 1, max: 99 }) }), { maxLength: 2 }),
});

test('whatever figures are grouped by, what is counted is the same in all', async () => {
  const [histories] = fc.sample(
    fc.tuple(fc.array(ticket, { minLength: 40, maxLength: 40 }), fc.array(order, { minLength: 30, maxLength: 30 })),
    { numRuns: 1, seed: 20_260_501 },
  );
  const [tickets, orders] = histories ?? [[], []];
  const world = await createWorld();
  await world.rate('31.07');
  await world.rate('66.60', '2026-01-01', 'ben');
  const ids = [];
  for (const one of orders) ids.push(await world.order(one));
  for (const [index, one] of tickets.entries())
    await world.ticket({ ...one, orders: index % 3 === 0 ? [] : [ids[index % ids.length] ?? 0n] });
  const countedBy = async (...by: (typeof figureDimensions)[number][]): Promise<CellFacts> => {
    const period = { from: '2026-05-03', to: '2026-05-25' };
    const told = await loadSides(world.db, period, by, {
      timeZone: 'UTC',
      costBasis: 'true',
      highValueMicros: 300_000_000n,
    });
    return addFacts(Object.values(told).flatMap(({ cells }) => cells.map(({ facts }) => facts)));
  };
  const whole = await countedBy();
  for (const fact of [
    'ticketsWorkedPpm',
    'costMicros',
    'returnsPpm',
    'repeatBuyersPpm',
    'cohortTicketsPpm',
    'grossMicros',
  ] as const)
    expect(whole[fact], fact).toBeGreaterThan(0n);
  for (const first of figureDimensions) {
    expect(await countedBy(first), first).toEqual(whole);
    for (const second of ['agent', 'week', 'reason'] as const)
      if (first !== second) expect(await countedBy(first, second), `${first}, ${second}`).toEqual(whole);
  }
});
