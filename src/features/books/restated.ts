import type { Database } from '../../platform/database/open.ts';
import type { CostBasis } from '../access/index.ts';
import type { ReportingBasis } from '../directory/index.ts';
import {
  differencesSince,
  leavesClosed,
  type sealedFigureNames,
  type ToldChange,
  toldChanges,
} from '../reports/index.ts';
import type { FigureAnswer } from './differing-answers.ts';

/** A sealed figure of a row that is another today. */
export interface RestatedFigure {
  readonly partner: string | null;
  readonly region: string | null;
  readonly figure: (typeof sealedFigureNames)[number];
  readonly sealed: FigureAnswer;
  readonly now: FigureAnswer;
  readonly reasons: readonly string[];
}

/** Every figure of a seal that is another today, by the id of its row and in the order of `sealedFigureNames`, and the reasons, from one snapshot of the database. */
export const restatedSince = async (
  db: Database,
  seal: number,
  {
    groupBy,
    costBasis,
    ...basis
  }: ReportingBasis & { readonly groupBy: readonly ('partner' | 'region')[]; readonly costBasis: CostBasis },
): Promise<{ readonly differs: readonly RestatedFigure[]; readonly changes: readonly ToldChange[] }> => {
  const { rows, changes } = await db.transaction((tx) => differencesSince(tx, seal, { ...basis, groupBy, costBasis }), {
    readOnly: true,
    isolation: 'repeatable read',
  });
  return {
    differs: rows.flatMap(({ key, figures }) =>
      figures.map(({ figure, sealed, now, reasons }) => ({
        partner: key?.partner ?? null,
        region: key?.region ?? null,
        figure,
        sealed: sealed as FigureAnswer,
        now: now as FigureAnswer,
        reasons,
      })),
    ),
    changes: toldChanges(changes, { currency: basis.currency, seesRates: costBasis === 'true' }),
  };
};

/** The same in a line for a person; null where nothing differs. */
export const restatedLine = (
  seal: number,
  { differs, changes }: { readonly differs: readonly RestatedFigure[]; readonly changes: readonly ToldChange[] },
): string | null => {
  if (differs.length === 0) return null;
  const figures = [...new Set(differs.map(({ figure }) => figure))].join(', ');
  const reasons = changes.map(({ reason, of, items }) => `${reason} (${items}, ${of})`).join(', ');
  const line = (by: string, next: string) =>
    `Others today than sealed: ${figures}${by}. \`GET /api/v1/seals/${seal}/differs\` has each; ${next}.`;
  const all = [...new Set(differs.flatMap((one) => one.reasons))];
  if (all.every(leavesClosed)) return line(`, by ${all.join(', ')}`, 'no revision is made for that');
  return line(
    reasons === '' ? '' : `, by ${reasons}`,
    '`deskledger seal` of the same days with `--revise` takes them up',
  );
};
