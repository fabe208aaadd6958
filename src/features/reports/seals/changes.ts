import type { Sql } from '../../../platform/database/database.ts';
import {
  type ItemRevision,
  itemsSince,
  lastItemAbout,
  type PartOfRevenue,
  partnershipMoney,
} from '../../partnerships/index.ts';
import { type CellFacts, type CellKey, cellId, type Period } from '../facts/facts.ts';
import { type PartnershipFact, partnershipFactNames, partnershipFacts } from '../facts/partnership-facts.ts';
import { formulasReason, meantOtherwise } from './formulas.ts';
import { books, type Change, changesIn, type Deltas, factsOf } from './kept-items.ts';
import { postingChanges } from './posted.ts';

/** What costs and benefits of partnerships count for, as a seal keeps it. */
export interface PartnershipCell extends CellKey {
  readonly facts: Readonly<Record<string, string>>;
}

/** What a seal keeps of costs and benefits. */
export interface Partnerships {
  readonly cells: readonly PartnershipCell[];
  /** Whose benefits are a part of revenue, and so known also where there is none; null of seals that did not keep it. */
  readonly parts: readonly PartOfRevenue[] | null;
}

/** What a seal keeps beside its cells; null of seals that were made before it was kept. */
export interface Kept {
  readonly partnerships: Partnerships;
  /** The last revision of a cost or benefit that it knew. */
  readonly lastItemId: number;
}

export interface Sealed extends Period {
  readonly id: number;
  readonly lastPostingId: bigint;
  readonly currency: string;
  readonly timeZone: string;
  /** The version of the formulas that it was counted by. */
  readonly formulas: number;
  readonly kept: Kept | null;
}

export interface Basis {
  readonly currency: string;
  readonly timeZone: string;
}

/** Whether reports are in another currency or by days of another time zone than a seal: no amount or day of one is the other's. */
export const isRebased = (sealed: Basis, { currency, timeZone }: Basis): boolean =>
  sealed.currency !== currency || sealed.timeZone !== timeZone;

const itemsBook = 'costs and benefits';

interface PartnershipsWanted extends Period {
  readonly currency: string;
  /** As they were told up to that revision. */
  readonly asOfItem?: number | undefined;
}

const countedIn = async (sql: Sql, { from, to, currency, asOfItem }: PartnershipsWanted) => {
  const groupBy = ['partner', 'region'] as const;
  const { rows, parts, ordersAwaited } = await partnershipMoney(sql, { from, to, currency, groupBy, asOfItem });
  const cells = rows.map((row) => ({
    partner: row.partner,
    region: row.region,
    facts: Object.fromEntries(Object.entries(partnershipFacts(row)).map(([name, value]) => [name, String(value)])),
  }));
  return { cells, parts, ordersAwaited };
};

/** What costs and benefits count for in a period, by partner and region. */
export const partnershipsIn = async (
  sql: Sql,
  wanted: PartnershipsWanted,
): Promise<Partnerships & { readonly parts: readonly PartOfRevenue[] }> => {
  const { cells, parts } = await countedIn(sql, wanted);
  return { cells, parts };
};

/** The same, to be held against a seal: a store whose first walk is under way takes nothing from it that was known. */
export const partnershipsToday = async (sql: Sql, wanted: PartnershipsWanted): Promise<Partnerships> => {
  const { cells, parts, ordersAwaited } = await countedIn(sql, wanted);
  return { cells, parts: ordersAwaited ? null : parts };
};

/**
 * What costs and benefits of a period hang on, beside what marks its days (totals/times-marked.ts): the same text and marks
 * later mean the same count. Null where they hang on the cost of lines too, which marks nothing.
 */
export const partnershipState = async (
  sql: Sql,
  period: Period & { readonly currency: string },
): Promise<string | null> => {
  // Told since, they may say something else with the same amounts.
  const last = await lastItemAbout(sql, period);
  if (last === 0) return '0';
  const { rows, parts, ordersAwaited, byLineCost } = await partnershipMoney(sql, {
    ...period,
    groupBy: ['partner', 'region'],
    amountsAlone: true,
  });
  const told = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
  return byLineCost ? null : JSON.stringify([last, rows, parts, ordersAwaited], told);
};

/** The parts of revenue that are benefits of one state and not of another; null where one of them did not keep it. */
const otherParts = (now: Partnerships, then: Partnerships): Change['cells'] => {
  if (now.parts === null || then.parts === null) return [];
  const idOf = (part: PartOfRevenue) => cellId(part, ['partner', 'region']);
  const lacking = (parts: readonly PartOfRevenue[], others: readonly PartOfRevenue[], knownBenefits: bigint) => {
    const ids = new Set(others.map(idOf));
    return parts
      .filter((part) => !ids.has(idOf(part)))
      .map((key) => ({ key, deltas: { knownBenefits }, ofAny: true as const }));
  };
  return [...lacking(now.parts, then.parts, 1n), ...lacking(then.parts, now.parts, -1n)];
};

