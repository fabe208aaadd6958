import type { Day } from '../../../core/time.ts';
import type { Sql } from '../../../platform/database/database.ts';
import { dailyPooledStatements, dailyStatements } from '../facts/fact-statements.ts';
import {
  againSql,
  type Book,
  factsBook,
  ledgerSql,
  pooledBook,
  totalColumns,
  writtenAgain,
  writtenBook,
} from './books.ts';
import { spans } from './spans.ts';

/** A total that reports would read, and that is not what it stands for. */
interface TotalDifference {
  /** facts | pooled | again | runs (of 2 to 64 days, which are the sum of those below) | written (what reports of all cells read); the last and again without a cell */
  readonly book: string;
  readonly day: Day;
  readonly partner: string | null;
  readonly region: string | null;
}

const shown = 100;

const unmarked = (book: Book, day: string): string =>
  `not exists (select from rollup_mark m where m.book = '${book.name}' and m.day = ${book.marks === 'day' ? day : `date_trunc('month', ${day})::date`})`;

const cell = "day::text as day, nullif(partner, '') as partner, nullif(region, '') as region";

/** Days against the ledger. */
const daysSql = (book: Book): string => {
  const columns = totalColumns(book);
  const daily = book === pooledBook ? dailyPooledStatements : dailyStatements('ledger');
  return `
  with ${book.again.length > 0 ? `pairs as materialized (${againSql}),` : ''}
  ledger as (${ledgerSql(book, daily, 'pairs')}),
  both_sides as (
    select day, partner, region, ${columns.join(', ')} from ledger
    union all
    select starts_on, partner, region, ${columns.map((column) => `-${column}`).join(', ')} from ${book.table} where span = 1 and starts_on between $1 and $2
  )
  select '${book.name}' as book, ${cell} from (select * from both_sides b where ${unmarked(book, 'b.day')}) b
   group by b.day, partner, region having ${columns.map((column) => `sum(${column}) <> 0`).join(' or ')} order by 2, 3, 4 limit ${shown}`;
};

/** Tickets worked on and orders returned on several days against the ledger; $3 is not asked. */
const againDaysSql = `
  with of_ledger as (${writtenAgain(factsBook, `(${againSql}) pairs`)}),
       held as (select day, before, cells from rollup_again where day between $1 and $2)
  select 'again' as book, day::text as day, null as partner, null as region
    from of_ledger full join held using (day, before)
   where of_ledger.cells is distinct from held.cells and ${unmarked(factsBook, 'day')} order by 2 limit ${shown}`;

/** Runs against the two of half their length that they are made of. */
const runsSql = (book: Book): string => {
  const columns = totalColumns(book);
  const widest = Math.max(...spans);
  return `
  with both_sides as (
    select span * 2 as span, starts_on - mod(mod(starts_on - date '1970-01-01', span * 2) + span * 2, span * 2) as day, partner, region, ${columns.join(', ')}
      from ${book.table} where span < ${widest} and starts_on between $1::date - ${widest} and $2::date + ${widest}
    union all
    select span, starts_on, partner, region, ${columns.map((column) => `-${column}`).join(', ')}
      from ${book.table} where span > 1 and starts_on between $1::date - ${widest} and $2::date + ${widest}
  )
  select 'runs' as book, ${cell} from both_sides where day between $1 and $2 group by span, both_sides.day, partner, region
  having ${columns.map((column) => `sum(${column}) <> 0`).join(' or ')} order by 2, 3, 4 limit ${shown}`;
};

/** What is written down of runs against the rows it is of; where nothing is, the rows are read. */
const writtenSql = (book: Book): string => `
  with of_rows as (select s.span, s.starts_on, ${writtenBook(book)} as cells from ${book.table} s where s.starts_on between $1 and $2 group by 1, 2),
       held as (select span, starts_on, cells from rollup_written where book = '${book.name}' and starts_on between $1 and $2)
  select 'written' as book, starts_on::text as day, null as partner, null as region
    from held left join of_rows using (span, starts_on) where of_rows.cells is distinct from held.cells order by 2 limit ${shown}`;

/**
 * Totals that are not what the ledger says, of these days or of all, but for days that are marked, which no report reads from
 * them; empty when all is well. Adds up all of the days: a minute for millions of postings.
 */
export const totalDifferences = async (
  sql: Sql,
  { days, timeZone }: { readonly days: { readonly from: Day; readonly to: Day } | null; readonly timeZone: string },
): Promise<TotalDifference[]> => {
  const period = [days?.from ?? '-infinity', days?.to ?? 'infinity'];
  const found = [
    await sql.query<TotalDifference>(daysSql(factsBook), [...period, timeZone]),
    await sql.query<TotalDifference>(againDaysSql, period),
    await sql.query<TotalDifference>(daysSql(pooledBook), [...period, timeZone]),
    await sql.query<TotalDifference>(runsSql(factsBook), period),
    await sql.query<TotalDifference>(runsSql(pooledBook), period),
    await sql.query<TotalDifference>(writtenSql(factsBook), period),
    await sql.query<TotalDifference>(writtenSql(pooledBook), period),
  ];
  return found.flat();
};
