import { type FigureDimension, figureDimensions, type LedgerSide, type Side } from '../facts/fact-statements.ts';
import type { CoverageName, FigureName } from '../metrics.ts';

const ofNoTicket = 'What a partnership costs and brings is of no ticket, and so of none of its';

/** Why the rows by a dimension cannot tell what is counted on a side. */
const unknownBy: Readonly<Record<Side, Readonly<Partial<Record<FigureDimension, string>>>>> = {
  orders: {
    channel: 'An order has no channel of contact: its customer may write by any, or not at all',
    language: "An order has no language: its locale is the shop's, not what its customer writes in",
    reason: 'An order has no contact reason',
    agent: 'No agent works on an order',
  },
  tickets: { agent: 'A ticket is created by a customer; of whom it kept busy ticketsWorked tells' },
  work: {},
  partnerships: {
    country: 'Other costs and amounts of benefits are given by partner and region, which may hold several countries',
    channel: `${ofNoTicket} channels`,
    language: `${ofNoTicket} languages`,
    reason: `${ofNoTicket} reasons`,
    agent: `${ofNoTicket} agents`,
  },
};

export interface NotTold {
  readonly dimension: FigureDimension;
  readonly why: string;
}

/** The dimensions that a side does not know: rows by one of them have null of all that is counted on it. */
export const notToldOf = (side: Side): NotTold[] =>
  figureDimensions.flatMap((dimension) => {
    const why = unknownBy[side][dimension];
    return why === undefined ? [] : [{ dimension, why }];
  });

/** Like figures, null in rows by a dimension that their side does not know; null: of the orders that a row is held against, whatever it is by. */
export const coverageSides: Readonly<Record<CoverageName, Side | null>> = {
  measuredShare: 'work',
  attributedShare: 'tickets',
  pricedOrdersShare: null,
  regionKnownShare: 'orders',
  knownBuyersShare: 'orders',
  ticketsWithOrderShare: 'tickets',
  reasonKnownShare: 'tickets',
  languageKnownShare: 'tickets',
  responseRate: 'work',
  pricedOtherCostsShare: 'partnerships',
  pricedBenefitsShare: 'partnerships',
  benefitsKnownShare: 'partnerships',
};

/** What of the ledger must be held of a period; `orders of benefits`: orders, where a part of revenue is a benefit. */
type Rest = LedgerSide | 'orders of benefits';
const ofBenefits = ['orders of benefits'] as const;

/** Of those that rest on something else than their own side alone: all of it. */
const restsOf: Readonly<Partial<Record<FigureName | CoverageName, readonly Rest[]>>> = {
  contactRate: ['tickets', 'orders'],
  cohortTickets: ['tickets', 'orders'],
  contactRateCohort: ['tickets', 'orders'],
  costPerOrder: ['work', 'orders'],
  costShareOfRevenue: ['work', 'orders'],
  benefits: ofBenefits,
  netGain: ['work', ...ofBenefits],
  roi: ['work', ...ofBenefits],
  pricedOrdersShare: ['orders'],
  pricedBenefitsShare: ofBenefits,
  benefitsKnownShare: ['work', ...ofBenefits],
};

/** The sides of the ledger that a figure, or a coverage, of a period rests on. Amounts that were given are known of any days. */
export const restsOn = (
  name: FigureName | CoverageName,
  of: Side | null,
  { bringsByRevenue }: { readonly bringsByRevenue: boolean },
): LedgerSide[] =>
  (restsOf[name] ?? (of === null || of === 'partnerships' ? [] : [of])).flatMap((rest) => {
    if (rest !== 'orders of benefits') return [rest];
    return bringsByRevenue ? ['orders'] : [];
  });

export interface FigureNote {
  readonly unit: 'count' | 'money' | 'share' | 'rate' | 'seconds';
  /** Null in rows by a dimension that this side does not know. */
  readonly of: Side;
  /** All that tell how much of what it rests on is known. */
  readonly coverages: readonly CoverageName[];
  /** The definition, for people. */
  readonly is: string;
}

const orderMoney = { unit: 'money', of: 'orders', coverages: ['pricedOrdersShare'] } as const;
const cost = { of: 'work', coverages: ['measuredShare'] } as const;
const costOfTickets = { of: 'work', coverages: ['measuredShare', 'attributedShare'] } as const;
const ofReturn = {
  of: 'partnerships',
  coverages: ['measuredShare', 'pricedOtherCostsShare', 'pricedBenefitsShare', 'benefitsKnownShare'],
} as const;
const ordersAround = (by: string): string =>
  `; by ${by}, which orders do not know, held against all orders of the row’s other dimensions`;
/** No agent has tickets that were created. */
const ticketsPerOrders = ordersAround('channel, language or reason');
const costPerOrders = ordersAround('channel, language, reason or agent');
const lessGaps =
  '; of what is known: coverage.pricedBenefitsShare and coverage.pricedOtherCostsShare below 1 tell that more is not in it, coverage.benefitsKnownShare below 1 that it bears costs of partners whose benefits nobody gave';

