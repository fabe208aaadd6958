import { z } from 'zod';
import { moneyJson, ratio, sixDecimals } from '../../../core/money.ts';
import type { Day } from '../../../core/time.ts';
import { moneyAnswer } from '../../../platform/http/answers.ts';
import { csat, fxDayAnswer } from '../answers.ts';
import { figureDimensions, type LedgerSide, type Side, sides } from '../facts/fact-statements.ts';
import type { CellKey, Period } from '../facts/facts.ts';
import {
  daysAnswers,
  heldUpByAnswer,
  isRunning,
  notHeld,
  notHeldAnswer,
  partlyKnown,
  sidesHeldUp,
  unknownSides,
} from '../held-days.ts';
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
import { counterpart, daysIn, isCut } from './compare-periods.ts';
import type { FigureCell, Figures, PeriodFigures } from './figures.ts';
import { coverageSides, type FigureNote, figureNotes, type NotTold, notToldOf, restsOn } from './notes.ts';

export const figureNames = Object.keys(formulas) as FigureName[];
export const coverageNames = Object.keys(coverages) as CoverageName[];

type Value = number | MoneyJson | null;

const valueAnswer = (note: FigureNote) => (note.unit === 'money' ? moneyAnswer : z.number()).nullable();
const rests = ({ coverages: on }: FigureNote): string =>
  on.length === 0 ? '' : `; rests on ${on.map((name) => `coverage.${name}`).join(', ')}`;

const figuresShape = Object.fromEntries(
  figureNames.map((name) => [
    name,
    valueAnswer(figureNotes[name]).describe(`${figureNotes[name].is}${rests(figureNotes[name])}`),
  ]),
) as Record<FigureName, ReturnType<typeof valueAnswer>>;

const coverageAnswer = z
  .object(
    Object.fromEntries(coverageNames.map((name) => [name, z.number().nullable()])) as Record<
      CoverageName,
      z.ZodNullable<z.ZodNumber>
    >,
  )
  .describe(
    'How much of what the figures rest on is known, from 0 to 1. Of other costs and benefits each day of an amount, and each part of an order and of a refund, counts once, and so does a day on which a part of revenue is a benefit and not all orders are held yet. `benefitsKnownShare`: of support and other costs those of partners whose benefits of the very row are given, of the total those of partners whose benefits are given for any of it; `pricedOrdersShare`: of the orders that a row is held against',
  );

const partial = z
  .boolean()
  .describe('Of a part of its days alone: the period cuts its week or month, or its last day is not over');

const changesAnswer = z.object({
  ...(Object.fromEntries(
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
  >),
  coverage: coverageAnswer.describe('The same as the row’s, of that period'),
  partial,
  notHeld: notHeldAnswer,
});

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
  coverage: coverageAnswer,
  partial,
  notHeld: notHeldAnswer,
  previous: changesAnswer.optional().describe('Against the period before'),
  baseline: changesAnswer.optional().describe('Against the baseline period'),
});
export type FigureRow = z.output<typeof figureRow>;
type Changes = NonNullable<FigureRow['previous']>;

const side = z.enum(sides);
export const notTold = { dimension: z.enum(figureDimensions), why: z.string() };
const otherPeriod = z.object({
  from: z.string(),
  to: z.string(),
  unknown: z
    .array(side)
    .describe(
      'Of none of its days we hold all of these: what rests on them is null, likewise in a row of a step of time',
    ),
  partlyKnown: z.array(side).describe('We hold all of these on some of its days, and not on others'),
  heldUpBy: heldUpByAnswer,
  partial: daysAnswers.partial,
});

export const figuresAnswer = z.object({
  from: z.string(),
  to: z.string(),
  groupBy: z.array(z.enum(figureDimensions)).readonly(),
  ...daysAnswers,
  currency: z.string(),
  timeZone: z.string(),
  costBasis: z.enum(['true', 'pooled']),
  fxDay: fxDayAnswer,
  highValue: moneyAnswer.nullable().describe('What an order of high value brings at least'),
  partnerships: z
    .object({
      unpriced: unpricedAmountsAnswer.describe('Amounts without an exchange rate: in no figure'),
      ordersWithoutCost: z.int().describe('Orders with a part whose margin is by line cost, of which one is not told'),
    })
    .describe('What other costs and benefits lack'),
  lacking: z
    .array(side)
    .describe('What the rows do not know of themselves: figures of these are null but in the total'),
  notTold: z
    .array(z.object({ ...notTold, figures: z.array(z.enum(figureNames)) }))
    .describe('Which figures these are, by which dimension, and why'),
  agents: z.record(z.string(), z.string().nullable()).optional().describe('By agent: the names'),
  rows: z.array(figureRow),
  total: figureRow.describe('The sum of all rows, those of other pages too'),
  previous: otherPeriod.optional(),
  baseline: otherPeriod.optional(),
  next: z.string().nullable().describe('Give it as `after` for the next page; null on the last'),
});

