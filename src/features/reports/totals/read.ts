import type { Day } from '../../../core/time.ts';
import type { Sql } from '../../../platform/database/database.ts';
import { dailyPooledStatements, type FigureDimension, isTime, stepsOf } from '../facts/fact-statements.ts';
import {
  addAnswers,
  type Cell,
  type CellFacts,
  type Dimension,
  loadFacts,
  noFacts,
  type Period,
} from '../facts/facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';
import { type Book, factsBook, factsOf, pooledBook, writtenBook } from './books.ts';
import { addMarkedRun, isTooMuch, ledgerRuns } from './marked-days.ts';
import { namesOf, narrowed, type Only } from './only.ts';
import { piecesOf, type Run, type Step, stepsIn, without } from './spans.ts';
import { addWrittenCells, writtenCell, writtenCells } from './written-cells.ts';

type Into = Map<string, Cell>;

interface Asked {
  /** Partner, region and one step of time at most; those of `only` are among them. */
  readonly dimensions: readonly FigureDimension[];
  readonly only: Only;
  readonly timeZone: string;
}

/** What tells apart the prepared statements of those who ask for one partner or region alone; a name has 63 letters at most. */
const nameOf = (only: Only): string =>
  namesOf(only)
    .map((name) => `/${name}`)
    .join('');

/** What differs for those who may not see wages. */
const pooledFacts = ['costMicros', 'measuredCostMicros', 'unpooledMicroseconds'] as const;

const keptBy: readonly FigureDimension[] = ['partner', 'region', 'day', 'week', 'month'];

export const stepOf = (dimensions: readonly FigureDimension[]): Step | undefined =>
  dimensions.find((dimension): dimension is Step => isTime(dimension));

/**
 * By time each row has a part of a ticket that was worked on, by its seconds: no total tells it. Of one partner or region none
 * of it is told, for it is kept of all cells together.
 */
const countedAgain = (book: Book, { dimensions, only }: Pick<Asked, 'dimensions' | 'only'>): Book['again'] => {
  if (namesOf(only).length > 0) return [];
  return stepOf(dimensions) === undefined ? book.again : book.again.filter(({ fact }) => fact !== 'ticketsWorkedPpm');
};

type Cells = Pick<Asked, 'dimensions' | 'only'> & { readonly into: Into };

/** Cells as texts, each of one step of time where it is asked for. */
interface Written {
  readonly step: Day | null;
  readonly cells: string;
}

const addWritten = (
  rows: readonly Written[],
  names: readonly (keyof CellFacts | null)[],
  { dimensions, into }: Cells,
): void => {
  const step = stepOf(dimensions);
  for (const [first, own] of Map.groupBy(rows, (row) => row.step))
    addWrittenCells(
      own.map(({ cells }) => cells),
      names,
      { dimensions, times: step === undefined ? {} : { [step]: first }, into },
    );
};

/** Counts and times are added up as whole numbers, which is fast; money of a weak currency over years may leave their range. */
const sumOfKept = (column: string): string => (column.endsWith('_micros') ? `sum(s.${column})` : `add_up(s.${column})`);

/** Adds kept totals of these days. Those of all cells are read as they are written, where they are; of some, or by steps of time, PostgreSQL adds them up. */
const addTotals = async (sql: Sql, book: Book, runs: readonly Run[], cells: Cells): Promise<void> => {
  const { dimensions, only } = cells;
  const step = stepOf(dimensions);
  const pieces = runs.flatMap((run) =>
    stepsIn(step ?? null, run).flatMap(({ first, ...days }) => piecesOf(days).map((piece) => ({ ...piece, first }))),
  );
  const which = [pieces.map(({ span }) => span), pieces.map(({ startsOn }) => startsOn)];
  const narrowed = namesOf(only);
  if (step === undefined && narrowed.length === 0) {
    const written = await sql.query<Written>(
      `select null as step, coalesce(w.cells, r.cells) as cells from unnest($2::int[], $3::date[]) as p(span, starts_on)
         left join rollup_written w on w.book = $1 and w.span = p.span and w.starts_on = p.starts_on
         left join lateral (select ${writtenBook(book)} as cells from ${book.table} s
                             where w.cells is null and s.span = p.span and s.starts_on = p.starts_on) r on true
        where coalesce(w.cells, r.cells) is not null`,
      [book.name, ...which],
      { preparedAs: `written totals of ${book.name}` },
    );
    return addWritten(written, factsOf(book), cells);
  }
  const kept: readonly (readonly [keyof CellFacts, string])[] = [
    ...(Object.entries(book.columns) as [keyof CellFacts, string][]),
    ...countedAgain(book, cells).map(({ fact, column }) => [fact, column] as const),
  ];
  const code = (name: Dimension): string => (dimensions.includes(name) ? `s.${name}` : 'null::text');
  const sums = kept.map(([, column]) => sumOfKept(column));
  const added = await sql.query<Written>(
    `select step, ${writtenCells('line')} as cells
       from (select p.first as step, ${writtenCell(code('partner'), code('region'), sums)} as line
               from unnest($1::int[], $2::date[], $3::text[]) as p(span, starts_on, first)
               join ${book.table} s on s.span = p.span and s.starts_on = p.starts_on${narrowed.map((name, at) => ` and s.${name} = $${4 + at}`).join('')}
              group by p.first${dimensions.map((name) => (name === step ? '' : `, s.${name}`)).join('')}) cell group by step`,
    [...which, pieces.map(({ first }) => first), ...narrowed.map((name) => only[name] ?? '')],
    { preparedAs: `totals of ${book.name} by ${dimensions.join(', ')}${nameOf(only)}` },
  );
  addWritten(
    added,
    kept.map(([fact]) => fact),
    cells,
  );
};

