import { millionthsOf, moneyJson, ratio, wholePpm } from '../../core/money.ts';
import { csatSummary } from '../csat/index.ts';
import type { Flag, ReportRow } from './answers.ts';
import type { CellFacts, CellKey } from './facts/facts.ts';

export type MoneyJson = ReturnType<typeof moneyJson>;

const whole = BigInt(wholePpm);

/** A partner is flagged when its ticket costs this many times the account's, on at least so many tickets. */
const dearMultiple = 2;
const leastTicketsPpm = 30n * whole;

/** Parts per million of things to things: 1,500,000 is 1.5. Exact up to six decimals. */
const count = (ppm: bigint): number => ratio(ppm, whole) ?? 0;

/** Micros for each thing, rounded once. */
const perThing = (micros: bigint | null, ppm: bigint): bigint | null =>
  micros === null || ppm === 0n ? null : millionthsOf(micros, ppm);

/** Null where a part of it is told to nobody without the permission `rates`. */
export const costOf = ({ costMicros, unpooledMicroseconds }: CellFacts): bigint | null =>
  unpooledMicroseconds === 0n ? costMicros : null;

/** Zero for want of an exchange rate is no amount: null. A sum of which a part lacks one is told, its gap beside it. */
const toldSum = (micros: bigint, unpriced: bigint): bigint | null => (micros === 0n && unpriced > 0n ? null : micros);

const netOf = ({ revenueMicros, refundMicros, unpricedOrdersPpm, unpricedRefundsPpm }: CellFacts): bigint | null =>
  revenueMicros === 0n && refundMicros === 0n
    ? toldSum(0n, unpricedOrdersPpm + unpricedRefundsPpm)
    : revenueMicros - refundMicros;

/** Cost of support as a return has it: null also where all of its work is unpriced, for a return on nothing is none. */
export const returnCostOf = (facts: CellFacts): bigint | null =>
  facts.costMicros === 0n && facts.microseconds === 0n && facts.unpricedEntries > 0n ? null : costOf(facts);

export const otherCostsOf = ({ otherCostMicros, unpricedCosts }: CellFacts): bigint | null =>
  toldSum(otherCostMicros, unpricedCosts);

/** Null where none is given, and where no amount of those given is known. */
export const benefitsOf = ({ benefitMicros, knownBenefits, unpricedBenefits }: CellFacts): bigint | null =>
  knownBenefits > unpricedBenefits ? benefitMicros : null;

/** What a return is made of; null where any of it is not known. */
export const returnOf = (
  facts: CellFacts,
): { readonly benefits: bigint; readonly support: bigint; readonly other: bigint; readonly costs: bigint } | null => {
  const [benefits, support, other] = [benefitsOf(facts), returnCostOf(facts), otherCostsOf(facts)];
  return benefits === null || support === null || other === null
    ? null
    : { benefits, support, other, costs: support + other };
};

/** What a figure is computed from. */
export interface Counted {
  readonly facts: CellFacts;
  readonly account: CellFacts;
  /** Of the orders that tickets and cost are held against: the row's own, or of the rows around it where orders have none. */
  readonly orders: CellFacts;
  /** Orders of the row's largest region, and of all regions. */
  readonly topMarketPpm?: bigint | undefined;
  readonly marketsPpm?: bigint | undefined;
  /** Support and other costs of partners whose benefits are given. */
  readonly coveredMicros?: bigint | undefined;
}

/** Customers' answers, with the interval of their score. */
export const csatOf = (facts: CellFacts) =>
  csatSummary({
    distribution: {
      1: Number(facts.scores1),
      2: Number(facts.scores2),
      3: Number(facts.scores3),
      4: Number(facts.scores4),
      5: Number(facts.scores5),
    },
    delivered: Number(facts.delivered),
    answered: Number(facts.answered),
  });

