import { moneyJson, ratio, wholePpm } from '../../../core/money.ts';
import type { ReportRow } from '../answers.ts';
import type { CellFacts } from '../facts/facts.ts';
import { formulas, type MoneyJson, rowOf } from '../metrics.ts';

/** What a seal freezes of a row, and what partnerships add to it. */
type SealedFigures = Omit<ReportRow, 'partner' | 'region' | 'folded'> & {
  readonly otherCosts: MoneyJson | null;
  readonly benefits: MoneyJson | null;
  readonly netGain: MoneyJson | null;
  readonly roi: number | null;
};
export type FigureName = keyof SealedFigures;

const cost = ['costMicros', 'unpooledMicroseconds'] as const;
const net = ['revenueMicros', 'refundMicros', 'unpricedOrdersPpm', 'unpricedRefundsPpm'] as const;
const otherCosts = ['otherCostMicros', 'unpricedCosts'] as const;
const benefits = ['benefitMicros', 'knownBenefits', 'unpricedBenefits'] as const;
const gain = [...cost, 'microseconds', 'unpricedEntries', ...otherCosts, ...benefits] as const;
const answered = ['scores1', 'scores2', 'scores3', 'scores4', 'scores5', 'delivered', 'answered'] as const;

/** The facts that each figure is computed from: a reason of theirs is a reason of the figure's. */
export const factsOfFigure: Readonly<Record<FigureName, readonly (keyof CellFacts)[]>> = {
  orders: ['ordersPpm'],
  returns: ['returnsPpm'],
  returnRate: ['returnsPpm', 'ordersPpm'],
  netRevenue: net,
  missing: net,
  tickets: ['ticketsPpm'],
  ticketsWorked: ['ticketsWorkedPpm'],
  contactRate: ['ticketsPpm', 'ordersPpm'],
  handledSeconds: ['microseconds'],
  ahtSeconds: ['microseconds', 'ticketsWorkedPpm'],
  supportCost: cost,
  costPerTicket: [...cost, 'ticketsWorkedPpm'],
  costMultiple: [...cost, 'ticketsWorkedPpm'],
  costPerOrder: [...cost, 'ordersPpm'],
  costShareOfRevenue: [...cost, ...net],
  measuredShare: [...cost, 'measuredCostMicros'],
  attributedShare: ['attributedPpm', 'ticketsPpm'],
  csat: answered,
  cappedEntries: ['cappedEntries'],
  unpricedEntries: ['unpricedEntries'],
  unpricedOrders: ['unpricedOrders'],
  flags: [...cost, 'measuredCostMicros', 'ticketsWorkedPpm'],
  otherCosts,
  benefits,
  netGain: gain,
  roi: gain,
};

/** In the order in which they are told. */
export const sealedFigureNames = Object.keys(factsOfFigure) as FigureName[];

/** Held against the whole account: its changes are theirs too. */
export const againstAccount: readonly FigureName[] = ['costMultiple', 'flags'];

export const ofPartnerships: readonly FigureName[] = ['otherCosts', 'benefits', 'netGain', 'roi'];

export const figuresOf = (facts: CellFacts, account: CellFacts, currency: string): SealedFigures => {
  const { partner: _, region: __, ...row } = rowOf({ partner: null, region: null }, facts, account, currency);
  const counted = { facts, account, orders: facts };
  const money = (micros: bigint | null) => (micros === null ? null : moneyJson({ micros, currency }));
  return {
    ...row,
    otherCosts: money(formulas.otherCosts(counted)),
    benefits: money(formulas.benefits(counted)),
    netGain: money(formulas.netGain(counted)),
    roi: formulas.roi(counted),
  };
};

/** How a fact is called where a reason tells what it added; `wage`: by the scope `rates` alone. */
const told: Readonly<
  Partial<Record<keyof CellFacts, { readonly name: string; readonly unit: 'micros' | 'ppm' | 'one'; wage?: true }>>
> = {
  ordersPpm: { name: 'orders', unit: 'ppm' },
  revenueMicros: { name: 'revenue', unit: 'micros' },
  unpricedOrders: { name: 'unpricedOrders', unit: 'one' },
  unpricedOrdersPpm: { name: 'unpricedOrderShares', unit: 'ppm' },
  unpricedRefundsPpm: { name: 'unpricedRefunds', unit: 'ppm' },
  returnsPpm: { name: 'returns', unit: 'ppm' },
  refundMicros: { name: 'refunds', unit: 'micros' },
  ticketsPpm: { name: 'tickets', unit: 'ppm' },
  attributedPpm: { name: 'attributedTickets', unit: 'ppm' },
  ticketsWorkedPpm: { name: 'ticketsWorked', unit: 'ppm' },
  microseconds: { name: 'handledSeconds', unit: 'ppm' },
  costMicros: { name: 'supportCost', unit: 'micros', wage: true },
  measuredCostMicros: { name: 'measuredCost', unit: 'micros', wage: true },
  unpricedEntries: { name: 'unpricedEntries', unit: 'one' },
  cappedEntries: { name: 'cappedEntries', unit: 'one' },
  scores1: { name: 'answersOf1', unit: 'one' },
  scores2: { name: 'answersOf2', unit: 'one' },
  scores3: { name: 'answersOf3', unit: 'one' },
  scores4: { name: 'answersOf4', unit: 'one' },
  scores5: { name: 'answersOf5', unit: 'one' },
  delivered: { name: 'invitations', unit: 'one' },
  answered: { name: 'answeredInvitations', unit: 'one' },
  otherCostMicros: { name: 'otherCosts', unit: 'micros' },
  unpricedCosts: { name: 'unpricedCosts', unit: 'one' },
  benefitMicros: { name: 'benefits', unit: 'micros' },
  knownBenefits: { name: 'knownBenefits', unit: 'one' },
  unpricedBenefits: { name: 'unpricedBenefits', unit: 'one' },
};

/** A difference in a fact as people read it; null for what is told to nobody, or not without the scope `rates`. */
export const toldFact = (
  fact: keyof CellFacts,
  { currency, seesRates }: { readonly currency: string; readonly seesRates: boolean },
): { readonly name: string; readonly of: (value: bigint) => number | MoneyJson } | null => {
  const as = told[fact];
  if (!as || (as.wage && !seesRates)) return null;
  return {
    name: as.name,
    of: (value) => {
      if (as.unit === 'micros') return moneyJson({ micros: value, currency });
      return as.unit === 'ppm' ? (ratio(value, BigInt(wholePpm)) ?? 0) : Number(value);
    },
  };
};
