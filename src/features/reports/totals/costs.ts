import type { Sql } from '../../../platform/database/database.ts';
import { costBy, type FigureDimension, isTime } from '../facts/fact-statements.ts';
import type { CellKey, Period } from '../facts/facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';
import { factsBook, pooledBook } from './books.ts';
import { ledgerRuns } from './marked-days.ts';
import { stepOf } from './read.ts';
import { piecesOf, stepsIn, without } from './spans.ts';

/** A part of what support cost, in micros; several may be of one key. */
export interface SupportCost {
  readonly key: CellKey;
  readonly micros: bigint;
}

type Row = Partial<Record<FigureDimension, string | null>> & { readonly costMicros: string | null };

/**
 * What support cost by partner and any of region and time, and no other fact, of some partners (null: Unattributed) or of all:
 * from totals as far as they tell it, else from the ledger. `sql` is a repeatable-read transaction.
 */
export const supportCosts = async (
  sql: Sql,
  period: Period,
  dimensions: readonly FigureDimension[],
  { costBasis, partners }: { readonly costBasis: CostBasis; readonly partners: readonly (string | null)[] | 'all' },
): Promise<SupportCost[]> => {
  const book = costBasis === 'true' ? factsBook : pooledBook;
  const marked = dimensions.filter(isTime).length > 1 ? [period] : await ledgerRuns(sql, book, period);
  const step = stepOf(dimensions);
  const pieces = without(period, marked).flatMap((run) =>
    stepsIn(step ?? null, run).flatMap(({ first, ...days }) => piecesOf(days).map((piece) => ({ ...piece, first }))),
  );
  const codes = partners === 'all' ? [] : [partners.map((partner) => partner ?? '')];
  const keys = dimensions.map((one) => (one === step ? 'p.step' : `s.${one}`));
  const kept =
    pieces.length === 0
      ? []
      : await sql.query<Row>(
          `select ${dimensions.map((one, at) => `nullif(${keys[at]}, '') as "${one}",`).join(' ')} sum(s.cost_micros)::text as "costMicros"
             from unnest($1::int[], $2::date[], $3::text[]) as p(span, starts_on, step)
             join ${book.table} s on s.span = p.span and s.starts_on = p.starts_on${codes.length === 0 ? '' : ' and s.partner = any($4::text[])'}
            group by ${keys.join(', ')}`,
          [
            pieces.map(({ span }) => span),
            pieces.map(({ startsOn }) => startsOn),
            pieces.map(({ first }) => first),
            ...codes,
          ],
        );
  const statement = costBy(dimensions, costBasis);
  const ledger = statement.sql({
    columns: dimensions.map((one) => `${statement.by[one]} as "${one}",`).join(' '),
    grouped: `group by ${dimensions.map((_, at) => at + 1).join(', ')}${codes.length === 0 ? '' : ` having coalesce(${statement.by.partner}, '') = any($3::text[])`}`,
    dimensions,
  });
  const rows = [...kept];
  for (const { from, to } of marked) rows.push(...(await sql.query<Row>(ledger, [from, to, ...codes])));
  return rows.map(({ costMicros, partner = null, region = null, ...times }) => ({
    key: { partner, region, ...times },
    micros: BigInt(costMicros ?? 0),
  }));
};
