import { formatMicros, moneyJson, ratio } from '../../../core/money.ts';
import type { Database } from '../../../platform/database/open.ts';
import { partnershipMoney } from '../../partnerships/index.ts';
import {
  addFacts,
  type Cell,
  type CellFacts,
  type CellKey,
  cellId,
  type Dimension,
  keyBy,
  noFacts,
  noKey,
  type Period,
  summedBy,
} from '../facts/facts.ts';
import { partnershipFacts, partnershipParts } from '../facts/partnership-facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';
import { benefitsOf, coverages, formulas, type MoneyJson, otherCostsOf, returnCostOf, returnOf } from '../metrics.ts';
import { partnerFacts } from '../totals/read.ts';
import { unpricedAmountsJson } from '../unpriced-amounts.ts';
import type { RoiReport, RoiRow } from './roi-answers.ts';

/** Two places are shown, half to even. */
const percent = (part: bigint, whole: bigint): string => `${((ratio(part, whole, 4) ?? 0) * 100).toFixed(2)} %`;

/** (benefits - costs) / costs with the row's own numbers; null where the return is not known. */
const arithmeticOf = (facts: CellFacts): string | null => {
  const known = returnOf(facts);
  if (!known || known.costs === 0n) return null;
  const sum = `(${formatMicros(known.support)} + ${formatMicros(known.other)})`;
  return `(${formatMicros(known.benefits)} - ${sum}) / ${sum} = ${percent(known.benefits - known.costs, known.costs)}`;
};

/** Amounts, orders and margins that are in no sum. */
interface Gaps {
  readonly amounts: number;
  readonly orders: number;
  readonly margins: number;
}

interface RoiCell extends Cell {
  readonly unpriced: Gaps;
  readonly byKind: Kinds;
}

const missingOf = (
  facts: CellFacts,
  { amounts, orders, margins, unheldDays }: Gaps & { readonly unheldDays: number },
): RoiRow['missing'] => {
  if (facts.knownBenefits === 0n) return 'benefits';
  const support = returnCostOf(facts);
  if (support === null) return 'supportCost';
  if (unheldDays > 0) return 'orders';
  if (amounts + orders > 0) return 'exchange rate';
  if (margins > 0) return 'line cost';
  return support + facts.otherCostMicros === 0n ? 'costs' : null;
};

/** A row of work: what was taken back whole, and orders alone, make none. */
const hasWork = ({ microseconds, costMicros, ticketsWorkedPpm, unpooledMicroseconds, unpricedEntries }: CellFacts) =>
  [microseconds, costMicros, ticketsWorkedPpm, unpooledMicroseconds, unpricedEntries].some((fact) => fact !== 0n);

