import type { ConnectionStatus } from '../../src/dashboard/api-types.d.ts';
import type { TicketItem } from '../../src/features/reports/answers.ts';
import type { HeldDays, PartnerReport } from '../../src/features/reports/index.ts';
import type { ticketDetail } from '../../src/features/reports/tickets/detail.ts';
import { reportRow as row, usd } from '../support/report-row.ts';

type Row = PartnerReport['rows'][number];
type Detail = NonNullable<Awaited<ReturnType<typeof ticketDetail>>>;

const nord = row({
  partner: 'nord',
  orders: 1000.5,
  returns: 42,
  returnRate: 0.041979,
  netRevenue: usd('12345.675000'),
  tickets: 40,
  ticketsWorked: 40,
  contactRate: 3.998,
  handledSeconds: 14_880,
  ahtSeconds: 372,
  supportCost: usd('480.005000'),
  costPerTicket: usd('12.000125'),
  costMultiple: 2.4,
  costPerOrder: usd('0.479765'),
  measuredShare: 0.82,
  attributedShare: 1,
  csat: {
    n: 30,
    topTwoBox: 0.8,
    low: 0.62693,
    high: 0.90495,
    mean: 4.1,
    distribution: { 1: 2, 2: 2, 3: 2, 4: 9, 5: 15 },
    responseRate: 0.25,
  },
  flags: [{ code: 'cost_multiple', rule: "cost per ticket is at least 2 x the account's, on 30 tickets or more" }],
});
const sud = row({
  partner: 'sud',
  orders: 400,
  tickets: 90,
  ticketsWorked: 80,
  contactRate: 22.5,
  handledSeconds: 600_000,
  ahtSeconds: 7500,
  supportCost: usd('250.000000'),
  costPerTicket: usd('3.125000'),
  costMultiple: 0.6,
  csat: { n: 12, needed: 30 },
});
const direct = row({ partner: 'direct', tickets: 5, orders: 10, contactRate: 50, supportCost: usd('9.000000') });
const unattributed = row({ tickets: 9, ticketsWorked: 9, supportCost: usd('20.000000') });
const several = row({
  partner: '*',
  region: 'nordics',
  ticketsWorked: 31,
  costMultiple: 9.5,
  supportCost: usd('250.000000'),
  folded: { partners: ['ost', 'pol', 'sud', 'west', 'zen'], leastTickets: 40, reason: 'fewer than 40 tickets each' },
});
const total = row({
  tickets: 144,
  ticketsWorked: 129,
  orders: 1410.5,
  supportCost: usd('759.005000'),
  costPerTicket: usd('5.000000'),
  costMultiple: 1,
  measuredShare: 0.82,
  attributedShare: 0.94,
  unpricedEntries: 3,
});

const item = (id: number, cost: string, change: Partial<TicketItem> = {}): TicketItem => ({
  id: String(id),
  connection: 'desk',
  externalId: String(5000 + id),
  createdAt: '2026-03-01T10:00:00.000Z',
  status: 'solved',
  channel: 'email',
  language: 'sv',
  reason: 'return',
  method: 'text',
  confidence: 'high',
  shares: [{ partner: 'nord', region: 'nordics', ppm: 1_000_000 }],
  handledSeconds: 372,
  supportCost: usd(cost),
  cellPpm: 1_000_000,
  ...change,
});

const posting = (change: Partial<Detail['work'][number]['postings'][number]>) => ({
  id: '1',
  revision: 1,
  share: 1,
  reverses: null,
  partner: 'nord',
  region: 'nordics',
  seconds: 600,
  workedAt: '2026-03-01T12:00:00.000Z',
  postedAt: '2026-03-01T12:05:00.000Z',
  cause: 'work',
  cost: usd('5.000000'),
  native: usd('5.000000'),
  rate: { hourly: usd('30.000000'), scope: 'agent', key: 'desk:a', validFrom: '2026-01-01' },
  fx: { numerator: '1', denominator: '1', date: null },
  ...change,
});

const entry = (change: Partial<Detail['work'][number]>): Detail['work'][number] => ({
  id: '1',
  sourceKey: 'audit:1',
  agent: 'a',
  agentName: 'Agent <script>alert(1)</script>',
  role: 'senior',
  clock: 'zendesk time tracking',
  measured: true,
  actor: 'agent',
  channel: 'email',
  rawSeconds: 600,
  costedSeconds: 600,
  cappedSeconds: 0,
  untakenSeconds: 0,
  state: 'costed',
  decision: null,
  decidedBy: null,
  decidedAt: null,
  capDecision: null,
  capDecidedBy: null,
  capDecidedAt: null,
  unpriced: null,
  workedAt: '2026-03-01T12:00:00.000Z',
  postings: [posting({})],
  ...change,
});

