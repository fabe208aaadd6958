import { wholePpm } from '../../core/money.ts';
import { addFacts, type Cell } from './facts/facts.ts';

/** The partner of the row that stands for several: no code can be so. */
export const severalPartners = '*';

/** What a row for several partners stands for, and why. */
export interface Folded {
  /** Codes, sorted. */
  readonly partners: readonly string[];
  readonly leastTickets: number;
  readonly reason: string;
}

/**
 * Region first, then partner where the data allows: cells of partners that had fewer tickets than `leastTickets`, created or
 * worked on, are put together under their region. Every fact is a sum, so that totals and each region's sum stay as they
 * were. Direct and Unattributed stay, for they are no partner's.
 */
export const foldSmallCells = (
  cells: readonly Cell[],
  leastTickets: number,
): (Cell & { readonly folded?: Folded })[] => {
  const least = BigInt(leastTickets) * BigInt(wholePpm);
  const isSmall = ({ key, facts }: Cell): boolean =>
    key.partner !== null && key.partner !== 'direct' && facts.ticketsPpm < least && facts.ticketsWorkedPpm < least;
  const small = cells.filter(isSmall);
  const byRegion = Map.groupBy(small, ({ key }) => key.region);
  return [
    ...cells.filter((cell) => !isSmall(cell)),
    ...[...byRegion].map(([region, own]) => ({
      key: { partner: severalPartners, region },
      facts: addFacts(own.map(({ facts }) => facts)),
      folded: {
        partners: own.flatMap(({ key }) => key.partner ?? []).toSorted(),
        leastTickets,
        reason: `fewer than ${leastTickets} tickets each`,
      },
    })),
  ];
};
