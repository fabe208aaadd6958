import type { Sql } from '../../../platform/database/database.ts';
import { type PartnershipMoney, partnershipMoney } from '../../partnerships/index.ts';
import type { FigureDimension } from '../facts/fact-statements.ts';
import { type CellKey, noFacts, type Period, type SideFacts } from '../facts/facts.ts';
import { partnershipFacts, partnershipParts } from '../facts/partnership-facts.ts';
import type { FiguresAsked } from './asked.ts';
import { daysIn, firstDayOf, isStep } from './compare-periods.ts';

export interface PartnershipSide extends SideFacts {
  /** What of other costs and benefits is in no row. */
  readonly gaps: Pick<PartnershipMoney, 'unpriced' | 'ordersWithoutCost'>;
  /** Whether benefits of such a cell come from revenue too, and so rest on orders. */
  readonly bringsByRevenue: (key: CellKey, dimensions: readonly FigureDimension[]) => boolean;
  /** Whether a cell by these dimensions, of what is asked for, is known to bring nothing where it has no benefit. */
  readonly bringsNothing: (key: CellKey, dimensions: readonly FigureDimension[]) => boolean;
  /** Days of such a cell of which a benefit rests on orders that are not all held. */
  readonly unheldDays: (key: CellKey, dimensions: readonly FigureDimension[]) => number;
}

/** Other costs and benefits by partner, region and the steps of time that are asked for: by several, day by day. */
export const partnershipSide = async (
  sql: Sql,
  period: Period,
  asked: Pick<FiguresAsked, 'by' | 'partner' | 'region' | 'currency'>,
): Promise<PartnershipSide> => {
  const steps = asked.by.filter(isStep);
  const groupBy = ['partner', 'region'] as const;
  const { rows, unpriced, ordersWithoutCost, bringsByRevenue, bringsNothing, unheldDays } = await partnershipMoney(
    sql,
    {
      from: period.from,
      to: period.to,
      groupBy,
      currency: asked.currency,
      step: steps.length > 1 ? 'day' : steps[0],
    },
  );
  const codeOf = (key: CellKey, name: (typeof groupBy)[number]) =>
    asked[name] === undefined ? key[name] : asked[name] === 'none' ? null : asked[name];
  const placeOf = (key: CellKey) => ({ partner: codeOf(key, 'partner'), region: codeOf(key, 'region') });
  const daysOf = (key: CellKey, dimensions: readonly FigureDimension[]): Period =>
    steps.some((step) => dimensions.includes(step)) ? daysIn(key, steps, period) : period;
  const placedBy = (dimensions: readonly FigureDimension[]) =>
    groupBy.filter((name) => dimensions.includes(name) || asked[name] !== undefined);
  return {
    dimensions: [...groupBy, ...steps],
    cells: rows.map((row) => ({
      key: {
        partner: row.partner,
        region: row.region,
        ...Object.fromEntries(steps.map((step) => [step, row.step === null ? null : firstDayOf(step, row.step)])),
      },
      facts: { ...noFacts(), ...partnershipFacts(row), ...partnershipParts(row) },
    })),
    gaps: { unpriced, ordersWithoutCost },
    bringsByRevenue: (key, dimensions) => bringsByRevenue(placeOf(key), placedBy(dimensions)),
    bringsNothing: (key, dimensions) => {
      const step = daysOf(key, dimensions);
      return step.from <= step.to && bringsNothing({ ...placeOf(key), step }, placedBy(dimensions));
    },
    unheldDays: (key, dimensions) =>
      unheldDays({ ...placeOf(key), step: daysOf(key, dimensions) }, placedBy(dimensions)),
  };
};
