import { moneyJson, ratio, rational, roundHalfEven, wholePpm } from '../../core/money.ts';
import { csatSummary } from '../csat/index.ts';
import type { Flag, ReportRow } from './answers.ts';
import type { CellFacts, CellKey } from './facts.ts';

export type MoneyJson = ReturnType<typeof moneyJson>;

const whole = BigInt(wholePpm);

/** A partner is flagged when its ticket costs this many times the account's, on at least so many tickets. */
const dearMultiple = 2;
const leastTicketsPpm = 30n * whole;

/** Parts per million of things to things: 1,500,000 is 1.5. Exact up to six decimals. */
const count = (ppm: bigint): number => ratio(ppm, whole) ?? 0;

const perThing = (micros: bigint | null, ppm: bigint, currency: string): MoneyJson | null =>
  micros === null || ppm === 0n ? null : moneyJson({ micros: roundHalfEven(rational(micros * whole, ppm)), currency });

/** Null where a part of it is told to nobody without the permission `rates`. */
export const costOf = ({ costMicros, unpooledMicroseconds }: CellFacts): bigint | null =>
  unpooledMicroseconds === 0n ? costMicros : null;

/** Every figure of RULES.md section 7 from the counted facts; the only place where one is computed. */
export const rowOf = (key: CellKey, facts: CellFacts, account: CellFacts, currency: string): ReportRow => {
  const netRevenueMicros = facts.revenueMicros - facts.refundMicros;
  const [cost, accountCost] = [costOf(facts), costOf(account)];
  const costMultiple =
    cost === null || accountCost === null
      ? null
      : ratio(cost * account.ticketsWorkedPpm, accountCost * facts.ticketsWorkedPpm);
  const measuredShare = cost === null ? null : ratio(facts.measuredCostMicros, cost);
  const flags: Flag[] = [];
  if (costMultiple !== null && costMultiple >= dearMultiple && facts.ticketsWorkedPpm >= leastTicketsPpm)
    flags.push({
      code: 'cost_multiple',
      rule: `cost per ticket is at least ${dearMultiple} x the account's, on 30 tickets or more`,
    });
  if (measuredShare !== null && measuredShare < 0.5)
    flags.push({ code: 'mostly_estimated', rule: 'less than half of the cost is measured' });
  return {
    ...key,
    orders: count(facts.ordersPpm),
    returns: count(facts.returnsPpm),
    returnRate: ratio(facts.returnsPpm, facts.ordersPpm),
    netRevenue: moneyJson({ micros: netRevenueMicros, currency }),
    tickets: count(facts.ticketsPpm),
    ticketsWorked: count(facts.ticketsWorkedPpm),
    contactRate: ratio(facts.ticketsPpm * 100n, facts.ordersPpm),
    handledSeconds: count(facts.microseconds),
    ahtSeconds: ratio(facts.microseconds, facts.ticketsWorkedPpm),
    supportCost: cost === null ? null : moneyJson({ micros: cost, currency }),
    costPerTicket: perThing(cost, facts.ticketsWorkedPpm, currency),
    costMultiple,
    costPerOrder: perThing(cost, facts.ordersPpm, currency),
    costShareOfRevenue: cost === null ? null : ratio(cost, netRevenueMicros),
    measuredShare,
    attributedShare: ratio(facts.attributedPpm, facts.ticketsPpm),
    csat: csatSummary({
      distribution: {
        1: Number(facts.scores1),
        2: Number(facts.scores2),
        3: Number(facts.scores3),
        4: Number(facts.scores4),
        5: Number(facts.scores5),
      },
      delivered: Number(facts.delivered),
      answered: Number(facts.answered),
    }),
    cappedEntries: Number(facts.cappedEntries),
    unpricedEntries: Number(facts.unpricedEntries),
    unpricedOrders: Number(facts.unpricedOrders),
    flags,
  };
};