/** What each figure is, for the API's description and for those who ask what a number means. */
export const figureNotes: Readonly<Record<FigureName, FigureNote>> = {
  orders: {
    unit: 'count',
    of: 'orders',
    coverages: [],
    is: 'Counted orders placed in the period, by shares; Incomplete, Cancelled and Declined ones are not counted',
  },
  grossRevenue: {
    ...orderMoney,
    is: "Revenue before discounts, shipping included, tax out, at the orders' own exchange rates; null where no order has one",
  },
  discounts: { ...orderMoney, is: 'grossRevenue - revenue after discounts' },
  netRevenue: {
    ...orderMoney,
    is: 'After discounts, shipping included, tax out, less refunds made in the period; null where neither orders nor refunds have an exchange rate',
  },
  averageBasket: {
    ...orderMoney,
    is: 'Revenue after discounts, before refunds / orders that have an exchange rate',
  },
  discountRedemptionRate: {
    unit: 'share',
    of: 'orders',
    coverages: [],
    is: 'Orders on which a coupon code was redeemed / orders',
  },
  highValueShare: {
    unit: 'share',
    of: 'orders',
    coverages: ['pricedOrdersShare'],
    is: 'Orders worth at least `highValue` after discounts / orders that have an exchange rate',
  },
  repeatPurchaseRate: {
    unit: 'share',
    of: 'orders',
    coverages: ['knownBuyersShare'],
    is: 'Buyers of the period, each at the latest order in it, who had a counted order before that one / buyers of the period',
  },
  topMarketShare: {
    unit: 'share',
    of: 'orders',
    coverages: ['regionKnownShare'],
    is: 'Orders of the region with the most orders (`topMarket`) / orders',
  },
  returns: { unit: 'count', of: 'orders', coverages: [], is: 'Orders with a refund in the period, by shares' },
  returnsValue: {
    ...orderMoney,
    is: "Refunds made in the period, tax out, at their orders' exchange rates; null where no order of them has one",
  },
  returnRate: {
    unit: 'share',
    of: 'orders',
    coverages: [],
    is: 'returns / orders; above 1 where more was refunded than ordered in the period',
  },
  tickets: {
    unit: 'count',
    of: 'tickets',
    coverages: ['attributedShare'],
    is: 'Tickets created in the period, by shares',
  },
  ticketsWorked: {
    unit: 'count',
    of: 'work',
    coverages: ['attributedShare'],
    is: 'Tickets with costed work in the period, by shares; by agent or time each row has the part of its seconds',
  },
  contactRate: {
    unit: 'rate',
    of: 'tickets',
    coverages: ['attributedShare'],
    is: `Flow: tickets created in the period / orders placed in it x 100${ticketsPerOrders}`,
  },
  cohortTickets: {
    unit: 'count',
    of: 'tickets',
    coverages: ['ticketsWithOrderShare'],
    is: 'Tickets about orders placed in the period, created from the day before their order to a year after it; of several orders the last is the ticket’s',
  },
  contactRateCohort: {
    unit: 'rate',
    of: 'tickets',
    coverages: ['ticketsWithOrderShare'],
    is: `Cohort: cohortTickets / orders placed in the period x 100; still rising for a year, while customers may write${ticketsPerOrders}`,
  },
  handledSeconds: {
    unit: 'seconds',
    ...cost,
    is: 'Priced seconds, measured and estimated, after caps and corrections',
  },
  ahtSeconds: { unit: 'seconds', ...costOfTickets, is: 'handledSeconds / ticketsWorked' },
  supportCost: { unit: 'money', ...cost, is: 'Cost of the handled seconds; null where a part of it has no pool' },
  costPerTicket: { unit: 'money', ...costOfTickets, is: 'supportCost / ticketsWorked' },
  costMultiple: { unit: 'rate', ...costOfTickets, is: "costPerTicket / the account's" },
  costPerOrder: { unit: 'money', ...cost, is: `supportCost / orders${costPerOrders}` },
  costShareOfRevenue: {
    unit: 'share',
    of: 'work',
    coverages: ['measuredShare', 'pricedOrdersShare'],
    is: `Cost to serve: supportCost / netRevenue; null where netRevenue is not above zero, for more was refunded than sold${costPerOrders}`,
  },
  otherCosts: {
    unit: 'money',
    of: 'partnerships',
    coverages: ['pricedOtherCostsShare'],
    is: 'Other costs of the partnership in the period: fees, software, travel, management; a fee of the whole partnership is of no region; null where none has an exchange rate',
  },
  benefits: {
    unit: 'money',
    of: 'partnerships',
    coverages: ['pricedBenefitsShare', 'benefitsKnownShare'],
    is: 'Benefits of the period: commission, margin, savings; a part of revenue is rounded to six decimals once for each order and refund, so that their sum may differ in the last ones from the part of the sum; null where none is given, for revenue is no benefit by itself, and where no amount of them is known for want of an exchange rate or a line cost',
  },
  netGain: {
    unit: 'money',
    ...ofReturn,
    is: `benefits - supportCost - otherCosts${lessGaps}`,
  },
  roi: {
    unit: 'share',
    ...ofReturn,
    is: `(benefits - (supportCost + otherCosts)) / (supportCost + otherCosts)${lessGaps}`,
  },
  csatTopTwoBox: {
    unit: 'share',
    of: 'work',
    coverages: ['responseRate'],
    is: 'Answers of 4 or 5 / answers given in the period; null below 30 answers',
  },
};
