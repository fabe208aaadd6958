import { dealOut, type Fraction, fractionOf, inverse, minus, times, toEven } from './numbers.ts';
import type { Order, Part } from './orders.ts';
import { dayAfter, daysBetween, daysOf, type Period, stepsOf } from './periods.ts';
import { type Setup, table } from './setup.ts';

type Side = 'other cost' | 'benefit';
type Every = 'once' | 'week' | 'month' | 'quarter' | 'year';

/** What a person said that a partnership costs or brings: an amount over days, or a part of the revenue of its orders. */
interface Item {
  readonly side: Side;
  readonly reference: string;
  readonly kind: string;
  readonly partner: string | null;
  readonly region: string | null;
  readonly store: string;
  readonly from: string;
  /** Null: it goes on. */
  readonly to: string | null;
  /** In micros of the currency; null of a part of revenue. */
  readonly amount: bigint | null;
  readonly currency: string;
  readonly every: Every;
  /** Of a hundred; null: net revenue less what the partner's own lines cost. */
  readonly percent: Fraction | null;
}

/** Money of a partnership on one day, in micros of the reporting currency. */
export interface Money {
  readonly side: Side;
  readonly kind: string;
  readonly partner: string | null;
  readonly region: string | null;
  readonly day: string;
  readonly micros: bigint;
}

/** The same without an exchange rate, in micros of its own currency. */
export interface Unpriced extends Money {
  readonly reference: string;
  readonly currency: string;
  readonly fxDay: string;
}

/** What falls into a period, and what of it has no exchange rate. */
interface PartnershipMoney {
  readonly money: readonly Money[];
  readonly unpriced: readonly Unpriced[];
  /** Parts of orders, and of their refunds, that would bring something at an exchange rate that there is none of. */
  readonly unpricedOrders: readonly Pick<Money, 'partner' | 'region' | 'day'>[];
  /** The same whose margin is by a line cost that nobody told. */
  readonly unknownMargins: readonly Pick<Money, 'partner' | 'region' | 'day'>[];
}

const million: Fraction = [1_000_000n, 1n];
/** Behind every code. */
const unknownName = '\uffff';

const readItems = (
  { otherCosts, benefits }: { readonly otherCosts: string; readonly benefits: string },
  setup: Setup,
): Item[] =>
  [['other cost', otherCosts] as const, ['benefit', benefits] as const].flatMap(([side, text]) =>
    table(text).map((row): Item => {
      const { amount = '', hours = '', hourly = '', percent = '', every = '', from = '', to = '' } = row;
      const isPart = percent !== '';
      return {
        side,
        reference: row.reference ?? '',
        kind: row.kind ?? '',
        partner: row.partner ? setup.partnerOf(row.partner) : null,
        region: row.region ? setup.regionNamed(row.region) : null,
        store: row.store ?? '',
        from,
        to: to || (isPart || every !== 'once' ? null : from),
        amount: isPart
          ? null
          : toEven(amount ? times(fractionOf(amount), million) : times(fractionOf(hours), fractionOf(hourly), million)),
        currency: row.currency ?? '',
        every: (every || 'once') as Every,
        percent: !isPart || percent === 'line cost' ? null : fractionOf(percent),
      };
    }),
  );

const holdsOn = ({ from, to }: Pick<Item, 'from' | 'to'>, day: string): boolean =>
  from <= day && (to === null || day <= to);

/** The days over which the amount that a day has a part of is spread: all of the item's, or its week, month, quarter or year. */
const spreadOver = ({ every, from, to }: Item, day: string): Period => {
  if (every === 'once') return { from, to: to ?? from };
  if (every === 'week') return { from: stepsOf(day).week, to: dayAfter(stepsOf(day).week, 6) };
  const length = { month: 1, quarter: 3, year: 12 }[every];
  const month = Number(day.slice(5, 7)) - 1;
  const first = new Date(Date.UTC(Number(day.slice(0, 4)), month - (month % length), 1));
  const next = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + length, 1));
  return { from: first.toISOString().slice(0, 10), to: dayAfter(next.toISOString().slice(0, 10), -1) };
};

