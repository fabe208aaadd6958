import type { Sql } from '../../../platform/database/database.ts';
import { type FigureDimension, isTime, type LedgerSide, ledgerSides, workedInParts } from '../facts/fact-statements.ts';
import {
  type Asking,
  addFacts,
  type Cell,
  type CellFacts,
  cellId,
  loadSides,
  noFacts,
  type Period,
  type SideFacts,
} from '../facts/facts.ts';
import { orderStatements } from '../facts/order-statements.ts';
import { factsBook, pooledBook } from './books.ts';
import { totalFacts } from './read.ts';

const sideOf: ReadonlyMap<keyof CellFacts, LedgerSide> = new Map<keyof CellFacts, LedgerSide>([
  ...[factsBook, pooledBook].flatMap(({ daily }) =>
    daily.flatMap(({ statement, facts }) => facts.map((fact) => [fact, statement.side] as const)),
  ),
  ['ticketsWorkedPpm', 'work'],
  ['returnsPpm', 'orders'],
]);

const ofSide = (facts: CellFacts, side: LedgerSide): CellFacts => {
  const own = noFacts();
  for (const [fact, its] of sideOf) if (its === side) own[fact] = facts[fact];
  return own;
};

/**
 * Every fact of figures by side, exactly as `loadSides` tells it, from totals as far as they are kept: by partner, region and
 * one step of time, all that RULES.md section 7 counts but a step's tickets worked on; what orders brought is always asked
 * of the ledger, as is all of other dimensions.
 */
export const figureSides = async (
  sql: Sql,
  period: Period,
  dimensions: readonly FigureDimension[],
  asking: Asking,
): Promise<Record<LedgerSide, SideFacts>> => {
  const kept = await totalFacts(sql, period, dimensions, asking);
  if (kept === null) return loadSides(sql, period, dimensions, asking);
  const statements = [...(dimensions.some(isTime) ? [workedInParts] : []), ...orderStatements];
  const rest = await loadSides(sql, period, dimensions, asking, statements);
  const of = (side: LedgerSide): SideFacts => {
    const all: Cell[] = [...kept.map(({ key, facts }) => ({ key, facts: ofSide(facts, side) })), ...rest[side].cells];
    const cells = [...Map.groupBy(all, ({ key }) => cellId(key, dimensions)).values()].flatMap(([first, ...more]) =>
      first === undefined
        ? []
        : [{ key: first.key, facts: addFacts([first.facts, ...more.map(({ facts }) => facts)]) }],
    );
    return { dimensions: rest[side].dimensions, cells };
  };
  return Object.fromEntries(ledgerSides.map((side) => [side, of(side)])) as Record<LedgerSide, SideFacts>;
};
