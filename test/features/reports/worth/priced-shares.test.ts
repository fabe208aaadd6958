import { beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import type { figuresAnswer } from '../../../../src/features/reports/figures/answers.ts';
import type { roiAnswer } from '../../../../src/features/reports/worth/roi-answers.ts';
import { type Asked, asking, may } from '../asking.ts';
import { giveBenefits, giveOtherCosts } from '../partnership-items.ts';
import { createWorld, sud } from '../world.ts';

type Roi = z.output<typeof roiAnswer>;
type Figures = z.output<typeof figuresAnswer>;

let asked: Asked;
const dollars = (amount: string) => ({ amount, currency: 'USD' });

/** Nord brings 20.00 in two days and a margin that nobody knows, for a fee of 30 days and one of ten without an exchange rate. */
beforeAll(async () => {
  const world = await createWorld();
  asked = await asking(world, 'read,rates');
  await world.rate('36.00');
  await world.ticket({ created: '2026-05-05', work: [['ada', 3600, '2026-05-05']] });
  await world.ticket({ created: '2026-05-06', shares: [sud], work: [['ada', 3600, '2026-05-06']] });
  await world.order({ placed: '2026-05-07', refunds: [{ made: '2026-05-08', dollars: 10 }] });
  await world.order({ placed: '2026-05-09', shares: [sud], revenue: 50 });
  const items = 'reference,partner,kind,amount,currency,from,to';
  await giveBenefits(
    world,
    `${items},percent`,
    'own,nord,margin,,,2026-01-01,,line cost',
    'saved,nord,savings,20,USD,2026-05-01,2026-05-02,',
    'cut,sud,commission,,,2026-01-01,,10',
  );
  await giveOtherCosts(
    world,
    items,
    'fee,nord,fee,30,USD,2026-05-01,2026-05-30',
    'rubles,nord,fee,1000,RUB,2026-05-11,2026-05-20',
  );
});

const figures = (by: string): Promise<Figures> => asked.get(`/api/v1/reports/figures?${may}&groupBy=${by}`);

test('bug: a return beside margins that nobody knows bore no mark but in the return’s own report', async () => {
  const { rows, total } = await figures('partner');
  const of = (partner: string) => rows.find((row) => row.partner === partner);
  // Two days of savings beside an order and its refund; 30 days of a fee beside ten of another.
  expect(of('nord')).toMatchObject({
    benefits: dollars('20.000000'),
    coverage: { pricedBenefitsShare: 0.5, pricedOtherCostsShare: 0.75 },
  });
  expect(of('sud')).toMatchObject({ coverage: { pricedBenefitsShare: 1, pricedOtherCostsShare: null } });
  expect(total.coverage).toMatchObject({ pricedBenefitsShare: 0.6, pricedOtherCostsShare: 0.75 });
  for (const by of ['region', 'country', 'reason', 'day', 'week', 'month', 'region,day', 'day,week'])
    expect((await figures(by)).total.coverage, by).toEqual(total.coverage);
  const byDay = (await figures('day')).rows.filter(({ day }) => day === '2026-05-02' || day === '2026-05-07');
  expect(byDay.map(({ day, coverage }) => [day, coverage.pricedBenefitsShare])).toEqual([
    ['2026-05-02', 1],
    ['2026-05-07', 0],
  ]);
  expect((await figures('country')).rows[0]?.coverage).toMatchObject({ pricedBenefitsShare: null });
});

test('bug: the report of returns said that all benefits were known beside what it missed', async () => {
  for (const groupBy of ['partner', 'region', 'partner,region']) {
    const { total }: Roi = await asked.get(`/api/v1/reports/roi?${may}&groupBy=${groupBy}`);
    expect(total, groupBy).toMatchObject({
      unknownMargins: 2,
      coverage: { benefitsKnownShare: 1, pricedBenefitsShare: 0.6 },
    });
  }
  const { rows }: Roi = await asked.get(`/api/v1/reports/roi?${may}`);
  const shares = rows.map(({ partner, coverage }) => [partner, coverage.pricedBenefitsShare]);
  expect(Object.fromEntries(shares)).toEqual({ nord: 0.5, sud: 1 });
  const csv = (await asked.csv(`/api/v1/reports/roi?${may}&format=csv`)).split('\r\n').map((line) => line.split(','));
  const at = csv[0]?.indexOf('pricedBenefitsShare') ?? -1;
  expect(csv.find(([partner]) => partner === 'nord')?.[at]).toBe('0.5');
});

test('bug: a return among the definitions named one of the coverages that it rests on', async () => {
  const { figures: defined } = await asked.get('/api/v1/reports/definitions');
  const of = (name: string) => defined.find((one: { name: string }) => one.name === name);
  const [other, benefits] = ['pricedOtherCostsShare', 'pricedBenefitsShare'];
  expect(of('otherCosts')).toMatchObject({ coverages: [other] });
  expect(of('benefits')).toMatchObject({ coverages: [benefits, 'benefitsKnownShare'] });
  for (const name of ['roi', 'netGain'])
    expect(of(name)).toMatchObject({ coverages: ['measuredShare', other, benefits, 'benefitsKnownShare'] });
  expect(of('costShareOfRevenue')).toMatchObject({ coverages: ['measuredShare', 'pricedOrdersShare'] });
  for (const name of ['costPerOrder', 'contactRate']) expect(of(name).is).toContain('which orders do not know');
});

test('the report of returns says how much of other costs has an exchange rate, as the figures do', async () => {
  const { rows, total }: Roi = await asked.get(`/api/v1/reports/roi?${may}`);
  const shares = rows.map(({ partner, coverage }) => [partner, coverage.pricedOtherCostsShare]);
  expect(Object.fromEntries(shares)).toEqual({ nord: 0.75, sud: null });
  expect(total.coverage.pricedOtherCostsShare).toBe(0.75);
  const csv = (await asked.csv(`/api/v1/reports/roi?${may}&format=csv`)).split('\r\n').map((line) => line.split(','));
  const at = csv[0]?.indexOf('pricedOtherCostsShare') ?? -1;
  expect(csv.find(([partner]) => partner === 'nord')?.[at]).toBe('0.75');
});

test('bug: by a day and its week nothing was known of other costs and benefits', async () => {
  const { rows, lacking, total } = await figures('day,week');
  expect(lacking).toEqual([]);
  const byDay = (await figures('day')).rows;
  const told = (all: Figures['rows']) =>
    all.map(({ day, otherCosts, benefits, roi, coverage }) => [day, otherCosts, benefits, roi, coverage]);
  expect(told(rows)).toEqual(told(byDay));
  // The fourth of May is a Monday: three days of a fee of 1.00 a day are before it.
  const byWeek = (await figures('week,month')).rows;
  expect(byWeek.slice(0, 2).map(({ week, month, otherCosts }) => [week, month, otherCosts])).toEqual([
    ['2026-04-27', '2026-05-01', dollars('3.000000')],
    ['2026-05-04', '2026-05-01', dollars('7.000000')],
  ]);
  expect(total).toMatchObject({ otherCosts: dollars('30.000000'), benefits: dollars('25.000000') });
});
