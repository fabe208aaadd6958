/** What /api/v1 answers, as far as the page reads it. Shapes: DESIGN.md section 9 and /api/openapi.json. */

export interface Money {
  /** Decimal text with six places. */
  amount: string;
  currency: string;
}

export interface Cell {
  partner: string | null;
  region: string | null;
}

export interface Share extends Cell {
  ppm: number;
  country?: string | null;
}

export type Csat =
  | { n: number; needed: number }
  | { n: number; topTwoBox: number; low: number; high: number; responseRate: number | null };

export interface Row extends Cell {
  orders: number;
  returns: number;
  returnRate: number | null;
  /** Null where nothing of it has an exchange rate. */
  netRevenue: Money | null;
  tickets: number;
  ticketsWorked: number;
  contactRate: number | null;
  handledSeconds: number;
  ahtSeconds: number | null;
  /** Null without the permission `rates`, where too few agents make up a pool. */
  supportCost: Money | null;
  costPerTicket: Money | null;
  costMultiple: number | null;
  costPerOrder: Money | null;
  measuredShare: number | null;
  attributedShare: number | null;
  csat: Csat;
  cappedEntries: number;
  unpricedEntries: number;
  unpricedOrders: number;
  flags: { code: string; rule: string }[];
  /** Of the row "*": the partners of the region that it stands for, and why. */
  folded?: { partners: string[]; leastTickets: number; reason: string };
}

/** Whether cost is at the agents' own rates or at their roles' pooled ones. */
export type CostBasis = 'true' | 'pooled';

export interface Report {
  from: string;
  to: string;
  groupBy: ('partner' | 'region')[];
  currency: string;
  costBasis: CostBasis;
  /** The last day is not over. */
  partial?: boolean;
  /** Of what not all is held on the days that have begun. */
  held?: Held;
  rows: Row[];
  total: Row;
}

export type Side = 'orders' | 'tickets' | 'work';

export interface Held {
  unknown: Side[];
  partlyKnown: Side[];
  /** By side the names of connections. */
  heldUpBy: { side: Side; connections: string[] }[];
}

export interface Point {
  /** Of a part of its days alone. */
  partial?: boolean;
  day: string;
  supportCost: Money | null;
  tickets: number;
}

export interface Series {
  step: 'day' | 'week' | 'month';
  points: Point[];
}

/** Something wrong, and what to do about it. */
export interface Attention {
  topic: string;
  level: 'fault' | 'warning';
  found: string;
  next: string;
}

export interface ConnectionStatus {
  id: number;
  name: string;
  kind: string;
  mode: string;
  state: string;
  pending: number;
  lagSeconds: number;
  /** What is read there; null before the first time. */
  feed: 'tickets' | 'orders' | null;
  /** Since the change feed was last read to its end. */
  feedLagSeconds: number | null;
  /** Tickets or orders held per one that the vendor counts; null where it tells no number. */
  completeness: number | null;
  counted: { at: string; there: number } | null;
  tickets: number;
  orders: number;
  backfill: { state: string; found: number; done: number; remainingSeconds: number | null } | null;
  attention: Attention[];
}

export interface Status {
  pending: number;
  quarantined: number;
  connections: ConnectionStatus[];
  now: string;
  demo?: { day: number; days: number; speed: number; now: string; done: boolean; workspaceUrl?: string };
}

export interface Basis {
  currency: string;
  timeZone: string;
  /** Names by code. */
  partners: Record<string, string>;
  regions: Record<string, string>;
  /** Minor digits of the currencies that have not two. */
  minorDigits: Record<string, number>;
  user: string;
  /** Whether cost is shown at the agents' own rates. */
  trueCost: boolean;
  /** Makes a sign-in link, as a person types it on the server. */
  signInCommand: string;
}

export interface TicketItem {
  id: string;
  connection: string;
  externalId: string;
  createdAt: string | null;
  status: string | null;
  language: string | null;
  reason: string | null;
  method: string | null;
  confidence: string | null;
  handledSeconds: number;
  supportCost: Money | null;
  cellPpm: number;
}

export interface TicketPage {
  items: TicketItem[];
  next: string | null;
}

export interface NamedOrder {
  id: string;
  /** As the shop shows it. */
  number: string;
  /** A marketplace's own number. */
  externalNumber: string | null;
  store: string;
  /** The mapping rules behind it; null where it is about to be decided again. */
  rules: { partner: RuleBehind | null; country: RuleBehind | null } | null;
}

export interface RuleBehind {
  /** Its place in the list, from 1. */
  rule: number;
  /** What it reads of an order. */
  place: string;
}

export type Evidence = Record<string, unknown>;

/** What a rate was made of; parts of one, null where not given. */
export interface Wage {
  hourly: Money;
  burden: number | null;
  shrinkage: number | null;
  occupancy: number | null;
  applied: 'given' | 'direct' | 'absorbed';
}

export interface Posting extends Cell {
  id: string;
  revision: number;
  reverses: string | null;
  seconds: number;
  postedAt: string;
  cause: string;
  cost?: Money;
  native?: Money;
  rate?: { hourly: Money; scope: string; key: string; validFrom: string; wage?: Wage };
  fx?: { numerator: string; denominator: string; date: string | null };
}

export interface WorkEntry {
  id: string;
  agent: string | null;
  agentName: string | null;
  role: string | null;
  clock: string;
  measured: boolean;
  actor: string;
  rawSeconds: number;
  costedSeconds: number;
  cappedSeconds: number;
  untakenSeconds: number;
  state: string;
  decision: string | null;
  decidedBy: string | null;
  decidedAt: string | null;
  /** On what lay above the cap. */
  capDecision: string | null;
  capDecidedBy: string | null;
  capDecidedAt: string | null;
  unpriced: string | null;
  workedAt: string;
  postings: Posting[];
}

export interface Ticket {
  id: string;
  connection: string;
  externalId: string;
  createdAt: string | null;
  solvedAt: string | null;
  status: string | null;
  channel: string | null;
  language: string | null;
  reason: string | null;
  attribution: {
    method: string | null;
    confidence: string | null;
    evidence: Evidence | null;
    orders: NamedOrder[];
    version: number | null;
    shares: Share[];
  };
  work: WorkEntry[];
  handledSeconds: number | null;
  supportCost: Money | null;
  costIs: string;
  tags: { tag: string; wanted: boolean; state: string; error: string | null }[];
  survey: {
    state: string;
    sentAt: string | null;
    language: string;
    score: number | null;
    givenAt: string | null;
  } | null;
  history: {
    version: number;
    method: string;
    confidence: string;
    evidence: Evidence | null;
    orders: NamedOrder[];
    shares: Share[] | null;
    decidedAt: string;
  }[];
}
