import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { importFx } from '../../../src/features/costing/index.ts';
import { partnerBook, regionBook } from '../../../src/features/directory/index.ts';
import {
  importBenefits,
  importOtherCosts,
  type PartnershipQuestion,
  partnershipMoney,
} from '../../../src/features/partnerships/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';

let db: Database;
let stores: { id: number; name: string }[];
const now = new Date('2026-05-20T12:00:00Z');

beforeAll(async () => {
  db = await testDatabase();
  stores = await db.query(
    `insert into connection (kind, name, settings, secrets, webhook_key, created_at)
     values ('bigcommerce', 'shop', '{}', '', 'a', now()), ('bigcommerce', 'outlet', '{}', '', 'b', now()) returning id, name`,
  );
  await db.query(
    "insert into partner (code, name, aliases, created_at) values ('nord', 'Nord', '{}', now()), ('sud', 'Sud', '{}', now())",
  );
});
beforeEach(async () => {
  await db.query(
    'alter table partnership_item disable trigger user; truncate partnership_item, fx_rate, audit_log; alter table partnership_item enable trigger user',
  );
  await db.query('delete from "order"');
});

const options = (dryRun = false) => ({
  dryRun,
  now,
  actor: 'mia',
  known: {
    partners: partnerBook([
      { code: 'nord', name: 'Nord', aliases: ['Nord AB'] },
      { code: 'sud', name: 'Sud', aliases: [] },
    ]),
    regions: regionBook([{ code: 'dach', name: 'DACH', countries: ['DE', 'AT'] }]),
    stores,
  },
});
const costs = (rows: string, dryRun = false) =>
  importOtherCosts(
    db,
    `reference,partner,region,kind,amount,currency,every,hours,hourly,from,to\n${rows}`,
    options(dryRun),
  );
const benefits = (rows: string) =>
  importBenefits(db, `reference,partner,region,store,kind,amount,currency,every,percent,from,to\n${rows}`, options());
const faultsOf = async (importing: Promise<unknown>) => {
  const error = await importing.catch((thrown: unknown) => thrown);
  if (!(error instanceof InvalidInput)) throw error ?? new Error('nothing was refused');
  return error.faults.map(({ field, reason }) => `${field}: ${reason}`);
};

const ask = (asked: Partial<PartnershipQuestion> = {}) =>
  partnershipMoney(db, {
    from: '2026-05-01',
    to: '2026-05-31',
    groupBy: ['partner', 'region'],
    currency: 'USD',
    ...asked,
  });
const rowsOf = async (asked: Partial<PartnershipQuestion> = {}) =>
  (await ask(asked)).rows.map(({ partner, region, otherCostMicros, benefitMicros }) => [
    partner,
    region,
    otherCostMicros,
    benefitMicros,
  ]);

