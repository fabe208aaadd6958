import { wholePpm } from '../../core/money.ts';
import { dayMs } from '../../core/time.ts';
import type { PersonChanges } from '../../helpdesks/port.ts';
import type { PartnerBook, RegionBook } from '../directory/index.ts';
import { bearsNumber, type OrderFact } from '../orders/index.ts';
import { latestChoice } from './choice.ts';
import {
  type Confidence,
  type Decision,
  type Evidence,
  type Method,
  mergeShares,
  nobody,
  type Share,
} from './decision.ts';
import { fieldNumbers } from './numbers.ts';
import { judgeOrders, yieldsAny } from './orders-named.ts';
import { matchRule, type TicketRule } from './rules.ts';

/** Orders this long before a ticket are recent (rung 4). */
const recentMs = 90 * dayMs;
/** A number alone counts for orders placed this long before a ticket (rung 3, `number only`). */
const numberOnlyMs = 365 * dayMs;
/** BigCommerce's status Incomplete: a checkout that was never finished. */
const incomplete = 0;

/** What the cascade reads of a ticket. */
export interface AttributedTicket {
  readonly createdAt: Date;
  /** Value of the mapped order-number field. */
  readonly orderNumber: string | null;
  /** As findOrderNumbers found them in subject and first public message. */
  readonly namedNumbers: readonly string[];
  readonly namedLines: readonly bigint[];
  /** Whether the requester has an address at all. */
  readonly requesterHashKnown: boolean;
  /** What agents changed of each half, in order. */
  readonly choices: PersonChanges;
  readonly brandId: string | null;
  readonly organizationId: string | null;
  readonly formId: string | null;
  readonly inboxId: string | null;
  readonly tags: readonly string[];
  /** The connection's prefix of our own tags, which no rule may read. */
  readonly tagPrefix: string;
}

export interface AttributionInput {
  readonly ticket: AttributedTicket;
  readonly orders: {
    /** Orders whose number, or number at a marketplace, the field or the text names. */
    readonly byNumber: readonly OrderFact[];
    readonly ofRequester: readonly OrderFact[];
    /** Whether the store knows the requester's address, by an order or by a customer; null where it has not told yet. */
    readonly requesterKnown: boolean | null;
  };
  readonly rules: readonly TicketRule[];
  readonly partners: Pick<PartnerBook, 'resolve'>;
  readonly regions: Pick<RegionBook, 'resolve'>;
  /** The current decision on the ticket this one was merged into. */
  readonly target?: Decision | undefined;
  /** The current decision on the ticket this one follows up. */
  readonly parent?: Decision | undefined;
}

/** What rungs passed over and why, gathered on the way down. */
interface Notes {
  fieldNumbersOfNoOrder?: string[];
  fieldOrdersWithoutBearer?: string[];
  textOrdersWithoutBearer?: string[];
  namedOrdersOfOthers?: string[];
  recentOrdersDiffer?: string[];
  rulesOfUnknownCodes?: number[];
}

const textIds = (ids: readonly bigint[]): string[] => ids.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map(String);
const orderIds = (orders: readonly OrderFact[]): string[] => textIds(orders.map(({ id }) => id));
const unique = (orders: readonly OrderFact[]): OrderFact[] => [
  ...new Map(orders.map((order) => [order.id, order])).values(),
];

const decide = (method: Method, confidence: Confidence, shares: readonly Share[], evidence: Evidence): Decision => ({
  method,
  confidence,
  evidence,
  shares: mergeShares(shares),
});

/** Evidence of a decision by orders: which, and why a partner is missing. */
const evidenceOf = (orders: readonly OrderFact[], unmapped: boolean): Evidence => ({
  orderIds: orderIds(orders),
  ...(unmapped ? { reason: 'unmapped value' } : {}),
});

/** Rungs 2 and 3 share this: the named orders decide, or are noted and passed over. */
const byNamedOrders = (
  input: AttributionInput,
  named: {
    readonly method: 'field' | 'text';
    readonly confidence: Confidence;
    readonly orders: readonly OrderFact[];
    readonly reason?: string;
  },
  notes: Notes,
): Decision | null => {
  const { shares, partnersAgree, unmapped } = judgeOrders(named.orders, new Set(input.ticket.namedLines));
  if (!yieldsAny(shares)) {
    notes[`${named.method}OrdersWithoutBearer`] = orderIds(named.orders);
    return null;
  }
  const confidence = partnersAgree || named.confidence === 'low' ? named.confidence : 'medium';
  return decide(named.method, confidence, shares, {
    ...notes,
    ...evidenceOf(named.orders, unmapped),
    ...(partnersAgree ? {} : { partners: 'differ' }),
    ...(named.reason ? { match: named.reason } : {}),
  });
};

const byField = (input: AttributionInput, notes: Notes): Decision | null => {
  const numbers = fieldNumbers(input.ticket.orderNumber);
  if (numbers.length === 0) return null;
  const missing = numbers.filter((number) => !input.orders.byNumber.some((order) => bearsNumber(order, number)));
  if (missing.length > 0) notes.fieldNumbersOfNoOrder = missing.filter((number) => /^[\d-]+$/.test(number));
  const orders = unique(input.orders.byNumber.filter((order) => numbers.some((number) => bearsNumber(order, number))));
  return orders.length === 0 ? null : byNamedOrders(input, { method: 'field', confidence: 'high', orders }, notes);
};