/** Money is in micros. Every figure of a report is computed here and nowhere else; a division by zero is null. */
export const formulas = {
  orders: ({ facts }: Counted) => count(facts.ordersPpm),
  grossRevenue: ({ facts }: Counted) => toldSum(facts.grossMicros, facts.unpricedOrdersPpm),
  discounts: ({ facts }: Counted) =>
    facts.grossMicros === 0n ? toldSum(facts.discountMicros, facts.unpricedOrdersPpm) : facts.discountMicros,
  netRevenue: ({ facts }: Counted) => netOf(facts),
  averageBasket: ({ facts }: Counted) => perThing(facts.revenueMicros, facts.pricedOrdersPpm),
  discountRedemptionRate: ({ facts }: Counted) => ratio(facts.couponOrdersPpm, facts.ordersPpm),
  highValueShare: ({ facts }: Counted) => ratio(facts.highValuePpm, facts.pricedOrdersPpm),
  repeatPurchaseRate: ({ facts }: Counted) => ratio(facts.repeatBuyersPpm, facts.buyersPpm),
  topMarketShare: ({ facts, topMarketPpm }: Counted) =>
    topMarketPpm === undefined ? null : ratio(topMarketPpm, facts.ordersPpm),
  returns: ({ facts }: Counted) => count(facts.returnsPpm),
  returnsValue: ({ facts }: Counted) => toldSum(facts.refundMicros, facts.unpricedRefundsPpm),
  returnRate: ({ facts }: Counted) => ratio(facts.returnsPpm, facts.ordersPpm),
  tickets: ({ facts }: Counted) => count(facts.ticketsPpm),
  ticketsWorked: ({ facts }: Counted) => count(facts.ticketsWorkedPpm),
  contactRate: ({ facts, orders }: Counted) => ratio(facts.ticketsPpm * 100n, orders.ordersPpm),
  cohortTickets: ({ facts }: Counted) => count(facts.cohortTicketsPpm),
  contactRateCohort: ({ facts, orders }: Counted) => ratio(facts.cohortTicketsPpm * 100n, orders.ordersPpm),
  handledSeconds: ({ facts }: Counted) => count(facts.microseconds),
  ahtSeconds: ({ facts }: Counted) => ratio(facts.microseconds, facts.ticketsWorkedPpm),
  supportCost: ({ facts }: Counted) => costOf(facts),
  costPerTicket: ({ facts }: Counted) => perThing(costOf(facts), facts.ticketsWorkedPpm),
  costMultiple: ({ facts, account }: Counted) => {
    const [cost, accountCost] = [costOf(facts), costOf(account)];
    return cost === null || accountCost === null
      ? null
      : ratio(cost * account.ticketsWorkedPpm, accountCost * facts.ticketsWorkedPpm);
  },
  costPerOrder: ({ facts, orders }: Counted) => perThing(costOf(facts), orders.ordersPpm),
  costShareOfRevenue: ({ facts, orders }: Counted) => {
    const [cost, net] = [costOf(facts), netOf(orders)];
    // More was refunded than sold: a share of less than nothing would rank the worst as the cheapest.
    return cost === null || net === null || net <= 0n ? null : ratio(cost, net);
  },
  otherCosts: ({ facts }: Counted) => otherCostsOf(facts),
  benefits: ({ facts }: Counted) => benefitsOf(facts),
  netGain: ({ facts }: Counted) => {
    const known = returnOf(facts);
    return known && known.benefits - known.costs;
  },
  roi: ({ facts }: Counted) => {
    const known = returnOf(facts);
    return known && ratio(known.benefits - known.costs, known.costs);
  },
  csatTopTwoBox: ({ facts }: Counted) => {
    const summary = csatOf(facts);
    return 'topTwoBox' in summary ? summary.topTwoBox : null;
  },
} satisfies Record<string, (counted: Counted) => number | bigint | null>;

export type FigureName = keyof typeof formulas;