let lastOrder = 0;
/** An order of 05-10 in dollars with one line; its shares are [partner, ppm]. */
const order = async (part: {
  micros: bigint;
  shares?: readonly (readonly [string | null, number])[];
  day?: string;
  store?: number;
  region?: string;
  cost?: bigint | null;
  /** Of several lines, each [partner, micros, cost]; unless told one of nobody. */
  lines?: readonly (readonly [string | null, bigint, bigint | null])[];
  refund?: { micros: bigint; day: string };
}) => {
  const { micros, shares = [['nord', 1_000_000]], day = '2026-05-10', store = 0, region = 'dach' } = part;
  lastOrder += 1;
  const [row] = await db.query<{ id: bigint }>(
    `insert into "order" (connection_id, external_id, number, placed_at, placed_day, modified_at, status_id, counted, region, currency,
                          revenue_micros, reporting_micros, fx_numerator, fx_denominator, places, first_seen_at)
     values ($1, $2, $2, $3::date, $3::date, now(), 2, true, $4, 'USD', $5, $5, 1, 1, '{}', now()) returning id`,
    [stores[store]?.id, String(lastOrder), day, region, micros],
  );
  const id = row?.id;
  const parts = (whole: bigint) => shares.map(([, ppm]) => (whole * BigInt(ppm)) / 1_000_000n);
  const write = (table: 'order_share' | 'refund_share', of: unknown, whole: bigint) =>
    db.query(
      table === 'order_share'
        ? 'insert into order_share (order_id, share_no, partner, ppm, reporting_micros) select $1, n - 1, p, m, r from unnest($2::int[], $3::text[], $4::int[], $5::bigint[]) as u(n, p, m, r)'
        : 'insert into refund_share (refund_id, share_no, partner, ppm, reporting_micros) select $1, n - 1, p, m, r from unnest($2::int[], $3::text[], $4::int[], $5::bigint[]) as u(n, p, m, r)',
      [
        of,
        shares.map((_, at) => at + 1),
        shares.map(([partner]) => partner),
        shares.map(([, ppm]) => ppm),
        parts(whole),
      ],
    );
  await write('order_share', id, micros);
  for (const [index, [partner, revenue, cost]] of (part.lines ?? [[null, micros, part.cost ?? null]]).entries())
    await db.query(
      'insert into order_line (order_id, external_id, partner, revenue_micros, cost_micros) values ($1, $2, $3, $4, $5)',
      [id, String(index), partner, revenue, cost],
    );
  if (part.refund) {
    const [refund] = await db.query<{ id: bigint }>(
      `insert into refund (order_id, external_id, made_at, made_day, total_micros, tax_micros, paid_micros, net_micros, reporting_micros)
       values ($1, '1', $2::date, $2::date, $3, 0, $3, $3, $3) returning id`,
      [id, part.refund.day, part.refund.micros],
    );
    await write('refund_share', refund?.id, part.refund.micros);
  }
};

/** Orders with a share of this partner, and their refunds, lose their exchange rate. */
const unpriceThoseOf = async (partner: string) => {
  const [{ ids } = { ids: [] }] = await db.query<{ ids: bigint[] }>(
    'select array_agg(order_id) as ids from order_share where partner = $1',
    [partner],
  );
  for (const [table, of] of [
    ['"order"', 'id = any($1)'],
    ['order_share', 'order_id = any($1)'],
    ['refund', 'order_id = any($1)'],
    ['refund_share', 'refund_id in (select id from refund where order_id = any($1))'],
  ])
    await db.query(`update ${table} set reporting_micros = null where ${of}`, [ids]);
};

