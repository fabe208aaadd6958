import { rational } from '../../core/money.ts';
import { addDays, type Day, daysBetween } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { type FxWant, findFx, fxKey } from '../costing/index.ts';
import { isAwaited, isHeld } from '../directory/index.ts';
import { ordersKnown } from '../orders/index.ts';
import { converted, type Days, daysHeld, type Occurrence, occurrencesIn, partIn, stepsOf } from './amounts.ts';
import { itemsIn, revenueParts, type Side, type StoredItem } from './items.ts';
import { revenueBenefits, unpricedOrders } from './revenue-benefits.ts';

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
  /** A benefit that is known to be nothing is one of them. */
  readonly byKind: readonly { readonly side: Side; readonly kind: string; readonly micros: bigint }[];
  /** Amounts without an exchange rate that fall into the cell: in no sum. One that falls into several steps counts in each. */
  readonly unpricedCosts: number;
  readonly unpricedBenefits: number;
  /** Orders, and refunds, without one of which a part would be a benefit; one of several partners counts for each. */
  readonly unpricedOrders: number;
  /** The same whose margin is by their lines' cost, which one of them does not tell, where no percentage stands in. */
  readonly unknownMargins: number;
  /** Days of amounts, and parts of orders and of refunds, each once: those in the sums, and those that are gaps. */
  readonly parts: Readonly<Record<Side, { readonly known: number; readonly unknown: number }>>;
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

/** A part of the revenue of these is a benefit; null is any. */
export interface PartOfRevenue {
  readonly partner: string | null;
  readonly region: string | null;
}

const holdsFor = (part: PartOfRevenue, cell: PartOfRevenue, by: readonly ('partner' | 'region')[]): boolean =>
  by.every((dimension) => part[dimension] === null || part[dimension] === cell[dimension]);

/** The same of a row; that of a whole partnership, which is of no region, is about its amounts. */
const holdsForRow = (part: PartOfRevenue, cell: PartOfRevenue, by: readonly ('partner' | 'region')[]): boolean =>
  !(by.includes('region') && cell.region === null) && holdsFor(part, cell, by);

/** Whether a cell by these dimensions that has no row is known to bring nothing: a part of revenue holds for it, and it had none. */
export const bringNothing = (
  parts: readonly PartOfRevenue[],
  cell: PartOfRevenue,
  by: readonly ('partner' | 'region')[],
): boolean => parts.some((part) => holdsForRow(part, cell, by));

/** Each once, in order, without those that another one holds for too. */
const widest = (parts: readonly PartOfRevenue[]): PartOfRevenue[] => {
  const byId = new Map(parts.map(({ partner, region }) => [JSON.stringify([partner, region]), { partner, region }]));
  const all = [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part);
  return all.filter((part) => !all.some((other) => other !== part && holdsFor(other, part, ['partner', 'region'])));
};

export interface PartnershipMoney {
  /** Cells with money, or with what lacks an exchange rate; money adds up to the same total however it is grouped and stepped. */
  readonly rows: readonly PartnershipMoneyRow[];
  readonly unpriced: readonly UnpricedAmount[];
  /** Of whom a part of revenue is a benefit on any day of the period, as far as all orders of these days are held; none that another one holds for too. */
  readonly parts: readonly PartOfRevenue[];
  /** While the first walk of a store is under way nobody can say of whom orders are held. */
  readonly ordersAwaited: boolean;
  /** Orders with a part whose margin is by its lines' cost, which one of them does not tell, and for which no percentage stands in. */
  readonly ordersWithoutCost: number;
  /** Whether a part of revenue is a benefit of a cell, or was one of orders of which money may come back in the period. */
  readonly bringsByRevenue: (cell: PartOfRevenue, by: PartnershipQuestion['groupBy']) => boolean;
  /** Whether the cost of lines is in any of it. */
  readonly byLineCost: boolean;
  /** `bringNothing` in a step, or on some days of the period; null is all of it. */
  readonly bringsNothing: (cell: CellInTime, by: PartnershipQuestion['groupBy']) => boolean;
  /**
   * Days in it on which a part of revenue is a benefit, and of which not all orders are held yet: what the others brought is
   * not among its money. Each counts once for each part. None where no store was ever walked.
   */
  readonly unheldDays: (cell: CellInTime, by: PartnershipQuestion['groupBy']) => number;
}

type CellInTime = PartOfRevenue & { readonly step: Day | Days | null };

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
  /** Leaves out what parts of revenue bring, which costs a look at every order of the days. */
  readonly amountsAlone?: boolean | undefined;
}

type AmountItem = StoredItem & { readonly amountMicros: bigint; readonly currency: string };

const isAmount = (item: StoredItem): item is AmountItem => item.amountMicros !== null && item.currency !== null;

interface PlaceOfMoney {
  readonly step: Day | null;
  readonly partner: string | null;
  readonly region: string | null;
}

type Gap = 'unpricedCosts' | 'unpricedBenefits' | 'unpricedOrders' | 'unknownMargins';