const detail: Detail = {
  id: '1',
  connection: 'desk',
  externalId: '5001',
  createdAt: '2026-03-01T10:00:00.000Z',
  solvedAt: '2026-03-01T12:05:00.000Z',
  status: 'solved',
  channel: 'email',
  language: 'sv',
  languageReason: 'text',
  reason: 'return',
  attribution: {
    method: 'text',
    confidence: 'low',
    evidence: { orderIds: ['71'], match: 'number only', surprise: { x: 1 } },
    orders: [
      {
        id: '71',
        number: '1001',
        externalNumber: 'LX-9',
        store: 'Nordlicht shop',
        placedAt: '2026-02-20T10:00:00.000Z',
        rules: { partner: { rule: 2, place: 'channel' }, country: null },
      },
    ],
    version: 2,
    shares: [{ partner: 'nord', region: 'nordics', country: 'SE', ppm: 1_000_000 }],
  },
  work: [
    entry({}),
    entry({
      id: '2',
      sourceKey: 'audit:2',
      agentName: 'Berg',
      rawSeconds: 19_800,
      costedSeconds: 120,
      cappedSeconds: 5400,
      capDecision: 'reject',
      capDecidedBy: 'mia',
      capDecidedAt: '2026-03-02T09:30:00.000Z',
      postings: [
        posting({
          id: '2',
          seconds: 120,
          cost: usd('3.300000'),
          native: { amount: '3.000000', currency: 'EUR' },
          rate: {
            hourly: { amount: '90.000000', currency: 'EUR' },
            scope: 'role',
            key: 'senior',
            validFrom: '2026-01-01',
          },
          fx: { numerator: '11', denominator: '10', date: '2026-02-27' },
        }),
        posting({ id: '3', reverses: '2', seconds: -120, cost: usd('-3.300000'), cause: 'correction' }),
      ],
    }),
    entry({ id: '3', agentName: null, rawSeconds: 60, costedSeconds: 60, unpriced: 'no fx', postings: [] }),
  ],
  handledSeconds: 600,
  supportCost: usd('5.000000'),
  costBasis: 'true',
  costIs: 'true cost',
  tags: [{ tag: 'partner_nord', wanted: true, state: 'observed', error: null }],
  survey: {
    state: 'delivered',
    sentAt: '2026-03-01T12:06:00.000Z',
    language: 'sv',
    languageReason: 'text',
    score: 4,
    givenAt: '2026-03-02T08:00:00.000Z',
  },
  history: [
    {
      version: 1,
      method: 'unattributed',
      confidence: 'none',
      evidence: {},
      orders: [],
      shares: [{ partner: null, region: null, ppm: 1_000_000 }],
      decidedAt: '2026-03-01T10:00:03.000Z',
    },
    {
      version: 2,
      method: 'text',
      confidence: 'low',
      evidence: {},
      orders: [],
      shares: [{ partner: 'nord', region: 'nordics', ppm: 1_000_000 }],
      decidedAt: '2026-03-01T11:00:03.000Z',
    },
  ],
};

export const connectionStatus = (change: Partial<ConnectionStatus> = {}): ConnectionStatus => ({
  id: 1,
  name: 'desk',
  kind: 'zendesk',
  mode: 'observe',
  state: 'ok',
  pending: 0,
  lagSeconds: 0,
  feed: 'tickets',
  feedLagSeconds: 40,
  completeness: 1,
  counted: { at: '2026-03-31T09:50:00.000Z', there: 1234 },
  tickets: 1240,
  orders: 0,
  backfill: null,
  attention: [],
  ...change,
});

/** What the page is answered. */
export interface Held {
  costBasis: PartnerReport['costBasis'];
  rows: Row[];
  /** The same with small cells put under their region. */
  foldedRows: Row[];
  total: Row;
  /** How much of the days they are of. */
  days: HeldDays | null;
  pages: Record<string, { items: TicketItem[]; next: string | null }>;
  detail: Detail;
  status: { pending: number; connections: ConnectionStatus[]; now: string; demo?: object };
  /** Set to let the report fail with problem details. */
  fault: string | null;
}

export const freshAnswers = (): Held => ({
  costBasis: 'true',
  rows: [nord, sud, unattributed, direct],
  foldedRows: [{ ...nord, region: 'nordics' }, several, unattributed, direct],
  total,
  days: null,
  pages: {
    '': { items: [item(2, '240.004999'), item(1, '200.000001')], next: '1' },
    '1': { items: [item(0, '40.000000')], next: null },
  },
  detail,
  status: {
    pending: 0,
    connections: [connectionStatus()],
    now: '2026-03-31T12:00:00.000Z',
  },
  fault: null,
});