/** Each day's part of an amount: converted once, at the rate of the first of the days on which it holds; the first days have what is left. */
const amountOn = (item: Item, day: string, setup: Setup): Money | Unpriced => {
  const unit = spreadOver(item, day);
  const fxDay = unit.from > item.from ? unit.from : item.from;
  const fx = setup.exchange(item.currency, fxDay);
  const whole = fx ? toEven(times([item.amount ?? 0n, 1n], fx)) : (item.amount ?? 0n);
  const count = BigInt(daysBetween(unit.from, unit.to) + 1);
  const micros = whole / count + (BigInt(daysBetween(unit.from, day)) < whole % count ? 1n : 0n);
  const { side, kind, partner, region, reference, currency } = item;
  // Nothing is nothing at any exchange rate.
  return { side, kind, partner, region, day, micros, ...(!fx && item.amount !== 0n && { reference, currency, fxDay }) };
};

const covers = (item: Item, partner: string | null, region: string | null): boolean =>
  (item.partner === null || item.partner === partner) && (item.region === null || item.region === region);

/** Which item says what an order brings of a kind: the narrowest, a partner's before a store's before a region's, then the latest begun. */
const narrowestFirst = (a: Item, b: Item): number => {
  const isNamed = (one: Item): readonly boolean[] => [one.partner !== null, one.store !== '', one.region !== null];
  for (const [at, named] of isNamed(a).entries()) if (named !== isNamed(b)[at]) return named ? -1 : 1;
  return a.from > b.from ? -1 : 1;
};

/** What goods cost, in millionths of a micro of the order's currency; null where a line of them does not tell. */
const goodsOf = (lines: Order['lines'], millionths: bigint): bigint | null => {
  let cost = 0n;
  for (const line of lines) {
    if (line.cost === null) return null;
    cost += line.cost * millionths;
  }
  return cost;
};

/** What each part's goods cost: its partner's lines, and as much of the lines of those without a part as it has of the order. */
const goodsByPart = ({ parts, lines }: Order): (bigint | null)[] => {
  const has = (part: Part, line: Order['lines'][number]): boolean => part.ppm > 0n && part.partner === line.partner;
  const others = lines.filter((line) => !parts.some((part) => has(part, line)));
  return parts.map((part) => {
    const own = lines.filter((line) => has(part, line));
    if (own.length + others.length === 0) return null;
    const [ofOwn, ofOthers] = [goodsOf(own, 1_000_000n), goodsOf(others, part.ppm)];
    return ofOwn === null || ofOthers === null ? null : ofOwn + ofOthers;
  });
};

/** Of an order's or a refund's money what is left to each part after its goods; null where nobody told what they cost. */
const marginsOf = (
  order: Order,
  { micros, split, isRefund }: { micros: bigint; split: readonly bigint[]; isRefund: boolean },
): (bigint | null)[] => {
  const goods = goodsByPart(order);
  const all = goods.reduce<bigint>((sum, one) => sum + (one ?? 0n), 0n);
  const { net, fx } = order;
  const left = (): bigint => {
    if (net !== 0n) return toEven(times([micros, 1n], minus([net, 1n], [all, 1_000_000n]), inverse([net, 1n])));
    return isRefund || !fx ? micros : toEven(times([-all, 1_000_000n], fx));
  };
  const named = goods.map((weight, index) => ({
    weight: weight ?? 0n,
    name: order.parts[index]?.partner ?? unknownName,
  }));
  const taken = all === 0n ? [] : dealOut(micros - left(), named);
  return goods.map((one, index) => (one === null ? null : (split[index] ?? 0n) - (taken[index] ?? 0n)));
};

/** First and last day, both inclusive: none where `since` is null, to no end where `until` is. */
export interface HeldDays {
  readonly since: string | null;
  readonly until: string | null;
}

interface CellAsked {
  readonly partner?: string | null;
  readonly region?: string | null;
}

