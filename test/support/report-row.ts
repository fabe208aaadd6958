import type { ReportRow } from '../../src/features/reports/index.ts';

export const usd = (amount: string) => ({ amount, currency: 'USD' });

/** A row of the partner report in which nothing happened, but for what is given. */
export const reportRow = (given: Partial<ReportRow>): ReportRow => ({
  partner: null,
  region: null,
  orders: 0,
  returns: 0,
  returnRate: null,
  netRevenue: usd('0.000000'),
  missing: null,
  tickets: 0,
  ticketsWorked: 0,
  contactRate: null,
  handledSeconds: 0,
  ahtSeconds: null,
  supportCost: usd('0.000000'),
  costPerTicket: null,
  costMultiple: null,
  costPerOrder: null,
  costShareOfRevenue: null,
  measuredShare: null,
  attributedShare: null,
  csat: { n: 0, needed: 30 },
  cappedEntries: 0,
  unpricedEntries: 0,
  unpricedOrders: 0,
  flags: [],
  ...given,
});
