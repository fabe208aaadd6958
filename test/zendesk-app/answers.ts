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
  reason: 'return',
  order: { number: '1001', url: 'https://store.example/orders/1001' },
  corrected: null,
  pending: false,
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
  cost: { soFar: { amount: '8.415000', currency: 'USD' }, measuredShare: 0.82 },
  partner: null,
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
  regions: [valued('region', sweden), valued('region', { code: 'de', name: 'Germany' })],
  reasons: [valued('reason', { code: 'return', name: 'return' })],
  fields,
};
