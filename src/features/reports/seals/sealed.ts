import { NotFound } from '../../../core/errors.ts';
import type { Sql } from '../../../platform/database/database.ts';
import type { ReportRow } from '../answers.ts';
import type { LedgerSide } from '../facts/fact-statements.ts';
import {
  addFacts,
  type Cell,
  type CellFacts,
  type CellKey,
  cellId,
  type Dimension,
  loadFacts,
  noFacts,
  type Period,
  summedBy,
} from '../facts/facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';
import { rowOf } from '../metrics.ts';

/** A cell's facts as a seal keeps them: whole numbers as text, those that are 0 left out. */
export interface SealedCell extends CellKey {
  readonly facts: Readonly<Record<string, string>>;
  /** What differs for those who may not see wages. */
  readonly pooled: Readonly<Record<string, string>>;
}

/** Which seal a report is as of. */
export interface SealInfo {
  readonly id: number;
  readonly kind: 'week' | 'month';
  readonly revision: number;
  readonly asOf: string;
  readonly sealedBy: string;
  /** Sides of which not all was held when it was made; absent of seals made before it was kept. */
  readonly notHeld?: readonly LedgerSide[];
}

const textOf = (facts: CellFacts, unless: Partial<Record<string, bigint>> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(facts as unknown as Record<string, bigint>).flatMap(([name, value]) =>
      value === (unless[name] ?? 0n) ? [] : [[name, value.toString()]],
    ),
  );

/** Everything that a report of these days is made of, by partner and region, for a seal to keep. */
export const factsToSeal = async (sql: Sql, period: Period, timeZone: string): Promise<SealedCell[]> => {
  const cells = await loadFacts(sql, period, ['partner', 'region'], timeZone, 'true');
  const pooled = await loadFacts(sql, period, ['partner', 'region'], timeZone, 'pooled');
  const idOf = (key: CellKey) => cellId(key, ['partner', 'region']);
  const pooledById = new Map(pooled.map(({ key, facts }) => [idOf(key), facts]));
  const inOrder = cells.toSorted((a, b) => (idOf(a.key) < idOf(b.key) ? -1 : 1));
  return inOrder.map(({ key, facts }) => ({
    partner: key.partner,
    region: key.region,
    facts: textOf(facts),
    pooled: textOf(pooledById.get(idOf(key)) ?? noFacts(), { ...facts }),
  }));
};

/** What people had not decided, or nobody could price, when the days were sealed. */
export const gapsIn = async (
  sql: Sql,
  { from, to }: Period,
): Promise<{ readonly unpricedEntries: number; readonly heldEntries: number; readonly unpricedOrders: number }> => {
  const [row] = await sql.query<{ unpriced: bigint; held: bigint; orders: bigint }>(
    `select count(*) filter (where unpriced is not null and costed_seconds > 0) as unpriced,
            count(*) filter (where state = 'held' and decision is null) as held,
            (select count(*) from "order" where counted and reporting_micros is null and placed_day between $1 and $2) as orders
       from work_entry where worked_day between $1 and $2`,
    [from, to],
  );
  return {
    unpricedEntries: Number(row?.unpriced ?? 0n),
    heldEntries: Number(row?.held ?? 0n),
    unpricedOrders: Number(row?.orders ?? 0n),
  };
};

const factsOf = (cell: Pick<SealedCell, 'facts' | 'pooled'>, costBasis: CostBasis): CellFacts => {
  const facts = noFacts();
  const texts = costBasis === 'true' ? cell.facts : { ...cell.facts, ...cell.pooled };
  for (const name of Object.keys(facts) as (keyof CellFacts)[]) facts[name] = BigInt(texts[name] ?? 0);
  return facts;
};

/** What a seal keeps, by the dimensions asked for. */
export const sealedFacts = (
  totals: readonly SealedCell[],
  dimensions: readonly Dimension[],
  costBasis: CostBasis,
): Cell[] => {
  const cells = totals.map((cell): Cell => ({ key: cell, facts: factsOf(cell, costBasis) }));
  return [...summedBy(cells, dimensions).values()];
};

/** The sum of all cells, as a seal keeps it. */
export const sealedAccount = (totals: readonly SealedCell[]): Pick<SealedCell, 'facts' | 'pooled'> => {
  const [facts, pooled] = (['true', 'pooled'] as const).map((costBasis) =>
    addFacts(totals.map((cell) => factsOf(cell, costBasis))),
  );
  return { facts: textOf(facts ?? noFacts()), pooled: textOf(pooled ?? noFacts(), { ...facts }) };
};

/** The account's whole row as a seal keeps it. */
export const sealedRow = (
  account: Pick<SealedCell, 'facts' | 'pooled'>,
  { currency, costBasis }: { readonly currency: string; readonly costBasis: CostBasis },
): ReportRow => {
  const facts = factsOf(account, costBasis);
  return rowOf({ partner: null, region: null }, facts, facts, currency);
};

/** A seal of exactly these days: the latest revision, or the one of that id. Throws NotFound where there is none. */
export const loadSealed = async (
  sql: Sql,
  period: Period,
  asOf: 'seal' | number,
): Promise<{
  readonly seal: SealInfo;
  readonly currency: string;
  readonly timeZone: string;
  readonly totals: SealedCell[];
}> => {
  const [row] = await sql.query<{
    id: number;
    kind: 'week' | 'month';
    revision: number;
    as_of: Date;
    sealed_by: string;
    currency: string;
    time_zone: string;
    totals: SealedCell[];
    not_held: LedgerSide[] | null;
  }>(
    `select id, kind, revision, as_of, sealed_by, currency, time_zone, totals, gaps -> 'notHeld' as not_held from seal
      where starts_on = $1 and ends_on = $2 and ($3::int is null or id = $3) order by revision desc limit 1`,
    [period.from, period.to, asOf === 'seal' ? null : asOf],
  );
  if (!row)
    throw new NotFound(
      'These days are not sealed as one week or month; `GET /api/v1/seals` lists what is, `deskledger seal` seals them.',
    );
  const { id, kind, revision, as_of, sealed_by, currency, time_zone, totals, not_held } = row;
  return {
    seal: {
      id,
      kind,
      revision,
      asOf: as_of.toISOString(),
      sealedBy: sealed_by,
      ...(not_held && { notHeld: not_held }),
    },
    currency,
    timeZone: time_zone,
    totals,
  };
};
