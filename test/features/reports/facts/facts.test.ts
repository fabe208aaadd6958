import { describe, expect, test } from 'vitest';
import { type CellFacts, loadFacts, noFacts } from '../../../../src/features/reports/facts/facts.ts';
import { createWorld, nobody, nord, sud, type World } from '../world.ts';

const may = { from: '2026-05-01', to: '2026-05-31' };

const factsOf = async (
  world: World,
  {
    period = may,
    by = ['partner', 'region'] as const,
    timeZone = 'UTC',
  }: {
    period?: { from: string; to: string };
    by?: readonly ('partner' | 'region')[];
    timeZone?: string;
  } = {},
): Promise<Record<string, Partial<CellFacts>>> => {
  const cells = await loadFacts(world.db, period, by, timeZone, 'true');
  return Object.fromEntries(
    cells.map(({ key, facts }) => [
      `${key.partner} ${key.region}`,
      Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== 0n)),
    ]),
  );
};

const whole = 1_000_000n;

test('work counts on its day, a ticket on the day it was created', async () => {
  const world = await createWorld();
  await world.rate('36.00');
  await world.ticket({
    created: '2026-04-30',
    work: [
      ['ada', 600, '2026-05-02'],
      ['ada', 60, '2026-06-01'],
    ],
  });
  await world.ticket({ created: '2026-05-31', shares: [sud], work: [['ada', 300, '2026-06-02']] });
  expect(await factsOf(world)).toEqual({
    'nord nordics': {
      ticketsWorkedPpm: whole,
      microseconds: 600n * whole,
      costMicros: 6_000_000n,
      measuredCostMicros: 6_000_000n,
    },
    'sud iberia': { ticketsPpm: whole, attributedPpm: whole },
  });
});

test('days are those of the reporting time zone, for what is stored by day and for mails', async () => {
  const timeZone = 'America/New_York';
  const world = await createWorld({ timeZone });
  await world.rate('36.00');
  await world.ticket({ created: '2026-06-01T03:59:59Z', work: [['ada', 100, '2026-05-01T04:00:00Z']] });
  await world.ticket({ created: '2026-06-01T04:00:00Z', work: [['ada', 100, '2026-05-01T03:59:59Z']] });
  await world.invitation({ sent: '2026-05-01T04:00:00Z' });
  await world.invitation({ sent: '2026-06-01T03:59:59Z', answer: [5, '2026-06-01T03:59:59Z'] });
  await world.invitation({ sent: '2026-05-01T03:59:59Z' });
  await world.invitation({ sent: '2026-06-01T04:00:00Z' });
  expect(await factsOf(world, { timeZone })).toEqual({
    'nord nordics': {
      ticketsPpm: whole,
      attributedPpm: whole,
      ticketsWorkedPpm: whole,
      microseconds: 100n * whole,
      costMicros: 1_000_000n,
      measuredCostMicros: 1_000_000n,
      delivered: 2n,
      answered: 1n,
      scores5: 1n,
    },
  });
});

test('shares of a ticket count as shares, and what has no partner is attributed where it has a region', async () => {
  const world = await createWorld();
  await world.rate('36.00');
  await world.ticket({
    created: '2026-05-04',
    shares: [
      { ...nord, ppm: 700_000 },
      { ...sud, ppm: 300_000 },
    ],
    work: [['ada', 10, '2026-05-04']],
  });
  await world.ticket({ created: '2026-05-04', shares: [{ partner: null, region: 'nordics' }] });
  await world.ticket({ created: '2026-05-04', shares: [nobody] });
  expect(await factsOf(world, { by: ['partner'] })).toEqual({
    'nord null': {
      ticketsPpm: 700_000n,
      attributedPpm: 700_000n,
      ticketsWorkedPpm: 700_000n,
      microseconds: 7n * whole,
      costMicros: 70_000n,
      measuredCostMicros: 70_000n,
    },
    'sud null': {
      ticketsPpm: 300_000n,
      attributedPpm: 300_000n,
      ticketsWorkedPpm: 300_000n,
      microseconds: 3n * whole,
      costMicros: 30_000n,
      measuredCostMicros: 30_000n,
    },
    'null null': { ticketsPpm: 2n * whole, attributedPpm: whole },
  });
});

test('a ticket moved to another partner takes its cost along, and estimates are told from measured time', async () => {
  const world = await createWorld();
  await world.rate('36.00');
  const moved = await world.ticket({ created: '2026-05-04', work: [['ada', 60, '2026-05-05']] });
  await world.ticket({ created: '2026-05-04', shares: [sud], work: [['ada', 0, '2026-05-05']], estimated: true });
  await world.reattribute(moved, [sud]);
  expect((await factsOf(world))['sud iberia']).toEqual({
    ticketsPpm: 2n * whole,
    attributedPpm: 2n * whole,
    ticketsWorkedPpm: 2n * whole,
    microseconds: 360n * whole,
    costMicros: 3_600_000n,
    measuredCostMicros: 600_000n,
  });
  // What the first cell had is taken back to nothing.
  expect((await factsOf(world))['nord nordics']).toEqual({});
});