/** All that partnerships cost beside support and bring, day by day. */
export const createPartnerships = (given: {
  readonly inputs: { readonly otherCosts: string; readonly benefits: string };
  readonly orders: readonly Order[];
  readonly store: string;
  readonly setup: Setup;
  /** The days of which every order is held; unless told those since the first one. */
  readonly held?: HeldDays | undefined;
}) => {
  const { setup } = given;
  const firstOrder = given.orders.map(({ day }) => day).toSorted()[0] ?? null;
  const held = given.held ?? { since: firstOrder, until: null };
  const items = readItems(given.inputs, setup);
  const amounts = items.filter(({ amount }) => amount !== null);
  const parts = items.filter(({ amount }) => amount === null);
  const orders = given.orders.filter(({ counted }) => counted);
  const splitOf = (micros: bigint, order: Order): bigint[] =>
    dealOut(
      micros,
      order.parts.map(({ partner, ppm }) => ({ weight: ppm, name: partner ?? unknownName })),
    );
  /** Parts that hold for a cell, on their days within a period. */
  const partsOf = (cell: CellAsked, { from, to }: Period): { first: string; last: string }[] =>
    parts
      .filter(
        (item) =>
          (cell.partner === undefined || item.partner === null || item.partner === cell.partner) &&
          (cell.region === undefined || item.region === null || item.region === cell.region),
      )
      .map((item) => ({
        first: item.from > from ? item.from : from,
        last: item.to !== null && item.to < to ? item.to : to,
      }))
      .filter(({ first, last }) => first <= last);
  /** What says what a part of an order brings of a kind, the first before the others. */
  const heldBy = (kind: string, order: Order, { partner }: Part): Item[] =>
    parts
      .filter((item) => item.kind === kind && covers(item, partner, order.region) && holdsOn(item, order.day))
      .filter(({ store }) => store === '' || store === given.store)
      .toSorted(narrowestFirst);
  const kinds = ['commission', 'margin'];
  const lacking = new Set<Order>();
  const unknownMargins: Pick<Money, 'partner' | 'region' | 'day'>[] = [];
  const ofOrder = (order: Order): Money[] => {
    const { revenue, region } = order;
    if (revenue === null) return [];
    const flows = [
      { day: order.day, micros: revenue, isRefund: false },
      ...order.refunds.map(({ day, micros }) => ({ day, micros: micros ?? 0n, isRefund: true })),
    ];
    return kinds.flatMap((kind) =>
      order.parts.flatMap((part, index) => {
        const held = heldBy(kind, order, part);
        if (held.length === 0) return [];
        return flows.flatMap(({ day, micros, isRefund }): Money[] => {
          const split = splitOf(micros, order);
          const byCost =
            held[0]?.percent === null ? (marginsOf(order, { micros, split, isRefund })[index] ?? null) : null;
          const percent = held.find((item) => item.percent !== null)?.percent;
          const brought = byCost ?? (percent ? toEven(times([split[index] ?? 0n, 1n], percent, [1n, 100n])) : null);
          const { partner } = part;
          if (brought !== null)
            return [{ side: 'benefit', kind, partner, region, day, micros: (isRefund ? -1n : 1n) * brought }];
          lacking.add(order);
          unknownMargins.push({ partner, region, day });
          return [];
        });
      }),
    );
  };
  const unpricedOrders = orders
    .filter(({ revenue }) => revenue === null)
    .flatMap((order) =>
      order.parts
        .filter((part) => kinds.some((kind) => heldBy(kind, order, part).length > 0))
        .flatMap(({ partner }) => [order, ...order.refunds].map(({ day }) => ({ partner, region: order.region, day }))),
    );
  const revenue = orders.flatMap(ofOrder);
  const found = new Map<string, PartnershipMoney>();

  return {
    moneyIn(period: Period): PartnershipMoney {
      const id = JSON.stringify(period);
      const held = found.get(id);
      if (held) return held;
      const days = daysOf(period);
      const all = amounts.flatMap((item) =>
        days.filter((day) => holdsOn(item, day)).map((day) => amountOn(item, day, setup)),
      );
      const money = {
        money: [
          ...all.filter((one) => !('fxDay' in one)),
          ...revenue.filter(({ day }) => day >= period.from && day <= period.to),
        ],
        unpriced: all.filter((one): one is Unpriced => 'fxDay' in one && one.micros !== 0n),
        unpricedOrders: unpricedOrders.filter(({ day }) => day >= period.from && day <= period.to),
        unknownMargins: unknownMargins.filter(({ day }) => day >= period.from && day <= period.to),
      };
      found.set(id, money);
      return money;
    },
    ordersWithoutCost: ({ from, to }: Period): number =>
      [...lacking].filter(({ day }) => day >= from && day <= to).length,
    /** Whether it is known of a cell what a part of revenue brought on its days, be it nothing. */
    hasPart: (cell: CellAsked, period: Period) =>
      partsOf(cell, period).some(
        ({ first, last }) => held.since !== null && held.since <= first && (held.until === null || last <= held.until),
      ),
    /** Days on which a part holds for a cell before every order is held, once for each part. */
    unheldDays: (cell: CellAsked, period: Period): number =>
      given.held === undefined
        ? 0
        : partsOf(cell, period).reduce(
            (sum, { first, last }) =>
              sum + daysOf({ from: first, to: last }).filter((day) => held.since === null || day < held.since).length,
            0,
          ),
  };
};

export type Partnerships = ReturnType<typeof createPartnerships>;
