import type { Sql } from '../../../platform/database/database.ts';
import { bringNothing, type PartOfRevenue } from '../../partnerships/index.ts';
import {
  addFacts,
  type Cell,
  type CellFacts,
  type CellKey,
  type Dimension,
  noFacts,
  noKey,
  summedBy,
} from '../facts/facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';
import { partnerFacts } from '../totals/read.ts';
import {
  type Basis,
  changesSince,
  isRebased,
  opens,
  type PartnershipCell,
  type Partnerships,
  partnershipsToday,
  type Sealed,
} from './changes.ts';
import {
  againstAccount,
  type FigureName,
  factsOfFigure,
  figuresOf,
  ofPartnerships,
  sealedFigureNames,
} from './figure-facts.ts';
import { pooledRates } from './formulas.ts';
import type { Change } from './kept-items.ts';
import { loadKept } from './load-kept.ts';
import { sealedFacts } from './sealed.ts';

/** A figure that was sealed as something else than it is today, and why. */
interface DifferingFigure {
  readonly figure: FigureName;
  readonly sealed: unknown;
  readonly now: unknown;
  /** Reasons of `changes`; further `pooledRates` and, of seals that kept no items, "not kept". */
  readonly reasons: readonly string[];
}

interface DifferingRow {
  /** Null: the whole account. */
  readonly key: CellKey | null;
  readonly figures: readonly DifferingFigure[];
}

export interface Differences {
  /**
   * Whether a further revision would count its days otherwise than this one. Pooled rates are not asked: those of a week are
   * others once a colleague works in another week of its month. Neither are facts that meant something else then.
   */
  readonly open: boolean;
  readonly account: DifferingRow;
  /** Rows by the dimensions asked for that differ in any figure, by key. */
  readonly rows: readonly DifferingRow[];
  readonly changes: readonly Change[];
}

const bothDimensions: readonly Dimension[] = ['partner', 'region'];

const noPartnerships: Partnerships = { cells: [], parts: null };

const cellsOf = (partnerships: readonly PartnershipCell[]): Cell[] =>
  partnerships.map(({ partner, region, facts }) => ({
    key: { partner, region },
    facts: {
      ...noFacts(),
      ...Object.fromEntries(Object.entries(facts).map(([name, text]) => [name, BigInt(text)])),
    },
  }));

/** The facts of which any cell is another. */
const differingFacts = (sealed: readonly Cell[], today: readonly Cell[]): Set<keyof CellFacts> => {
  const [then, now] = [summedBy(sealed, bothDimensions), summedBy(today, bothDimensions)];
  const none = noFacts();
  const differing = new Set<keyof CellFacts>();
  for (const id of new Set([...then.keys(), ...now.keys()])) {
    const [a, b] = [then.get(id)?.facts ?? none, now.get(id)?.facts ?? none];
    for (const name of Object.keys(none) as (keyof CellFacts)[]) if (a[name] !== b[name]) differing.add(name);
  }
  return differing;
};

interface Sides<Of> {
  readonly before: readonly Of[];
  readonly after: readonly Of[];
}

/** Whose benefits are a part of revenue, then and today; none where one of both did not keep it, or cannot say it now. */
const judgedParts = (sealed: Partnerships, today: Partnerships): Sides<PartOfRevenue> =>
  sealed.parts === null || today.parts === null
    ? { before: [], after: [] }
    : { before: sealed.parts, after: today.parts };

/** The account is no cell by dimensions: what anybody brings is known of it, as in every report. */
const knowing = (
  facts: CellFacts,
  parts: readonly PartOfRevenue[],
  key: CellKey | null,
  by: readonly Dimension[],
): CellFacts =>
  facts.knownBenefits === 0n && bringNothing(parts, key ?? noKey, key === null ? [] : by)
    ? { ...facts, knownBenefits: 1n }
    : facts;

const groupings: readonly (readonly Dimension[])[] = [['partner', 'region'], ['partner'], ['region'], []];

/** Whether of any row, or of the account, it is known of one of both alone that it brought something or nothing. */
const knowsOtherwise = (cells: Sides<Cell>, parts: Sides<PartOfRevenue>): boolean =>
  groupings.some((by) => {
    const [then, now] = [summedBy(cells.before, by), summedBy(cells.after, by)];
    const isKnown = (of: typeof then, side: keyof Sides<Cell>, id: string): boolean => {
      const key = then.get(id)?.key ?? now.get(id)?.key ?? noKey;
      return knowing(of.get(id)?.facts ?? noFacts(), parts[side], key, by).knownBenefits > 0n;
    };
    return [...new Set([...then.keys(), ...now.keys()])].some(
      (id) => isKnown(then, 'before', id) !== isKnown(now, 'after', id),
    );
  });

const costFacts: readonly (keyof CellFacts)[] = ['costMicros', 'measuredCostMicros', 'unpooledMicroseconds'];

