import type { SidebarChoices, SidebarTicket } from '../../src/features/sidebar/contract.ts';

/** Answers of the service, as a test needs them. */

type Attribution = NonNullable<SidebarTicket['attribution']>;

export const nord = { code: 'nord', name: 'Nord' };
export const sud = { code: 'sud', name: 'Sud' };
export const sweden = { code: 'se', name: 'Sweden' };

export const attributionOf = (change: Partial<Attribution> = {}): Attribution => ({
  shares: [{ partner: nord, region: sweden, ppm: 1_000_000 }],
  method: 'text',
  confidence: 'high',
  how: { partner: change.method ?? 'text', region: change.method ?? 'text' },
  reason: 'return',
  order: { number: '1001', url: 'https://store.example/orders/1001' },
  orderField: [],
  corrected: null,
  pending: false,
  ...change,
});

export const figuresOf = (
  change: Partial<SidebarTicket['partners'][number]> = {},
): SidebarTicket['partners'][number] => ({
  partner: nord,
  asOf: '2026-05-04T10:00:00.000Z',
  period: { from: '2026-02-04', to: '2026-05-04' },
  notHeld: [],
  costPerTicket: { amount: '12.340000', currency: 'USD' },
  costMultiple: 2.4,
  costedTickets: 41,
  contactRate: 4,
  tickets: 38,
  orders: 950,
  csat: { n: 30, topTwoBox: 0.8, low: 0.627, high: 0.905, mean: 4.1, distribution: {}, responseRate: null },
  flags: [{ code: 'mostly_estimated', rule: 'less than half of the cost is measured' }],
  trend: [],
  ...change,
});

const fields = {
  partner: '11',
  region: '12',
  reason: '13',
  orderNumber: '14',
  notAboutAnOrder: { empty: ['11', '12'] },
};

export const ticketOf = (change: Partial<SidebarTicket> = {}): SidebarTicket => ({
  asOf: '2026-05-04T10:00:00.000Z',
  ticket: { externalId: '4711', state: 'attributed' },
  attribution: attributionOf(),
  money: 'shown',
  cost: { soFar: { amount: '8.415000', currency: 'USD' }, measuredShare: 0.82, lacks: null },
  partners: [],
  counting: false,
  customer: { orders: [] },
  fields,
  ...change,
});

/** As the service answers once it has taken in that an agent chose `partner`, at a minute past ten. */
export const takenBy = (partner: typeof nord | null, minute = '01'): SidebarTicket =>
  ticketOf({
    attribution: attributionOf({
      shares: [{ partner, region: sweden, ppm: 1_000_000 }],
      method: 'person',
      corrected: { by: 'person', at: `2026-05-04T10:${minute}:00.000Z` },
    }),
  });

const valued = <Named extends { code: string }>(start: string, named: Named) => ({
  ...named,
  values: [`${start}_${named.code}`, named.code],
});

export const choices: SidebarChoices = {
  partners: [
    { ...valued('partner', nord), aliases: ['Nordwohnen'] },
    { ...valued('partner', sud), aliases: [] },
  ],
  regions: [
    { ...valued('region', sweden), countries: ['SE'], aliases: ['SWE'] },
    { ...valued('region', { code: 'de', name: 'Germany' }), countries: ['DE', 'AT'], aliases: ['DEU', 'AUT'] },
    { ...valued('region', { code: 'US', name: 'US' }), countries: ['US'], aliases: ['USA', 'America'] },
    { ...valued('region', { code: 'BR', name: 'BR' }), countries: ['BR'], aliases: ['BRA'] },
  ],
  reasons: [valued('reason', { code: 'return', name: 'return' })],
  fields,
};
