import { beforeEach, describe, expect, test } from 'vitest';
import { repriceAll } from '../../../../src/features/books/index.ts';
import { partnerBook, regionBook } from '../../../../src/features/directory/index.ts';
import { importBenefits, importOtherCosts } from '../../../../src/features/partnerships/index.ts';
import { addFacts, type CellFacts, cellId, noFacts } from '../../../../src/features/reports/facts/facts.ts';
import { differencesSince } from '../../../../src/features/reports/index.ts';
import { type SealedCell, sealedFacts } from '../../../../src/features/reports/seals/sealed.ts';
import { partnerFacts } from '../../../../src/features/reports/totals/read.ts';
import { basis, may, readToEnd, sealIn } from '../../books/sealing.ts';
import { createWorld, nobody, nord, sud, type World } from '../world.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
  await world.rate('36.00');
  await readToEnd(world);
});

const look = (
  id: number,
  { costBasis = 'true' as 'true' | 'pooled', groupBy = ['partner'] as ('partner' | 'region')[] } = {},
) =>
  world.db.transaction((tx) => differencesSince(tx, id, { ...basis, groupBy, costBasis }), {
    readOnly: true,
    isolation: 'repeatable read',
  });
const sealMay = async () => (await sealIn(world, may)).seal.id;
const reasonsOf = async (id: number) => {
  const { account, rows } = await look(id);
  return Object.fromEntries(
    [account, ...rows].flatMap(({ key, figures }) =>
      figures.map(({ figure, reasons }) => [`${key === null ? 'all' : (key.partner ?? 'none')} ${figure}`, reasons]),
    ),
  );
};
const known = {
  partners: partnerBook([
    { code: 'nord', name: 'Nord', aliases: [] },
    { code: 'sud', name: 'Sud', aliases: [] },
  ]),
  regions: regionBook([]),
  stores: [],
};
const told = { dryRun: false, now: new Date('2026-06-02T00:00:00Z'), actor: 'mia', known };
const costs = (rows: string) =>
  importOtherCosts(world.db, `reference,partner,region,kind,amount,currency,every,hours,hourly,from,to\n${rows}`, told);
const benefits = (rows: string) =>
  importBenefits(world.db, `reference,partner,region,store,kind,amount,currency,every,percent,from,to\n${rows}`, told);