/** What one state of costs and benefits has more than another, by cell. */
const more = (now: Partnerships, then: Partnerships, facts: readonly PartnershipFact[]): Change['cells'] => {
  const cells = new Map<string, { key: CellKey; deltas: Record<string, bigint> }>();
  for (const [side, sign] of [
    [now.cells, 1n],
    [then.cells, -1n],
  ] as const)
    for (const { partner, region, facts: counted } of side) {
      const id = cellId({ partner, region }, ['partner', 'region']);
      const cell = cells.get(id) ?? { key: { partner, region }, deltas: {} };
      cells.set(id, cell);
      for (const fact of facts) cell.deltas[fact] = (cell.deltas[fact] ?? 0n) + sign * BigInt(counted[fact] ?? 0);
    }
  return [...cells.values()]
    .filter(({ deltas }) => Object.values(deltas).some((delta) => delta !== 0n))
    .map(({ key, deltas }) => ({ key, deltas: deltas as Deltas }));
};

/** Days became known, or ceased to be: that a part of revenue brought nothing on them is known with their orders. */
const daysKnown = (cells: Change['cells']): readonly (readonly [string, Change['cells']])[] => {
  const [came, went] = [1n, -1n].map((known) => cells.filter(({ deltas }) => deltas.knownBenefits === known));
  return [
    ['older orders imported', came ?? []],
    ['older orders of a store not imported', went ?? []],
  ];
};

/**
 * What costs and benefits differ by: their revisions since, told by what the same days would hold without them, and what is
 * left, which comes from what they are a part of or converted at, or from formulas by which a fact meant something else.
 */
const partnershipChanges = async (
  sql: Sql,
  { from, to, currency, formulas }: Sealed,
  { partnerships, lastItemId }: Kept,
  today: Partnerships,
): Promise<Change[]> => {
  const otherwise = meantOtherwise(formulas);
  const unrevised = await partnershipsToday(sql, { from, to, currency, asOfItem: lastItemId });
  const revised: ItemRevision[] = await itemsSince(sql, { from, to, after: lastItemId });
  const change = (reason: string, cells: Change['cells'], items = cells.length): Change[] =>
    cells.length === 0 ? [] : [{ reason, of: itemsBook, items, cells }];
  const left = (facts: readonly PartnershipFact[]): Change['cells'] =>
    more(
      unrevised,
      partnerships,
      facts.filter((fact) => !otherwise.includes(fact)),
    );
  const otherDays = otherParts(unrevised, partnerships);
  const references = new Set(revised.map(({ side, reference }) => JSON.stringify([side, reference])));
  return [
    ...change(
      'changed cost or benefit',
      [...more(today, unrevised, partnershipFactNames), ...otherParts(today, unrevised)],
      references.size,
    ),
    ...change('exchange rate', left(['otherCostMicros', 'unpricedCosts'])),
    ...change('orders, refunds or exchange rate', left(['benefitMicros', 'knownBenefits', 'unpricedBenefits'])),
    ...(otherwise.includes('knownBenefits')
      ? change(formulasReason(formulas), [...more(unrevised, partnerships, otherwise), ...otherDays])
      : daysKnown(otherDays).flatMap(([reason, cells]) => change(reason, cells))),
  ];
};

/**
 * Whether that is another count of the same things, which a revision would close; a fact that meant something else by the
 * seal's formulas is none.
 */
export const opens = (
  { formulas }: Sealed,
  { differing, changes }: { readonly differing: ReadonlySet<keyof CellFacts>; readonly changes: readonly Change[] },
): boolean => {
  const otherwise: readonly string[] = meantOtherwise(formulas);
  return (
    [...differing].some((fact) => !otherwise.includes(fact)) ||
    changes.some(({ reason }) => reason !== formulasReason(formulas))
  );
};

/**
 * Why sealed days are counted differently today: by reason, with what each adds to every cell. For each fact of `differing`,
 * and for all of postings, costs and benefits, sealed + what the reasons add = today, exactly. In another currency or time
 * zone than the seal's that is the one reason, which adds nothing: there is no amount of both.
 */
export const changesSince = async (
  sql: Sql,
  sealed: Sealed,
  {
    basis,
    differing,
    partnerships,
  }: {
    readonly basis: Basis;
    readonly differing: ReadonlySet<keyof CellFacts>;
    readonly partnerships: Partnerships;
  },
): Promise<Change[]> => {
  if (isRebased(sealed, basis)) return [{ reason: 'rebase', of: 'reporting basis', items: 1, cells: [] }];
  const changes = await postingChanges(sql, sealed);
  if (!sealed.kept) return changes;
  for (const book of books)
    if (factsOf(book).some((fact) => differing.has(fact)))
      changes.push(...(await changesIn(sql, book, { ...sealed, timeZone: basis.timeZone, sealId: sealed.id })));
  if (partnershipFactNames.some((fact) => differing.has(fact)))
    changes.push(...(await partnershipChanges(sql, sealed, sealed.kept, partnerships)));
  return changes;
};
