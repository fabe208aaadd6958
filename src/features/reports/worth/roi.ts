import { formatMicros, moneyJson, ratio } from '../../../core/money.ts';
import type { Database } from '../../../platform/database/open.ts';
import { partnershipMoney } from '../../partnerships/index.ts';
import { costStatements } from '../facts/fact-statements.ts';
import { addFacts, type CellFacts, cellId, type Dimension, loadSides, noFacts, type Period } from '../facts/facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';
import { costOf, formulas, type MoneyJson } from '../metrics.ts';
import type { RoiReport, RoiRow } from './roi-answers.ts';

/** Two places are shown, half to even. */
const percent = (part: bigint, whole: bigint): string => `${((ratio(part, whole, 4) ?? 0) * 100).toFixed(2)} %`;

/** (benefits - costs) / costs with the row's own numbers; null where the return is not known. */
const arithmeticOf = (facts: CellFacts): string | null => {
  const support = costOf(facts);
  if (support === null || facts.knownBenefits === 0n) return null;
  const costs = support + facts.otherCostMicros;
  if (costs === 0n) return null;
  const sum = `(${formatMicros(support)} + ${formatMicros(facts.otherCostMicros)})`;
  return `(${formatMicros(facts.benefitMicros)} - ${sum}) / ${sum} = ${percent(facts.benefitMicros - costs, costs)}`;
};

const missingOf = (facts: CellFacts): RoiRow['missing'] => {
  if (facts.knownBenefits === 0n) return 'benefits';
  if (costOf(facts) === null) return 'supportCost';
  return facts.costMicros + facts.otherCostMicros === 0n ? 'costs' : null;
};

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
    async (sql) => {
      const sides = await loadSides(
        sql,
        { from, to },
        groupBy,
        { timeZone, costBasis },
        costStatements(groupBy, costBasis),
      );
      return { work: sides.work, money: await partnershipMoney(sql, { from, to, groupBy, currency }) };
    },
    { readOnly: true, isolation: 'repeatable read' },
  );
  const told = (micros: bigint): MoneyJson => moneyJson({ micros, currency });
  const ofMoney = new Map(money.rows.map((row) => [cellId(row, groupBy), row]));
  const ofWork = new Map(work.cells.map((cell) => [cellId(cell.key, groupBy), cell]));
  const all = [...new Set([...ofWork.keys(), ...ofMoney.keys()])].map((id) => {
    const byKind = ofMoney.get(id)?.byKind ?? [];
    const { partner, region } = ofMoney.get(id) ?? ofWork.get(id)?.key ?? { partner: null, region: null };
    const given = byKind.filter(({ side }) => side === 'benefit').length;
    const facts: CellFacts = {
      ...(ofWork.get(id)?.facts ?? noFacts()),
      otherCostMicros: ofMoney.get(id)?.otherCostMicros ?? 0n,
      benefitMicros: ofMoney.get(id)?.benefitMicros ?? 0n,
      knownBenefits: BigInt(given || Number(money.bringsNothing({ step: null, partner, region }, groupBy))),
    };
    return { partner, region, facts, byKind };
  });
  const rowOf = ({ partner, region, facts, byKind }: (typeof all)[number], cells: readonly CellFacts[]): RoiRow => {
    const known = addFacts(cells.filter(({ knownBenefits }) => knownBenefits > 0n));
    const counted = { facts, account: facts, orders: facts };
    const [support, benefits, gain] = [costOf(facts), formulas.benefits(counted), formulas.netGain(counted)];
    const kinds = (side: 'benefit' | 'other cost') =>
      byKind.filter((one) => one.side === side).map(({ kind, micros }) => ({ kind, amount: told(micros) }));
    return {
      partner,
      region,
      benefits: benefits === null ? null : told(benefits),
      benefitsByKind: kinds('benefit'),
      supportCost: support === null ? null : told(support),
      otherCosts: told(facts.otherCostMicros),
      otherCostsByKind: kinds('other cost'),
      costs: support === null ? null : told(support + facts.otherCostMicros),
      netGain: gain === null ? null : told(gain),
      roi: formulas.roi(counted),
      arithmetic: arithmeticOf(facts),
      missing: missingOf(facts),
      coverage: {
        measuredShare: support === null ? null : ratio(facts.measuredCostMicros, support),
        benefitsKnownShare:
          support === null ? null : ratio(known.costMicros + known.otherCostMicros, support + facts.otherCostMicros),
      },
    };
  };
  const total: (typeof all)[number] = {
    partner: null,
    region: null,
    facts: addFacts(all.map(({ facts }) => facts)),
    byKind: summedKinds(all.flatMap(({ byKind }) => byKind)),
  };
  const gainOf = (facts: CellFacts): bigint => facts.benefitMicros - facts.costMicros - facts.otherCostMicros;
  const ordered = all.toSorted((a, b) => {
    const [first, second] = [gainOf(a.facts), gainOf(b.facts)];
    if (costOf(a.facts) !== null && costOf(b.facts) !== null && first !== second) return first > second ? -1 : 1;
    return cellId(a, groupBy) < cellId(b, groupBy) ? -1 : 1;
  });
  return {
    rows: ordered.map((row) => rowOf(row, [row.facts])),
    total: rowOf(
      total,
      all.map(({ facts }) => facts),
    ),
    unpriced: money.unpriced.map(({ micros, currency: of, side, kind, partner, region, day }) => ({
      side,
      kind,
      partner,
      region,
      day,
      amount: moneyJson({ micros, currency: of }),
    })),
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