/** Parts of money that add up cell by cell. */
const createSums = ({ groupBy }: Pick<PartnershipQuestion, 'groupBy'>) => {
  const cells = new Map<
    string,
    {
      place: PlaceOfMoney;
      byKind: Map<string, bigint>;
      sums: Record<Side, bigint>;
      lacks: Record<Gap, number>;
      parts: Record<Side, { known: number; unknown: number }>;
    }
  >();
  const cellOf = ({ step, ...of }: PlaceOfMoney) => {
    const partner = groupBy.includes('partner') ? of.partner : null;
    const region = groupBy.includes('region') ? of.region : null;
    const key = JSON.stringify([step, partner, region]);
    const cell = cells.get(key) ?? {
      place: { step, partner, region },
      byKind: new Map<string, bigint>(),
      sums: { 'other cost': 0n, benefit: 0n },
      lacks: { unpricedCosts: 0, unpricedBenefits: 0, unpricedOrders: 0, unknownMargins: 0 },
      parts: { 'other cost': { known: 0, unknown: 0 }, benefit: { known: 0, unknown: 0 } },
    };
    cells.set(key, cell);
    return cell;
  };
  return {
    add(of: PlaceOfMoney & { side: Side; kind: string }, micros: bigint, known: number) {
      // A benefit of nothing is a known one; a cost of nothing is none.
      if (micros === 0n && of.side === 'other cost') return;
      const { byKind, sums, parts } = cellOf(of);
      sums[of.side] += micros;
      parts[of.side].known += known;
      const kind = JSON.stringify([of.side, of.kind]);
      byKind.set(kind, (byKind.get(kind) ?? 0n) + micros);
    },
    /** An amount is one gap, of as many parts as it has days. */
    lack(of: PlaceOfMoney, gap: Gap, count: number, unknown = count) {
      if (count === 0) return;
      const { lacks, parts } = cellOf(of);
      lacks[gap] += count;
      parts[gap === 'unpricedCosts' ? 'other cost' : 'benefit'].unknown += unknown;
    },
    rows: (): PartnershipMoneyRow[] =>
      [...cells.entries()]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { place, byKind, sums, lacks, parts }]) => ({
          ...place,
          otherCostMicros: sums['other cost'],
          benefitMicros: sums.benefit,
          ...lacks,
          parts,
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
 * even, and spread over its days; the parts of periods that make up a longer one add up to it exactly. At most nine queries.
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
    // Nothing is nothing at any rate.
    const rate = item.amountMicros === 0n ? rational(1n) : fx.get(fxKey(want));
    const whole = rate ? converted(item.amountMicros, rate) : item.amountMicros;
    for (const { step, ...days } of steps) {
      if (days.from > occurrence.holds.to || days.to < occurrence.holds.from) continue;
      const micros = partIn(whole, occurrence, days);
      const held = daysHeld(occurrence, days);
      if (rate) sums.add({ side, kind, step, partner, region }, micros, held);
      else if (micros !== 0n)
        sums.lack({ step, partner, region }, side === 'benefit' ? 'unpricedBenefits' : 'unpricedCosts', 1, held);
    }
    if (rate) continue;
    const micros = partIn(whole, occurrence, asked);
    if (micros !== 0n) unpriced.push({ side, reference, kind, partner, region, currency, day: want.day, micros });
  }
  const parts = await revenueParts(sql, asked.asOfItem);
  const orders = parts.length === 0 ? null : await ordersKnown(sql);
  // That it brought nothing is known of days of which we hold every order.
  const heldIn = ({ from, to }: { readonly from: Day; readonly to: Day }) =>
    parts.filter(({ startsOn, endsOn }) => {
      const days = { from: startsOn > from ? startsOn : from, to: endsOn !== null && endsOn < to ? endsOn : to };
      return days.from <= days.to && orders !== null && isHeld(orders, days);
    });
  const daysOf = (step: CellInTime['step']): Days | undefined =>
    typeof step === 'string' ? steps.find((one) => one.step === step) : (step ?? asked);
  const unheldOf = ({ startsOn, endsOn }: StoredItem, { from, to }: Days): number => {
    if (orders === null || orders.sources.length === 0) return 0;
    const lastUnheld = orders.since === null ? to : addDays(orders.since, -1);
    const first = startsOn > from ? startsOn : from;
    const last = [to, endsOn ?? to, lastUnheld].toSorted()[0] ?? to;
    return Math.max(0, daysBetween(first, last) + 1);
  };
  const counted = asked.amountsAlone ? [] : parts;
  const { benefits, withoutCost } = await revenueBenefits(sql, counted, { ...asked, step: asked.step ?? null });
  for (const { micros, known, unknownMargins, ...of } of benefits) {
    if (micros !== null) sums.add({ side: 'benefit', ...of }, micros, known);
    sums.lack(of, 'unknownMargins', unknownMargins);
  }
  for (const { count, ...of } of await unpricedOrders(sql, counted, { ...asked, step: asked.step ?? null }))
    sums.lack(of, 'unpricedOrders', count);
  return {
    rows: sums.rows(),
    unpriced,
    parts: widest(heldIn(asked)),
    ordersAwaited: orders !== null && isAwaited(orders),
    ordersWithoutCost: withoutCost,
    bringsByRevenue: (cell, by) => parts.some((part) => part.startsOn <= asked.to && holdsForRow(part, cell, by)),
    byLineCost: parts.some((part) => part.byLineCost && part.startsOn <= asked.to),
    bringsNothing: (cell, by) => {
      const days = daysOf(cell.step);
      return days !== undefined && bringNothing(heldIn(days), cell, by);
    },
    unheldDays: (cell, by) => {
      const days = daysOf(cell.step);
      if (days === undefined) return 0;
      return parts.reduce((sum, part) => (holdsForRow(part, cell, by) ? sum + unheldOf(part, days) : sum), 0);
    },
  };
};
