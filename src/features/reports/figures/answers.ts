import { z } from 'zod';
import { moneyJson, ratio } from '../../../core/money.ts';
import { moneyAnswer } from '../../../platform/http/answers.ts';
import { csat, fxDayAnswer } from '../answers.ts';
import { figureDimensions, sides } from '../facts/fact-statements.ts';
import {
  type Counted,
  type CoverageName,
  coverages,
  csatOf,
  type FigureName,
  formulas,
  type MoneyJson,
} from '../metrics.ts';
import { unpricedAmountsAnswer } from '../unpriced-amounts.ts';
import { partlyKnown, unknownSides } from './compare-periods.ts';
import type { FigureCell, Figures, PeriodFigures } from './figures.ts';
import { coverageSides, type FigureNote, figureNotes } from './notes.ts';

export const figureNames = Object.keys(formulas) as FigureName[];
const coverageNames = Object.keys(coverages) as CoverageName[];

type Value = number | MoneyJson | null;

const valueAnswer = (note: FigureNote) => (note.unit === 'money' ? moneyAnswer : z.number()).nullable();
const rests = ({ coverage }: FigureNote): string => (coverage === null ? '' : `; rests on coverage.${coverage}`);

const figuresShape = Object.fromEntries(
  figureNames.map((name) => [
    name,
    valueAnswer(figureNotes[name]).describe(`${figureNotes[name].is}${rests(figureNotes[name])}`),
  ]),
) as Record<FigureName, ReturnType<typeof valueAnswer>>;

const changesAnswer = z.object(
  Object.fromEntries(
    figureNames.map((name) => {
      const value = valueAnswer(figureNotes[name]);
      return [
        name,
        z.object({
          value,
          change: value.describe('This period less that one'),
          relative: z.number().nullable().describe('change / the size of that value'),
        }),
      ];
    }),
  ) as Record<
    FigureName,
    z.ZodObject<{
      value: ReturnType<typeof valueAnswer>;
      change: ReturnType<typeof valueAnswer>;
      relative: z.ZodNullable<z.ZodNumber>;
    }>
  >,
);

const code = z.string().nullable();
const figureRow = z.object({
  ...(Object.fromEntries(figureDimensions.map((name) => [name, code.optional()])) as Record<
    (typeof figureDimensions)[number],
    z.ZodOptional<typeof code>
  >),
  ...figuresShape,
  topMarket: code.describe('The region with the most of the orders; ties by code'),
  cappedEntries: z.int(),
  unpricedEntries: z.int().describe('Work entries without a rate or an exchange rate: in no figure'),
  unpricedOrders: z.int().nullable().describe('Orders without an exchange rate: in no figure of money'),
  csat,
  coverage: z
    .object(
      Object.fromEntries(coverageNames.map((name) => [name, z.number().nullable()])) as Record<
        CoverageName,
        z.ZodNullable<z.ZodNumber>
      >,
    )
    .describe(
      'How much of what the figures rest on is known, from 0 to 1; of other costs and benefits each day of an amount, and each part of an order and of a refund, counts once',
    ),
  previous: changesAnswer.optional().describe('Against the period before'),
  baseline: changesAnswer.optional().describe('Against the baseline period'),
});
export type FigureRow = z.output<typeof figureRow>;
type Changes = NonNullable<FigureRow['previous']>;

const side = z.enum(sides);
const otherPeriod = z.object({
  from: z.string(),
  to: z.string(),
  unknown: z.array(side).describe('We hold nothing of these from so early: their figures are null'),
  partlyKnown: z.array(side).describe('What we hold of these begins within the period'),
});

export const figuresAnswer = z.object({
  from: z.string(),
  to: z.string(),
  by: z.array(z.enum(figureDimensions)).readonly(),
  currency: z.string(),
  timeZone: z.string(),
  costBasis: z.enum(['true', 'pooled']),
  fxDay: fxDayAnswer,
  highValue: moneyAnswer.nullable().describe('What an order of high value brings at least'),
  partnerships: z
    .object({
      unpriced: unpricedAmountsAnswer.describe('Amounts without an exchange rate: in no figure'),
      ordersWithoutCost: z.int().describe('Orders whose margin is by line cost, of which none is known'),
    })
    .describe('What other costs and benefits lack'),
  lacking: z
    .array(side)
    .describe('What the rows do not know of themselves: figures of these are null but in the total'),
  agents: z.record(z.string(), z.string().nullable()).optional().describe('By agent: the names'),
  rows: z.array(figureRow),
  total: figureRow.describe('The sum of all rows, those of other pages too'),
  previous: otherPeriod.optional(),
  baseline: otherPeriod.optional(),
  next: z.string().nullable().describe('Give it as `after` for the next page; null on the last'),
});

