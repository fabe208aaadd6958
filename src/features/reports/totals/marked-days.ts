import { type Day, daysBetween } from '../../../core/time.ts';
import type { Sql } from '../../../platform/database/database.ts';
import { type FigureDimension, type Statement, stepsOf } from '../facts/fact-statements.ts';
import { addAnswers, type Cell, type Period } from '../facts/facts.ts';
import type { Book } from './books.ts';
import { narrowed, type Only } from './only.ts';
import { monthOf, type Run, runsOf } from './spans.ts';

/** So many runs of marked days are read from the ledger one by one; more of them, or half of the period: all of it at once. */
const mostRuns = 6;
const mostMarkedShare = 0.5;

/** The days of a period that a book does not answer for. */
const markedRuns = async (sql: Sql, book: Book, { from, to }: Period): Promise<Run[]> => {
  const first = book.marks === 'month' ? monthOf(from).from : from;
  const marked = await sql.query<{ day: Day }>(
    'select distinct day from rollup_mark where book = $1 and day between $2 and $3 order by day',
    [book.name, first, to],
    { preparedAs: 'marked days' },
  );
  if (book.marks === 'day') return runsOf(marked.map(({ day }) => day));
  return marked.map(({ day }) => {
    const month = monthOf(day);
    return { from: month.from < from ? from : month.from, to: month.to > to ? to : month.to };
  });
};

const daysIn = (runs: readonly Run[]): number => runs.reduce((sum, { from, to }) => sum + daysBetween(from, to) + 1, 0);
/** Whether so much of a period is marked that the ledger is to tell all of it. */
export const isTooMuch = (marked: readonly Run[], period: Run): boolean =>
  daysIn(marked) > daysIn([period]) * mostMarkedShare;

/** At least so much for one step of one statement: 200,000 orders join their shares without being written to disk. */
const leastWorkKb = 16_384;
/**
 * How the ledger is read, until the transaction ends. What marks many days goes on beside the report: workers of PostgreSQL's
 * own would take its processors, for each of them does all of what a plan does not divide.
 */
const readLedgerAlone = (sql: Sql): Promise<unknown> =>
  sql.query(
    `select set_config('max_parallel_workers_per_gather', '0', true),
            set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')) / 1024, $1) || 'kB', true)`,
    [leastWorkKb],
  );

/** The runs of a period that are to be read from the ledger: the marked ones, or all of it where too much is marked. */
export const ledgerRuns = async (sql: Sql, book: Book, period: Period): Promise<Run[]> => {
  const marked = await markedRuns(sql, book, period);
  if (marked.length > 0) await readLedgerAlone(sql);
  return marked.length > mostRuns || isTooMuch(marked, period) ? [period] : marked;
};

const sumOf = (again: Book['again']): string =>
  again.map(({ fact, what }) => `coalesce(sum(s.ppm) filter (where s.what = '${what}'), 0) as "${fact}"`).join(', ');
const isCounted = (again: Book['again']): string => `s.what in (${again.map(({ what }) => `'${what}'`).join(', ')})`;

/** Tickets with costed work on the days from $1 to $2 and none before them in the period, which starts at $3. */
const firstWorkedSql = `
  select $1::date as day, 'work' as what, s.partner, s.region, s.ppm
    from (select ticket_id from posting where worked_day between $1 and $2 group by 1 having add_up(microseconds) > 0) n
    join attribution a on a.ticket_id = n.ticket_id and a.current join attribution_share s on s.attribution_id = a.id
   where $3::date >= $1::date
      or not exists (select from posting p where p.ticket_id = n.ticket_id and p.worked_day >= $3 and p.worked_day < $1 having add_up(p.microseconds) > 0)`;

/** Orders likewise, by the day of their first return in the period. */
const firstReturnedSql = `
  select n.day, 'return' as what, os.partner, o.region, os.ppm
    from (select order_id, min(made_day) as day from refund where made_day between $1 and $2 group by 1) n
    join "order" o on o.id = n.order_id join order_share os on os.order_id = o.id
   where o.counted and not exists (select from refund r where r.order_id = n.order_id and r.made_day >= $3 and r.made_day < $1)`;

/** The same of marked days, from the ledger; the period starts at $3. */
const againOfMarked = (again: Book['again']): Statement => ({
  side: 'work',
  by: { partner: 's.partner', region: 's.region', ...stepsOf('s.day') },
  sql: ({ columns, grouped }) => `
  select ${columns} ${sumOf(again)} from (${firstWorkedSql} union all ${firstReturnedSql}) s where ${isCounted(again)} ${grouped}`,
});

/**
 * Adds what the ledger says of a run of marked days in a period, `again` among it: facts of tickets worked on and orders
 * returned, of all partners and regions alone.
 */
export const addMarkedRun = async (
  sql: Sql,
  { daily }: Book,
  { run, period }: { readonly run: Run; readonly period: Period },
  {
    dimensions,
    only,
    timeZone,
    again,
    into,
  }: {
    readonly dimensions: readonly FigureDimension[];
    readonly only: Only;
    readonly timeZone: string;
    readonly again: Book['again'];
    readonly into: Map<string, Cell>;
  },
): Promise<void> => {
  for (const { statement } of daily) {
    const own = narrowed(statement, only, [run.from, run.to, ...(statement.third === 'time zone' ? [timeZone] : [])]);
    await addAnswers(sql, own.statement, own.parameters, { dimensions, into });
  }
  if (again.length > 0)
    await addAnswers(sql, againOfMarked(again), [run.from, run.to, period.from], { dimensions, into });
};
