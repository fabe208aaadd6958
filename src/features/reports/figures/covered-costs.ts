import type { Sql } from '../../../platform/database/database.ts';
import { revenueParts } from '../../partnerships/index.ts';
import type { FigureDimension } from '../facts/fact-statements.ts';
import { type CellKey, cellId, type Period, type SideFacts } from '../facts/facts.ts';
import { type SupportCost, supportCosts } from '../totals/costs.ts';
import { type FiguresAsked, isAsked } from './asked.ts';
import type { PartnershipSide } from './partnership-side.ts';

/** Support and other costs, in micros, of partners of whom somebody said what they bring. */
interface CoveredCosts {
  readonly ofRow: (key: CellKey) => bigint;
  readonly ofAll: bigint;
}

/** Those who may bring something: of nobody else costs are looked at, for a row has hundreds of partners. */
const whoMayBring = async (sql: Sql, { cells }: SideFacts): Promise<readonly (string | null)[] | 'all'> => {
  const told = cells.filter(({ facts }) => facts.knownBenefits > 0n).map(({ key }) => key.partner);
  const parts = (await revenueParts(sql)).map(({ partner }) => partner);
  return parts.includes(null) ? 'all' : [...new Set([...told, ...parts])];
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
  const partners = await whoMayBring(sql, partnerships);
  if (partners.length === 0) return { ofRow: () => 0n, ofAll: 0n };
  const knowsRows = by.every((dimension) => partnerships.dimensions.includes(dimension));
  const ofPartner: FigureDimension[] = ['partner', ...(asked.region === undefined ? [] : ['region' as const])];
  const dimensions = [...new Set([...ofPartner, ...(knowsRows ? by : [])])];
  const support: readonly SupportCost[] = dimensions.every((dimension) => work.dimensions.includes(dimension))
    ? work.cells.map(({ key, facts }) => ({ key, micros: facts.costMicros }))
    : await supportCosts(sql, period, dimensions, { costBasis: asked.costBasis, partners });
  const told = partnerships.cells.filter((cell) => isAsked(cell, asked));
  const other = told.map(({ key, facts }) => ({ key, micros: facts.otherCostMicros }));
  const costs = [...support, ...other].filter((cost) => isAsked(cost, asked));
  const given = (of: readonly FigureDimension[]) => {
    const known = new Set(told.filter(({ facts }) => facts.knownBenefits > 0n).map(({ key }) => cellId(key, of)));
    return costs.filter(({ key }) => known.has(cellId(key, of)) || partnerships.bringsNothing(key, of));
  };
  const sums = new Map<string, bigint>();
  for (const { key, micros } of knowsRows ? given(dimensions) : [])
    sums.set(cellId(key, by), (sums.get(cellId(key, by)) ?? 0n) + micros);
  return {
    ofRow: (key) => sums.get(cellId(key, by)) ?? 0n,
    ofAll: given(ofPartner).reduce((sum, { micros }) => sum + micros, 0n),
  };
};
