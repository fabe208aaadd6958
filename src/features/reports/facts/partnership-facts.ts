import type { PartnershipMoneyRow } from '../../partnerships/index.ts';
import type { CellFacts } from './facts.ts';

export const partnershipFactNames = [
  'otherCostMicros',
  'unpricedCosts',
  'benefitMicros',
  'knownBenefits',
  'unpricedBenefits',
] as const;
export type PartnershipFact = (typeof partnershipFactNames)[number];

/**
 * What partnerships cost and bring in one cell. A benefit without an exchange rate, or of a margin without a line cost, is a
 * known one, of an amount that is not.
 */
export const partnershipFacts = (row: PartnershipMoneyRow): Pick<CellFacts, PartnershipFact> => {
  const unpricedBenefits = row.unpricedBenefits + row.unpricedOrders + row.unknownMargins;
  const given = row.byKind.filter(({ side }) => side === 'benefit').length;
  return {
    otherCostMicros: row.otherCostMicros,
    unpricedCosts: BigInt(row.unpricedCosts),
    benefitMicros: row.benefitMicros,
    knownBenefits: BigInt(given + unpricedBenefits),
    unpricedBenefits: BigInt(unpricedBenefits),
  };
};

/** How much of both is known: what coverages are made of, and no figure, so that no seal keeps it. */
export const partnershipParts = ({
  parts,
}: PartnershipMoneyRow): Pick<
  CellFacts,
  'knownCostParts' | 'unknownCostParts' | 'knownBenefitParts' | 'unknownBenefitParts'
> => ({
  knownCostParts: BigInt(parts['other cost'].known),
  unknownCostParts: BigInt(parts['other cost'].unknown),
  knownBenefitParts: BigInt(parts.benefit.known),
  unknownBenefitParts: BigInt(parts.benefit.unknown),
});