/** What partnerships bring for what they cost, with the arithmetic, from one snapshot of the database; the highest gain first. */
export const roiReport = async (
  db: Database,
  {
    from,
    to,
    groupBy,
    currency,
    timeZone,
    costBasis,
  }: Period & {
    readonly groupBy: readonly Dimension[];
    readonly currency: string;
    readonly timeZone: string;
    readonly costBasis: CostBasis;
  },
): Promise<RoiReport> => {
  // Whose benefits are given is told by partner, whatever the rows are by.
  const cellsBy: readonly Dimension[] = groupBy.includes('partner') ? groupBy : ['partner', ...groupBy];
  const { work, money } = await db.transaction(
    async (sql) => ({
      work: await partnerFacts(sql, { from, to }, cellsBy, timeZone, costBasis),
      money: await partnershipMoney(sql, { from, to, groupBy: cellsBy, currency }),
    }),
    { readOnly: true, isolation: 'repeatable read' },
  );
  const told = (micros: bigint | null): MoneyJson | null => (micros === null ? null : moneyJson({ micros, currency }));
  const ofMoney = new Map(money.rows.map((row) => [cellId(row, cellsBy), row]));
  const ofWork = new Map(
    work.filter(({ facts }) => hasWork(facts)).map((cell) => [cellId(cell.key, cellsBy), cell] as const),
  );
  const all = [...new Set([...ofWork.keys(), ...ofMoney.keys()])].map((id): RoiCell => {
    const own = ofMoney.get(id);
    const { partner, region } = own ?? ofWork.get(id)?.key ?? noKey;
    return {
      key: { partner, region },
      facts: {
        ...(ofWork.get(id)?.facts ?? noFacts()),
        ...(own && { ...partnershipFacts(own), ...partnershipParts(own) }),
      },
      unpriced: {
        amounts: (own?.unpricedCosts ?? 0) + (own?.unpricedBenefits ?? 0),
        orders: own?.unpricedOrders ?? 0,
        margins: own?.unknownMargins ?? 0,
      },
      byKind: own?.byKind ?? [],
    };
  });
  const bringsNothing = (key: CellKey, by: readonly Dimension[]): boolean =>
    money.bringsNothing({ step: null, ...key }, by);
  /** Cells by partner, and region where rows are by it: what one brings in another region says nothing of this one. */
  const givenBy = (by: readonly Dimension[]) => {
    const dimensions: readonly Dimension[] = by.includes('region') ? ['partner', 'region'] : ['partner'];
    const ids = new Set(
      [...summedBy(all, dimensions)]
        .filter(([, { key, facts }]) => facts.knownBenefits > 0n || bringsNothing(key, dimensions))
        .map(([id]) => id),
    );
    return ({ key }: Cell): boolean => ids.has(cellId(key, dimensions));
  };
  /** Some cells as one row by these dimensions: the same, whatever cells it is the sum of. */
  const rowsBy = (by: readonly Dimension[]) => {
    const isGiven = givenBy(by);
    return (cells: readonly RoiCell[]): { facts: CellFacts; row: RoiRow } => {
      const key = keyBy(cells[0]?.key ?? noKey, by);
      const facts = addFacts(cells.map((cell) => cell.facts));
      if (facts.knownBenefits === 0n && bringsNothing(key, by)) facts.knownBenefits = 1n;
      const unheldDays = facts.knownBenefits === 0n ? 0 : money.unheldDays({ step: null, ...key }, by);
      facts.unknownBenefitParts += BigInt(unheldDays);
      const borne = addFacts(cells.filter(isGiven).map((cell) => cell.facts));
      const coveredMicros = borne.costMicros + borne.otherCostMicros;
      const gapsOf = (gap: keyof Gaps): number => cells.reduce((sum, { unpriced }) => sum + unpriced[gap], 0);
      const unpriced = { amounts: gapsOf('amounts'), orders: gapsOf('orders'), margins: gapsOf('margins') };
      const counted = { facts, account: facts, orders: facts, coveredMicros };
      const [support, other] = [returnCostOf(facts), otherCostsOf(facts)];
      const byKind = summedKinds(cells.flatMap((cell) => cell.byKind));
      const kinds = (side: 'benefit' | 'other cost') =>
        byKind
          .filter((one) => one.side === side)
          .map(({ kind, micros }) => ({ kind, amount: moneyJson({ micros, currency }) }));
      const row = {
        partner: key.partner,
        region: key.region,
        benefits: told(benefitsOf(facts)),
        benefitsByKind: kinds('benefit'),
        supportCost: told(support),
        otherCosts: told(other),
        otherCostsByKind: kinds('other cost'),
        costs: told(support === null || other === null ? null : support + other),
        netGain: told(formulas.netGain(counted)),
        roi: formulas.roi(counted),
        arithmetic: arithmeticOf(facts),
        missing: missingOf(facts, { ...unpriced, unheldDays }),
        unpricedAmounts: unpriced.amounts,
        unpricedOrders: unpriced.orders,
        unknownMargins: unpriced.margins,
        unpricedEntries: Number(facts.unpricedEntries),
        coverage: {
          measuredShare: coverages.measuredShare(counted),
          benefitsKnownShare: coverages.benefitsKnownShare(counted),
          pricedBenefitsShare: coverages.pricedBenefitsShare(counted),
          pricedOtherCostsShare: coverages.pricedOtherCostsShare(counted),
        },
      };
      return { facts, row };
    };
  };
  const rows = [...Map.groupBy(all, ({ key }) => cellId(key, groupBy)).values()].map(rowsBy(groupBy));
  const gainOf = (facts: CellFacts): bigint => facts.benefitMicros - facts.costMicros - facts.otherCostMicros;
  const ordered = rows.toSorted((a, b) => {
    const [first, second] = [gainOf(a.facts), gainOf(b.facts)];
    const [isTold, isOther] = [a, b].map(({ facts }) => returnCostOf(facts) !== null);
    if (isTold !== isOther) return isTold ? -1 : 1;
    if (isTold && first !== second) return first > second ? -1 : 1;
    return cellId(a.row, groupBy) < cellId(b.row, groupBy) ? -1 : 1;
  });
  return {
    rows: ordered.map(({ row }) => row),
    total: rowsBy([])(all).row,
    unpriced: unpricedAmountsJson(money.unpriced),
    ordersWithoutCost: money.ordersWithoutCost,
  };
};

type Kinds = readonly { readonly side: 'benefit' | 'other cost'; readonly kind: string; readonly micros: bigint }[];

const summedKinds = (all: Kinds): Kinds =>
  [...Map.groupBy(all, ({ side, kind }) => JSON.stringify([side, kind])).entries()]
    .toSorted(([x], [y]) => (x < y ? -1 : 1))
    .flatMap(([, [first, ...more]]) =>
      first === undefined ? [] : [{ ...first, micros: more.reduce((sum, { micros }) => sum + micros, first.micros) }],
    );
