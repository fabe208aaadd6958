import { NotFound } from '../../../core/errors.ts';
import type { Sql } from '../../../platform/database/database.ts';
import { itemsSince } from '../../partnerships/index.ts';
import { addFacts, type CellFacts, type CellKey, cellId, type Dimension, noFacts } from '../facts/facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';
import { partnerFacts } from '../totals/read.ts';
import { changesSince, type Kept, type PartnershipCell, partnershipCells, type Sealed } from './changes.ts';
import { againstAccount, type FigureName, factsOfFigure, figuresOf, ofPartnerships } from './figure-facts.ts';
import type { Change } from './kept-items.ts';
import { type SealedCell, sealedFacts } from './sealed.ts';

interface Basis {
  readonly currency: string;
  readonly timeZone: string;
}

interface FactCell {
  readonly key: CellKey;
  readonly facts: CellFacts;
}

/** A figure that was sealed as something else than it is today, and why. */
export interface DifferingFigure {
  readonly figure: FigureName;
  readonly sealed: unknown;
  readonly now: unknown;
  /** Reasons of `changes`; further "pooled rates", "rebase" and, of seals that kept no items, "not kept". */
  readonly reasons: readonly string[];
}

export interface DifferingRow {
  /** Null: the whole account. */
  readonly key: CellKey | null;
  readonly figures: readonly DifferingFigure[];
}

export interface Differences {
  /** Whether a further revision would keep anything else than this one. */
  readonly open: boolean;
  readonly account: DifferingRow;
  /** Rows by the dimensions asked for that differ in any figure, by key. */
  readonly rows: readonly DifferingRow[];
  readonly changes: readonly Change[];
}

const loadKept = async (
  sql: Sql,
  id: number,
): Promise<{ readonly sealed: Sealed; readonly totals: readonly SealedCell[] }> => {
  const [row] = await sql.query<
    Omit<Sealed, 'kept'> & {
      totals: SealedCell[];
      partnerships: PartnershipCell[] | null;
      lastItemId: number | null;
    }
  >(
    `select id, starts_on::text as "from", ends_on::text as "to", last_posting_id as "lastPostingId", currency, time_zone as "timeZone",
            totals, partnerships, last_item_id as "lastItemId" from seal where id = $1`,
    [id],
  );
  if (!row) throw new NotFound(`There is no seal ${id}; \`GET /api/v1/seals\` lists them`);
  const { totals, partnerships, lastItemId, ...sealed } = row;
  const kept: Kept | null = partnerships && lastItemId !== null ? { partnerships, lastItemId } : null;
  return { sealed: { ...sealed, kept }, totals };
};

const bothDimensions: readonly Dimension[] = ['partner', 'region'];

const keyBy = ({ partner, region }: CellKey, dimensions: readonly Dimension[]): CellKey => ({
  partner: dimensions.includes('partner') ? partner : null,
  region: dimensions.includes('region') ? region : null,
});

/** Cells summed by fewer dimensions, by the id of their keys. */
const summedBy = (cells: readonly FactCell[], dimensions: readonly Dimension[]): Map<string, FactCell> =>
  new Map(
    [...Map.groupBy(cells, ({ key }) => cellId(key, dimensions))].map(([id, own]) => [
      id,
      {
        key: keyBy(own[0]?.key ?? { partner: null, region: null }, dimensions),
        facts: addFacts(own.map(({ facts }) => facts)),
      },
    ]),
  );

const cellsOf = (partnerships: readonly PartnershipCell[]): FactCell[] =>
  partnerships.map(({ partner, region, facts }) => ({
    key: { partner, region },
    facts: {
      ...noFacts(),
      ...Object.fromEntries(Object.entries(facts).map(([name, text]) => [name, BigInt(text)])),
    },
  }));

/** The facts of which any cell is another. */
const differingFacts = (sealed: readonly FactCell[], today: readonly FactCell[]): Set<keyof CellFacts> => {
  const [then, now] = [summedBy(sealed, bothDimensions), summedBy(today, bothDimensions)];
  const none = noFacts();
  const differing = new Set<keyof CellFacts>();
  for (const id of new Set([...then.keys(), ...now.keys()])) {
    const [a, b] = [then.get(id)?.facts ?? none, now.get(id)?.facts ?? none];
    for (const name of Object.keys(none) as (keyof CellFacts)[]) if (a[name] !== b[name]) differing.add(name);
  }
  return differing;
};

const costFacts: readonly (keyof CellFacts)[] = ['costMicros', 'measuredCostMicros', 'unpooledMicroseconds'];

