import { formatMicros, moneyJson, ratio } from '../../../core/money.ts';
import type { Database } from '../../../platform/database/open.ts';
import { partnershipMoney } from '../../partnerships/index.ts';
import { addFacts, type CellFacts, cellId, type Dimension, noFacts, noKey, type Period } from '../facts/facts.ts';
import { partnershipFacts } from '../facts/partnership-facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';
import { benefitsOf, formulas, type MoneyJson, otherCostsOf, returnCostOf, returnOf } from '../metrics.ts';
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

const missingOf = (facts: CellFacts, { amounts, orders, margins }: Gaps): RoiRow['missing'] => {
  if (facts.knownBenefits === 0n) return 'benefits';
  const support = returnCostOf(facts);
  if (support === null) return 'supportCost';
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
  const { work, money } = await db.transaction(
    async (sql) => ({
      work: await partnerFacts(sql, { from, to }, groupBy, timeZone, costBasis),
      money: await partnershipMoney(sql, { from, to, groupBy, currency }),
    }),
    { readOnly: true, isolation: 'repeatable read' },
  );
  const told = (micros: bigint | null): MoneyJson | null => (micros === null ? null : moneyJson({ micros, currency }));
  const ofMoney = new Map(money.rows.map((row) => [cellId(row, groupBy), row]));
  const ofWork = new Map(
    work.filter(({ facts }) => hasWork(facts)).map((cell) => [cellId(cell.key, groupBy), cell] as const),
  );
  const all = [...new Set([...ofWork.keys(), ...ofMoney.keys()])].map((id) => {
    const own = ofMoney.get(id);
    const { partner, region } = own ?? ofWork.get(id)?.key ?? { partner: null, region: null };
    const facts: CellFacts = { ...(ofWork.get(id)?.facts ?? noFacts()), ...(own && partnershipFacts(own)) };
    if (facts.knownBenefits === 0n && money.bringsNothing({ step: null, partner, region }, groupBy))
      facts.knownBenefits = 1n;
    const unpriced = {
      amounts: (own?.unpricedCosts ?? 0) + (own?.unpricedBenefits ?? 0),
      orders: own?.unpricedOrders ?? 0,
      margins: own?.unknownMargins ?? 0,
    };
    return { partner, region, facts, unpriced, byKind: own?.byKind ?? [] };
  });
  const rowOf = (
    { partner, region, facts, unpriced, byKind }: (typeof all)[number],
    cells: readonly CellFacts[],
  ): RoiRow => {
    const known = addFacts(cells.filter(({ knownBenefits }) => knownBenefits > 0n));
    const counted = { facts, account: facts, orders: facts };
    const [support, other] = [returnCostOf(facts), otherCostsOf(facts)];
    const kinds = (side: 'benefit' | 'other cost') =>
      byKind
        .filter((one) => one.side === side)
        .map(({ kind, micros }) => ({ kind, amount: moneyJson({ micros, currency }) }));
    return {
      partner,
      region,
      benefits: told(benefitsOf(facts)),
      benefitsByKind: kinds('benefit'),
      supportCost: told(support),
      otherCosts: told(other),
      otherCostsByKind: kinds('other cost'),
      costs: told(support === null || other === null ? null : support + other),
      netGain: told(formulas.netGain(counted)),
      roi: formulas.roi(counted),
      arithmetic: arithmeticOf(facts),
      missing: missingOf(facts, unpriced),
      unpricedAmounts: unpriced.amounts,
      unpricedOrders: unpriced.orders,
      unknownMargins: unpriced.margins,
      unpricedEntries: Number(facts.unpricedEntries),
      coverage: {
        measuredShare: support === null ? null : ratio(facts.measuredCostMicros, support),
        benefitsKnownShare:
          support === null ? null : ratio(known.costMicros + known.otherCostMicros, support + facts.otherCostMicros),
      },
    };
  };
  const gapsOf = (gap: keyof Gaps): number => all.reduce((sum, { unpriced }) => sum + unpriced[gap], 0);
  const total: (typeof all)[number] = {
    partner: null,
    region: null,
    facts: addFacts(all.map(({ facts }) => facts)),
    unpriced: { amounts: gapsOf('amounts'), orders: gapsOf('orders'), margins: gapsOf('margins') },
    byKind: summedKinds(all.flatMap(({ byKind }) => byKind)),
  };
  // Whatever the rows know: the total is the same by any dimensions.
  if (total.facts.knownBenefits === 0n && money.bringsNothing({ step: null, ...noKey }, []))
    total.facts.knownBenefits = 1n;
  const gainOf = (facts: CellFacts): bigint => facts.benefitMicros - facts.costMicros - facts.otherCostMicros;
  const isTold = ({ facts }: (typeof all)[number]): boolean => returnCostOf(facts) !== null;
  const ordered = all.toSorted((a, b) => {
    const [first, second] = [gainOf(a.facts), gainOf(b.facts)];
    if (isTold(a) !== isTold(b)) return isTold(a) ? -1 : 1;
    if (isTold(a) && first !== second) return first > second ? -1 : 1;
    return cellId(a, groupBy) < cellId(b, groupBy) ? -1 : 1;
  });
  return {
    rows: ordered.map((row) => rowOf(row, [row.facts])),
    total: rowOf(
      total,
      all.map(({ facts }) => facts),
    ),
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
