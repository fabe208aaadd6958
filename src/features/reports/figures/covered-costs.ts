import type { Sql } from '../../../platform/database/database.ts';
import { costBy, type FigureDimension } from '../facts/fact-statements.ts';
import { type Cell, type CellKey, cellId, loadSides, type Period, type SideFacts, summedBy } from '../facts/facts.ts';
import { totalFacts } from '../totals/read.ts';
import { type FiguresAsked, isAsked } from './asked.ts';
import type { PartnershipSide } from './partnership-side.ts';

/** Support and other costs, in micros, of partners of whom somebody said what they bring. */
export interface CoveredCosts {
  readonly ofRow: (key: CellKey) => bigint;
  readonly ofAll: bigint;
}

const costCells = async (
  sql: Sql,
  period: Period,
  dimensions: readonly FigureDimension[],
  asked: FiguresAsked,
): Promise<readonly Cell[]> => {
  const kept = await totalFacts(sql, period, dimensions, asked);
  if (kept !== null) return kept;
  return (await loadSides(sql, period, dimensions, asked, [costBy(dimensions, asked.costBasis)])).work.cells;
};

/**
 * What a row's return is known of: the costs of those partners whose benefits of that very row are given, so that a
 * commission of one region, or of one month, covers no other. Of all it is by partner alone.
 */
export const coveredCosts = async (
  sql: Sql,
  period: Period,
  asked: FiguresAsked,
  { work, partnerships }: { readonly work: SideFacts; readonly partnerships: PartnershipSide },
): Promise<CoveredCosts> => {
  const { by } = asked;
  const knowsRows = by.every((dimension) => partnerships.dimensions.includes(dimension));
  const ofPartner: FigureDimension[] = ['partner', ...(asked.region === undefined ? [] : ['region' as const])];
  const dimensions = [...new Set([...ofPartner, ...(knowsRows ? by : [])])];
  const costs = dimensions.every((dimension) => work.dimensions.includes(dimension))
    ? work.cells
    : await costCells(sql, period, dimensions, asked);
  const own = [...costs, ...partnerships.cells].filter((cell) => isAsked(cell, asked));
  const given = (of: readonly FigureDimension[]) =>
    [...summedBy(own, of).values()].filter(
      ({ key, facts }) => facts.knownBenefits > 0n || partnerships.bringsNothing(key, of),
    );
  const sumOf = (cells: readonly Cell[]): bigint =>
    cells.reduce((sum, { facts }) => sum + facts.costMicros + facts.otherCostMicros, 0n);
  const rows = Map.groupBy(knowsRows ? given(dimensions) : [], ({ key }) => cellId(key, by));
  return { ofRow: (key) => sumOf(rows.get(cellId(key, by)) ?? []), ofAll: sumOf(given(ofPartner)) };
};