/** Adds tickets worked on and orders returned before the period and in it: those of kept days, all but the marked ones. */
const addAgain = async (
  sql: Sql,
  book: Book,
  { from, to }: Period,
  marked: readonly Run[],
  cells: Cells,
): Promise<void> => {
  const step = stepOf(cells.dimensions);
  const written = await sql.query<Written>(
    `select ${step === undefined ? 'null' : stepsOf('a.day')[step]} as step, a.cells from rollup_again a
      where daterange(a.before, a.day) @> ($1::date - 1) and a.day <= $2
        and not exists (select from unnest($3::date[], $4::date[]) as m(first, last) where a.day between m.first and m.last)`,
    [from, to, marked.map((run) => run.from), marked.map((run) => run.to)],
    { preparedAs: `again by ${step ?? 'period'}` },
  );
  const counted = countedAgain(book, cells);
  addWritten(
    written,
    book.again.map((one) => (counted.includes(one) ? one.fact : null)),
    cells,
  );
};

/**
 * Adds what a book holds of a period to the cells by these dimensions: kept totals of unmarked days, the ledger's own word on
 * marked ones. False, with nothing added, where too much is marked.
 */
const addBook = async (
  sql: Sql,
  book: Book,
  period: Period,
  { dimensions, only, timeZone, into }: Asked & { into: Into },
): Promise<boolean> => {
  const marked = await ledgerRuns(sql, book, period);
  if (isTooMuch(marked, period)) return false;
  const cells = { dimensions, only, into };
  const again = countedAgain(book, cells);
  // Both at once: PostgreSQL answers the second while the first is read here. Never three: pg warns of a queue, and is to end it.
  await Promise.all([
    addTotals(sql, book, without(period, marked), cells),
    again.length > 0 && addAgain(sql, book, period, marked, cells),
  ]);
  for (const run of marked) await addMarkedRun(sql, book, { run, period }, { ...cells, timeZone, again });
  return true;
};

/**
 * Every fact of a period by partner, region and one step of time at most, exactly as the ledger tells it, from totals that are
 * kept by day where they are as the ledger says; by a step without the tickets worked on. Null where totals do not tell it:
 * other dimensions, or too much that is marked. `sql` is a repeatable-read transaction: totals and marks are of one moment.
 */
export const totalFacts = async (
  sql: Sql,
  period: Period,
  by: readonly FigureDimension[],
  {
    timeZone,
    costBasis,
    only = {},
  }: {
    readonly timeZone: string;
    readonly costBasis: CostBasis;
    /** Cells of one partner or region are by it too, and without the tickets worked on and the orders returned. */
    readonly only?: Only;
  },
): Promise<Cell[] | null> => {
  const dimensions = [...new Set<FigureDimension>([...namesOf(only), ...by])];
  if (!dimensions.every((one) => keptBy.includes(one)) || dimensions.filter(isTime).length > 1) return null;
  const cells: Into = new Map();
  const asked = { dimensions, only, timeZone };
  if (!(await addBook(sql, factsBook, period, { ...asked, into: cells }))) return null;
  if (costBasis === 'true') return [...cells.values()];
  for (const { facts } of cells.values()) {
    facts.costMicros = 0n;
    facts.measuredCostMicros = 0n;
  }
  const pooled: Into = new Map();
  if (!(await addBook(sql, pooledBook, period, { ...asked, into: pooled })))
    for (const { statement } of dailyPooledStatements) {
      const own = narrowed(statement, only, [period.from, period.to]);
      await addAnswers(sql, own.statement, own.parameters, { dimensions, into: pooled });
    }
  for (const [id, { key, facts }] of pooled) {
    const cell = cells.get(id) ?? { key, facts: noFacts() };
    cells.set(id, cell);
    for (const name of pooledFacts) cell.facts[name] = facts[name];
  }
  return [...cells.values()];
};

/** The same by partner and region, from the ledger where totals do not tell it. */
export const partnerFacts = async (
  sql: Sql,
  period: Period,
  dimensions: readonly Dimension[],
  timeZone: string,
  costBasis: CostBasis,
): Promise<Cell[]> =>
  (await totalFacts(sql, period, dimensions, { timeZone, costBasis })) ??
  (await loadFacts(sql, period, dimensions, timeZone, costBasis));
