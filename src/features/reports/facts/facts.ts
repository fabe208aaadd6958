import type { Sql } from '../../../platform/database/database.ts';
import { baseStatements, type FigureDimension, type LedgerSide, type Statement } from './fact-statements.ts';
import { orderStatements } from './order-statements.ts';
import type { CostBasis } from './pooled-cost.ts';

/** The cell of a report: codes as stored; null is none. Partner and region are null where they are not grouped by, others absent. */
export interface CellKey extends Readonly<Partial<Record<FigureDimension, string | null>>> {
  readonly partner: string | null;
  readonly region: string | null;
}

/** What is counted for one cell, in whole units: ppm of tickets and orders, microseconds, micros, responses. All of it adds up. */
export interface CellFacts {
  ticketsPpm: bigint;
  attributedPpm: bigint;
  ticketsWorkedPpm: bigint;
  microseconds: bigint;
  costMicros: bigint;
  measuredCostMicros: bigint;
  /** Seconds times ppm whose cost no pool tells; other than zero, the cost is known to nobody without `rates`. */
  unpooledMicroseconds: bigint;
  ordersPpm: bigint;
  returnsPpm: bigint;
  revenueMicros: bigint;
  refundMicros: bigint;
  /** Orders on the list of those without an exchange rate; by shares they and refunds are the two below. */
  unpricedOrders: bigint;
  unpricedOrdersPpm: bigint;
  unpricedRefundsPpm: bigint;
  unpricedEntries: bigint;
  cappedEntries: bigint;
  scores1: bigint;
  scores2: bigint;
  scores3: bigint;
  scores4: bigint;
  scores5: bigint;
  delivered: bigint;
  answered: bigint;
  /** From here on: by `loadSides` alone. */
  pricedOrdersPpm: bigint;
  grossMicros: bigint;
  discountMicros: bigint;
  highValuePpm: bigint;
  couponOrdersPpm: bigint;
  buyersPpm: bigint;
  repeatBuyersPpm: bigint;
  knownBuyerOrdersPpm: bigint;
  cohortTicketsPpm: bigint;
  ticketsWithOrderPpm: bigint;
  reasonKnownPpm: bigint;
  languageKnownPpm: bigint;
  /**
   * Of partnerships (`loadFigures` and `roiReport` alone): what they cost beside support and bring, how many benefits are
   * known, and how many amounts and orders of each have no exchange rate, or no line cost that their margin is by.
   */
  otherCostMicros: bigint;
  benefitMicros: bigint;
  knownBenefits: bigint;
  unpricedCosts: bigint;
  unpricedBenefits: bigint;
  /** Days of amounts, and parts of orders and refunds: those in the sums, and those that are gaps. No figure is made of them. */
  knownCostParts: bigint;
  unknownCostParts: bigint;
  knownBenefitParts: bigint;
  unknownBenefitParts: bigint;
}

const zeros: CellFacts = {
  ticketsPpm: 0n,
  attributedPpm: 0n,
  ticketsWorkedPpm: 0n,
  microseconds: 0n,
  costMicros: 0n,
  measuredCostMicros: 0n,
  unpooledMicroseconds: 0n,
  ordersPpm: 0n,
  returnsPpm: 0n,
  revenueMicros: 0n,
  refundMicros: 0n,
  unpricedOrders: 0n,
  unpricedOrdersPpm: 0n,
  unpricedRefundsPpm: 0n,
  unpricedEntries: 0n,
  cappedEntries: 0n,
  scores1: 0n,
  scores2: 0n,
  scores3: 0n,
  scores4: 0n,
  scores5: 0n,
  delivered: 0n,
  answered: 0n,
  pricedOrdersPpm: 0n,
  grossMicros: 0n,
  discountMicros: 0n,
  highValuePpm: 0n,
  couponOrdersPpm: 0n,
  buyersPpm: 0n,
  repeatBuyersPpm: 0n,
  knownBuyerOrdersPpm: 0n,
  cohortTicketsPpm: 0n,
  ticketsWithOrderPpm: 0n,
  reasonKnownPpm: 0n,
  languageKnownPpm: 0n,
  otherCostMicros: 0n,
  benefitMicros: 0n,
  knownBenefits: 0n,
  unpricedCosts: 0n,
  unpricedBenefits: 0n,
  knownCostParts: 0n,
  unknownCostParts: 0n,
  knownBenefitParts: 0n,
  unknownBenefitParts: 0n,
};

/** A copy: the same literal again and again would be made where V8 keeps what lives long, and there its numbers outlive the report. */
export const noFacts = (): CellFacts => ({ ...zeros });

export const addFacts = (all: readonly CellFacts[]): CellFacts => {
  const total = noFacts();
  const names = Object.keys(total) as (keyof CellFacts)[];
  const sums = names.map(() => 0n);
  for (const facts of all) {
    // Walked in its own order, which is the same for all that `noFacts` began: several times faster than asking name by name.
    let at = 0;
    for (const name in facts) {
      const index = names[at] === name ? at : names.indexOf(name as keyof CellFacts);
      const value = facts[name as keyof CellFacts];
      if (value !== 0n) sums[index] = (sums[index] ?? 0n) + value;
      at += 1;
    }
  }
  for (const [index, name] of names.entries()) total[name] = sums[index] ?? 0n;
  return total;
};

/** What the partner report and its seals are by. */
export type Dimension = 'partner' | 'region';

export interface Period {
  /** First and last day, both inclusive, in the reporting time zone. */
  readonly from: string;
  readonly to: string;
}

export interface Cell {
  readonly key: CellKey;
  readonly facts: CellFacts;
}

