import type { SandboxHistory } from '../../../src/sandbox/index.ts';
import type { Order, Part } from './orders.ts';
import type { Setup } from './setup.ts';

export type Ticket = ReturnType<SandboxHistory['tickets']>[number];
type Audit = Ticket['audits'][number];

export interface Share {
  readonly partner: string | null;
  readonly region: string | null;
  /** Of the orders that gave the region. */
  readonly country: string | null;
  readonly ppm: bigint;
}

/** What was known: changes of tickets until one moment, orders until another. */
export interface Known {
  readonly auditsUntilMs: number;
  readonly ordersUntilMs: number;
}

export const everything: Known = { auditsUntilMs: Number.POSITIVE_INFINITY, ordersUntilMs: Number.POSITIVE_INFINITY };

const day = 86_400_000;
const whole = 1_000_000n;

export const auditMs = (audit: Audit): number => Date.parse(audit.created_at);
export const isMergeAudit = ({ via }: Audit): boolean => via.channel === 'merge' || via.source.rel === 'merge';

/** "#" or a word for order or purchase, some punctuation or a word for number ("n.º": its sign counts as a letter), then 4 to 9 digits. */
const named =
  /(?:#|\b(?:order|bestellung|bestellnummer|commande|pedido|beställning|ordernummer)\b|طلب)(?:\s|[^\p{L}\p{N}]|º|number|nr|no|nummer|n|رقم){0,8}?(\d{4,9})(?!\d)/giu;

const numbersIn = (text: string): string[] => [...text.matchAll(named)].map((match) => match[1] ?? '');

/** Partners by shares, in one form that can be compared. */
const asText = (parts: readonly Part[]): string =>
  JSON.stringify(parts.map(({ partner, ppm }) => `${partner} ${ppm}`).sort());

const same = <Value>(values: readonly Value[]): boolean => new Set(values).size === 1;

/** Of an order of several partners the one whose lines the text names, else all of them. */
const partsFor = ({ parts, lines }: Order, text: string): readonly Part[] => {
  const said = ` ${text.toLowerCase()} `;
  const named = lines.filter(({ words }) =>
    words.some((word) => said.match(new RegExp(`[^a-z0-9-]${word.toLowerCase()}[^a-z0-9-]`)) !== null),
  );
  const [only] = named;
  return parts.length > 1 && only && same(named.map(({ partner }) => partner))
    ? [{ partner: only.partner, ppm: whole }]
    : parts;
};

/** What rungs 2 to 6 say, and by which orders. */
interface Found {
  readonly shares: readonly Share[];
  readonly orders: readonly Order[];
}

/** Region if all agree; partners if all agree; undefined where that leaves nothing (RULES.md section 3). */
const fromOrders = (orders: readonly Order[], text: string): Found | undefined => {
  const [first] = orders;
  if (!first) return undefined;
  const region = same(orders.map((order) => order.region)) ? first.region : null;
  const country = region !== null && same(orders.map((order) => order.country)) ? first.country : null;
  const bearers = orders.map((order) => partsFor(order, text));
  const parts = (same(bearers.map(asText)) && bearers[0]) || [{ partner: null, ppm: whole }];
  const shares = parts.map(({ partner, ppm }) => ({ partner, region, country, ppm }));
  return shares.some(({ partner }) => partner !== null) || region !== null ? { shares, orders } : undefined;
};

const codes = (tags: unknown, half: 'partner' | 'region'): string[] =>
  (Array.isArray(tags) ? tags : []).flatMap((tag) =>
    String(tag).startsWith(`${half}_`) ? [String(tag).slice(half.length + 1)] : [],
  );

export interface AttributionSources {
  readonly history: SandboxHistory;
  readonly setup: Setup;
  readonly orders: readonly Order[];
  readonly fieldIds: { readonly orderNumber: string; readonly partner: string; readonly region: string };
}

/** Whose tickets are, by the cascade of RULES.md section 3, read off what happened at the vendors. */
export const createAttribution = ({ history, setup, orders: allOrders, fieldIds }: AttributionSources) => {
  const users = history.users();
  const tickets = new Map(history.tickets().map((ticket) => [ticket.id, ticket]));
  const isAgent = (id: number): boolean => {
    const user = users.get(id);
    return user !== undefined && user.role !== 'end-user' && id !== history.apiUserId;
  };
  const customersOf = Map.groupBy(allOrders, (order) => order.email);

  /** The latest change of a half by an agent: a code, null for "none", undefined where there was none. */
  const choice = (ticket: Ticket, half: 'partner' | 'region', { auditsUntilMs }: Known): string | null | undefined => {
    let chosen: string | null | undefined;
    for (const audit of ticket.audits) {
      const created = audit.events.some(({ type }) => type === 'Create');
      if (auditMs(audit) > auditsUntilMs || !isAgent(audit.author_id) || isMergeAudit(audit) || created) continue;
      const changes = audit.events.filter(({ type, via }) => type === 'Change' && via?.channel !== 'rule');
      const field = changes.find(({ field_name }) => field_name === fieldIds[half]);
      const tags = changes.find(({ field_name }) => field_name === 'tags');
      if (field) chosen = typeof field.value === 'string' && field.value !== '' ? field.value : null;
      else if (tags) {
        const [before, after] = [codes(tags.previous_value, half), codes(tags.value, half)];
        const added = after.find((code) => !before.includes(code));
        if (added !== undefined) chosen = added;
        else if (after.length === 0 && before.length > 0) chosen = null;
      }
    }
    return chosen;
  };

  const belongsTo = (email: string, order: Order): boolean =>
    order.email === email ||
    (order.customerId !== 0 &&
      (customersOf.get(email) ?? []).some(({ customerId }) => customerId === order.customerId));

  const bearing = (orders: readonly Order[], numbers: readonly string[]) =>
    orders.filter((order) => order.numbers.some((number) => numbers.includes(number)));
  const emailOf = ({ requesterId }: Ticket): string => (users.get(requesterId)?.email ?? '').toLowerCase();
  const wordsOf = ({ subject, description }: Ticket): string => `${subject}\n\n${description}`;
  const recent = (orders: readonly Order[], { createdAtMs }: Ticket, email: string) =>
    orders.filter(
      (order) =>
        order.statusId !== 0 &&
        belongsTo(email, order) &&
        order.placedMs <= createdAtMs &&
        order.placedMs >= createdAtMs - 90 * day,
    );
  /** The requester's latest of the orders that the ticket names, else of the recent ones. */
  const customersOrder = (ticket: Ticket): Order | undefined => {
    const email = emailOf(ticket);
    const latest = (orders: readonly Order[]): Order | undefined =>
      orders.toSorted((a, b) => b.placedMs - a.placedMs || b.id - a.id)[0];
    const numbers = [...numbersIn(wordsOf(ticket)), ticket.fields.get(Number(fieldIds.orderNumber)) ?? ''];
    const named = bearing(allOrders, numbers).filter((order) => belongsTo(email, order));
    return latest(named) ?? latest(recent(allOrders, ticket, email));
  };

  const byOrdersAndRules = (ticket: Ticket, known: Known): Found => {
    const orders = allOrders.filter(({ placedMs }) => placedMs <= known.ordersUntilMs);
    const [email, text] = [emailOf(ticket), wordsOf(ticket)];
    const field = ticket.fields.get(Number(fieldIds.orderNumber));
    const byField = field ? fromOrders(bearing(orders, [field]), text) : undefined;
    if (byField) return byField;

    const mentioned = bearing(orders, numbersIn(text));
    const own = mentioned.filter((order) => belongsTo(email, order));
    const stranger = !orders.some((order) => order.email === email);
    const [only] = mentioned;
    const inTheYear =
      only !== undefined && only.placedMs <= ticket.createdAtMs && only.placedMs >= ticket.createdAtMs - 365 * day;
    const byText =
      fromOrders(own, text) ?? (stranger && mentioned.length === 1 && inTheYear ? fromOrders([only], text) : undefined);
    if (byText) return byText;

    const byRecent = fromOrders(recent(orders, ticket, email), text);
    if (byRecent) return byRecent;

    const rule = setup.ticketRules.find(
      ({ when }) =>
        (when.formId === undefined || when.formId === String(ticket.formId)) &&
        (when.brandId === undefined || when.brandId === String(ticket.brandId)) &&
        (when.tag === undefined || ticket.tags.includes(when.tag)),
    );
    return {
      shares: [{ partner: rule?.partner ?? null, region: rule?.region ?? null, country: null, ppm: whole }],
      orders: [],
    };
  };

  const bearersOf = (ticket: Ticket, known: Known): Found => {
    const merge = ticket.audits.find((audit) => isMergeAudit(audit) && auditMs(audit) <= known.auditsUntilMs);
    const target = ticket.mergedInto === null || !merge ? undefined : tickets.get(ticket.mergedInto);
    if (target) return bearersOf(target, known);
    const below = byOrdersAndRules(ticket, known);
    const [partner, named] = [choice(ticket, 'partner', known), choice(ticket, 'region', known)];
    const region = typeof named === 'string' ? setup.regionNamed(named) : named;
    if (partner !== undefined || region !== undefined) {
      const halves = below.shares.map((share) => ({
        partner: partner === undefined ? share.partner : partner === null ? null : setup.partnerOf(partner),
        region: region === undefined ? share.region : region,
        country: region === undefined || region === share.region ? share.country : null,
        ppm: share.ppm,
      }));
      // Where a person named both halves, no order has a say.
      const orders = partner === undefined || region === undefined ? below.orders : [];
      return { shares: gather(halves), orders };
    }
    const parentId = ticket.via.source.rel === 'follow_up' ? Number(ticket.via.source.from.ticket_id) : null;
    const parent = parentId === null ? undefined : tickets.get(parentId);
    const nobody = below.shares.every((share) => share.partner === null && share.region === null);
    return nobody && parent ? bearersOf(parent, known) : { ...below, shares: gather(below.shares) };
  };

  return {
    isAgent,
    sharesOf: (ticket: Ticket, known: Known = everything): readonly Share[] => bearersOf(ticket, known).shares,
    /** The orders that tell whose a ticket is. */
    ordersOf: (ticket: Ticket): readonly Order[] => bearersOf(ticket, everything).orders,
    customersOrder,
    profileOf: ({ requesterId }: Ticket): string | null => users.get(requesterId)?.locale ?? null,
  };
};

/** Equal cells made one, the largest first. */
const gather = (shares: readonly Share[]): Share[] => {
  const cells = Map.groupBy(shares, ({ partner, region }) => JSON.stringify([partner, region]));
  return [...cells.values()]
    .flatMap(([first, ...more]) =>
      first ? [{ ...first, ppm: more.reduce((sum, { ppm }) => sum + ppm, first.ppm) }] : [],
    )
    .sort((a, b) => (a.ppm === b.ppm ? (nameOf(a) < nameOf(b) ? -1 : 1) : a.ppm > b.ppm ? -1 : 1));
};

export const nameOf = ({ partner, region }: Pick<Share, 'partner' | 'region'>): string =>
  `${partner ?? ''}\u0000${region ?? ''}`;
