import { amountOf, ratio, sum, toEven } from './numbers.ts';
import type { Money, Partnerships, Unpriced } from './partnerships.ts';
import type { Period } from './periods.ts';

interface Cell {
  readonly partner?: string | null;
  readonly region?: string | null;
}

/** What a cell costs and brings. */
export interface Worth {
  readonly support: Support;
  readonly otherCosts: ReadonlyMap<string, bigint>;
  readonly benefits: ReadonlyMap<string, bigint>;
  /** Amounts, and parts of orders and refunds, without an exchange rate. */
  readonly unpricedCosts: number;
  readonly unpricedBenefits: number;
  readonly unpricedOrders: number;
  readonly unknownMargins: number;
  /** Days of amounts, and parts of orders and refunds, that bring a known sum, and those that bring one nobody knows. */
  readonly pricedParts: number;
  readonly unpricedParts: number;
  /** Days of a part of revenue of which not every order is held. */
  readonly unheldDays: number;
  readonly pricedCostParts: number;
  readonly unpricedCostParts: number;
  /** Whether any benefit has an amount, be it nothing. */
  readonly isPriced: boolean;
  /** Whether somebody said what it brings, be it nothing. */
  readonly isGiven: boolean;
}

export interface Support {
  readonly cost: bigint;
  readonly measuredCost: bigint;
  readonly microseconds: bigint;
  readonly unpricedEntries: bigint;
}

interface Sources {
  readonly partnerships: Partnerships;
  readonly period: Period;
}

const isIn = ({ partner, region }: Cell, money: Pick<Money, 'partner' | 'region'>): boolean =>
  (partner === undefined || partner === money.partner) && (region === undefined || region === money.region);

/** A benefit of nothing is one that somebody told; a cost of nothing is none. */
export const isSaid = ({ side, micros }: Pick<Money, 'side' | 'micros'>): boolean =>
  side === 'benefit' || micros !== 0n;

const byKind = (money: readonly Money[], side: Money['side']): Map<string, bigint> => {
  const kinds = new Map<string, bigint>();
  for (const one of money)
    if (one.side === side && isSaid(one)) kinds.set(one.kind, (kinds.get(one.kind) ?? 0n) + one.micros);
  return kinds;
};

/**
 * Whether somebody said what a cell brings: amounts and revenue of its own, priced or not, or a part of revenue that holds
 * for it. The row of a whole partnership, which is of no region, is about its amounts.
 */
export const isGivenFor = (cell: Cell, { partnerships, period }: Sources): boolean => {
  const { money, unpriced, unpricedOrders, unknownMargins } = partnerships.moneyIn(period);
  return (
    [...money, ...unpriced].some((one) => one.side === 'benefit' && isIn(cell, one)) ||
    [...unpricedOrders, ...unknownMargins].some((one) => isIn(cell, one)) ||
    (cell.region !== null && partnerships.hasPart(cell, period))
  );
};

const unheldDaysOf = (cell: Cell, { partnerships, period }: Sources): number =>
  cell.region === null ? 0 : partnerships.unheldDays(cell, period);

/** Benefits against support and other costs of one cell. */
export const worthOf = (cell: Cell, support: Support, sources: Sources): Worth => {
  const found = sources.partnerships.moneyIn(sources.period);
  const own = found.money.filter((money) => isIn(cell, money));
  const unpriced = (side: Money['side']): number =>
    new Set(
      found.unpriced
        .filter((money) => money.side === side && isIn(cell, money))
        .map(({ reference, fxDay }) => JSON.stringify([reference, fxDay])),
    ).size;
  return {
    support,
    otherCosts: byKind(own, 'other cost'),
    benefits: byKind(own, 'benefit'),
    unpricedCosts: unpriced('other cost'),
    unpricedBenefits: unpriced('benefit'),
    unpricedOrders: found.unpricedOrders.filter((money) => isIn(cell, money)).length,
    unknownMargins: found.unknownMargins.filter((money) => isIn(cell, money)).length,
    pricedParts: own.filter(({ side }) => side === 'benefit').length,
    unpricedParts: [
      ...found.unpriced.filter(({ side }) => side === 'benefit'),
      ...found.unpricedOrders,
      ...found.unknownMargins,
    ].filter((money) => isIn(cell, money)).length,
    pricedCostParts: own.filter((one) => one.side === 'other cost' && isSaid(one)).length,
    unpricedCostParts: found.unpriced.filter((money) => money.side === 'other cost' && isIn(cell, money)).length,
    isPriced: own.some(({ side }) => side === 'benefit'),
    isGiven: isGivenFor(cell, sources),
    unheldDays: unheldDaysOf(cell, sources),
  };
};

const kindsTogether = (all: readonly ReadonlyMap<string, bigint>[]): Map<string, bigint> => {
  const kinds = new Map<string, bigint>();
  for (const [kind, micros] of all.flatMap((one) => [...one])) kinds.set(kind, (kinds.get(kind) ?? 0n) + micros);
  return kinds;
};

