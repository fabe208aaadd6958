import {
  dailyPooledStatements,
  dailyStatements,
  type FigureDimension,
  type Statement,
} from '../facts/fact-statements.ts';
import type { CellFacts } from '../facts/facts.ts';
import { writtenCell, writtenCells } from './written-cells.ts';

type Fact = keyof CellFacts;
type Daily = ReturnType<typeof dailyStatements>;

/** Totals of one kind: where they are kept, and the questions to the ledger that they answer. */
export interface Book {
  readonly name: 'facts' | 'pooled';
  readonly table: 'rollup_total' | 'rollup_pooled';
  /** The start of what takes rows away. */
  readonly clear: string;
  readonly daily: Daily;
  /** The column of each fact that is added up. */
  readonly columns: Readonly<Partial<Record<Fact, string>>>;
  /** Tickets worked on and orders returned: the fact, the column of those that are new, and the word for the others. */
  readonly again: readonly { readonly fact: Fact; readonly column: string; readonly what: string }[];
  /** What one mark stands for. */
  readonly marks: 'day' | 'month';
}

const columnsOf = (daily: Daily): Partial<Record<Fact, string>> =>
  Object.fromEntries(
    daily.flatMap(({ facts }) => facts).map((fact) => [fact, fact.replace(/[A-Z]/g, (a) => `_${a.toLowerCase()}`)]),
  );

export const factsBook: Book = {
  name: 'facts',
  table: 'rollup_total',
  clear: 'delete from rollup_total',
  daily: dailyStatements('totals'),
  columns: columnsOf(dailyStatements('totals')),
  again: [
    { fact: 'ticketsWorkedPpm', column: 'worked_first_ppm', what: 'work' },
    { fact: 'returnsPpm', column: 'return_first_ppm', what: 'return' },
  ],
  marks: 'day',
};

/** Pooled rates are of whole months: one posting changes all of its month. */
export const pooledBook: Book = {
  name: 'pooled',
  table: 'rollup_pooled',
  clear: 'delete from rollup_pooled',
  daily: dailyPooledStatements,
  columns: columnsOf(dailyPooledStatements),
  again: [],
  marks: 'month',
};

export const books: readonly Book[] = [factsBook, pooledBook];

/** All facts of totals with their columns, in the order in which they are written. */
const columnsIn = ({ columns, again }: Book): [Fact, string][] => [
  ...(Object.entries(columns) as [Fact, string][]),
  ...again.map(({ fact, column }): [Fact, string] => [fact, column]),
];
export const factsOf = (book: Book): Fact[] => columnsIn(book).map(([fact]) => fact);
export const totalColumns = (book: Book): string[] => columnsIn(book).map(([, column]) => column);

/** Parts of tickets and orders and seconds, in millionths, are whole millions for the most part. */
const written = (column: string): string =>
  /(_ppm|microseconds)$/.test(column) ? `in_short(s.${column})` : `s.${column}`;

/** All cells of a run of days, of kept rows `s` of that run, as reports read them. */
export const writtenBook = (book: Book): string =>
  writtenCells(writtenCell('s.partner', 's.region', totalColumns(book).map(written)), 'order by s.partner, s.region');

/**
 * Tickets worked on and orders returned on the days from $1 to $2, as (day, what, before, partner, region, ppm). `before` is
 * the latest such day before it of the same ticket or order, null where there is none: a period that starts at F counts
 * those whose `before` is null or earlier than F, so each once. A day's work is never below zero, for what takes it back lies on
 * the same day: there was work in a period exactly where there was on one of its days.
 */
export const againSql = `
  select n.day, 'work' as what, b.day as before, s.partner, s.region, s.ppm
    from (select ticket_id, worked_day as day from posting where worked_day between $1 and $2 group by 1, 2 having add_up(microseconds) > 0) n
    left join lateral (select p.worked_day as day from posting p where p.ticket_id = n.ticket_id and p.worked_day < n.day
                        group by 1 having add_up(p.microseconds) > 0 order by 1 desc limit 1) b on true
    join attribution a on a.ticket_id = n.ticket_id and a.current join attribution_share s on s.attribution_id = a.id
   union all
  select n.day, 'return', (select max(r.made_day) from refund r where r.order_id = n.order_id and r.made_day < n.day), os.partner, o.region, os.ppm
    from (select distinct order_id, made_day as day from refund where made_day between $1 and $2) n
    join "order" o on o.id = n.order_id join order_share os on os.order_id = o.id
   where o.counted`;

const byCell: readonly FigureDimension[] = ['day', 'partner', 'region'];

const dailySql = (statement: Statement): string =>
  statement.sql({
    columns: byCell.map((dimension) => `${statement.by[dimension]} as "${dimension}",`).join(' '),
    grouped: 'group by 1, 2, 3',
    dimensions: byCell,
  });

/** Of what `againSql` gave, that of several days as reports read it: day, before, and all cells with a number for each of the book's. */
export const writtenAgain = ({ again }: Book, pairs: string): string => `
  select day, before, ${writtenCells('line', 'order by line')} as cells
    from (select day, before, ${writtenCell(
      'partner',
      'region',
      again.map(({ what }) => `in_short(coalesce(sum(ppm) filter (where what = '${what}'), 0)::bigint)`),
    )} as line from ${pairs} where before is not null group by day, before, partner, region) cell
   group by day, before`;

/** What the ledger says of the days from $1 to $2 in the time zone $3: day, partner and region ('' is none), and all columns of totals. `pairs` names what `againSql` gave. */
export const ledgerSql = (book: Book, daily: Daily, pairs: string): string => {
  const all = totalColumns(book);
  const parts = daily.map(({ statement, facts }) => {
    const given = new Map<string, string>(facts.map((fact) => [book.columns[fact] ?? '', `q."${fact}"`]));
    return `select q.day::date as day, q.partner, q.region, ${all.map((column) => `${given.get(column) ?? '0'} as ${column}`).join(', ')} from (${dailySql(statement)}) q`;
  });
  const firsts = book.again.map(
    ({ column, what }) =>
      `select day, partner, region, ${all.map((one) => (one === column ? 'ppm' : '0')).join(', ')} from ${pairs} where what = '${what}' and before is null`,
  );
  const sums = all.map((column) => `coalesce(sum(${column}), 0)::bigint as ${column}`).join(', ');
  return `select day, coalesce(partner, '') as partner, coalesce(region, '') as region, ${sums}
    from (${[...parts, ...firsts].join('\nunion all\n')}) parts where $3::text is not null group by 1, 2, 3`;
};