const byText = (input: AttributionInput, notes: Notes): Decision | null => {
  const { ticket } = input;
  const named = unique(
    input.orders.byNumber.filter((order) => ticket.namedNumbers.some((number) => bearsNumber(order, number))),
  );
  if (named.length === 0) return null;
  const own = named.filter(({ belongsToRequester }) => belongsToRequester);
  const foreign = named.filter(({ belongsToRequester }) => !belongsToRequester);
  if (own.length > 0) {
    if (foreign.length > 0) notes.namedOrdersOfOthers = orderIds(foreign);
    return byNamedOrders(input, { method: 'text', confidence: 'high', orders: own }, notes);
  }
  const isStranger = !ticket.requesterHashKnown || input.orders.requesterKnown === false;
  const [only] = foreign;
  if (isStranger && only && foreign.length === 1) {
    const ageMs = ticket.createdAt.getTime() - only.placedAt.getTime();
    if (ageMs >= 0 && ageMs <= numberOnlyMs)
      return byNamedOrders(input, { method: 'text', confidence: 'low', orders: [only], reason: 'number only' }, notes);
  }
  notes.namedOrdersOfOthers = orderIds(foreign);
  return null;
};

const byRecentOrders = (input: AttributionInput, notes: Notes): Decision | null => {
  const createdMs = input.ticket.createdAt.getTime();
  const recent = unique(input.orders.ofRequester).filter(({ statusId, placedAt }) => {
    const ageMs = createdMs - placedAt.getTime();
    return statusId !== incomplete && ageMs >= 0 && ageMs <= recentMs;
  });
  if (recent.length === 0) return null;
  const { shares, region, unmapped } = judgeOrders(recent, new Set(input.ticket.namedLines));
  const evidence = { ...notes, ...evidenceOf(recent, unmapped) };
  if (shares.some(({ partner }) => partner !== null)) return decide('recent orders', 'medium', shares, evidence);
  if (region !== null) return decide('recent orders, region', 'medium', shares, evidence);
  notes.recentOrdersDiffer = orderIds(recent);
  return null;
};

const byRule = (input: AttributionInput, notes: Notes): Decision | null => {
  for (const rule of input.rules) {
    if (!matchRule(rule, input.ticket)) continue;
    const partner = rule.partner === null ? null : input.partners.resolve(rule.partner);
    const region = rule.region === null ? null : input.regions.resolve(rule.region);
    const share = { partner, region, country: null, ppm: wholePpm };
    if (yieldsAny([share])) return decide('rule', 'medium', [share], { ...notes, ruleId: rule.id });
    notes.rulesOfUnknownCodes = [...(notes.rulesOfUnknownCodes ?? []), rule.id];
  }
  return null;
};

/** What rungs 2 to 7 say. */
const byOrdersAndRules = (input: AttributionInput): Decision => {
  const notes: Notes = {};
  for (const rung of [byField, byText, byRecentOrders, byRule]) {
    const decision = rung(input, notes);
    if (decision) return decision;
  }
  return decide('unattributed', 'none', nobody, { ...notes });
};

/** Rung 1: each half an agent touched is the agent's; the other half comes from the rungs below. */
const byPerson = (input: AttributionInput, below: Decision): Decision | null => {
  const { choices } = input.ticket;
  const partner = latestChoice(choices.partner, input.partners.resolve);
  const region = latestChoice(choices.region, input.regions.resolve);
  if (!partner && !region) return null;
  const shares = below.shares.map((share) => ({
    partner: partner ? partner.code : share.partner,
    region: region ? region.code : share.region,
    // The country of an order stays true where the person's region still is the one that holds it.
    country: region && region.code !== share.region ? null : share.country,
    ppm: share.ppm,
  }));
  const fromBelow =
    (!partner || !region) && below.method !== 'unattributed'
      ? { below: { method: below.method, ...below.evidence } }
      : {};
  return decide('person', 'high', shares, {
    ...(partner ? { partner: partner.evidence } : {}),
    ...(region ? { region: region.evidence } : {}),
    ...fromBelow,
  });
};

/**
 * Whose a ticket is, by the cascade of RULES section 3: the first rung that yields a partner or a region decides the whole
 * (rung 1 by halves). A merged ticket takes its target's decision, a follow-up on which no rung holds its parent's; both
 * say so in the evidence as `inherited`. Pure; the order of the input's lists has no say, that of the rules apart.
 */
export const attribute = (input: AttributionInput): Decision => {
  if (input.target) return { ...input.target, evidence: { ...input.target.evidence, inherited: 'merged' } };
  const below = byOrdersAndRules(input);
  const byAgent = byPerson(input, below);
  if (byAgent) return byAgent;
  if (below.method === 'unattributed' && input.parent && input.parent.method !== 'unattributed')
    return { ...input.parent, evidence: { ...input.parent.evidence, inherited: 'follow-up' } };
  return below;
};

/** A closed ticket is decided again for this long. */
const decidedAgainMs = 30 * dayMs;

/** Whether a ticket may be decided (again): until it is closed for 30 days; a first time, and after a merge, without limit. */
export const mayDecide = (
  ticket: { readonly closedAt: Date | null; readonly mergedIntoExternalId: string | null; readonly decided: boolean },
  now: Date,
): boolean =>
  !ticket.decided ||
  ticket.mergedIntoExternalId !== null ||
  ticket.closedAt === null ||
  now.getTime() - ticket.closedAt.getTime() < decidedAgainMs;
