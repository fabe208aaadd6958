import { type PartnershipFact, partnershipFactNames } from '../facts/partnership-facts.ts';

/**
 * Kept with each seal. It is raised whenever a fact that seals keep comes to mean something else, and the fact is named below:
 * what a seal of before kept of it is no other count of the same thing, and opens nothing.
 */
export const formulasVersion = 2;

/** Since which version a fact means what it means. */
const meantSince: Partial<Readonly<Record<PartnershipFact, number>>> = {
  // That a part of revenue brought nothing: known of days of which every order is held, no more of all since the oldest one.
  knownBenefits: 2,
};

/** Facts that meant something else by a seal's formulas. */
export const meantOtherwise = (version: number): readonly PartnershipFact[] =>
  partnershipFactNames.filter((fact) => version < (meantSince[fact] ?? 1));

/** Of a figure that is another today because one of its facts meant something else. */
export const formulasReason = (version: number): string => `sealed under formulas of version ${version}`;

/** Of a figure that is another because others of the role worked in the month. */
export const pooledRates = 'pooled rates';

/** Reasons for which no revision is made. */
export const leavesClosed = (reason: string): boolean =>
  reason === pooledRates ||
  Array.from({ length: formulasVersion - 1 }, (_, before) => formulasReason(before + 1)).includes(reason);
