import { beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import type { figuresAnswer } from '../../../../src/features/reports/figures/answers.ts';
import type { roiAnswer } from '../../../../src/features/reports/worth/roi-answers.ts';
import { type Asked, asking, may } from '../asking.ts';
import { giveBenefits, giveOtherCosts } from '../partnership-items.ts';
import { createWorld, nobody, sud, type World } from '../world.ts';

type Roi = z.output<typeof roiAnswer>;
type Figures = z.output<typeof figuresAnswer>;

let world: World;
let asked: Asked;
const dollars = (amount: string) => ({ amount, currency: 'USD' });

beforeAll(async () => {
  world = await createWorld();
  asked = await asking(world, 'read,rates');
  // Support of 250,000.00 in four hours.
  await world.rate('62500.00');
  for (const _ of [1, 2]) await world.ticket({ created: '2026-05-05', work: [['ada', 7200, '2026-05-05']] });
  await world.ticket({ created: '2026-05-06', shares: [sud], work: [['ada', 36, '2026-05-06']] });
  await world.ticket({ created: '2026-05-06', shares: [nobody], work: [['ada', 36, '2026-05-06']] });
  await world.ticket({ created: '2026-04-06', work: [['ada', 7200, '2026-04-06']] });
  await giveOtherCosts(
    world,
    'reference,partner,region,kind,amount,currency,every,hours,hourly,from,to',
    'contract,nord,,fee,300000,USD,,,,2026-05-01,2026-05-31',
    'tools,nord,nordics,software,100000,USD,,,,2026-05-01,2026-05-31',
    'rubles,sud,,fee,5,RUB,,,,2026-05-01,2026-05-31',
    'april,nord,,fee,75000,USD,,,,2026-04-01,2026-04-30',
  );
  await giveBenefits(
    world,
    'reference,partner,region,store,kind,amount,currency,every,percent,from,to',
    'margin,nord,,,margin,1000000,USD,,,2026-05-01,2026-05-31',
    'saved,nord,nordics,,savings,100000,USD,,,2026-05-01,2026-05-31',
    'april,nord,,,margin,200000,USD,,,2026-04-01,2026-04-30',
  );
});

const roi = (query = ''): Promise<Roi> => asked.get(`/api/v1/reports/roi?${may}${query}`);

test('worked example: benefits of 1,100,000 for costs of 650,000 are an ROI of 69.23 %, with the arithmetic', async () => {
  const { rows, unpriced } = await roi();
  expect(rows[0]).toEqual({
    partner: 'nord',
    region: null,
    benefits: dollars('1100000.000000'),
    benefitsByKind: [
      { kind: 'margin', amount: dollars('1000000.000000') },
      { kind: 'savings', amount: dollars('100000.000000') },
    ],
    supportCost: dollars('250000.000000'),
    otherCosts: dollars('400000.000000'),
    otherCostsByKind: [
      { kind: 'fee', amount: dollars('300000.000000') },
      { kind: 'software', amount: dollars('100000.000000') },
    ],
    costs: dollars('650000.000000'),
    netGain: dollars('450000.000000'),
    roi: 0.692308,
    arithmetic: '(1100000.000000 - (250000.000000 + 400000.000000)) / (250000.000000 + 400000.000000) = 69.23 %',
    missing: null,
    unpricedAmounts: 0,
    unpricedOrders: 0,
    unknownMargins: 0,
    unpricedEntries: 0,
    coverage: { measuredShare: 1, benefitsKnownShare: 1, pricedBenefitsShare: 1, pricedOtherCostsShare: 1 },
  });
  expect(unpriced).toMatchObject([
    { side: 'other cost', partner: 'sud', amount: { amount: '5.000000', currency: 'RUB' } },
  ]);
});

test('without a benefit there is no return, for revenue is none by itself', async () => {
  const { rows, total } = await roi();
  expect(rows.find(({ partner }) => partner === 'sud')).toMatchObject({
    benefits: null,
    supportCost: dollars('625.000000'),
    netGain: null,
    roi: null,
    arithmetic: null,
    missing: 'benefits',
  });
  expect(total).toMatchObject({ benefits: dollars('1100000.000000'), costs: dollars('651250.000000'), roi: 0.68906 });
});

test('bug: a sum told a return without a word of the costs whose benefits nobody gave', async () => {
  const { rows, total } = await roi();
  expect(rows.map(({ coverage }) => coverage.benefitsKnownShare)).toEqual([1, 0, 0]);
  // 650,000.00 of 651,250.00.
  expect(total.coverage.benefitsKnownShare).toBe(0.998081);
});

test('a fee of the whole partnership is of no region', async () => {
  const { rows } = await roi('&groupBy=partner,region');
  expect(
    rows.map(({ partner, region, benefits, costs }) => [partner, region, benefits?.amount, costs?.amount]),
  ).toEqual([
    ['nord', null, '1000000.000000', '300000.000000'],
    // Its only fee has no exchange rate.
    ['sud', null, undefined, undefined],
    ['sud', 'iberia', undefined, '625.000000'],
    [null, null, undefined, '625.000000'],
    ['nord', 'nordics', '100000.000000', '350000.000000'],
  ]);
});

test('bug: a row told costs and a return without a word of amounts that have no exchange rate', async () => {
  const { rows, total } = await roi();
  expect(rows.find(({ partner }) => partner === 'sud')).toMatchObject({
    otherCosts: null,
    costs: null,
    unpricedAmounts: 1,
  });
  expect(total).toMatchObject({ otherCosts: dollars('400000.000000'), missing: 'exchange rate', unpricedAmounts: 1 });

  const bare = await createWorld();
  const get = (await asking(bare, 'read,rates')).get;
  await bare.rate('36.00');
  for (const partner of ['nord', 'sud'])
    await bare.ticket({
      created: '2026-05-05',
      shares: [{ partner, region: null }],
      work: [['ada', 3600, '2026-05-05']],
    });
  const wait = { partner: 'direct', region: null };
  await bare.ticket({ created: '2026-05-05', shares: [wait], work: [['ada', 3600, '2025-12-05']] });
  await bare.ticket({ created: '2025-12-05', shares: [wait], work: [['ada', 3600, '2025-12-05']] });
  await giveOtherCosts(
    bare,
    'reference,partner,region,kind,amount,currency,every,hours,hourly,from,to',
    'rubles,nord,,fee,5,RUB,,,,2026-05-01,2026-05-31',
    'dollars,nord,,fee,4,USD,,,,2026-05-01,2026-05-31',
  );
  await giveBenefits(
    bare,
    'reference,partner,region,store,kind,amount,currency,every,percent,from,to',
    'cut,nord,,,commission,,,,10,2026-05-01,',
    'fixed,sud,,,savings,100,RUB,,,2026-05-01,2026-05-31',
    'own,direct,,,margin,10,USD,,,2025-12-01,2025-12-31',
  );
  await bare.order({ placed: '2026-05-06', revenue: null });
  const nothingKnown = { benefits: null, netGain: null, roi: null, arithmetic: null, missing: 'exchange rate' };
  const before: Roi = await get(`/api/v1/reports/roi?${may}`);
  expect(before.rows.find(({ partner }) => partner === 'nord')).toMatchObject({
    ...nothingKnown,
    otherCosts: dollars('4.000000'),
    costs: dollars('40.000000'),
    unpricedAmounts: 1,
    unpricedOrders: 1,
  });
  expect(before.rows.find(({ partner }) => partner === 'sud')).toMatchObject({
    ...nothingKnown,
    otherCosts: dollars('0.000000'),
    unpricedAmounts: 1,
    unpricedOrders: 0,
  });
  expect(before.total).toMatchObject({
    benefits: null,
    missing: 'exchange rate',
    unpricedAmounts: 2,
    unpricedOrders: 1,
  });
  const figures: Figures = await get(`/api/v1/reports/figures?${may}`);
  expect(figures.rows.find(({ partner }) => partner === 'nord')).toMatchObject({
    benefits: null,
    netGain: null,
    roi: null,
    netRevenue: null,
    grossRevenue: null,
    discounts: null,
  });
  expect(figures.total).toMatchObject({ benefits: null, netRevenue: null, otherCosts: dollars('4.000000') });
  // One more order, with a rate: the sums are of it alone, and say so.
  await bare.order({ placed: '2026-05-07', revenue: 1000 });
  const after: Roi = await get(`/api/v1/reports/roi?${may}`);
  expect(after.rows.find(({ partner }) => partner === 'nord')).toMatchObject({
    benefits: dollars('100.000000'),
    netGain: dollars('60.000000'),
    roi: 1.5,
    missing: 'exchange rate',
    unpricedOrders: 1,
  });
  const december: Roi = await get('/api/v1/reports/roi?from=2025-12-01&to=2025-12-31');
  expect(december.rows.find(({ partner }) => partner === 'direct')).toMatchObject({
    supportCost: null,
    roi: null,
    unpricedEntries: 2,
  });
});

test('is a figure beside the others, also by month and against the month before', async () => {
  const { rows, lacking }: Figures = await asked.get(`/api/v1/reports/figures?${may}&compare=previous`);
  expect(lacking).toEqual([]);
  expect(rows.find(({ partner }) => partner === 'nord')).toMatchObject({
    roi: 0.692308,
    otherCosts: dollars('400000.000000'),
    netGain: dollars('450000.000000'),
    // 200,000 for 125,000 and 75,000.
    previous: { roi: { value: 0, change: 0.692308, relative: null }, netGain: { value: dollars('0.000000') } },
  });
  const byMonth: Figures = await asked.get(
    '/api/v1/reports/figures?from=2026-04-01&to=2026-05-31&groupBy=month&partner=nord',
  );
  expect(byMonth.rows.map((row) => [row.month, row.benefits, row.roi])).toEqual([
    ['2026-04-01', dollars('200000.000000'), 0],
    ['2026-05-01', dollars('1100000.000000'), 0.692308],
  ]);
  const byReason: Figures = await asked.get(`/api/v1/reports/figures?${may}&groupBy=reason`);
  expect(byReason.lacking).toEqual(['orders', 'partnerships']);
  expect(byReason.rows[0]).toMatchObject({ roi: null, otherCosts: null });
  expect(byReason.total).toMatchObject({ roi: 0.68906 });
});

test('of a partner in a region, and of its months, it stands against the period before and a baseline', async () => {
  const april = 'baselineFrom=2026-04-01&baselineTo=2026-04-30';
  const { rows }: Figures = await asked.get(
    `/api/v1/reports/figures?${may}&groupBy=partner,region&compare=previous&${april}`,
  );
  const of = (region: string | null) => rows.find((row) => row.partner === 'nord' && row.region === region);
  // 100,000 for 250,000 and 100,000; of April nobody said what the region brought.
  const unknown = { value: null, change: null, relative: null };
  expect(of('nordics')).toMatchObject({ roi: -0.714286, previous: { roi: unknown }, baseline: { roi: unknown } });
  // The whole partnership, which bears no support: 1,000,000 for 300,000 after 200,000 for 75,000.
  const then = { value: 1.666667, change: 0.666666, relative: 0.4 };
  expect(of(null)).toMatchObject({ roi: 2.333333, previous: { roi: then }, baseline: { roi: then } });
  const byMonth: Figures = await asked.get(
    `/api/v1/reports/figures?${may}&groupBy=partner,region,month&compare=previous&partner=nord&region=none`,
  );
  expect(byMonth.rows).toMatchObject([{ month: '2026-05-01', roi: 2.333333, previous: { roi: then } }]);
});

test('bug: a partner with a commission and without a sale had no return, as if nobody had said what it brings', async () => {
  const bare = await createWorld();
  const get = (await asking(bare, 'read,rates')).get;
  await bare.rate('36.00');
  await bare.ticket({ created: '2026-05-05', work: [['ada', 3600, '2026-05-05']] });
  await bare.ticket({ created: '2026-04-05', work: [['ada', 3600, '2026-04-05']] });
  await bare.order({ placed: '2026-04-05', shares: [sud] });
  await bare.ticket({ created: '2026-05-06', shares: [sud], work: [['ada', 3600, '2026-05-06']] });
  await giveBenefits(
    bare,
    'reference,partner,region,store,kind,amount,currency,every,percent,from,to',
    'cut,nord,,,commission,,,,10,2026-05-01,',
  );
  const nothing = { benefits: dollars('0.000000'), netGain: dollars('-36.000000'), roi: -1 };
  const { rows, total }: Roi = await get(`/api/v1/reports/roi?${may}`);
  expect(rows.find(({ partner }) => partner === 'nord')).toMatchObject({ ...nothing, missing: null });
  expect(rows.find(({ partner }) => partner === 'sud')).toMatchObject({
    benefits: null,
    roi: null,
    missing: 'benefits',
  });
  expect(total).toMatchObject({ benefits: dollars('0.000000') });
  const figures: Figures = await get(`/api/v1/reports/figures?${may}`);
  expect(figures.rows.find(({ partner }) => partner === 'nord')).toMatchObject(nothing);
  expect(figures.rows.find(({ partner }) => partner === 'sud')).toMatchObject({ benefits: null, roi: null });
  expect(figures.total).toMatchObject({ benefits: dollars('0.000000') });
  const byMonth: Figures = await get(
    '/api/v1/reports/figures?from=2026-04-01&to=2026-05-31&groupBy=month&partner=nord&compare=previous',
  );
  expect(byMonth.rows.map((row) => [row.month, row.benefits])).toEqual([
    ['2026-04-01', null],
    ['2026-05-01', dollars('0.000000')],
  ]);
});

test('comes as a table with the arithmetic, and without the permission `rates` at pooled cost', async () => {
  const lines = (await asked.csv(`/api/v1/reports/roi?${may}&format=csv`)).trimEnd().split('\r\n');
  expect(lines[0]).toMatch(/^partner,region,currency,benefits,/);
  expect(lines.at(-1)).toMatch(/^total,,USD,1100000\.000000,/);
  const pooled: Roi = await (await asking(world, 'read')).get(`/api/v1/reports/roi?${may}`);
  expect(pooled.rows.find(({ partner }) => partner === 'nord')).toMatchObject({
    supportCost: null,
    roi: null,
    missing: 'supportCost',
  });
});