/** Which figures the rows of a report do not tell, by which of its dimensions, and why. */
export const notToldIn = ({
  by,
  lacking,
}: Pick<Figures, 'by' | 'lacking'>): (NotTold & { readonly figures: FigureName[] })[] =>
  lacking.flatMap((one) =>
    notToldOf(one)
      .filter(({ dimension }) => by.includes(dimension))
      .map((told) => ({ ...told, figures: figureNames.filter((name) => figureNotes[name].of === one) })),
  );

const toldValue = (value: number | bigint | null, currency: string): Value =>
  typeof value === 'bigint' ? moneyJson({ micros: value, currency }) : value;

const sizeOf = (value: bigint): bigint => (value < 0n ? -value : value);

const changeOf = (
  now: number | bigint | null,
  then: number | bigint | null,
): { change: number | bigint | null; relative: number | null } => {
  if (typeof now === 'bigint' && typeof then === 'bigint')
    return { change: now - then, relative: ratio(now - then, sizeOf(then)) };
  if (typeof now !== 'number' || typeof then !== 'number') return { change: null, relative: null };
  return { change: sixDecimals(now - then), relative: then === 0 ? null : sixDecimals((now - then) / Math.abs(then)) };
};

/** What a row does not tell: by its dimensions, and in a period that we do not hold. */
interface Untold {
  readonly lacking: Figures['lacking'];
  readonly unknown: readonly LedgerSide[];
  readonly bringsByRevenue: boolean;
}

const isTold = (
  name: FigureName | CoverageName,
  of: Side | null,
  { lacking, unknown, bringsByRevenue }: Untold,
): boolean =>
  !(of !== null && lacking.includes(of)) &&
  !restsOn(name, of, { bringsByRevenue }).some((side) => unknown.includes(side));

/** Figures of one row; null where it does not know what they rest on. */
const rawOf = (counted: Counted, untold: Untold): Record<FigureName, number | bigint | null> =>
  Object.fromEntries(
    figureNames.map((name) => [name, isTold(name, figureNotes[name].of, untold) ? formulas[name](counted) : null]),
  ) as Record<FigureName, number | bigint | null>;

const coverageOf = (counted: Counted, untold: Untold): FigureRow['coverage'] =>
  Object.fromEntries(
    coverageNames.map((name) => [name, isTold(name, coverageSides[name], untold) ? coverages[name](counted) : null]),
  ) as FigureRow['coverage'];

export interface Look {
  readonly currency: string;
  readonly today: Day;
}

/** One row as it is told; `total` is a row that knows everything. */
export const figureRowOf = (
  cell: FigureCell,
  figures: Figures,
  { currency, today, isTotal = false }: Look & { isTotal?: boolean },
): FigureRow => {
  const { by } = figures;
  const lacking = isTotal ? [] : figures.lacking;
  // Of the days asked for all that is held is told.
  const untold: Untold = { lacking, unknown: [], bringsByRevenue: false };
  const raw = rawOf(cell.counted, untold);
  const { facts } = cell.counted;
  const steps = isTotal ? [] : by;
  const daysOf = (key: CellKey, period: Period) => {
    const days = daysIn(key, steps, period);
    return {
      partial: days.from > days.to || isRunning(days, today) || isCut(key, steps, period),
      notHeld: notHeld(days, { known: figures.known, today }),
    };
  };
  const against = (other: PeriodFigures): Changes => {
    const then = isTotal ? other.total : other.cellOf(cell.key);
    const thenKey = isTotal ? cell.key : counterpart(cell.key, figures, other);
    const days = daysIn(thenKey, steps, other);
    const unknown = unknownSides(days.from > days.to ? other : days, figures.known);
    const untoldThen: Untold = {
      lacking,
      unknown,
      bringsByRevenue: other.bringsByRevenue(cell.key, isTotal ? [] : by),
    };
    const rawThen = rawOf(then.counted, untoldThen);
    const changes = Object.fromEntries(
      figureNames.map((name) => {
        const { change, relative } = changeOf(raw[name], rawThen[name]);
        return [name, { value: toldValue(rawThen[name], currency), change: toldValue(change, currency), relative }];
      }),
    ) as Omit<Changes, 'coverage' | 'partial' | 'notHeld'>;
    return {
      ...changes,
      coverage: coverageOf(then.counted, untoldThen),
      ...daysOf(thenKey, other),
    };
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
    coverage: coverageOf(cell.counted, untold),
    ...daysOf(cell.key, figures),
    ...(figures.previous && { previous: against(figures.previous) }),
    ...(figures.baseline && { baseline: against(figures.baseline) }),
  };
};

export const otherPeriodOf = (
  other: PeriodFigures,
  { known }: Figures,
  { today }: Pick<Look, 'today'>,
): z.output<typeof otherPeriod> => ({
  from: other.from,
  to: other.to,
  unknown: unknownSides(other, known),
  partlyKnown: partlyKnown(other, known),
  heldUpBy: sidesHeldUp(other, known),
  partial: isRunning(other, today),
});