describe('a sealed month tells for every figure that is another today why it is', () => {
  test('nothing differs where nothing changed', async () => {
    await world.order({ placed: '2026-05-02', refunds: [{ made: '2026-05-20', dollars: 30 }] });
    await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    await world.invitation({ sent: '2026-05-06', answer: [5, '2026-05-07'] });
    const id = await sealMay();
    expect(await look(id)).toEqual({ open: false, account: { key: null, figures: [] }, rows: [], changes: [] });
  });

  test.each<[string, () => Promise<unknown>, readonly [string, string[]][]]>([
    [
      'late order',
      () => world.order({ placed: '2026-05-03', revenue: 80 }),
      [
        ['all orders', ['late order']],
        ['all netRevenue', ['late order']],
        ['nord netRevenue', ['late order']],
      ],
    ],
    [
      'changed order',
      () =>
        world.db.transaction(async (tx) => {
          await tx.query('update "order" set revenue_micros = 5000000, reporting_micros = 5000000');
          await tx.query('update order_share set reporting_micros = 5000000');
        }),
      [['all netRevenue', ['changed order']]],
    ],
    [
      'cancelled order',
      () => world.db.query('update "order" set counted = false, status_id = 5'),
      [
        ['all orders', ['order no longer counted']],
        ['all netRevenue', ['order no longer counted', 'refund no longer counted']],
        ['all returns', ['refund no longer counted']],
      ],
    ],
    [
      'deleted order',
      () => world.db.query('delete from "order"'),
      [
        ['all orders', ['order no longer counted']],
        ['all returns', ['refund no longer counted']],
      ],
    ],
    [
      'order of another partner',
      () =>
        world.db.transaction(async (tx) => {
          await tx.query("update order_share set partner = 'sud'");
          await tx.query("update refund_share set partner = 'sud'");
        }),
      [
        ['nord orders', ['order mapped anew']],
        ['sud orders', ['order mapped anew']],
        ['sud netRevenue', ['order mapped anew']],
      ],
    ],
    [
      'late refund of an order of April',
      async () => {
        const [row] = await world.db.query<{ id: bigint }>('select id from "order" where placed_day = \'2026-04-10\'');
        const [refund] = await world.db.query<{ id: bigint }>(
          `insert into refund (order_id, external_id, made_at, made_day, total_micros, tax_micros, paid_micros, net_micros, reporting_micros)
           values ($1, 'late', '2026-05-30', '2026-05-30', 7000000, 0, 7000000, 7000000, 7000000) returning id`,
          [row?.id],
        );
        await world.db.query(
          "insert into refund_share (refund_id, share_no, partner, ppm, reporting_micros) values ($1, 0, 'nord', 1000000, 7000000)",
          [refund?.id],
        );
      },
      [
        ['all returns', ['late refund']],
        ['all netRevenue', ['late refund']],
        ['all returnRate', ['late refund']],
      ],
    ],
    [
      'late ticket',
      () => world.ticket({ created: '2026-05-30', shares: [sud] }),
      [
        ['all tickets', ['late ticket']],
        ['sud tickets', ['late ticket']],
        ['all contactRate', ['late ticket']],
      ],
    ],
    [
      'changed attribution',
      async () => {
        const [row] = await world.db.query<{ id: bigint }>("select id from ticket where created_day = '2026-05-04'");
        await world.reattribute(row?.id ?? 0n, [sud]);
      },
      [
        ['nord tickets', ['reattribution']],
        ['sud ticketsWorked', ['reattribution']],
        ['sud supportCost', ['reattribution']],
      ],
    ],
    [
      'late work',
      () => world.ticket({ created: '2026-04-04', work: [['ada', 300, '2026-05-09']] }),
      [
        ['all supportCost', ['work']],
        ['all ticketsWorked', ['ticket newly worked on']],
        ['all handledSeconds', ['work']],
      ],
    ],
    [
      'late answer',
      () => world.invitation({ sent: '2026-05-08', answer: [1, '2026-05-09'] }),
      [['all csat', ['late answer', 'late delivery']]],
    ],
    [
      'voided answer',
      () => world.db.query('delete from response'),
      [['all csat', ['answer voided', 'late or voided answer']]],
    ],
    [
      'order that got its exchange rate',
      () =>
        world.db.transaction(async (tx) => {
          await tx.query(
            'update "order" set reporting_micros = 9000000, fx_numerator = 1, fx_denominator = 1 where reporting_micros is null',
          );
          await tx.query('update order_share set reporting_micros = 9000000 where reporting_micros is null');
        }),
      [
        ['all netRevenue', ['exchange rate']],
        ['all unpricedOrders', ['exchange rate']],
      ],
    ],
    [
      'capped work',
      () => world.ticket({ created: '2026-05-04', work: [['ada', 20_000, '2026-05-05']] }),
      [['all cappedEntries', ['capped work']]],
    ],
    [
      'late cost of a partnership',
      () => costs('c,nord,,fee,310,USD,month,,,2026-05-01,\n'),
      [
        ['all otherCosts', ['changed cost or benefit']],
        ['nord otherCosts', ['changed cost or benefit']],
      ],
    ],
    [
      'changed commission',
      () => benefits('p,nord,,,commission,,,,20,2026-01-01,\n'),
      [
        ['all benefits', ['changed cost or benefit']],
        ['nord netGain', ['changed cost or benefit']],
        ['nord roi', ['changed cost or benefit']],
      ],
    ],
  ])('%s', async (_, change, expected) => {
    await world.order({ placed: '2026-04-10' });
    await world.order({ placed: '2026-05-02', refunds: [{ made: '2026-05-20', dollars: 30 }] });
    await world.order({ placed: '2026-05-06', revenue: null });
    await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    await world.invitation({ sent: '2026-05-06', answer: [5, '2026-05-07'] });
    await benefits('p,nord,,,commission,,,,10,2026-01-01,\n');
    const id = await sealMay();
    await change();
    const reasons = await reasonsOf(id);
    for (const [figure, why] of expected) expect([figure, reasons[figure]]).toEqual([figure, why]);
    // Whatever differs, and nothing without a reason.
    expect(Object.keys(reasons).length).toBeGreaterThan(0);
    for (const [figure, why] of Object.entries(reasons)) {
      expect([figure, why]).not.toEqual([figure, []]);
      expect(why).not.toContain('unknown');
    }
    expect((await look(id)).open).toBe(true);
  });

  test('benefits that are a part of revenue differ by its orders, not by what was told', async () => {
    await world.order({ placed: '2026-05-02' });
    await benefits('p,nord,,,commission,,,,10,2026-01-01,\n');
    const id = await sealMay();
    await world.order({ placed: '2026-05-03', revenue: 50 });
    expect(await reasonsOf(id)).toMatchObject({ 'nord benefits': ['orders, refunds or exchange rate'] });
  });

  test('of a seal from before items were kept it says so', async () => {
    const id = await sealMay();
    await world.db.query('alter table seal disable trigger user');
    await world.db.query('update seal set partnerships = null, last_item_id = null where id = $1', [id]);
    await world.order({ placed: '2026-05-03', revenue: 80 });
    expect(await reasonsOf(id)).toMatchObject({ 'all orders': ['not kept'] });
  });
});

