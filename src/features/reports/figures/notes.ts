import type { Side } from '../facts/fact-statements.ts';
import type { CoverageName, FigureName } from '../metrics.ts';

/** Like figures, null in rows by a dimension that their side does not know. */
export const coverageSides: Readonly<Record<CoverageName, Side>> = {
  measuredShare: 'work',
  attributedShare: 'tickets',
  pricedOrdersShare: 'orders',
  knownBuyersShare: 'orders',
  ticketsWithOrderShare: 'tickets',
  reasonKnownShare: 'tickets',
  languageKnownShare: 'tickets',
  responseRate: 'work',
  pricedOtherCostsShare: 'partnerships',
  pricedBenefitsShare: 'partnerships',
};

export interface FigureNote {
  readonly unit: 'count' | 'money' | 'share' | 'rate' | 'seconds';
  /** Null in rows by a dimension that this side does not know. */
  readonly of: Side;
  readonly coverage: CoverageName | null;
  /** The definition, for people. */
  readonly is: string;
}

const orderMoney = { unit: 'money', of: 'orders', coverage: 'pricedOrdersShare' } as const;
const cost = { of: 'work', coverage: 'measuredShare' } as const;
const ordersAround =
  '; by channel, language, reason or agent, which orders do not know, held against all orders of the row’s other dimensions';
const lessGaps =
  '; of what is known: coverage.pricedBenefitsShare and coverage.pricedOtherCostsShare below 1 tell that more is not in it';

/** What each figure is, for the API's description and for those who ask what a number means. */
export const figureNotes: Readonly<Record<FigureName, FigureNote>> = {
  orders: {
    unit: 'count',
    of: 'orders',
    coverage: null,
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
    coverage: null,
    is: 'Orders on which a coupon code was redeemed / orders',
  },
  highValueShare: {
    unit: 'share',
    of: 'orders',
    coverage: 'pricedOrdersShare',
    is: 'Orders worth at least `highValue` after discounts / orders that have an exchange rate',
  },
  repeatPurchaseRate: {
    unit: 'share',
    of: 'orders',
    coverage: 'knownBuyersShare',
    is: 'Buyers of the period, each at the latest order in it, who had a counted order before that one / buyers of the period',
  },
  topMarketShare: {
    unit: 'share',
    of: 'orders',
    coverage: null,
    is: 'Orders of the region with the most orders (`topMarket`) / orders',
  },
  returns: { unit: 'count', of: 'orders', coverage: null, is: 'Orders with a refund in the period, by shares' },
  returnsValue: {
    ...orderMoney,
    is: "Refunds made in the period, tax out, at their orders' exchange rates; null where no order of them has one",
  },
  returnRate: {
    unit: 'share',
    of: 'orders',
    coverage: null,
    is: 'returns / orders; above 1 where more was refunded than ordered in the period',
  },
  tickets: {
    unit: 'count',
    of: 'tickets',
    coverage: 'attributedShare',
    is: 'Tickets created in the period, by shares',
  },
  ticketsWorked: {
    unit: 'count',
    of: 'work',
    coverage: 'attributedShare',
    is: 'Tickets with costed work in the period, by shares; by agent or time each row has the part of its seconds',
  },
  contactRate: {
    unit: 'rate',
    of: 'tickets',
    coverage: 'attributedShare',
    is: `Flow: tickets created in the period / orders placed in it x 100${ordersAround}`,
  },
  cohortTickets: {
    unit: 'count',
    of: 'tickets',
    coverage: 'ticketsWithOrderShare',
    is: 'Tickets about orders placed in the period, created within a year of their order; of several orders the last is the ticket’s',
  },
  contactRateCohort: {
    unit: 'rate',
    of: 'tickets',
    coverage: 'ticketsWithOrderShare',
    is: `Cohort: cohortTickets / orders placed in the period x 100; still rising for a year, while customers may write${ordersAround}`,
  },
  handledSeconds: {
    unit: 'seconds',
    ...cost,
    is: 'Priced seconds, measured and estimated, after caps and corrections',
  },
  ahtSeconds: { unit: 'seconds', ...cost, is: 'handledSeconds / ticketsWorked' },
  supportCost: { unit: 'money', ...cost, is: 'Cost of the handled seconds; null where a part of it has no pool' },
  costPerTicket: { unit: 'money', ...cost, is: 'supportCost / ticketsWorked' },
  costMultiple: { unit: 'rate', ...cost, is: "costPerTicket / the account's" },
  costPerOrder: { unit: 'money', ...cost, is: `supportCost / orders${ordersAround}` },
  costShareOfRevenue: {
    unit: 'share',
    ...cost,
    is: `Cost to serve: supportCost / netRevenue; null where netRevenue is not above zero, for more was refunded than sold${ordersAround}`,
  },
  otherCosts: {
    unit: 'money',
    of: 'partnerships',
    coverage: 'pricedOtherCostsShare',
    is: 'Other costs of the partnership in the period: fees, software, travel, management; a fee of the whole partnership is of no region; null where none has an exchange rate',
  },
  benefits: {
    unit: 'money',
    of: 'partnerships',
    coverage: 'pricedBenefitsShare',
    is: 'Benefits of the period: commission, margin, savings; a part of revenue is rounded to six decimals once for each order and refund, so that their sum may differ in the last ones from the part of the sum; null where none is given, for revenue is no benefit by itself, and where no amount of them is known for want of an exchange rate or a line cost',
  },
  netGain: {
    unit: 'money',
    of: 'partnerships',
    coverage: 'measuredShare',
    is: `benefits - supportCost - otherCosts${lessGaps}`,
  },
  roi: {
    unit: 'share',
    of: 'partnerships',
    coverage: 'measuredShare',
    is: `(benefits - (supportCost + otherCosts)) / (supportCost + otherCosts)${lessGaps}`,
  },
  csatTopTwoBox: {
    unit: 'share',
    of: 'work',
    coverage: 'responseRate',
    is: 'Answers of 4 or 5 / answers given in the period; null below 30 answers',
  },
};
