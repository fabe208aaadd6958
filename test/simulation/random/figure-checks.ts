import { expect } from 'vitest';
import { type Money, micros, ppm } from '../figures.ts';
import { type Counts, type Dimension, knownOn, type Side } from '../oracle/counts.ts';
import { type Counted, keyOf } from '../oracle/figures.ts';
import { amountOf, ratio } from '../oracle/numbers.ts';
import type { Partnerships } from '../oracle/partnerships.ts';
import { dayAfter, type Period, stepsOf } from '../oracle/periods.ts';
import type { Oracle } from '../oracle/report.ts';
import { broughtIn, isGivenFor, supportOf, toldSum, worthOf } from '../oracle/worth.ts';

type Figure = number | Money | null;
type Row = Readonly<Record<string, Figure>> & Readonly<Record<Dimension, string | null>>;
export interface FigureReport {
  readonly rows: readonly Row[];
  readonly total: Row;
  readonly next: string | null;
}

const isMoney = (value: Figure | undefined): value is Money => typeof value === 'object' && value !== null;

/** Null where nothing of it has an exchange rate. */
const netOf = ({ revenue, refunds, unpricedOrders, unpricedRefunds }: Counts): bigint | null =>
  revenue === 0n && refunds === 0n ? toldSum(0n, unpricedOrders + unpricedRefunds) : revenue - refunds;

/** Whole things and money, exactly: of which side, and from which counts. */
const exact: readonly (readonly [string, Side, (counts: Counts) => bigint | null])[] = [
  ['orders', 'orders', ({ orders }) => orders],
  ['netRevenue', 'orders', (counts) => netOf(counts)],
  ['grossRevenue', 'orders', ({ gross, unpricedOrders }) => toldSum(gross, unpricedOrders)],
  ['discounts', 'orders', ({ gross, revenue, unpricedOrders }) => toldSum(gross, unpricedOrders) && gross - revenue],
  ['returns', 'orders', ({ returns }) => returns],
  ['returnsValue', 'orders', ({ refunds, unpricedRefunds }) => toldSum(refunds, unpricedRefunds)],
  ['tickets', 'tickets', ({ tickets }) => tickets],
  ['cohortTickets', 'tickets', ({ cohort }) => cohort],
  ['ticketsWorked', 'work', ({ ticketsWorked }) => ticketsWorked],
  ['handledSeconds', 'work', ({ microseconds }) => microseconds],
  ['supportCost', 'work', ({ cost }) => cost],
];

interface Around {
  readonly own: Counts;
  /** Of the rows around it where a row knows no orders of its own. */
  readonly orders: Counts;
  readonly account: Counts;
}
const positive = (amount: bigint): bigint => (amount > 0n ? amount : 0n);
type Ratio = readonly [above: bigint, below: bigint];

/** What is divided by what; money per thing is compared in units of the currency. */
const ratios: readonly (readonly [string, Side, (around: Around) => Ratio])[] = [
  ['averageBasket', 'orders', ({ own }) => [own.revenue, own.priced]],
  ['discountRedemptionRate', 'orders', ({ own }) => [own.withCoupon, own.orders]],
  ['highValueShare', 'orders', ({ own }) => [own.highValue, own.priced]],
  ['repeatPurchaseRate', 'orders', ({ own }) => [own.buyersAgain, own.buyers]],
  ['returnRate', 'orders', ({ own }) => [own.returns, own.orders]],
  ['contactRate', 'tickets', ({ own, orders }) => [own.tickets * 100n, orders.orders]],
  ['contactRateCohort', 'tickets', ({ own, orders }) => [own.cohort * 100n, orders.orders]],
  ['ahtSeconds', 'work', ({ own }) => [own.microseconds, own.ticketsWorked]],
  ['costPerTicket', 'work', ({ own }) => [own.cost, own.ticketsWorked]],
  ['costMultiple', 'work', ({ own, account }) => [own.cost * account.ticketsWorked, account.cost * own.ticketsWorked]],
  ['costPerOrder', 'work', ({ own, orders }) => [own.cost, orders.orders]],
  // Nothing is a share of what was refunded beyond what was sold.
  ['costShareOfRevenue', 'work', ({ own, orders }) => [own.cost, positive(netOf(orders) ?? 0n)]],
];

