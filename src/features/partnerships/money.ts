import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { type FxWant, findFx, fxKey } from '../costing/index.ts';
import { converted, type Occurrence, occurrencesIn, partIn, stepsOf } from './amounts.ts';
import { itemsIn, revenueParts, type Side, type StoredItem } from './items.ts';
import { revenueBenefits } from './revenue-benefits.ts';

/** Other costs and benefits of one cell, in micros of the reporting currency. */
export interface PartnershipMoneyRow {
  /** The first day of the step; null where none was asked. */
  readonly step: Day | null;
  /** Null: of no partner, or not grouped by. */
  readonly partner: string | null;
  /** Null: of the whole partnership (never spread over regions), or not grouped by. */
  readonly region: string | null;
  readonly otherCostMicros: bigint;
  readonly benefitMicros: bigint;
  readonly byKind: readonly { readonly side: Side; readonly kind: string; readonly micros: bigint }[];
}

/** An amount without an exchange rate, as far as it falls into the period: in no row. */
export interface UnpricedAmount {
  readonly side: Side;
  readonly reference: string;
  readonly kind: string;
  readonly partner: string | null;
  readonly region: string | null;
  readonly currency: string;
  /** The day whose rate is missing. */
  readonly day: Day;
  /** In `currency`. */
  readonly micros: bigint;
}

export interface PartnershipMoney {
  /** Cells with money alone; they add up to the same total however they are grouped and stepped. */
  readonly rows: readonly PartnershipMoneyRow[];
  readonly unpriced: readonly UnpricedAmount[];
  /** Orders whose margin is by their lines' cost, of which none is known, and for which no percentage stands in. */
  readonly ordersWithoutCost: number;
  /** Whether a cell by these dimensions that has no row is known to bring nothing: a part of revenue holds for it, and it had none. */
  readonly bringsNothing: (
    cell: Pick<PartnershipMoneyRow, 'step' | 'partner' | 'region'>,
    by: PartnershipQuestion['groupBy'],
  ) => boolean;
}

export interface PartnershipQuestion {
  /** First and last day, both inclusive. */
  readonly from: Day;
  readonly to: Day;
  readonly groupBy: readonly ('partner' | 'region')[];
  /** The reporting currency. */
  readonly currency: string;
  readonly step?: 'day' | 'week' | 'month' | undefined;
  /** By what was told up to this revision of an item; absent: by what holds. */
  readonly asOfItem?: number | undefined;
}

type AmountItem = StoredItem & { readonly amountMicros: bigint; readonly currency: string };

const isAmount = (item: StoredItem): item is AmountItem => item.amountMicros !== null && item.currency !== null;

/** Parts of money that add up cell by cell. */
const createSums = ({ groupBy }: Pick<PartnershipQuestion, 'groupBy'>) => {
  const cells = new Map<string, { row: Omit<PartnershipMoneyRow, 'byKind'>; byKind: Map<string, bigint> }>();
  return {
    add(
      of: { side: Side; kind: string; step: Day | null; partner: string | null; region: string | null },
      micros: bigint,
    ) {
      if (micros === 0n) return;
      const partner = groupBy.includes('partner') ? of.partner : null;
      const region = groupBy.includes('region') ? of.region : null;
      const key = JSON.stringify([of.step, partner, region]);
      const cell = cells.get(key) ?? {
        row: { step: of.step, partner, region, otherCostMicros: 0n, benefitMicros: 0n },
        byKind: new Map<string, bigint>(),
      };
      const isCost = of.side === 'other cost';
      cell.row = {
        ...cell.row,
        otherCostMicros: cell.row.otherCostMicros + (isCost ? micros : 0n),
        benefitMicros: cell.row.benefitMicros + (isCost ? 0n : micros),
      };
      const kind = JSON.stringify([of.side, of.kind]);
      cell.byKind.set(kind, (cell.byKind.get(kind) ?? 0n) + micros);
      cells.set(key, cell);
    },
    rows: (): PartnershipMoneyRow[] =>
      [...cells.entries()]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { row, byKind }]) => ({
          ...row,
          byKind: [...byKind.entries()]
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, micros]) => {
              const [side, kind] = JSON.parse(key) as [Side, string];
              return { side, kind, micros };
            }),
        })),
  };
};

/**
 * What partnerships cost beside support and what they bring, for any period. An amount is converted once, at the latest rate
 * dated 1 to 7 days before its first day (of a recurring one: before the unit's first day on which it holds), rounded half to
 * even, and spread over its days; the parts of periods that make up a longer one add up to it exactly. At most four queries.
 * Ask inside the report's snapshot.
 */
export const partnershipMoney = async (sql: Sql, asked: PartnershipQuestion): Promise<PartnershipMoney> => {
  const items = (await itemsIn(sql, asked)).filter(isAmount);
  const lines: { item: AmountItem; occurrence: Occurrence; want: FxWant }[] = items.flatMap((item) =>
    occurrencesIn({ ...item, every: item.every ?? 'once' }, asked).map((occurrence) => ({
      item,
      occurrence,
      want: { from: item.currency, to: asked.currency, day: occurrence.fxDay },
    })),
  );
  const fx = await findFx(
    sql,
    lines.map(({ want }) => want),
  );
  const steps = stepsOf(asked.step ?? null, asked);
  const sums = createSums(asked);
  const unpriced: UnpricedAmount[] = [];
  for (const { item, occurrence, want } of lines) {
    const { side, reference, kind, partner, region, currency } = item;
    const rate = fx.get(fxKey(want));
    if (!rate) {
      const micros = partIn(item.amountMicros, occurrence, asked);
      if (micros !== 0n) unpriced.push({ side, reference, kind, partner, region, currency, day: want.day, micros });
      continue;
    }
    const whole = converted(item.amountMicros, rate);
    for (const { step, ...days } of steps)
      if (days.from <= occurrence.holds.to && days.to >= occurrence.holds.from)
        sums.add({ side, kind, step, partner, region }, partIn(whole, occurrence, days));
  }
  const parts = await revenueParts(sql, asked.asOfItem);
  const { benefits, withoutCost } = await revenueBenefits(sql, parts, { ...asked, step: asked.step ?? null });
  for (const { micros, ...of } of benefits) sums.add({ side: 'benefit', ...of }, micros);
  return {
    rows: sums.rows(),
    unpriced,
    ordersWithoutCost: withoutCost,
    bringsNothing: (cell, by) => {
      const days = steps.find(({ step }) => step === cell.step);
      // The row of a whole partnership, which is of no region, is about its amounts.
      if (!days || (by.includes('region') && cell.region === null)) return false;
      return parts.some(
        (item) =>
          by.every((dimension) => item[dimension] === null || item[dimension] === cell[dimension]) &&
          item.startsOn <= days.to &&
          (item.endsOn === null || item.endsOn >= days.from),
      );
    },
  };
};