/** Which reasons made a figure of these cells another. */
const reasonsOf = (
  figure: FigureName,
  isOf: (key: CellKey) => boolean,
  {
    changes,
    sealed,
    basis,
    costBasis,
  }: { changes: readonly Change[]; sealed: Sealed; basis: Basis; costBasis: CostBasis },
): string[] => {
  const facts = factsOfFigure[figure];
  const whole = againstAccount.includes(figure);
  const adds = ({ cells }: Change): boolean =>
    [isOf, ...(whole ? [() => true] : [])].some((counts) => {
      const own = cells.filter(({ key }) => counts(key));
      return facts.some((fact) => own.reduce((sum, { deltas }) => sum + (deltas[fact] ?? 0n), 0n) !== 0n);
    });
  const reasons = [...new Set(changes.filter(adds).map(({ reason }) => reason))];
  if (sealed.currency !== basis.currency || sealed.timeZone !== basis.timeZone) return ['rebase', ...reasons];
  if (reasons.length > 0) return reasons;
  if (costBasis === 'pooled' && facts.some((fact) => costFacts.includes(fact))) return ['pooled rates'];
  return sealed.kept ? ['unknown'] : ['not kept'];
};

/** What of a seal is different today. `sql` is a repeatable-read transaction: figures and reasons are of one moment. */
export const differencesSince = async (
  sql: Sql,
  id: number,
  { groupBy, costBasis, ...basis }: Basis & { readonly groupBy: readonly Dimension[]; readonly costBasis: CostBasis },
): Promise<Differences> => {
  const { sealed, totals } = await loadKept(sql, id);
  const { kept } = sealed;
  const factsToday = (by: CostBasis) => partnerFacts(sql, sealed, bothDimensions, basis.timeZone, by);
  const partnerships = kept ? await partnershipCells(sql, { ...sealed, currency: basis.currency }) : [];
  const [trulyToday, pooledToday] = [await factsToday('true'), await factsToday('pooled')];
  const today = costBasis === 'true' ? trulyToday : pooledToday;
  const withPartnerships = (cells: readonly FactCell[], of: readonly PartnershipCell[]) => [...cells, ...cellsOf(of)];
  const keptCells = kept?.partnerships ?? [];
  const differing = differingFacts(
    withPartnerships(sealedFacts(totals, bothDimensions, 'true'), keptCells),
    withPartnerships(trulyToday, partnerships),
  );
  const changes = differing.size === 0 ? [] : await changesSince(sql, sealed, { differing, partnerships });
  const then = withPartnerships(sealedFacts(totals, bothDimensions, costBasis), keptCells);
  const now = withPartnerships(today, partnerships);
  const accountThen = addFacts(then.map(({ facts }) => facts));
  const accountNow = addFacts(now.map(({ facts }) => facts));

  const rowOf = (key: CellKey | null, one: CellFacts, other: CellFacts): DifferingRow => {
    const before = figuresOf(one, accountThen, sealed.currency);
    const after = figuresOf(other, accountNow, basis.currency);
    const isOf = (cell: CellKey) => key === null || cellId(cell, groupBy) === cellId(key, groupBy);
    const figures = (Object.keys(factsOfFigure) as FigureName[])
      .filter((figure) => kept || !ofPartnerships.includes(figure))
      .filter((figure) => JSON.stringify(before[figure]) !== JSON.stringify(after[figure]))
      .map((figure) => ({
        figure,
        sealed: before[figure],
        now: after[figure],
        reasons: reasonsOf(figure, isOf, { changes, sealed, basis, costBasis }),
      }));
    return { key, figures };
  };
  const [thenBy, nowBy] = [summedBy(then, groupBy), summedBy(now, groupBy)];
  const rows = [...new Set([...thenBy.keys(), ...nowBy.keys()])].toSorted().map((cell) => {
    const key = nowBy.get(cell)?.key ?? thenBy.get(cell)?.key ?? { partner: null, region: null };
    return rowOf(key, thenBy.get(cell)?.facts ?? noFacts(), nowBy.get(cell)?.facts ?? noFacts());
  });
  return {
    open: differing.size > 0 || differingFacts(sealedFacts(totals, bothDimensions, 'pooled'), pooledToday).size > 0,
    account: rowOf(null, accountThen, accountNow),
    rows: rows.filter(({ figures }) => figures.length > 0),
    changes,
  };
};

/**
 * Whether sealed days are counted differently today, without the reasons: for a list. Of costs and benefits it looks at what was
 * told since, not at the rate of each that it was told before.
 */
export const isDifferent = async (sql: Sql, id: number, basis: Basis): Promise<boolean> => {
  const { sealed, totals } = await loadKept(sql, id);
  const today = await partnerFacts(sql, sealed, bothDimensions, basis.timeZone, 'true');
  if (differingFacts(sealedFacts(totals, bothDimensions, 'true'), today).size > 0) return true;
  const { kept } = sealed;
  if (kept === null || (await itemsSince(sql, { ...sealed, after: kept.lastItemId })).length === 0) return false;
  const partnerships = await partnershipCells(sql, { ...sealed, currency: basis.currency });
  return differingFacts(cellsOf(kept.partnerships), cellsOf(partnerships)).size > 0;
};
