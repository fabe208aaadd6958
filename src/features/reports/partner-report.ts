import { InvalidInput } from '../../core/errors.ts';
import { daysBetween, isDay } from '../../core/time.ts';
import type { Database } from '../../platform/database/open.ts';
import type { ReportRow } from './answers.ts';
import { addFacts, type CellFacts, type CellKey, type Dimension, noFacts, type Period } from './facts/facts.ts';
import type { CostBasis } from './facts/pooled-cost.ts';
import { costOf, rowOf } from './metrics.ts';
import { loadSealed, type SealInfo, sealedFacts } from './seals/sealed.ts';
import { type Folded, foldSmallCells } from './small-cells.ts';
import { partnerFacts } from './totals/read.ts';

export interface PartnerReport {
  readonly from: string;
  readonly to: string;
  readonly groupBy: readonly Dimension[];
  readonly currency: string;
  readonly timeZone: string;
  readonly costBasis: CostBasis;
  /** Dearest first; Direct ("direct") and Unattributed (null) are always there when partners are asked for. */
  readonly rows: readonly ReportRow[];
  /** The sum of the rows, exactly. */
  readonly total: ReportRow;
  /** The seal that the figures are as of; absent: as of now. */
  readonly seal?: SealInfo;
}

/** The longest period one request may ask for. */
const mostDays = 1100;

/** `fields` are what the request calls the two days; throws InvalidInput. */
export const parsePeriod = (
  from: string,
  to: string,
  [first, last]: readonly [string, string] = ['from', 'to'],
): Period => {
  const period = { from, to };
  const faults = [
    { field: first, text: from },
    { field: last, text: to },
  ].flatMap(({ field, text }) => (isDay(text) ? [] : [{ field, reason: 'is not a day; write it as YYYY-MM-DD' }]));
  if (faults.length > 0) throw new InvalidInput('The period is not made of days', faults);
  const days = daysBetween(period.from, period.to);
  if (days < 0)
    throw new InvalidInput('The period ends before it starts', [{ field: last, reason: `earlier than \`${first}\`` }]);
  if (days > mostDays)
    throw new InvalidInput(`A report covers at most ${mostDays} days`, [
      { field: last, reason: `${days} days after \`${first}\`` },
    ]);
  return period;
};

const sameKey = (a: CellKey, b: CellKey): boolean => a.partner === b.partner && a.region === b.region;

/** The partner report of DESIGN.md section 9, all figures from one snapshot of the database. */
export const partnerReport = async (
  db: Database,
  {
    from,
    to,
    groupBy,
    currency,
    timeZone,
    costBasis,
    asOf,
    leastTicketsPerCell,
  }: Period & {
    readonly groupBy: readonly Dimension[];
    readonly currency: string;
    readonly timeZone: string;
    /** `true` is for those alone who may see wages. */
    readonly costBasis: CostBasis;
    /** As the latest seal of exactly these days kept it, or the seal of that id; absent: as of now. */
    readonly asOf?: 'seal' | number | undefined;
    /** By partner and region: cells of partners with fewer tickets are put together under their region; absent: each is a row. */
    readonly leastTicketsPerCell?: number | undefined;
  },
): Promise<PartnerReport> => {
  if (asOf !== undefined) {
    const { seal, totals, ...basis } = await loadSealed(db, { from, to }, asOf);
    const cells = sealedFacts(totals, groupBy, costBasis);
    return { ...reportOf(cells, { from, to, groupBy, costBasis, ...basis }, leastTicketsPerCell), seal };
  }
  const cells = await db.transaction((tx) => partnerFacts(tx, { from, to }, groupBy, timeZone, costBasis), {
    readOnly: true,
    isolation: 'repeatable read',
  });
  return reportOf(cells, { from, to, groupBy, currency, timeZone, costBasis }, leastTicketsPerCell);
};

const reportOf = (
  cells: readonly { readonly key: CellKey; readonly facts: CellFacts }[],
  head: Omit<PartnerReport, 'rows' | 'total' | 'seal'>,
  leastTicketsPerCell: number | undefined,
): PartnerReport => {
  const { groupBy, currency } = head;
  const always: CellKey[] =
    groupBy.length === 1 && groupBy[0] === 'partner'
      ? [
          { partner: 'direct', region: null },
          { partner: null, region: null },
        ]
      : [];
  const all: { key: CellKey; facts: CellFacts }[] = [
    ...cells,
    ...always.filter((key) => !cells.some((cell) => sameKey(cell.key, key))).map((key) => ({ key, facts: noFacts() })),
  ];
  const account = addFacts(all.map(({ facts }) => facts));
  const shown: readonly { key: CellKey; facts: CellFacts; folded?: Folded }[] =
    leastTicketsPerCell !== undefined && groupBy.includes('partner') && groupBy.includes('region')
      ? foldSmallCells(all, leastTicketsPerCell)
      : all;
  const ordered = shown
    .map((cell) => ({
      cell,
      cost: costOf(cell.facts) ?? -1n,
      name: `${cell.key.partner ?? '~'} ${cell.key.region ?? '~'}`,
    }))
    .sort((a, b) => (a.cost === b.cost ? (a.name < b.name ? -1 : 1) : a.cost > b.cost ? -1 : 1));
  return {
    ...head,
    // Before the rows: V8 writes JSON anew, and slower, from where an object has numbers for names, as scores have.
    total: rowOf({ partner: null, region: null }, account, account, currency),
    rows: ordered.map(({ cell: { key, facts, folded } }) => {
      const row = rowOf(key, facts, account, currency);
      return folded ? { ...row, folded } : row;
    }),
  };
};