test('work that was corrected to nothing is not worked, and a deleted ticket keeps what it cost', async () => {
  const world = await createWorld();
  await world.rate('36.00');
  await world.ticket({
    created: '2026-04-01',
    work: [
      ['ada', 600, '2026-05-05'],
      ['ada', -600, '2026-05-06'],
    ],
  });
  await world.ticket({ created: '2026-05-04', shares: [sud], work: [['ada', 60, '2026-05-05']], status: 'deleted' });
  const facts = await factsOf(world);
  expect(facts['nord nordics'] ?? {}).toEqual({});
  expect(facts['sud iberia']).toMatchObject({ ticketsPpm: whole, ticketsWorkedPpm: whole, costMicros: 600_000n });
});

test('orders count on the day they were placed, refunds on the day they were made, and returns are orders with a refund', async () => {
  const world = await createWorld();
  await world.order({ placed: '2026-05-01', revenue: 100, refunds: [{ made: '2026-06-01', dollars: 100 }] });
  await world.order({
    placed: '2026-04-01',
    revenue: 80,
    refunds: [
      { made: '2026-05-02', dollars: 30 },
      { made: '2026-05-03', dollars: 20 },
    ],
  });
  for (const statusId of [0, 5, 6])
    await world.order({ placed: '2026-05-02', statusId, refunds: [{ made: '2026-05-02', dollars: 10 }] });
  await world.order({
    placed: '2026-05-31',
    shares: [
      { ...nord, ppm: 600_000 },
      { ...sud, ppm: 400_000 },
    ],
    revenue: 10,
    refunds: [{ made: '2026-05-31', dollars: 10 }],
  });
  expect(await factsOf(world, { by: ['partner'] })).toEqual({
    'nord null': {
      ordersPpm: 1_600_000n,
      returnsPpm: 1_600_000n,
      revenueMicros: 106_000_000n,
      refundMicros: 56_000_000n,
    },
    'sud null': { ordersPpm: 400_000n, returnsPpm: 400_000n, revenueMicros: 4_000_000n, refundMicros: 4_000_000n },
  });
});

describe('lists of gaps', () => {
  test('hold work without a rate, which is in no other figure', async () => {
    const world = await createWorld();
    await world.rate('36.00', '2026-05-10');
    await world.ticket({
      created: '2026-05-04',
      work: [
        ['ada', 600, '2026-05-05'],
        ['ada', 60, '2026-05-10'],
      ],
    });
    await world.ticket({ created: '2026-05-04', work: [['ada', 20_000, '2026-05-11']] });
    expect((await factsOf(world))['nord nordics']).toMatchObject({
      unpricedEntries: 1n,
      cappedEntries: 1n,
      microseconds: (60n + 14_400n) * whole,
    });
  });

  test('count one entry and one order once, for the largest of their shares', async () => {
    const world = await createWorld();
    const shares = [
      { ...sud, ppm: 400_000 },
      { ...nord, ppm: 600_000 },
    ];
    await world.ticket({ created: '2026-05-04', shares, work: [['ada', 20_000, '2026-05-05']] });
    await world.order({ placed: '2026-05-04', shares, revenue: null });
    const facts = await factsOf(world, { by: ['partner'] });
    expect(facts['nord null']).toMatchObject({ unpricedEntries: 1n, cappedEntries: 1n, unpricedOrders: 1n });
    expect(facts['sud null']?.unpricedEntries ?? 0n).toBe(0n);
    expect(facts['sud null']?.unpricedOrders ?? 0n).toBe(0n);
  });
});

test('answers count on the day they were given, for the largest frozen share; questions where they were delivered', async () => {
  const world = await createWorld();
  await world.invitation({ sent: '2026-04-30', answer: [4, '2026-05-01'] });
  await world.invitation({ sent: '2026-05-31', answer: [1, '2026-06-01'] });
  await world.invitation({ sent: '2026-05-02', state: 'failed' });
  await world.invitation({
    sent: '2026-05-02',
    shares: [
      { ...nord, ppm: 300_000 },
      { ...sud, ppm: 700_000 },
    ],
    answer: [5, '2026-05-02'],
  });
  expect(await factsOf(world)).toEqual({
    'nord nordics': { scores4: 1n, delivered: 1n, answered: 1n },
    'sud iberia': { scores5: 1n, delivered: 1n, answered: 1n },
  });
});

test('a dimension that nobody asked for is null in every key', async () => {
  const world = await createWorld();
  await world.ticket({ created: '2026-05-04', shares: [nord] });
  await world.ticket({ created: '2026-05-04', shares: [{ partner: 'sud', region: 'nordics' }] });
  expect(Object.keys(await factsOf(world, { by: ['region'] }))).toEqual(['null nordics']);
  expect(Object.keys(await factsOf(world, { by: [] }))).toEqual(['null null']);
  expect(Object.values(noFacts()).every((value) => value === 0n)).toBe(true);
});
