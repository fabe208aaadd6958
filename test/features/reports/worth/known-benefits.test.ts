import { beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { figuresAnswer } from '../../../../src/features/reports/figures/answers.ts';
import type { roiAnswer } from '../../../../src/features/reports/worth/roi-answers.ts';
import { type Asked, asking, may } from '../asking.ts';
import { giveBenefits } from '../partnership-items.ts';
import { createWorld, sud, type World } from '../world.ts';

type Roi = z.output<typeof roiAnswer>;
type Figures = z.output<typeof figuresAnswer>;

let world: World;
let asked: Asked;
const dollars = (amount: string) => ({ amount, currency: 'USD' });

/** An hour of work for Nord and one for Sud, in May. */
beforeEach(async () => {
  world = await createWorld();
  asked = await asking(world, 'read,rates');
  await world.rate('36.00');
  await world.ticket({ created: '2026-05-05', work: [['ada', 3600, '2026-05-05']] });
  await world.ticket({ created: '2026-05-06', shares: [sud], work: [['ada', 3600, '2026-05-06']] });
});

const benefits = (...rows: readonly string[]) =>
  giveBenefits(world, 'reference,partner,region,store,kind,amount,currency,every,percent,from,to', ...rows);
const roiOf = (query: string): Promise<Roi> => asked.get(`/api/v1/reports/roi?${query}`);
const figuresOf = (query: string): Promise<Figures> => asked.get(`/api/v1/reports/figures?${query}`);
const roi = (query = '') => roiOf(`${may}${query}`);
const figures = (query = '') => figuresOf(`${may}${query}`);
const nordOf = <Row extends { readonly partner?: string | null | undefined }>(rows: readonly Row[]) =>
  rows.find(({ partner }) => partner === 'nord');

const ordersFrom = (day: string) => world.order({ placed: day, shares: [sud] });

const groupings = [
  'partner',
  'region',
  'country',
  'channel',
  'language',
  'reason',
  'agent',
  'day',
  'week',
  'month',
  'partner,region',
  'partner,country',
  'region,day',
  'day,week',
];

test.each([
  ['cut,nord,,,commission,,,,10,2026-01-01,', dollars('0.000000'), dollars('-72.000000'), -1],
  // Who brings it has no work and no order.
  ['cut,direct,,,commission,,,,10,2026-05-31,', dollars('0.000000'), dollars('-72.000000'), -1],
  ['cut,nord,SE,,commission,,,,10,2026-05-31,', dollars('0.000000'), dollars('-72.000000'), -1],
  ['fixed,nord,,,savings,144,USD,,,2026-05-01,', dollars('144.000000'), dollars('72.000000'), 1],
  ['june,nord,,,commission,,,,10,2026-06-01,', null, null, null],
])('bug: the total of a period was another by another grouping: %s', async (row, brought, netGain, rate) => {
  await world.setting('agentFigures', true);
  await ordersFrom('2026-04-30');
  await benefits(row);
  const right = { benefits: brought, netGain, roi: rate };
  for (const groupBy of groupings) {
    const { benefits, netGain, roi } = (await figures(`&groupBy=${groupBy}`)).total;
    expect({ groupBy, benefits, netGain, roi }).toEqual({ groupBy, ...right });
  }
  for (const groupBy of ['partner', 'region', 'partner,region'])
    expect((await roi(`&groupBy=${groupBy}`)).total, groupBy).toMatchObject(right);
});

test('the total of one partner or region knows what is said of that one alone', async () => {
  await ordersFrom('2026-04-30');
  await benefits('cut,nord,SE,,commission,,,,10,2026-01-01,');
  const nothing = dollars('0.000000');
  for (const [only, right] of [
    ['partner=nord', nothing],
    ['partner=sud', null],
    ['region=nordics', nothing],
    ['region=iberia', null],
    ['region=none', null],
    ['partner=nord&region=nordics', nothing],
  ] as const)
    for (const groupBy of ['partner', 'reason', 'month'])
      expect((await figures(`&${only}&groupBy=${groupBy}`)).total.benefits, `${only} by ${groupBy}`).toEqual(right);
});

/** We hold work of March and orders of that day on. */
const heldFrom = async (day: string) => {
  await world.ticket({ created: '2026-03-06', work: [['ada', 3600, '2026-03-06']] });
  await ordersFrom(day);
};

test('the total of the period before is the same by any grouping too', async () => {
  await heldFrom('2026-03-06');
  await benefits('cut,nord,,,commission,,,,10,2026-04-30,2026-04-30');
  for (const groupBy of ['partner', 'reason', 'day'])
    expect((await figures(`&groupBy=${groupBy}&compare=previous`)).total).toMatchObject({
      benefits: null,
      previous: { benefits: { value: dollars('0.000000'), change: null } },
    });
});

test('bug: a commission had brought nothing in the period before, of which we hold no order', async () => {
  await heldFrom('2026-05-02');
  await benefits('cut,sud,,,commission,,,,10,2026-01-01,');
  const { rows, previous } = await figures('&compare=previous');
  expect(rows.find(({ partner }) => partner === 'sud')).toMatchObject({
    benefits: dollars('10.000000'),
    previous: { benefits: { value: null, change: null }, roi: { value: null } },
  });
  expect(previous).toMatchObject({ unknown: ['orders'] });
});

test('bug: a period by itself told 0.00 and -100 % of a commission on orders that we do not hold, as none held against it did', async () => {
  await heldFrom('2026-05-02');
  await benefits('cut,sud,,,commission,,,,10,2026-01-01,', 'saved,nord,,,savings,500.00,USD,,,2026-04-01,2026-04-30');
  const march = 'from=2026-03-01&to=2026-03-31';
  expect((await figuresOf(march)).total).toMatchObject({ benefits: null, netGain: null, roi: null });
  expect((await roiOf(march)).total).toMatchObject({ benefits: null, roi: null, missing: 'benefits' });
  const april = await figuresOf('from=2026-04-01&to=2026-04-30');
  expect(april.total).toMatchObject({ benefits: dollars('500.000000') });
  // Held against, what is known of it all is no whole: the partner of whom nothing rests on orders has it.
  const { rows, total } = await figures('&compare=previous');
  expect(total).toMatchObject({ previous: { benefits: { value: null, change: null } } });
  expect(rows.find(({ partner }) => partner === 'nord')).toMatchObject({
    previous: { benefits: { value: dollars('500.000000') } },
  });
});

test('bug: a benefit of 0.00 that somebody told was no benefit', async () => {
  await benefits('none,nord,,,savings,0.00,USD,,,2026-05-01,2026-05-31', 'rubles,sud,,,savings,0,RUB,,,2026-05-07,');
  const nothing = { benefits: dollars('0.000000'), netGain: dollars('-36.000000'), roi: -1 };
  const { rows, unpriced } = await roi();
  for (const row of rows)
    expect(row).toMatchObject({
      ...nothing,
      benefitsByKind: [{ kind: 'savings', amount: dollars('0.000000') }],
      missing: null,
      unpricedAmounts: 0,
    });
  // Nothing is nothing at any exchange rate.
  expect([rows.length, unpriced]).toEqual([2, []]);
  expect(nordOf((await figures()).rows)).toMatchObject(nothing);
  const byDay = (await figures('&groupBy=day&partner=sud')).rows;
  expect(byDay.map((row) => [row.day, row.benefits])).toEqual([
    ['2026-05-06', null],
    ['2026-05-07', dollars('0.000000')],
  ]);
});

test('bug: a commission taken back whole was none at all beside an order without an exchange rate', async () => {
  await benefits('cut,nord,,,commission,,,,10,2026-01-01,');
  await world.order({ placed: '2026-05-07', revenue: 100, refunds: [{ made: '2026-05-08', dollars: 100 }] });
  await world.order({ placed: '2026-05-07', revenue: null });
  expect(nordOf((await roi()).rows)).toMatchObject({
    benefits: dollars('0.000000'),
    missing: 'exchange rate',
    unpricedOrders: 1,
  });
});

test('bug: a margin by line costs that nobody told was a return of -100 %', async () => {
  await ordersFrom('2026-04-30');
  await benefits('own,nord,,,margin,,,,line cost,2026-01-01,');
  await world.order({ placed: '2026-05-07', refunds: [{ made: '2026-05-08', dollars: 10 }] });
  const unknown = { benefits: null, netGain: null, roi: null };
  const { rows, total, ordersWithoutCost } = await roi();
  expect(ordersWithoutCost).toBe(1);
  for (const row of [nordOf(rows), total])
    expect(row).toMatchObject({ ...unknown, arithmetic: null, missing: 'line cost', unknownMargins: 2 });
  expect(nordOf((await figures()).rows)).toMatchObject(unknown);
  expect((await figures('&groupBy=channel')).total).toMatchObject(unknown);
  const csv = (await asked.csv(`/api/v1/reports/roi?${may}&format=csv`)).split('\r\n').map((line) => line.split(','));
  const at = csv[0]?.indexOf('unknownMargins') ?? -1;
  expect(csv.find(([partner]) => partner === 'nord')?.[at]).toBe('2');
  // What else it brings is told, with the gap beside it; before orders there is none.
  await benefits('saved,nord,,,savings,72,USD,,,2026-05-01,');
  expect(nordOf((await roi()).rows)).toMatchObject({
    benefits: dollars('72.000000'),
    roi: 1,
    missing: 'line cost',
    unknownMargins: 2,
  });
  const byDay = (await figures('&groupBy=day&partner=nord')).rows;
  expect(byDay.map((row) => [row.day, row.benefits])).toEqual([
    ['2026-05-01', dollars('72.000000')],
    ['2026-05-05', dollars('0.000000')],
    ['2026-05-07', null],
    ['2026-05-08', null],
  ]);
});

test('bug: a region told a return on the cost of partners whose benefits nobody gave as if it were known of all', async () => {
  await ordersFrom('2026-04-30');
  await benefits('cut,nord,,,commission,,,,10,2026-01-01,');
  await world.ticket({
    created: '2026-05-07',
    shares: [{ partner: 'sud', region: 'nordics' }],
    work: [['ada', 1800, '2026-05-07']],
  });
  const shares = (rows: Roi['rows']) => rows.map((row) => [row.region, row.coverage.benefitsKnownShare]);
  const byRegion = await roi('&groupBy=region');
  // Of the Nordics' 54.00 Nord has 36.00.
  expect(Object.fromEntries(shares(byRegion.rows))).toEqual({ nordics: 0.666667, iberia: 0 });
  for (const groupBy of ['partner', 'region', 'partner,region'])
    expect((await roi(`&groupBy=${groupBy}`)).total.coverage, groupBy).toEqual({
      measuredShare: 1,
      benefitsKnownShare: 0.4,
      pricedBenefitsShare: null,
      pricedOtherCostsShare: null,
    });
});

test('bug: a region’s return told the cost of a partner as covered by what it brings in another region', async () => {
  await ordersFrom('2026-04-30');
  for (const [partner, region] of [
    ['nord', 'iberia'],
    ['sud', 'nordics'],
  ] as const)
    await world.ticket({
      created: '2026-05-07',
      shares: [{ partner, region }],
      work: [['ada', 1800, '2026-05-07']],
    });
  await benefits('cut,nord,ES,,commission,,,,10,2026-01-01,', 'saved,sud,SE,,savings,9,USD,,,2026-05-01,2026-05-31');
  // Of 36.00 and 18.00 in either region the smaller part is of who brings something there.
  const byRegion = (await roi('&groupBy=region')).rows.map((row) => [row.region, row.coverage.benefitsKnownShare]);
  expect(Object.fromEntries(byRegion)).toEqual({ nordics: 0.333333, iberia: 0.333333 });
  const both = (await roi('&groupBy=partner,region')).rows.map((row) => [
    `${row.partner} ${row.region}`,
    row.coverage.benefitsKnownShare,
  ]);
  expect(Object.fromEntries(both)).toEqual({ 'nord nordics': 0, 'nord iberia': 1, 'sud nordics': 1, 'sud iberia': 0 });
  // Whatever the region, both partners bring something.
  for (const groupBy of ['partner', 'region', 'partner,region'])
    expect((await roi(`&groupBy=${groupBy}`)).total.coverage.benefitsKnownShare, groupBy).toBe(1);
});

describe('figures', () => {
  /** Nord brings something in Spain from May on, Sud saved in April; both have work in both months. */
  beforeEach(async () => {
    await ordersFrom('2026-04-01');
    await world.ticket({ created: '2026-04-07', work: [['ada', 1200, '2026-04-07']] });
    await world.ticket({ created: '2026-04-07', shares: [sud], work: [['ada', 2400, '2026-04-07']] });
    await world.ticket({
      created: '2026-05-07',
      shares: [{ partner: 'nord', region: 'iberia' }],
      work: [['ada', 1800, '2026-05-07']],
    });
    await benefits('cut,nord,ES,,commission,,,,10,2026-05-01,', 'saved,sud,,,savings,9,USD,,,2026-04-01,2026-04-30');
  });

  test('bug: a return among the figures bore no word of costs whose benefits nobody gave', async () => {
    for (const groupBy of ['partner', 'region', 'partner,region']) {
      const [report, { rows, total }] = [await roi(`&groupBy=${groupBy}`), await figures(`&groupBy=${groupBy}`)];
      expect(report.rows.length).toBeGreaterThan(1);
      for (const { partner, region, coverage } of report.rows)
        expect(
          rows.find((row) => (row.partner ?? null) === partner && (row.region ?? null) === region)?.coverage,
          `${partner} ${region} by ${groupBy}`,
        ).toMatchObject(coverage);
      expect(total.coverage).toMatchObject(report.total.coverage);
    }
    // Nord's 54.00 of 90.00, of which 18.00 in Spain.
    expect((await figures()).total.coverage.benefitsKnownShare).toBe(0.6);
    expect((await figures('&region=iberia')).total.coverage.benefitsKnownShare).toBe(0.333333);
    expect((await figures('&region=iberia&groupBy=month')).rows[0]?.coverage.benefitsKnownShare).toBe(0.333333);
    expect((await figures('&partner=nord&groupBy=region')).rows.map((row) => row.coverage.benefitsKnownShare)).toEqual([
      0, 1,
    ]);
  });

  test('by time a step is known of those who brought something in it, and of all the same by any dimensions', async () => {
    const spring = 'from=2026-04-01&to=2026-05-31';
    const byMonth = await figuresOf(`${spring}&groupBy=month`);
    expect(byMonth.rows.map(({ month, coverage }) => [month, coverage.benefitsKnownShare])).toEqual([
      // Sud's 24.00 of 36.00; Nord's 54.00 of 90.00.
      ['2026-04-01', 0.666667],
      ['2026-05-01', 0.6],
    ]);
    await world.setting('agentFigures', true);
    for (const groupBy of groupings)
      expect((await figuresOf(`${spring}&groupBy=${groupBy}`)).total.coverage.benefitsKnownShare, groupBy).toBe(1);
  });

  test('the periods that it is held against have theirs', async () => {
    const { rows, total } = await figures('&compare=previous');
    const of = (partner: string) => rows.find((row) => row.partner === partner);
    expect(of('nord')).toMatchObject({
      coverage: { benefitsKnownShare: 1 },
      previous: { coverage: { benefitsKnownShare: 0 } },
    });
    expect(of('sud')).toMatchObject({
      coverage: { benefitsKnownShare: 0 },
      previous: { coverage: { benefitsKnownShare: 1 } },
    });
    expect(total.previous?.coverage.benefitsKnownShare).toBe(0.666667);
  });
});
