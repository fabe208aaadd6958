import type { Sql } from '../../../platform/database/database.ts';
import type { Database } from '../../../platform/database/open.ts';
import type { PartnershipMoney } from '../../partnerships/index.ts';
import { sides as allSides, type FigureDimension, type Side } from '../facts/fact-statements.ts';
import {
  addFacts,
  type Cell,
  type CellFacts,
  type CellKey,
  cellId,
  noFacts,
  noKey,
  type Period,
  type SideFacts,
  summedBy,
  usualHighValueMicros,
} from '../facts/facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';
import { type Known, loadKnown } from '../held-days.ts';
import { type Counted, costOf } from '../metrics.ts';
import { figureSides } from '../totals/sides.ts';
import { type FiguresAsked, isAsked } from './asked.ts';
import { counterpart, isStep, previousPeriod } from './compare-periods.ts';
import { coveredCosts } from './covered-costs.ts';
import { type PartnershipSide, partnershipSide } from './partnership-side.ts';

/** One row's counts; what its dimensions do not know is not among its facts. */
export interface FigureCell {
  readonly key: CellKey;
  readonly counted: Counted;
  /** The region with the most of its orders. */
  readonly topMarket: string | null;
}

export interface PeriodFigures extends Period {
  /** By the id of their keys. */
  readonly cells: ReadonlyMap<string, FigureCell>;
  /** The cell of a key, also where nothing was counted. */
  readonly cellOf: (key: CellKey) => FigureCell;
  readonly total: FigureCell;
  /** Sides whose figures have no value in the rows, for the dimensions do not know them. */
  readonly lacking: readonly Side[];
  /** What of other costs and benefits is in no row. */
  readonly gaps: Pick<PartnershipMoney, 'unpriced' | 'ordersWithoutCost'>;
  readonly bringsByRevenue: PartnershipSide['bringsByRevenue'];
}

export interface Figures extends PeriodFigures {
  readonly by: readonly FigureDimension[];
  readonly costBasis: CostBasis;
  readonly highValueMicros: bigint | null;
  /** In the order of the answer: steps in time, then the dearest first, then by key. */
  readonly rows: readonly FigureCell[];
  readonly previous: PeriodFigures | null;
  readonly baseline: PeriodFigures | null;
  readonly known: Known;
}

/** The largest region of each cell of orders, ties by code, and the orders of all regions. What has no region is no market. */
const topMarkets = (orders: readonly Cell[], dimensions: readonly FigureDimension[]) => {
  const byMarket = summedBy(orders, [...new Set<FigureDimension>([...dimensions, 'region'])]);
  const tops = new Map<string, { region: string; topPpm: bigint; allPpm: bigint }>();
  for (const { key, facts } of byMarket.values()) {
    const { region } = key;
    const { ordersPpm } = facts;
    if (region === null || ordersPpm <= 0n) continue;
    const id = cellId(key, dimensions);
    const top = tops.get(id) ?? { region, topPpm: 0n, allPpm: 0n };
    const isTop = ordersPpm > top.topPpm || (ordersPpm === top.topPpm && region < top.region);
    tops.set(id, { ...top, ...(isTop && { region, topPpm: ordersPpm }), allPpm: top.allPpm + ordersPpm });
  }
  return tops;
};

const marketsOf = (top: { readonly topPpm: bigint; readonly allPpm: bigint } | undefined) => ({
  topMarketPpm: top?.topPpm,
  marketsPpm: top?.allPpm ?? 0n,
});

/** Direct and Unattributed are always there. */
const always = (asked: FiguresAsked): CellKey[] =>
  asked.by.length === 1 && asked.by[0] === 'partner' && asked.partner === undefined && asked.region === undefined
    ? [{ partner: 'direct', region: null }, noKey]
    : [];

/** That a row is known to bring nothing, or brings more than is held, no cell of its sum tells: cells are of what there is. */
const noteKnown = (
  facts: CellFacts,
  { bringsNothing, unheldDays }: Pick<PartnershipSide, 'bringsNothing' | 'unheldDays'>,
  { key, by }: { readonly key: CellKey; readonly by: readonly FigureDimension[] },
): void => {
  if (facts.knownBenefits === 0n && bringsNothing(key, by)) facts.knownBenefits = 1n;
  if (facts.knownBenefits > 0n) facts.unknownBenefitParts += BigInt(unheldDays(key, by));
};

