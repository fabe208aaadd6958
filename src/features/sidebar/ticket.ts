import { moneyJson, ratio } from '../../core/money.ts';
import type { Decision } from '../attribution/index.ts';
import { type HourlyOf, pooledTicketCost, type TicketGlance } from '../reports/index.ts';
import { bearersOf, type Half, partsOf, type Shares } from './bearers.ts';
import { orderStatuses, type SidebarTicket, type SidebarTicketState } from './contract.ts';
import type { ShownReport, Week } from './figures.ts';

/** Codes as people know them. */
export interface Names {
  partner(code: string): string;
  region(code: string): string;
}

interface TicketParts {
  readonly externalId: string;
  readonly asOf: string;
  /** Null: not known here. */
  readonly glance: TicketGlance | null;
  /** Null, as the two below: not counted yet. */
  readonly hourlyOf: HourlyOf | null;
  readonly report: ShownReport | null;
  readonly weeks: readonly Week[] | null;
  readonly money: SidebarTicket['money'];
  readonly currency: string;
  readonly names: Names;
  /** The page of an order at its store; null where there is none. */
  readonly pageOf: (order: { readonly connectionId: number; readonly externalId: string }) => string | null;
  readonly fields: SidebarTicket['fields'];
}

/** A partner among several bearers makes a ticket attributed, Direct one without a partner direct. */
const stateOf = (shares: Shares | undefined): SidebarTicketState => {
  if (!shares) return 'not yet known';
  if (shares.some(({ partner }) => partner !== null && partner !== 'direct')) return 'attributed';
  if (shares.some(({ partner }) => partner === 'direct')) return 'direct';
  return shares.some(({ region }) => region !== null) ? 'attributed' : 'unattributed';
};

/** When an agent last chose partner or region, by what the decision rests on. */
const chosenAt = ({ method, evidence }: NonNullable<TicketGlance['decision']>): string | null => {
  if (method !== 'person') return null;
  const times = [evidence.partner, evidence.region].flatMap((half) => {
    const at = typeof half === 'object' && half !== null ? (half as { readonly at?: unknown }).at : undefined;
    return typeof at === 'string' ? [at] : [];
  });
  return times.toSorted().at(-1) ?? null;
};

type Method = Decision['method'];

/** How one half is known: by an agent's word, by the rung that tells it, or by none. */
const halfBy = (half: Half, { method, evidence, shares }: NonNullable<TicketGlance['decision']>): Method => {
  if (method === 'person' && half in evidence) return 'person';
  if (shares.every((share) => share[half] === null)) return 'unattributed';
  if (method !== 'person') return method;
  return (evidence.below as { readonly method: Method } | undefined)?.method ?? 'unattributed';
};

const iso = (at: string): string => new Date(at).toISOString();

/** What an agent sees beside a ticket: nothing of one agent's work or pay, for any agent may ask (RULES.md section 10). */
export const ticketAnswer = (parts: TicketParts): SidebarTicket => {
  const { externalId, asOf, glance, hourlyOf, report, weeks, money, currency, names, pageOf, fields } = parts;
  const amount = (micros: bigint | null, of = currency) =>
    micros === null || money === 'hidden' ? null : moneyJson({ micros, currency: of });
  const nameOf = (what: keyof Names, code: string | null) => (code === null ? null : { code, name: names[what](code) });
  const decision = glance?.decision ?? null;
  const shares = decision ? bearersOf(decision.shares) : undefined;
  const at = decision && chosenAt(decision);

  const costOf = ({ lines, unpriced }: TicketGlance): SidebarTicket['cost'] => {
    if (!hourlyOf) return null;
    const { cost, measured } = pooledTicketCost(lines, hourlyOf);
    // Work without a rate has no cost yet: nothing is not what it costs.
    const known = cost === 0n && unpriced ? null : cost;
    return {
      soFar: amount(known),
      measuredShare: known === null ? null : ratio(measured, known),
      lacks: cost === null ? 'pool' : unpriced ? 'rate' : null,
    };
  };

  const figuresOf = (code: string): SidebarTicket['partners'] => {
    const row = report?.rows.find(({ partner }) => partner === code);
    if (!report || !row) return [];
    const one = {
      partner: { code, name: names.partner(code) },
      asOf: report.asOf,
      period: { from: report.from, to: report.to },
      notHeld: report.notHeld,
      costPerTicket: money === 'hidden' ? null : row.costPerTicket,
      costMultiple: row.costMultiple,
      costedTickets: row.ticketsWorked,
      contactRate: row.contactRate,
      tickets: row.tickets,
      orders: row.orders,
      csat: row.csat,
      flags: row.flags,
      trend: (weeks ?? []).map(({ from, to, multiples }) => ({ from, to, costMultiple: multiples.get(code) ?? null })),
    };
    return [one];
  };

  const bearers = partsOf('partner', shares ?? []).flatMap(({ code }) => code ?? []);
  return {
    asOf,
    ticket: { externalId, state: stateOf(shares) },
    attribution:
      glance && decision && shares
        ? {
            shares: shares.map(({ partner, region, ppm }) => ({
              partner: nameOf('partner', partner),
              region: nameOf('region', region),
              ppm,
            })),
            method: decision.method,
            confidence: decision.confidence,
            how: { partner: halfBy('partner', decision), region: halfBy('region', decision) },
            reason: glance.reason,
            order: glance.decidedBy && { number: glance.decidedBy.number, url: pageOf(glance.decidedBy) },
            orderField: [...glance.fieldNumbers],
            corrected: at ? { by: 'person', at: iso(at) } : null,
            pending: glance.pending,
          }
        : null,
    money,
    cost: glance && costOf(glance),
    partners: bearers.flatMap(figuresOf),
    counting: (glance !== null && !hourlyOf) || (bearers.length > 0 && !(report && weeks)),
    customer: {
      orders: (glance?.orders ?? []).map((order) => ({
        number: order.number,
        url: pageOf(order),
        placedOn: order.placedOn,
        status: orderStatuses[order.statusId] ?? null,
        total: amount(BigInt(order.revenue), order.currency),
        refunds: order.refunds.map(({ net, madeOn }) => ({
          amount: amount(BigInt(net), order.currency),
          madeOn,
        })),
      })),
    },
    fields,
  };
};
