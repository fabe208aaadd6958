import { z } from 'zod';
import { type Cell, writeCsv } from '../../../platform/csv.ts';
import { moneyAnswer } from '../../../platform/http/answers.ts';
import { fxDayAnswer } from '../answers.ts';
import { daysAnswers, type HeldDays, notHeldCell, notHeldOf } from '../held-days.ts';
import { basisColumns, type CostedAt } from '../tables.ts';
import { unpricedAmountsAnswer } from '../unpriced-amounts.ts';

const money = moneyAnswer.nullable();
const code = z.string().nullable();
const byKind = z.array(z.object({ kind: z.string(), amount: moneyAnswer }));

const roiRow = z.object({
  partner: code,
  region: code.describe('A code; null is none, of the whole partnership, or not asked for by groupBy'),
  benefits: money.describe(
    'Commission, margin, savings and others; null where none is given, and where no amount of it is known for want of an exchange rate or a line cost',
  ),
  benefitsByKind: byKind,
  supportCost: money.describe('Null where a part of it has no pool, or none of its work has a price'),
  otherCosts: money.describe('Null where none of it has an exchange rate'),
  otherCostsByKind: byKind,
  costs: money.describe('supportCost + otherCosts'),
  netGain: money.describe('benefits - costs; null where one of them is'),
  roi: z.number().nullable().describe('netGain / costs; 0.6923 is 69.23 %'),
  arithmetic: z.string().nullable().describe('(benefits - (support + other)) / (support + other) in the row’s numbers'),
  missing: z
    .enum(['benefits', 'supportCost', 'orders', 'exchange rate', 'line cost', 'costs'])
    .nullable()
    .describe(
      'What the return lacks. `benefits`: none is given; `supportCost`: it has no pool, or no price; `orders`: a part of revenue is a benefit on days of which not all orders are held yet, and the return is of those that are; `exchange rate`: amounts or orders are in no sum, and the return is that of the others, or null where nothing else is there; `line cost`: the same of orders whose margin is not known; `costs`: there are none',
    ),
  unpricedAmounts: z.int().describe('Other costs and benefits without an exchange rate: in none of the sums'),
  unpricedOrders: z
    .int()
    .describe(
      'Orders and refunds without an exchange rate of which a part would be a benefit; one of several partners counts for each',
    ),
  unknownMargins: z
    .int()
    .describe('Orders and refunds whose margin is by line cost, of which one is not told; counted like unpricedOrders'),
  unpricedEntries: z.int().describe('Work entries without a rate or an exchange rate: in no cost'),
  coverage: z.object({
    measuredShare: z.number().nullable(),
    benefitsKnownShare: z
      .number()
      .nullable()
      .describe(
        'Of costs: those of partners whose benefits are given (by region: those of that very region), whether or not their amounts are known; 0 where the row has none; below 1 a sum is held against too few',
      ),
    pricedBenefitsShare: z
      .number()
      .nullable()
      .describe(
        'Of the days of benefits given as amounts, the parts of orders and refunds of which a part is one, and the days on which one is and not all orders are held yet: those that have an exchange rate and a line cost; below 1 the return lacks the others',
      ),
    pricedOtherCostsShare: z
      .number()
      .nullable()
      .describe('Of the days of other costs: those that have an exchange rate; below 1 the costs lack the others'),
  }),
});
export type RoiRow = z.output<typeof roiRow>;

const roiReport = z.object({
  rows: z.array(roiRow).describe('The highest gain first'),
  total: roiRow,
  unpriced: unpricedAmountsAnswer.describe('Amounts without an exchange rate: in no row'),
  ordersWithoutCost: z
    .int()
    .describe(
      'Orders placed whose margin is by line cost, of which one is not told; one of several partners counts once',
    ),
});
export type RoiReport = z.output<typeof roiReport>;

export const roiAnswer = roiReport.extend({
  from: z.string(),
  to: z.string(),
  groupBy: z.array(z.enum(['partner', 'region'])).readonly(),
  currency: z.string(),
  timeZone: z.string(),
  costBasis: z.enum(['true', 'pooled']),
  fxDay: fxDayAnswer,
  ...daysAnswers,
});

/** The last line, "total" in the first cell that rows are named by, is the sum. */
export const roiCsv = (
  { rows, total }: Pick<RoiReport, 'rows' | 'total'>,
  {
    groupBy: [first = 'partner'],
    currency,
    days,
    ...at
  }: CostedAt & {
    readonly groupBy: readonly ('partner' | 'region')[];
    readonly currency: string;
    readonly days: HeldDays;
  },
): string => {
  const amount = (value: { readonly amount: string } | null): Cell => value?.amount ?? null;
  const kinds = (all: RoiRow['benefitsByKind']): string =>
    all.map((one) => `${one.kind}:${one.amount.amount}`).join(' | ');
  const columns: readonly (readonly [string, (row: RoiRow) => Cell])[] = [
    ['partner', ({ partner }) => partner],
    ['region', ({ region }) => region],
    ['currency', () => currency],
    ['benefits', ({ benefits }) => amount(benefits)],
    ['benefitsByKind', ({ benefitsByKind }) => kinds(benefitsByKind)],
    ['supportCost', ({ supportCost }) => amount(supportCost)],
    ['otherCosts', ({ otherCosts }) => amount(otherCosts)],
    ['otherCostsByKind', ({ otherCostsByKind }) => kinds(otherCostsByKind)],
    ['costs', ({ costs }) => amount(costs)],
    ['netGain', ({ netGain }) => amount(netGain)],
    ['roi', ({ roi }) => roi],
    ['arithmetic', ({ arithmetic }) => arithmetic],
    ['missing', ({ missing }) => missing],
    ['unpricedAmounts', ({ unpricedAmounts }) => unpricedAmounts],
    ['unpricedOrders', ({ unpricedOrders }) => unpricedOrders],
    ['unknownMargins', ({ unknownMargins }) => unknownMargins],
    ['unpricedEntries', ({ unpricedEntries }) => unpricedEntries],
    ['measuredShare', ({ coverage }) => coverage.measuredShare],
    ['benefitsKnownShare', ({ coverage }) => coverage.benefitsKnownShare],
    ['pricedBenefitsShare', ({ coverage }) => coverage.pricedBenefitsShare],
    ['pricedOtherCostsShare', ({ coverage }) => coverage.pricedOtherCostsShare],
    ['partial', () => days.partial],
    ['notHeld', () => notHeldCell(notHeldOf(days))],
    ...basisColumns(at).map(({ name, of }) => [name, of] as const),
  ];
  return writeCsv(
    columns.map(([name]) => name),
    [...rows, { ...total, [first]: 'total' }].map((row) => columns.map(([, of]) => of(row))),
  );
};