const none = (counted: Counted): Counts =>
  Object.fromEntries(Object.keys(counted.total).map((name) => [name, 0n])) as unknown as Counts;

/** Half of the last decimal that is told, and what binary numbers add to it. */
const asGoodAs = 5.001e-7;

/** Every figure of a report by any dimensions: counts and money exactly, ratios to the last decimal that is told. */
export const expectFiguresBy = (
  report: FigureReport,
  by: readonly Dimension[],
  counted: ReturnType<Oracle['figures']>,
): void => {
  expect(report.next).toBeNull();
  const knows = (side: Side): boolean => by.every((dimension) => knownOn[side].includes(dimension));
  const sides = Object.keys(knownOn) as Side[];
  const byOf = (side: Side) => by.filter((dimension) => knownOn[side].includes(dimension));
  const found = new Set(report.rows.map((row) => keyOf(row, by)));
  const missing = sides
    .filter(knows)
    .flatMap((side) => [...counted.sides[side]].filter(([, counts]) => Object.values(counts).some((one) => one !== 0n)))
    .flatMap(([key]) => (found.has(key) ? [] : [key]));
  expect(missing, `rows by ${by}`).toEqual([]);
  const zero = none(counted);

  const expectRow = (row: Row, name: string, countsOf: (side: Side) => Counts, isTotal: boolean): void => {
    const wrong: object[] = [];
    for (const [figure, side, right] of exact) {
      const value = row[figure];
      const told = isMoney(value) ? micros(value) : typeof value === 'number' ? ppm(value) : null;
      const expected = isTotal || knows(side) ? right(countsOf(side)) : null;
      if (told !== expected) wrong.push({ figure, told, expected });
    }
    for (const [figure, side, ratio] of ratios) {
      const value = row[figure];
      const told = isMoney(value) ? Number(value.amount) : (value ?? null);
      const [above, below] = ratio({ own: countsOf(side), orders: countsOf('orders'), account: counted.total });
      const expected = (isTotal || knows(side)) && below !== 0n ? Number(above) / Number(below) : null;
      const isRight =
        told === null || expected === null
          ? told === expected
          : Math.abs((told as number) - expected) <= asGoodAs * Math.max(1, Math.abs(expected) / 1e6);
      if (!isRight) wrong.push({ figure, told, expected });
    }
    expect(wrong, `${name} by ${by}`).toEqual([]);
  };
  for (const row of report.rows)
    expectRow(row, keyOf(row, by), (side) => counted.sides[side].get(keyOf(row, byOf(side))) ?? zero, false);
  expectRow(report.total, 'total', () => counted.total, true);
};

const stepDays: Readonly<Record<string, (first: string) => string>> = {
  day: (first) => first,
  week: (first) => dayAfter(first, 6),
  month: (first) => dayAfter(stepsOf(dayAfter(first, 31)).month, -1),
};

/** What of a period a row is about, and whose. */
const placeOf = (row: Row, by: readonly Dimension[], period: Period) => {
  const step = by.find((dimension) => dimension in stepDays);
  const first = (step && row[step]) ?? period.from;
  const last = step === undefined ? period.to : (stepDays[step]?.(first) ?? period.to);
  return {
    cell: Object.fromEntries(
      (['partner', 'region'] as const).flatMap((name) => (by.includes(name) ? [[name, row[name]]] : [])),
    ),
    days: { from: first > period.from ? first : period.from, to: last < period.to ? last : period.to },
  };
};

/** Support and other costs, each with what is told of where it lies. */
const costsOf = ({ sides }: Counted, by: readonly Dimension[]) =>
  (['work', 'partnerships'] as const).flatMap((side) => {
    const known = by.filter((dimension) => knownOn[side].includes(dimension));
    return [...sides[side]].map(([key, { cost, otherCosts }]) => {
      const values = JSON.parse(key) as (string | null)[];
      const at = Object.fromEntries(known.map((dimension, index) => [dimension, values[index] ?? null]));
      return { at: at as Readonly<Partial<Record<Dimension, string | null>>>, micros: cost + otherCosts };
    });
  });