/** What was sealed and what the reasons add, and what is reported now, of each cell. */
const bothSides = async (id: number) => {
  const [row] = await world.db.query<{ totals: SealedCell[] }>('select totals from seal where id = $1', [id]);
  const { changes } = await look(id);
  const dimensions = ['partner', 'region'] as const;
  const now = await world.db.transaction((tx) => partnerFacts(tx, may, dimensions, 'UTC', 'true'), {
    isolation: 'repeatable read',
  });
  const sum = new Map<string, CellFacts>();
  const add = (key: Parameters<typeof cellId>[0], facts: Partial<CellFacts>) =>
    sum.set(
      cellId(key, dimensions),
      addFacts([sum.get(cellId(key, dimensions)) ?? noFacts(), { ...noFacts(), ...facts }]),
    );
  for (const { key, facts } of sealedFacts(row?.totals ?? [], dimensions, 'true')) add(key, facts);
  for (const { of, cells } of changes)
    if (of !== 'costs and benefits') for (const { key, deltas } of cells) add(key, deltas);
  const shown = (all: readonly (readonly [string, CellFacts])[]) =>
    Object.fromEntries(
      all
        .filter(([, facts]) => Object.values(facts as unknown as Record<string, bigint>).some((value) => value !== 0n))
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  return {
    explained: shown([...sum]),
    today: shown(now.map(({ key, facts }) => [cellId(key, dimensions), facts] as const)),
    changes,
  };
};

test('law: what was sealed and what the reasons add is what is reported now, to the micro, in every cell', async () => {
  const half = [
    { ...nord, ppm: 700_000 },
    { ...sud, ppm: 300_000 },
  ];
  const orders = [
    await world.order({
      placed: '2026-05-02',
      shares: half,
      revenue: 33,
      refunds: [{ made: '2026-05-20', dollars: 30 }],
    }),
    await world.order({ placed: '2026-05-03', revenue: null }),
    await world.order({ placed: '2026-05-04', shares: [sud] }),
    await world.order({ placed: '2026-05-05', shares: [nobody], refunds: [{ made: '2026-05-06', dollars: 3 }] }),
  ];
  const tickets = [
    await world.ticket({ created: '2026-05-04', shares: half, work: [['ada', 601, '2026-05-04']] }),
    await world.ticket({ created: '2026-05-05', work: [['ben', 20_000, '2026-05-05']] }),
    await world.ticket({ created: '2026-05-06', shares: [nobody], work: [['ada', 61, '2026-05-09']], estimated: true }),
    await world.ticket({ created: '2026-04-06', shares: [sud], work: [['ada', 61, '2026-04-09']] }),
  ];
  await world.invitation({ sent: '2026-05-06', answer: [5, '2026-05-07'] });
  await world.invitation({ sent: '2026-05-06', shares: [sud] });
  const id = await sealMay();
  await world.db.transaction(async (tx) => {
    await tx.query("update order_share set partner = 'nord' where order_id = $1", [orders[2]]);
    await tx.query('update "order" set counted = false where id = $1', [orders[3]]);
    await tx.query(
      'update "order" set region = \'iberia\', reporting_micros = 7, fx_numerator = 1, fx_denominator = 1 where id = $1',
      [orders[1]],
    );
    await tx.query('update order_share set reporting_micros = 7 where order_id = $1', [orders[1]]);
  });
  await world.order({ placed: '2026-05-30', shares: half, revenue: 7, refunds: [{ made: '2026-05-31', dollars: 1 }] });
  await world.reattribute(tickets[0] ?? 0n, [
    { ...sud, ppm: 400_000 },
    { ...nobody, ppm: 600_000 },
  ]);
  await world.reattribute(tickets[3] ?? 0n, [nord]);
  await world.rate('72.00', '2026-05-01', 'ada');
  await world.db.transaction((tx) => repriceAll(tx, tickets, { basis, now: world.clock.now() }));
  await world.ticket({ created: '2026-05-31', shares: half, work: [['ben', 17, '2026-05-31']] });
  await world.db.query('update response set score = 2');
  await world.invitation({ sent: '2026-05-09', answer: [1, '2026-05-10'] });
  const { explained, today, changes } = await bothSides(id);
  expect(Object.keys(today).length).toBeGreaterThan(3);
  expect(explained).toEqual(today);
  expect(new Set(changes.map(({ reason }) => reason)).size).toBeGreaterThan(8);
});

test('costs and benefits: what was sealed, what was told since and what they are a part of add up to today', async () => {
  await world.order({ placed: '2026-05-02' });
  await benefits('p,nord,,,commission,,,,10,2026-01-01,\n');
  await costs('c,nord,,fee,310,USD,month,,,2026-05-01,\nd,sud,,fee,31,USD,month,,,2026-05-01,\n');
  const id = await sealMay();
  await costs('c,sud,,fee,100,USD,month,,,2026-05-01,\n');
  await benefits('p,nord,,,commission,,,,20,2026-01-01,\n');
  await world.order({ placed: '2026-05-03', revenue: 50 });
  const { account, changes } = await look(id);
  const money = (amount: string) => ({ amount, currency: 'USD' });
  expect(account.figures.filter(({ figure }) => ['otherCosts', 'benefits'].includes(figure))).toEqual([
    {
      figure: 'otherCosts',
      sealed: money('341.000000'),
      now: money('131.000000'),
      reasons: ['changed cost or benefit'],
    },
    {
      figure: 'benefits',
      sealed: money('10.000000'),
      now: money('30.000000'),
      reasons: ['changed cost or benefit', 'orders, refunds or exchange rate'],
    },
  ]);
  const sums = changes
    .filter(({ of }) => of === 'costs and benefits')
    .map(({ reason, items, cells }) => [
      reason,
      items,
      cells.reduce((sum, { deltas }) => sum + (deltas.otherCostMicros ?? 0n), 0n),
      cells.reduce((sum, { deltas }) => sum + (deltas.benefitMicros ?? 0n), 0n),
    ]);
  expect(sums).toEqual([
    ['changed cost or benefit', 2, -210_000_000n, 15_000_000n],
    ['orders, refunds or exchange rate', 1, 0n, 5_000_000n],
  ]);
});
