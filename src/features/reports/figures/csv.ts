import { type Cell, writeCsv } from '../../../platform/csv.ts';
import type { FigureDimension } from '../facts/fact-statements.ts';
import { notHeldCell } from '../held-days.ts';
import { type CoverageName, coverages } from '../metrics.ts';
import { basisColumns, type CostedAt } from '../tables.ts';
import { type FigureRow, figureNames } from './answers.ts';

interface Column {
  readonly name: string;
  readonly of: (row: FigureRow) => Cell;
}

const cellOf = (value: { readonly amount: string } | number | null): Cell =>
  value !== null && typeof value === 'object' ? value.amount : value;

const coverageNames = Object.keys(coverages) as CoverageName[];

const comparisonColumns = (which: 'previous' | 'baseline'): Column[] => [
  ...figureNames.flatMap((name): Column[] => [
    { name: `${which}.${name}`, of: (row) => cellOf(row[which]?.[name].value ?? null) },
    { name: `${which}.${name}.change`, of: (row) => cellOf(row[which]?.[name].change ?? null) },
    { name: `${which}.${name}.relative`, of: (row) => row[which]?.[name].relative ?? null },
  ]),
  ...coverageNames.map(
    (name): Column => ({
      name: `${which}.coverage.${name}`,
      of: (row) => row[which]?.coverage[name] ?? null,
    }),
  ),
  { name: `${which}.partial`, of: (row) => row[which]?.partial ?? null },
  { name: `${which}.notHeld`, of: (row) => notHeldCell(row[which]?.notHeld ?? []) },
];

/** One line per row; the last line of the last page, the first dimension "total", is the sum of all. */
export const figuresCsv = (
  rows: readonly FigureRow[],
  total: FigureRow | null,
  about: CostedAt & {
    readonly groupBy: readonly FigureDimension[];
    readonly currency: string;
    readonly compared: readonly ('previous' | 'baseline')[];
  },
): string => {
  const columns: readonly Column[] = [
    ...about.groupBy.map((dimension) => ({ name: dimension, of: (row: FigureRow) => row[dimension] ?? null })),
    { name: 'currency', of: () => about.currency },
    ...figureNames.map((name) => ({ name, of: (row: FigureRow) => cellOf(row[name]) })),
    { name: 'topMarket', of: (row) => row.topMarket },
    { name: 'csatResponses', of: ({ csat }) => csat.n },
    { name: 'csatLow', of: ({ csat }) => ('topTwoBox' in csat ? csat.low : null) },
    { name: 'csatHigh', of: ({ csat }) => ('topTwoBox' in csat ? csat.high : null) },
    { name: 'cappedEntries', of: (row) => row.cappedEntries },
    { name: 'unpricedEntries', of: (row) => row.unpricedEntries },
    { name: 'unpricedOrders', of: (row) => row.unpricedOrders },
    ...coverageNames.map((name) => ({
      name: `coverage.${name}`,
      of: (row: FigureRow) => row.coverage[name],
    })),
    { name: 'partial', of: (row) => row.partial },
    { name: 'notHeld', of: (row) => notHeldCell(row.notHeld) },
    ...about.compared.flatMap(comparisonColumns),
    ...basisColumns(about),
  ];
  const [first] = about.groupBy;
  const last = total === null ? [] : [first === undefined ? total : { ...total, [first]: 'total' }];
  return writeCsv(
    columns.map(({ name }) => name),
    [...rows, ...last].map((row) => columns.map(({ of }) => of(row))),
  );
};