/** The place of a cell among those by the same dimensions. */
export const cellId = (key: CellKey, dimensions: readonly FigureDimension[]): string =>
  JSON.stringify(dimensions.map((dimension) => key[dimension] ?? null));

export const noKey: CellKey = { partner: null, region: null };

/** The place of a cell by fewer dimensions. */
export const keyBy = (key: CellKey, dimensions: readonly FigureDimension[]): CellKey => ({
  ...noKey,
  ...Object.fromEntries(dimensions.map((dimension) => [dimension, key[dimension] ?? null])),
});

/** Cells summed by fewer dimensions, by their ids. */
export const summedBy = (cells: readonly Cell[], dimensions: readonly FigureDimension[]): Map<string, Cell> => {
  const sums = Map.groupBy(cells, ({ key }) => cellId(key, dimensions));
  return new Map(
    [...sums].map(([id, own]) => [
      id,
      { key: keyBy(own[0]?.key ?? noKey, dimensions), facts: addFacts(own.map(({ facts }) => facts)) },
    ]),
  );
};

type FactRow = Partial<Record<FigureDimension, string | null>> &
  Partial<Record<keyof CellFacts, bigint | string | null>>;

export interface Asking {
  readonly timeZone: string;
  readonly costBasis: CostBasis;
  /** Orders of at least so much are of high value. */
  readonly highValueMicros?: bigint | null;
}

/** Adds what a statement counts to the cells by those of the dimensions that it knows. */
export const addAnswers = async (
  sql: Sql,
  statement: Statement,
  parameters: readonly unknown[],
  { dimensions, into }: { readonly dimensions: readonly FigureDimension[]; readonly into: Map<string, Cell> },
): Promise<void> => {
  const known = dimensions.filter((dimension) => dimension in statement.by);
  const columns = known.map((dimension) => `${statement.by[dimension]} as "${dimension}",`).join(' ');
  const grouped = known.length === 0 ? '' : `group by ${known.map((_, index) => index + 1).join(', ')}`;
  const rows = await sql.query<FactRow>(statement.sql({ columns, grouped, dimensions }), parameters);
  // Thousands of rows, while somebody waits.
  const counted = noFacts();
  const names = Object.keys(rows[0] ?? {}).filter((name): name is keyof CellFacts => name in counted);
  for (const row of rows) {
    const key: { -readonly [Part in keyof CellKey]: CellKey[Part] } = { partner: null, region: null };
    for (const name of known) key[name] = row[name] ?? null;
    const id = cellId(key, known);
    let cell = into.get(id);
    if (!cell) {
      cell = { key, facts: noFacts() };
      into.set(id, cell);
    }
    for (const name of names) {
      const value = row[name];
      if (value != null && value !== '0') cell.facts[name] += BigInt(value);
    }
  }
};

/** The same of a statement about a period. */
const ask = async (
  sql: Sql,
  statement: Statement,
  period: Period,
  { dimensions, into, ...asking }: Asking & { dimensions: readonly FigureDimension[]; into: Map<string, Cell> },
): Promise<void> => {
  const third = { 'time zone': asking.timeZone, 'high value': asking.highValueMicros ?? null };
  const parameters = [period.from, period.to, ...(statement.third ? [third[statement.third]] : [])];
  await addAnswers(sql, statement, parameters, { dimensions, into });
};

/** Every fact of a period by cell, all from the ledger, from one snapshot of the database when `sql` is a repeatable-read transaction. */
export const loadFacts = async (
  sql: Sql,
  period: Period,
  dimensions: readonly Dimension[],
  timeZone: string,
  costBasis: CostBasis,
): Promise<Cell[]> => {
  const into = new Map<string, Cell>();
  for (const statement of baseStatements(dimensions, costBasis))
    await ask(sql, statement, period, { timeZone, costBasis, dimensions, into });
  return [...into.values()];
};

/** Facts of one side by those of the dimensions that it knows. */
export interface SideFacts {
  readonly dimensions: readonly FigureDimension[];
  readonly cells: readonly Cell[];
}

const knownTo: Readonly<Record<LedgerSide, (dimension: FigureDimension) => boolean>> = {
  orders: (dimension) => !['channel', 'language', 'reason', 'agent'].includes(dimension),
  tickets: (dimension) => dimension !== 'agent',
  work: () => true,
};

/** Every fact of figures by side, from one snapshot as above. Orders have no row by channel, language, reason or agent. */
export const loadSides = async (
  sql: Sql,
  period: Period,
  dimensions: readonly FigureDimension[],
  asking: Asking,
  statements: readonly Statement[] = [...baseStatements(dimensions, asking.costBasis), ...orderStatements],
): Promise<Record<LedgerSide, SideFacts>> => {
  const cells: Record<LedgerSide, Map<string, Cell>> = { orders: new Map(), tickets: new Map(), work: new Map() };
  for (const statement of statements)
    await ask(sql, statement, period, { ...asking, dimensions, into: cells[statement.side] });
  const of = (side: LedgerSide): SideFacts => ({
    dimensions: dimensions.filter(knownTo[side]),
    cells: [...cells[side].values()],
  });
  return { orders: of('orders'), tickets: of('tickets'), work: of('work') };
};

/** What an order must bring to be of high value where nobody set it: twice the average of the period's priced orders. */
export const usualHighValueMicros = async (sql: Sql, period: Period): Promise<bigint | null> => {
  const [row] = await sql.query<{ micros: string | null }>(
    `select ceil(2 * sum(reporting_micros) / nullif(count(*), 0))::text as "micros"
       from "order" where counted and reporting_micros is not null and placed_day between $1 and $2`,
    [period.from, period.to],
  );
  return row?.micros == null ? null : BigInt(row.micros);
};