/** Which reasons made a figure of a row another. */
const reasonsOf = (
  figure: FigureName,
  row: CellKey | null,
  {
    changes,
    sealed,
    basis,
    groupBy,
    costBasis,
  }: {
    changes: readonly Change[];
    sealed: Sealed;
    basis: Basis;
    groupBy: readonly Dimension[];
    costBasis: CostBasis;
  },
): string[] => {
  if (isRebased(sealed, basis)) return ['rebase'];
  const facts = factsOfFigure[figure];
  const whole = againstAccount.includes(figure);
  const isOf = ({ key, ofAny }: Change['cells'][number]): boolean =>
    row === null || groupBy.every((name) => key[name] === row[name] || (ofAny && key[name] === null));
  const adds = ({ cells }: Change): boolean =>
    [isOf, ...(whole ? [() => true] : [])].some((counts) => {
      const [ofAny, own] = [
        cells.filter((cell) => cell.ofAny && counts(cell)),
        cells.filter((cell) => !cell.ofAny && counts(cell)),
      ];
      return facts.some(
        (fact) =>
          ofAny.some(({ deltas }) => deltas[fact] !== undefined) ||
          own.reduce((sum, { deltas }) => sum + (deltas[fact] ?? 0n), 0n) !== 0n,
      );
    });
  const reasons = [...new Set(changes.filter(adds).map(({ reason }) => reason))];
  if (reasons.length > 0) return reasons;
  if (costBasis === 'pooled' && facts.some((fact) => costFacts.includes(fact))) return [pooledRates];
  return sealed.kept ? ['unknown'] : ['not kept'];
};

/** What of a seal is different today. `sql` is a repeatable-read transaction: figures and reasons are of one moment. */
export const differencesSince = async (
  sql: Sql,
  id: number,
  { groupBy, costBasis, ...basis }: Basis & { readonly groupBy: readonly Dimension[]; readonly costBasis: CostBasis },
): Promise<Differences> => {
  const { sealed, totals, told } = await loadKept(sql, id);
  const { kept } = sealed;
  const partnerships = kept ? await partnershipsToday(sql, { ...sealed, currency: basis.currency }) : noPartnerships;
  const keptPartnerships = kept?.partnerships ?? noPartnerships;
  const cellsBy = async (by: CostBasis) => ({
    before: [...sealedFacts(totals, bothDimensions, by), ...cellsOf(keptPartnerships.cells)],
    after: [
      ...told(await partnerFacts(sql, sealed, bothDimensions, basis.timeZone, by)),
      ...cellsOf(partnerships.cells),
    ],
  });
  const truly = await cellsBy('true');
  const { before: then, after: now } = costBasis === 'true' ? truly : await cellsBy('pooled');
  const differing = differingFacts(truly.before, truly.after);
  const parts = judgedParts(keptPartnerships, partnerships);
  if (knowsOtherwise(truly, parts)) differing.add('knownBenefits');
  const changes = differing.size === 0 ? [] : await changesSince(sql, sealed, { basis, differing, partnerships });
  const accountThen = addFacts(then.map(({ facts }) => facts));
  const accountNow = addFacts(now.map(({ facts }) => facts));

  const rowOf = (key: CellKey | null, one: CellFacts, other: CellFacts): DifferingRow => {
    const before = figuresOf(knowing(one, parts.before, key, groupBy), accountThen, sealed.currency);
    const after = figuresOf(knowing(other, parts.after, key, groupBy), accountNow, basis.currency);
    const figures = sealedFigureNames
      .filter((figure) => kept || !ofPartnerships.includes(figure))
      .filter((figure) => JSON.stringify(before[figure]) !== JSON.stringify(after[figure]))
      .map((figure) => ({
        figure,
        sealed: before[figure],
        now: after[figure],
        reasons: reasonsOf(figure, key, { changes, sealed, basis, groupBy, costBasis }),
      }));
    return { key, figures };
  };
  const [thenBy, nowBy] = [summedBy(then, groupBy), summedBy(now, groupBy)];
  const rows = [...new Set([...thenBy.keys(), ...nowBy.keys()])].toSorted().map((cell) => {
    const key = nowBy.get(cell)?.key ?? thenBy.get(cell)?.key ?? noKey;
    return rowOf(key, thenBy.get(cell)?.facts ?? noFacts(), nowBy.get(cell)?.facts ?? noFacts());
  });
  return {
    open: opens(sealed, { differing, changes }),
    account: rowOf(null, accountThen, accountNow),
    rows: rows.filter(({ figures }) => figures.length > 0),
    changes,
  };
};

/** Whether `differencesSince` finds a seal open, without its figures and mostly without its reasons: for a list. */
export const isDifferent = async (sql: Sql, id: number, basis: Basis): Promise<boolean> => {
  const { sealed, totals, told } = await loadKept(sql, id);
  const today = told(await partnerFacts(sql, sealed, bothDimensions, basis.timeZone, 'true'));
  if (differingFacts(sealedFacts(totals, bothDimensions, 'true'), today).size > 0) return true;
  const { kept } = sealed;
  if (kept === null) return false;
  const partnerships = await partnershipsToday(sql, { ...sealed, currency: basis.currency });
  const differing = differingFacts(cellsOf(kept.partnerships.cells), cellsOf(partnerships.cells));
  // Of the ledger nothing differs.
  const cells = {
    before: [...today, ...cellsOf(kept.partnerships.cells)],
    after: [...today, ...cellsOf(partnerships.cells)],
  };
  if (knowsOtherwise(cells, judgedParts(kept.partnerships, partnerships))) differing.add('knownBenefits');
  if (differing.size === 0) return false;
  if (opens(sealed, { differing, changes: [] })) return true;
  return opens(sealed, { differing, changes: await changesSince(sql, sealed, { basis, differing, partnerships }) });
};