describe('amounts', () => {
  test('one-off and recurring costs fall on their days; hours cost what one of them does', async () => {
    expect(
      await costs(
        'f1,Nord AB,,fee,310.00,USD,month,,,2026-01-01,\nt1,nord,DE,travel,900,USD,,,,2026-05-30,2026-06-01\nm1,sud,,management,,USD,,12.5,60,2026-05-04,\n',
      ),
    ).toMatchObject({ what: 'other-costs', rows: 3, added: 3 });
    expect(await rowsOf()).toEqual([
      ['nord', 'dach', 600_000_000n, 0n],
      ['nord', null, 310_000_000n, 0n],
      ['sud', null, 750_000_000n, 0n],
    ]);
    expect(await rowsOf({ groupBy: [] })).toEqual([[null, null, 1_660_000_000n, 0n]]);
    expect((await ask({ groupBy: ['partner'] })).rows[0]?.byKind).toEqual([
      { side: 'other cost', kind: 'fee', micros: 310_000_000n },
      { side: 'other cost', kind: 'travel', micros: 600_000_000n },
    ]);
    expect((await ask({ groupBy: [], step: 'week' })).rows.reduce((sum, row) => sum + row.otherCostMicros, 0n)).toBe(
      1_660_000_000n,
    );
  });

  test('is converted once, at the rate before its first day; without one it is a gap of its period', async () => {
    await costs('f1,nord,,fee,100,EUR,month,,,2026-05-01,\n');
    expect(await ask()).toMatchObject({
      rows: [{ partner: 'nord', region: null, otherCostMicros: 0n, byKind: [], unpricedCosts: 1, unpricedBenefits: 0 }],
      unpriced: [{ reference: 'f1', currency: 'EUR', day: '2026-05-01', micros: 100_000_000n }],
    });
    await importFx(db, 'date,base,quote,rate\n2026-04-30,EUR,USD,1.111111\n2026-05-01,EUR,USD,2\n', {
      dryRun: false,
      now,
    });
    expect(await rowsOf()).toEqual([['nord', null, 111_111_100n, 0n]]);
    const halves = [await rowsOf({ to: '2026-05-15' }), await rowsOf({ from: '2026-05-16' })];
    expect(halves.flat().reduce((sum, [, , cost]) => sum + (cost as bigint), 0n)).toBe(111_111_100n);
  });

  test('orders and refunds without an exchange rate are counted where a part of them would be a benefit, once for all kinds', async () => {
    await benefits('cut,nord,,,commission,,,,10,2026-05-01,\nmore,nord,,,margin,,,,20,2026-05-01,\n');
    const shares = [
      ['nord', 700_000],
      ['sud', 300_000],
    ] as const;
    await order({ micros: 10_000_000n, shares, refund: { micros: 1_000_000n, day: '2026-05-20' } });
    await order({ micros: 30_000_000n });
    await unpriceThoseOf('sud');
    expect(await ask()).toMatchObject({
      rows: [{ partner: 'nord', benefitMicros: 9_000_000n, unpricedOrders: 2 }],
      ordersWithoutCost: 0,
    });
    expect(
      (await ask({ groupBy: [], step: 'week' })).rows.map((row) => [row.step, row.benefitMicros, row.unpricedOrders]),
    ).toEqual([
      ['2026-05-04', 9_000_000n, 1],
      ['2026-05-18', 0n, 1],
    ]);
    await benefits('more,nord,,,margin,,,,line cost,2026-05-01,\n');
    // What has no exchange rate does not lack a cost.
    expect(await ask()).toMatchObject({
      rows: [{ benefitMicros: 3_000_000n, unpricedOrders: 2 }],
      ordersWithoutCost: 1,
    });
  });

  test('bug: orders without an exchange rate were those of the kind that has the most of them, not of all kinds', async () => {
    await benefits(
      'cut,nord,,,commission,,,,10,2026-05-01,2026-05-15\nmore,nord,,,margin,,,,20,2026-05-10,\nown,sud,FR,,margin,,,,line cost,2026-05-01,\n',
    );
    // The first brings a commission, the second also a margin, the third a margin alone.
    for (const day of ['2026-05-09', '2026-05-10', '2026-05-16'])
      await order({ micros: 10_000_000n, day, refund: { micros: 1_000_000n, day: '2026-05-20' } });
    await order({ micros: 10_000_000n, shares: [['sud', 1_000_000]], region: 'FR' });
    // Nobody said that a part of these would be a benefit.
    await order({ micros: 10_000_000n, shares: [['sud', 1_000_000]] });
    await order({ micros: 10_000_000n, day: '2026-04-30', refund: { micros: 1_000_000n, day: '2026-05-20' } });
    await order({ micros: 10_000_000n, shares: [[null, 1_000_000]] });
    await unpriceThoseOf('nord');
    await unpriceThoseOf('sud');
    const counted = async (...groupBy: PartnershipQuestion['groupBy']) =>
      (await ask({ from: '2026-04-01', groupBy })).rows.map((row) => [row.partner, row.region, row.unpricedOrders]);
    expect(await counted('partner')).toEqual([
      ['nord', null, 6],
      ['sud', null, 1],
    ]);
    expect(await counted('region')).toEqual([
      [null, 'FR', 1],
      [null, 'dach', 6],
    ]);
    expect(await counted()).toEqual([[null, null, 7]]);
  });

  test('a benefit of nothing is one, at any exchange rate; a cost of nothing is none', async () => {
    await benefits('b,nord,,,savings,0,RUB,,,2026-05-10,2026-06-10\n');
    await costs('c,nord,,fee,0,RUB,,,,2026-05-01,\nd,sud,,fee,0,USD,,,,2026-05-01,\n');
    expect(await ask()).toMatchObject({
      rows: [{ partner: 'nord', byKind: [{ side: 'benefit', kind: 'savings', micros: 0n }], unpricedBenefits: 0 }],
      unpriced: [],
    });
    expect((await ask({ to: '2026-05-09' })).rows).toEqual([]);
  });

  test('importing a reference again changes it; the log keeps what it was; a dry run stores nothing', async () => {
    await costs('f1,nord,,fee,100,USD,month,,,2026-05-01,\n');
    expect(await costs('f1,nord,,fee,200,USD,month,,,2026-05-01,\n', true)).toMatchObject({ changed: 1, dryRun: true });
    expect(await rowsOf()).toEqual([['nord', null, 100_000_000n, 0n]]);
    expect(await costs('f1,nord,,fee,200,USD,month,,,2026-05-01,\n')).toMatchObject({ changed: 1 });
    expect(await costs('f1,nord,,fee,200.00,usd,month,,,2026-05-01,\n')).toMatchObject({ unchanged: 1 });
    expect(await rowsOf()).toEqual([['nord', null, 200_000_000n, 0n]]);
    const [, change] = await db.query<{ detail: unknown }>('select detail from audit_log order by id');
    expect(change?.detail).toMatchObject({ before: [{ reference: 'f1', amount: '100.000000' }] });
  });

  test('every bad cell is named', async () => {
    expect(
      await faultsOf(
        costs(
          'a,west,XX,rent,1,USD,,,,2026-05-01,2026-04-01\nb,nord,,fee,,USD,,,,2026-05-01,\nb,,,fee,5,,,2,,2026-05-01,\nc,nord,,fee,1.5,ABC,hourly,,,May,\n',
        ),
      ),
    ).toEqual([
      'row 2, column kind: must be fee, software, travel, management, other',
      'row 5, column currency: is not an ISO 4217 currency code such as EUR',
      'row 5, column every: must be once, week, month, quarter, year',
      'row 5, column from: is not a day; write it as YYYY-MM-DD',
    ]);
    expect(
      await faultsOf(
        costs(
          'a,west,XX,fee,1,USD,,,,2026-05-01,2026-04-01\nb,nord,,fee,,USD,,,,2026-05-01,\nb,,,fee,5,,,2,,2026-05-01,\n',
        ),
      ),
    ).toEqual([
      'row 2, column partner: "west" is no partner\'s code or alias',
      'row 2, column region: "XX" is neither a region nor a country\'s code',
      'row 2, column to: is before `from`',
      'row 3, column amount: is empty; an amount is needed, or `hours` and `hourly`',
      'row 4, column amount: stands beside hours; give one or the other',
      'row 4, column hours: are of the kind management alone',
      'row 4, column hourly: is empty; hours and what one costs go together',
      'row 4, column reference: repeats that of row 3',
      'row 4, column partner: is empty; an amount is of a partner',
      'row 4, column currency: is empty; write the currency of the amount',
    ]);
    expect(
      await faultsOf(benefits('a,nord,,mall,savings,,,,12,2026-05-01,\nb,nord,,,margin,5,USD,,3,2026-05-01,\n')),
    ).toEqual([
      'row 2, column store: "mall" is no store; known are shop, outlet',
      'row 2, column percent: goes with the kinds commission and margin',
      'row 3, column amount: either an amount or a percentage is needed, not both',
      'row 3, column currency: goes with an amount alone',
    ]);
  });
});