/** With the partner among the dimensions, for its costs are covered where somebody said what it brings. */
export const withPartner = (by: readonly Dimension[]): readonly Dimension[] =>
  by.includes('partner') ? by : ['partner', ...by];

/** Other costs and benefits, and what is left of them: null where nobody said what a row brings. */
export const expectWorthBy = (
  report: FigureReport,
  by: readonly Dimension[],
  {
    counted,
    ofPartners,
    period,
    partnerships,
  }: { counted: Counted; ofPartners: Counted; period: Period; partnerships: Partnerships },
): void => {
  const costs = costsOf(ofPartners, withPartner(by));
  const coveredOf = (row: Row | null, period: Period): bigint =>
    costs
      .filter(({ at }) => row === null || keyOf(at, by) === keyOf(row, by))
      .filter(({ at: { partner = null, region = null } }) =>
        isGivenFor(row !== null && by.includes('region') ? { partner, region } : { partner }, { partnerships, period }),
      )
      .reduce((sum, { micros }) => sum + micros, 0n);
  const knows = by.every((dimension) => knownOn.partnerships.includes(dimension));
  const zero = none(counted);
  const told = (row: Row, name: string): string | null => {
    const value = row[name];
    return isMoney(value) ? value.amount : value === undefined ? null : (value as null);
  };
  const expectRow = (row: Row, name: string, own: Counts | null, { cell, days }: ReturnType<typeof placeOf>): void => {
    const [support, other] = [own && supportOf(own), own && toldSum(own.otherCosts, own.unpricedCosts)];
    const worth = own && worthOf(cell, own, { partnerships, period: days });
    const brought = worth && broughtIn(worth);
    const covered = worth?.isGiven ? coveredOf(row === report.total ? null : row, days) : 0n;
    const { benefitsKnownShare = null } = row.coverage as unknown as Readonly<Record<string, number | null>>;
    const costs = support === null || other === null ? null : support + other;
    const gain = brought === null || costs === null ? null : brought - costs;
    const amount = (micros: bigint | null): string | null => (micros === null ? null : amountOf(micros));
    expect(
      {
        ...Object.fromEntries(['otherCosts', 'benefits', 'netGain'].map((figure) => [figure, told(row, figure)])),
        roi: row.roi ?? null,
        benefitsKnownShare,
      },
      `${name} by ${by} in ${period.from} to ${period.to}`,
    ).toEqual({
      otherCosts: amount(other),
      benefits: amount(brought),
      netGain: amount(gain),
      roi: gain === null || costs === null ? null : ratio(gain, costs),
      benefitsKnownShare: own === null || support === null ? null : ratio(covered, support + own.otherCosts),
    });
  };
  for (const row of report.rows) {
    const [work, money] = (['work', 'partnerships'] as const).map((side) => counted.sides[side].get(keyOf(row, by)));
    const { otherCosts, unpricedCosts } = money ?? zero;
    const own = knows ? { ...(work ?? zero), otherCosts, unpricedCosts } : null;
    expectRow(row, keyOf(row, by), own, placeOf(row, by, period));
  }
  // It is the same by any dimensions.
  expectRow(report.total, 'total', counted.total, { cell: {}, days: period });
};

/** The region with the most orders, ties by code, and its part of them. */
export const expectTopMarkets = (report: FigureReport, by: readonly Dimension[], { markets }: Counted): void => {
  if (!by.every((dimension) => knownOn.orders.includes(dimension))) return;
  for (const [row, key] of [
    ...report.rows.map((one) => [one, keyOf(one, by)] as const),
    [report.total, 'total'] as const,
  ]) {
    const placed = [...(markets.get(key) ?? [])];
    const regions = placed.filter(([region, orders]) => region !== '' && orders > 0n);
    const [top] = regions.toSorted(([a, some], [b, other]) =>
      some === other ? (a < b ? -1 : 1) : some > other ? -1 : 1,
    );
    const all = placed.reduce((sum, [, orders]) => sum + orders, 0n);
    expect(row.topMarket ?? null, `${key} topMarket`).toBe(top?.[0] ?? null);
    if (top) expect(row.topMarketShare, `${key} topMarketShare`).toBeCloseTo(Number(top[1]) / Number(all), 6);
  }
};