const periodFigures = async (sql: Sql, period: Period, asked: FiguresAsked): Promise<PeriodFigures> => {
  const { by } = asked;
  const loadedBy = [
    ...new Set<FigureDimension>([...by, 'region', ...(asked.partner === undefined ? [] : ['partner' as const])]),
  ];
  const ledger = await figureSides(sql, period, loadedBy, asked);
  const partnerships = await partnershipSide(sql, period, asked);
  const { gaps, bringsByRevenue } = partnerships;
  const covered = await coveredCosts(sql, period, asked, { work: ledger.work, partnerships });
  const all = { ...ledger, partnerships };
  const account = addFacts(Object.values(all).flatMap(({ cells }) => cells.map(({ facts }) => facts)));
  const told = ({ dimensions, cells }: SideFacts) => {
    // In the order asked for: sides know their dimensions in orders of their own, and their cells meet by id.
    const known = by.filter((dimension) => dimensions.includes(dimension));
    const own = cells.filter((cell) => isAsked(cell, asked));
    return { known, own, cells: summedBy(own, known), knowsAll: known.length === by.length };
  };
  const sides = {
    orders: told(all.orders),
    tickets: told(all.tickets),
    work: told(all.work),
    partnerships: told(all.partnerships),
  };
  const inRows = Object.values(sides).filter(({ knowsAll }) => knowsAll);
  const keys = new Map(inRows.flatMap(({ cells }) => [...cells].map(([id, { key }]) => [id, key] as const)));
  for (const key of always(asked)) keys.set(cellId(key, by), key);
  const { orders } = sides;
  const tops = topMarkets(orders.own, orders.known);
  const cellOf = (key: CellKey): FigureCell => {
    const [id, around] = [cellId(key, by), cellId(key, orders.known)];
    const facts = addFacts(inRows.flatMap((side) => side.cells.get(id)?.facts ?? []));
    if (sides.partnerships.knowsAll) noteKnown(facts, partnerships, { key, by });
    const top = orders.knowsAll ? tops.get(around) : undefined;
    const ordersAround = orders.cells.get(around)?.facts ?? noFacts();
    const counted = { facts, account, orders: ordersAround, ...marketsOf(top), coveredMicros: covered.ofRow(key) };
    return { key, counted, topMarket: top?.region ?? null };
  };
  const facts = addFacts(Object.values(sides).flatMap(({ own }) => own.map((cell) => cell.facts)));
  const cells = new Map([...keys].map(([id, key]) => [id, cellOf(key)]));
  // Whatever the rows know: the total is the same by any dimensions.
  noteKnown(facts, partnerships, { key: noKey, by: [] });
  const top = topMarkets(orders.own, []).get(cellId(noKey, []));
  return {
    from: period.from,
    to: period.to,
    cells,
    cellOf,
    total: {
      key: noKey,
      counted: { facts, account, orders: facts, ...marketsOf(top), coveredMicros: covered.ofAll },
      topMarket: top?.region ?? null,
    },
    lacking: allSides.filter((side) => !sides[side].knowsAll),
    gaps,
    bringsByRevenue,
  };
};

/** Another period with the cells of this one in place of those they are held against. */
const heldAgainst = (figures: PeriodFigures, { by, ...period }: FiguresAsked): PeriodFigures => ({
  ...figures,
  cells: new Map(
    [...figures.cells.values()].map((cell) => {
      const key = counterpart(cell.key, figures, period);
      return [cellId(key, by), { ...cell, key }];
    }),
  ),
  cellOf: (key) => ({ ...figures.cellOf(counterpart(key, period, figures)), key }),
});

/** What rows are in order of; the next page starts behind it. */
export interface Place {
  readonly step: string;
  readonly cost: bigint;
  readonly id: string;
}

export const placeOf = ({ key, counted }: FigureCell, by: readonly FigureDimension[]): Place => ({
  step: by
    .filter(isStep)
    .map((step) => key[step] ?? '')
    .join(' '),
  cost: costOf(counted.facts) ?? -1n,
  id: cellId(key, by),
});

export const comparePlaces = (a: Place, b: Place): number => {
  if (a.step !== b.step) return a.step < b.step ? -1 : 1;
  if (a.cost !== b.cost) return a.cost > b.cost ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
};

/**
 * Every figure of a period by any dimensions, and of the periods it is held against, from one snapshot. Rows of the other
 * periods that have no counterpart in this one are rows too, with nothing in them, so that changes add up as well; by steps
 * a longer period has some that nothing is held against, which its total holds alone.
 */
export const loadFigures = (db: Database, asked: FiguresAsked): Promise<Figures> =>
  db.transaction(
    async (sql) => {
      const highValueMicros = asked.highValueMicros ?? (await usualHighValueMicros(sql, asked));
      const all = { ...asked, highValueMicros };
      const current = await periodFigures(sql, asked, all);
      const against = async (period: Period | null) =>
        period && heldAgainst(await periodFigures(sql, period, all), all);
      const previous = await against(asked.previous ? previousPeriod(asked) : null);
      const baseline = await against(asked.baseline);
      const cells = new Map(current.cells);
      for (const [id, { key }] of [previous, baseline].flatMap((other) => [...(other?.cells ?? [])])) {
        const isWithin = asked.by.filter(isStep).every((step) => (key[step] ?? '') <= asked.to);
        if (!cells.has(id) && isWithin) cells.set(id, current.cellOf(key));
      }
      const rows = [...cells.values()].toSorted((a, b) => comparePlaces(placeOf(a, asked.by), placeOf(b, asked.by)));
      const known = await loadKnown(sql);
      return {
        ...current,
        cells,
        by: asked.by,
        costBasis: asked.costBasis,
        highValueMicros,
        rows,
        previous,
        baseline,
        known,
      };
    },
    { readOnly: true, isolation: 'repeatable read' },
  );