describe('parts of revenue', () => {
  test('the narrowest that holds on the order day counts: partner, then store, then region; kinds add up', async () => {
    await benefits(
      'm0,,,,margin,,,,10,2026-01-01,\nm1,,,outlet,margin,,,,20,2026-01-01,\nm2,nord,,,margin,,,,30,2026-05-11,\nm3,,FR,,margin,,,,40,2026-01-01,\nc,sud,,,commission,,,,5,2026-01-01,2026-05-10\ns,sud,,,savings,7,USD,,,2026-05-02,\n',
    );
    await order({ micros: 100_000_000n });
    await order({ micros: 100_000_000n, day: '2026-05-11' });
    await order({ micros: 100_000_000n, shares: [['sud', 1_000_000]], store: 1 });
    await order({ micros: 100_000_000n, shares: [['sud', 1_000_000]], region: 'FR', day: '2026-05-11' });
    await order({ micros: 100_000_000n, shares: [[null, 1_000_000]] });
    expect(await rowsOf()).toEqual([
      ['nord', 'dach', 0n, 40_000_000n],
      ['sud', 'FR', 0n, 40_000_000n],
      ['sud', 'dach', 0n, 25_000_000n],
      ['sud', null, 0n, 7_000_000n],
      [null, 'dach', 0n, 10_000_000n],
    ]);
    expect((await ask({ groupBy: [] })).rows[0]?.byKind).toEqual([
      { side: 'benefit', kind: 'commission', micros: 5_000_000n },
      { side: 'benefit', kind: 'margin', micros: 110_000_000n },
      { side: 'benefit', kind: 'savings', micros: 7_000_000n },
    ]);
  });

  test('a full refund takes back what the order brought, at its own percentage, on the day it was made', async () => {
    await benefits('m1,,,,margin,,,,33.3333,2026-01-01,2026-05-15\nm2,,,,margin,,,,50,2026-05-16,\n');
    await order({
      micros: 10_000_001n,
      shares: [
        ['nord', 700_000],
        ['sud', 300_000],
      ],
      refund: { micros: 10_000_001n, day: '2026-06-03' },
    });
    const sold = await rowsOf();
    const back = await rowsOf({ from: '2026-06-01', to: '2026-06-30' });
    expect(sold).toHaveLength(2);
    expect(back).toEqual(sold.map(([partner, region, cost, benefit]) => [partner, region, cost, -(benefit as bigint)]));
    expect((await rowsOf({ to: '2026-06-30' })).filter(([, , , benefit]) => benefit !== 0n)).toEqual([]);
  });

  test('rounds each part once, half to even', async () => {
    await benefits('m,,,,margin,,,,50,2026-01-01,\n');
    for (const micros of [1n, 3n, 5n]) await order({ micros });
    expect(await rowsOf()).toEqual([['nord', 'dach', 0n, 0n + 2n + 2n]]);
  });

  test('by line cost where the lines tell it, else by the percentage that stands in, else a gap', async () => {
    await benefits('l,nord,,,margin,,,,line cost,2026-01-01,\n');
    await order({ micros: 90_000_000n, cost: 60_000_000n, refund: { micros: 45_000_000n, day: '2026-05-12' } });
    await order({ micros: 0n, cost: 8_000_000n });
    await order({ micros: 50_000_000n });
    expect(await ask()).toMatchObject({
      rows: [{ partner: 'nord', benefitMicros: 30_000_000n - 15_000_000n - 8_000_000n, unknownMargins: 1 }],
      ordersWithoutCost: 1,
    });
    await benefits('m,,,,margin,,,,20,2026-01-01,\n');
    expect(await ask()).toMatchObject({ rows: [{ benefitMicros: 17_000_000n }], ordersWithoutCost: 0 });
  });

  describe('by line cost, of an order whose lines are of several', () => {
    const halves = [
      ['nord', 500_000],
      ['sud', 500_000],
    ] as const;
    const brought = async (asked?: Partial<PartnershipQuestion>) =>
      Object.fromEntries((await ask(asked)).rows.map((row) => [row.partner ?? 'nobody', row.benefitMicros]));
    beforeEach(() => benefits('l,,,,margin,,,,line cost,2026-01-01,\n'));

    test('bug: a partner bore the cost of the others', async () => {
      await order({
        micros: 200_000_000n,
        shares: halves,
        lines: [
          ['nord', 100_000_000n, 90_000_000n],
          ['sud', 100_000_000n, 10_000_000n],
        ],
        refund: { micros: 200_000_000n, day: '2026-06-03' },
      });
      expect(await brought()).toEqual({ nord: 10_000_000n, sud: 90_000_000n });
      expect(await brought({ from: '2026-06-01', to: '2026-06-30' })).toEqual({
        nord: -10_000_000n,
        sud: -90_000_000n,
      });
    });

    test('shipping is borne by shares, as revenue is, and so is the cost of lines whose partner has no share', async () => {
      await order({
        micros: 210_000_000n,
        shares: halves,
        lines: [
          ['nord', 100_000_000n, 90_000_000n],
          ['sud', 100_000_000n, 10_000_000n],
          ['west', 0n, 4_000_000n],
        ],
      });
      expect(await brought()).toEqual({ nord: 13_000_000n, sud: 93_000_000n });
    });

    test('parts add up to the margin of the order, rounded once', async () => {
      const thirds = [
        ['nord', 333_334],
        ['sud', 333_333],
        [null, 333_333],
      ] as const;
      await order({
        micros: 3_000_003n,
        shares: thirds,
        lines: [
          ['nord', 1_000_001n, 1n],
          ['sud', 1_000_001n, 1n],
          [null, 1_000_001n, 1n],
        ],
      });
      // At this rate a third of a micro for each.
      await db.query(
        'update "order" set reporting_micros = 1000001; update order_share set reporting_micros = case share_no when 0 then 333335 else 333333 end',
      );
      expect(await brought()).toEqual({ nord: 333_334n, sud: 333_333n, nobody: 333_333n });
    });

    test('a line without a cost is a gap of its own partner; what another one stands in for is of that partner alone', async () => {
      await order({
        micros: 200_000_000n,
        shares: halves,
        lines: [
          ['nord', 100_000_000n, 90_000_000n],
          ['sud', 100_000_000n, 10_000_000n],
          ['sud', 0n, null],
        ],
      });
      expect(await ask()).toMatchObject({
        rows: [
          { partner: 'nord', benefitMicros: 10_000_000n, unknownMargins: 0 },
          { partner: 'sud', byKind: [], unknownMargins: 1 },
        ],
        ordersWithoutCost: 1,
      });
      await benefits(
        'p,,FR,,margin,,,,20,2026-01-01,\nq,,,,margin,,,,30,2026-01-01,\nl,,,,margin,,,,line cost,2026-02-01,\n',
      );
      expect(await brought()).toEqual({ nord: 10_000_000n, sud: 30_000_000n });
    });

    test('an order that brought nothing lost what the goods of each cost', async () => {
      await order({
        micros: 0n,
        shares: halves,
        lines: [
          ['nord', 0n, 5_000_000n],
          ['sud', 0n, 2_000_001n],
        ],
        refund: { micros: 0n, day: '2026-05-12' },
      });
      expect(await brought()).toEqual({ nord: -5_000_000n, sud: -2_000_001n });
    });
  });

  test('bug: an order without line costs was no gap where its first partner has a percentage', async () => {
    await benefits('p,nord,,,margin,,,,10,2026-01-01,\nc,sud,,,margin,,,,line cost,2026-01-01,\n');
    const shares = [
      ['nord', 700_000],
      ['sud', 300_000],
    ] as const;
    await order({ micros: 10_000_000n, shares });
    expect(await ask()).toMatchObject({
      rows: [
        { partner: 'nord', benefitMicros: 700_000n, unknownMargins: 0 },
        { partner: 'sud', byKind: [], unknownMargins: 1 },
      ],
      ordersWithoutCost: 1,
    });
    await benefits('p,nord,,,margin,,,,line cost,2026-01-01,\n');
    // One order; the part of each partner is a gap of its own row.
    expect(await ask()).toMatchObject({
      rows: [
        { partner: 'nord', byKind: [], unknownMargins: 1 },
        { partner: 'sud', byKind: [], unknownMargins: 1 },
      ],
      ordersWithoutCost: 1,
    });
    expect(await ask({ groupBy: [] })).toMatchObject({
      rows: [{ byKind: [], unknownMargins: 2 }],
      ordersWithoutCost: 1,
    });
  });
});

test('worked example: benefits of 1,100,000 and costs of 650,000 are a return of 69.23 %', async () => {
  await costs('c,nord,,other,650000,USD,,,,2026-05-01,2026-05-31\n');
  await benefits('b,nord,,,other,1100000,USD,,,2026-05-01,2026-05-31\n');
  const [row] = (await ask()).rows;
  const { otherCostMicros: cost = 0n, benefitMicros: benefit = 0n } = row ?? {};
  expect(Number(((benefit - cost) * 10_000n) / cost) / 100).toBe(69.23);
});