/** How much of what a figure rests on is known; null where it would divide by zero. */
export const coverages = {
  measuredShare: ({ facts }: Counted) => {
    const cost = costOf(facts);
    return cost === null ? null : ratio(facts.measuredCostMicros, cost);
  },
  attributedShare: ({ facts }: Counted) => ratio(facts.attributedPpm, facts.ticketsPpm),
  pricedOrdersShare: ({ orders }: Counted) => ratio(orders.pricedOrdersPpm, orders.ordersPpm),
  regionKnownShare: ({ facts, marketsPpm }: Counted) =>
    marketsPpm === undefined ? null : ratio(marketsPpm, facts.ordersPpm),
  knownBuyersShare: ({ facts }: Counted) => ratio(facts.knownBuyerOrdersPpm, facts.ordersPpm),
  ticketsWithOrderShare: ({ facts }: Counted) => ratio(facts.ticketsWithOrderPpm, facts.ticketsPpm),
  reasonKnownShare: ({ facts }: Counted) => ratio(facts.reasonKnownPpm, facts.ticketsPpm),
  languageKnownShare: ({ facts }: Counted) => ratio(facts.languageKnownPpm, facts.ticketsPpm),
  responseRate: ({ facts }: Counted) => ratio(facts.answered, facts.delivered),
  pricedOtherCostsShare: ({ facts }: Counted) =>
    ratio(facts.knownCostParts, facts.knownCostParts + facts.unknownCostParts),
  pricedBenefitsShare: ({ facts }: Counted) =>
    ratio(facts.knownBenefitParts, facts.knownBenefitParts + facts.unknownBenefitParts),
  benefitsKnownShare: ({ facts, coveredMicros }: Counted) => {
    const support = returnCostOf(facts);
    if (support === null || coveredMicros === undefined) return null;
    return ratio(facts.knownBenefits === 0n ? 0n : coveredMicros, support + facts.otherCostMicros);
  },
} satisfies Record<string, (counted: Counted) => number | null>;

export type CoverageName = keyof typeof coverages;

/** A row of the partner report (RULES.md section 7). */
export const rowOf = (key: CellKey, facts: CellFacts, account: CellFacts, currency: string): ReportRow => {
  const counted: Counted = { facts, account, orders: facts };
  const money = (micros: bigint): MoneyJson => moneyJson({ micros, currency });
  const moneyOrNull = (micros: bigint | null) => (micros === null ? null : money(micros));
  const netRevenue = formulas.netRevenue(counted);
  const costMultiple = formulas.costMultiple(counted);
  const measuredShare = coverages.measuredShare(counted);
  const flags: Flag[] = [];
  if (costMultiple !== null && costMultiple >= dearMultiple && facts.ticketsWorkedPpm >= leastTicketsPpm)
    flags.push({
      code: 'cost_multiple',
      rule: `cost per ticket is at least ${dearMultiple} x the account's, on 30 tickets or more`,
    });
  if (measuredShare !== null && measuredShare < 0.5)
    flags.push({ code: 'mostly_estimated', rule: 'less than half of the cost is measured' });
  // Named one by one: spread into it, a row took twice as long to make and to write.
  return {
    partner: key.partner,
    region: key.region,
    orders: formulas.orders(counted),
    returns: formulas.returns(counted),
    returnRate: formulas.returnRate(counted),
    netRevenue: moneyOrNull(netRevenue),
    missing: netRevenue === null ? 'exchange rate' : null,
    tickets: formulas.tickets(counted),
    ticketsWorked: formulas.ticketsWorked(counted),
    contactRate: formulas.contactRate(counted),
    handledSeconds: formulas.handledSeconds(counted),
    ahtSeconds: formulas.ahtSeconds(counted),
    supportCost: moneyOrNull(formulas.supportCost(counted)),
    costPerTicket: moneyOrNull(formulas.costPerTicket(counted)),
    costMultiple,
    costPerOrder: moneyOrNull(formulas.costPerOrder(counted)),
    costShareOfRevenue: formulas.costShareOfRevenue(counted),
    measuredShare,
    attributedShare: coverages.attributedShare(counted),
    csat: csatOf(facts),
    cappedEntries: Number(facts.cappedEntries),
    unpricedEntries: Number(facts.unpricedEntries),
    unpricedOrders: Number(facts.unpricedOrders),
    flags,
  };
};