export const definitionsAnswer = z.object({
  figures: z.array(
    z.object({
      name: z.string(),
      unit: z.enum(['count', 'money', 'share', 'rate', 'seconds']),
      of: side.describe('What it is counted on; rows by a dimension that does not know these have null'),
      coverage: z
        .enum(coverageNames)
        .nullable()
        .describe('Of the row’s `coverage`: how much is known of what it rests on'),
      is: z.string(),
    }),
  ),
});

const toldValue = (value: number | bigint | null, currency: string): Value =>
  typeof value === 'bigint' ? moneyJson({ micros: value, currency }) : value;

const micro = 1e6;
const fixed = (value: number): number => Math.round(value * micro) / micro;
const sizeOf = (value: bigint): bigint => (value < 0n ? -value : value);

const changeOf = (
  now: number | bigint | null,
  then: number | bigint | null,
): { change: number | bigint | null; relative: number | null } => {
  if (typeof now === 'bigint' && typeof then === 'bigint')
    return { change: now - then, relative: ratio(now - then, sizeOf(then)) };
  if (typeof now !== 'number' || typeof then !== 'number') return { change: null, relative: null };
  return { change: fixed(now - then), relative: then === 0 ? null : fixed((now - then) / Math.abs(then)) };
};

/** Figures of one row: those of a side that the row does not know are null. */
const rawOf = (counted: Counted, lacking: Figures['lacking']): Record<FigureName, number | bigint | null> =>
  Object.fromEntries(
    figureNames.map((name) => [name, lacking.includes(figureNotes[name].of) ? null : formulas[name](counted)]),
  ) as Record<FigureName, number | bigint | null>;

export interface Look {
  readonly currency: string;
}

/** One row as it is told; `total` is a row that knows everything. */
export const figureRowOf = (
  cell: FigureCell,
  figures: Figures,
  { currency, isTotal = false }: Look & { isTotal?: boolean },
): FigureRow => {
  const { by } = figures;
  const lacking = isTotal ? [] : figures.lacking;
  const raw = rawOf(cell.counted, lacking);
  const { facts } = cell.counted;
  const against = (other: PeriodFigures): Changes => {
    const then = isTotal ? other.total : other.cellOf(cell.key);
    const rawThen = rawOf(then.counted, [...lacking, ...unknownSides(other, figures.knownFrom)]);
    return Object.fromEntries(
      figureNames.map((name) => {
        const { change, relative } = changeOf(raw[name], rawThen[name]);
        return [name, { value: toldValue(rawThen[name], currency), change: toldValue(change, currency), relative }];
      }),
    ) as Changes;
  };
  return {
    ...Object.fromEntries(by.map((dimension) => [dimension, cell.key[dimension] ?? null])),
    ...(Object.fromEntries(figureNames.map((name) => [name, toldValue(raw[name], currency)])) as Pick<
      FigureRow,
      FigureName
    >),
    topMarket: cell.topMarket,
    cappedEntries: Number(facts.cappedEntries),
    unpricedEntries: Number(facts.unpricedEntries),
    unpricedOrders: lacking.includes('orders') ? null : Number(facts.unpricedOrders),
    csat: csatOf(facts),
    coverage: Object.fromEntries(
      coverageNames.map((name) => [name, lacking.includes(coverageSides[name]) ? null : coverages[name](cell.counted)]),
    ) as FigureRow['coverage'],
    ...(figures.previous && { previous: against(figures.previous) }),
    ...(figures.baseline && { baseline: against(figures.baseline) }),
  };
};

export const otherPeriodOf = (other: PeriodFigures, { knownFrom }: Figures): z.output<typeof otherPeriod> => ({
  from: other.from,
  to: other.to,
  unknown: unknownSides(other, knownFrom),
  partlyKnown: partlyKnown(other, knownFrom),
});