/** The sum of some cells that are all there is: whatever they know, it is given where anybody said anything. */
export const worthTogether = (all: readonly Worth[], sources: Sources): Worth => {
  const support = (name: keyof Support): bigint => sum(all.map((one) => one.support[name]));
  const count = (
    name:
      | 'unpricedCosts'
      | 'unpricedBenefits'
      | 'unpricedOrders'
      | 'unknownMargins'
      | 'pricedParts'
      | 'unpricedParts'
      | 'pricedCostParts'
      | 'unpricedCostParts',
  ): number => all.reduce((total, one) => total + one[name], 0);
  return {
    support: {
      cost: support('cost'),
      measuredCost: support('measuredCost'),
      microseconds: support('microseconds'),
      unpricedEntries: support('unpricedEntries'),
    },
    otherCosts: kindsTogether(all.map(({ otherCosts }) => otherCosts)),
    benefits: kindsTogether(all.map(({ benefits }) => benefits)),
    unpricedCosts: count('unpricedCosts'),
    unpricedBenefits: count('unpricedBenefits'),
    unpricedOrders: count('unpricedOrders'),
    unknownMargins: count('unknownMargins'),
    pricedParts: count('pricedParts'),
    unpricedParts: count('unpricedParts'),
    pricedCostParts: count('pricedCostParts'),
    unpricedCostParts: count('unpricedCostParts'),
    isPriced: all.some(({ isPriced }) => isPriced),
    isGiven: isGivenFor({}, sources),
    unheldDays: unheldDaysOf({}, sources),
  };
};

/** Zero for want of an exchange rate is no amount. */
export const toldSum = (micros: bigint, gaps: bigint | number): bigint | null =>
  micros === 0n && Number(gaps) > 0 ? null : micros;

/** Nothing but work without a price is no cost to hold benefits against. */
export const supportOf = ({ cost, microseconds, unpricedEntries }: Support): bigint | null =>
  cost === 0n && microseconds === 0n && unpricedEntries > 0n ? null : cost;

/** What is brought: null where nobody said it, and where no amount of what was said is known. */
export const broughtIn = (worth: Worth): bigint | null => {
  const { isGiven, isPriced, unpricedBenefits, unpricedOrders, unknownMargins } = worth;
  const isKnown = isPriced || unpricedBenefits + unpricedOrders + unknownMargins === 0;
  return isGiven && isKnown ? totalOf(worth.benefits) : null;
};

const totalOf = (kinds: ReadonlyMap<string, bigint>): bigint => sum([...kinds.values()]);
const told = (micros: bigint | null): string | null => (micros === null ? null : amountOf(micros));

const missingOf = (worth: Worth, costs: bigint): string | null => {
  if (!worth.isGiven) return 'benefits';
  if (supportOf(worth.support) === null) return 'supportCost';
  if (worth.unheldDays > 0) return 'orders';
  if (worth.unpricedCosts + worth.unpricedBenefits + worth.unpricedOrders > 0) return 'exchange rate';
  if (worth.unknownMargins > 0) return 'line cost';
  return costs === 0n ? 'costs' : null;
};

/** The row of a report, money as amounts; `covered` are its costs of partners of whom somebody said what they bring. */
export const roiOf = (worth: Worth, covered: bigint) => {
  const support = supportOf(worth.support);
  const other = toldSum(totalOf(worth.otherCosts), worth.unpricedCosts);
  const brought = broughtIn(worth);
  const costs = support === null || other === null ? null : support + other;
  const gain = brought === null || costs === null ? null : brought - costs;
  const kindsOf = (kinds: ReadonlyMap<string, bigint>) =>
    [...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, micros]) => `${kind} ${amountOf(micros)}`);
  const all = `(${told(support)} + ${told(other)})`;
  return {
    benefits: told(brought),
    benefitsByKind: kindsOf(worth.benefits),
    supportCost: told(support),
    otherCosts: told(other),
    otherCostsByKind: kindsOf(worth.otherCosts),
    costs: told(costs),
    netGain: told(gain),
    roi: gain === null || costs === null ? null : ratio(gain, costs),
    arithmetic:
      gain === null || costs === null || costs === 0n
        ? null
        : `(${told(brought)} - ${all}) / ${all} = ${amountOf(toEven([gain * 10_000n, costs]) * 10_000n).slice(0, -4)} %`,
    missing: missingOf(worth, worth.support.cost + totalOf(worth.otherCosts)),
    unpricedAmounts: worth.unpricedCosts + worth.unpricedBenefits,
    unpricedOrders: worth.unpricedOrders,
    unknownMargins: worth.unknownMargins,
    unpricedEntries: Number(worth.support.unpricedEntries),
    coverage: {
      measuredShare: support === null ? null : ratio(worth.support.measuredCost, support),
      benefitsKnownShare:
        support === null ? null : ratio(worth.isGiven ? covered : 0n, support + totalOf(worth.otherCosts)),
      pricedBenefitsShare: ratio(
        BigInt(worth.pricedParts),
        BigInt(worth.pricedParts + worth.unpricedParts + (worth.isGiven ? worth.unheldDays : 0)),
      ),
      pricedOtherCostsShare: ratio(
        BigInt(worth.pricedCostParts),
        BigInt(worth.pricedCostParts + worth.unpricedCostParts),
      ),
    },
  };
};

/** Amounts without an exchange rate, as a report lists them. */
export const unpricedOf = (unpriced: readonly Unpriced[]) => {
  const together = Map.groupBy(unpriced, ({ side, reference, fxDay }) => JSON.stringify([side, reference, fxDay]));
  return [...together.values()].flatMap(([first, ...more]) => {
    if (!first) return [];
    const { side, kind, partner, region, fxDay, currency, micros } = first;
    const amount = amountOf(micros + sum(more.map((one) => one.micros)));
    return [{ side, kind, partner, region, day: fxDay, amount, currency }];
  });
};
