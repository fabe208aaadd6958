import { codeOf, codesIn, contactReason, fieldText, halves, tagStartOf } from '../mapping.ts';
import type { TicketSnapshot, TicketStatus } from '../port.ts';
import { ticketChannel } from './channels.ts';
import { valueIn } from './codes.ts';
import type { ReadHistory } from './history.ts';
import type { CompactTicket, GorgiasMessage, GorgiasTicket } from './schema.ts';
import type { GorgiasSettings } from './settings.ts';

/**
 * Gorgias knows `open` and `closed`; a snoozed ticket is either with a date to come back, trash and spam are dates and flags.
 * A closed ticket can be reopened and tagged, so it is `solved`; whatever is neither is open.
 */
export const ticketStatus = (
  ticket: Pick<CompactTicket, 'status' | 'spam' | 'snooze_datetime' | 'trashed_datetime'>,
  now: Date,
): TicketStatus => {
  if (ticket.trashed_datetime || ticket.spam || ticket.status === 'deleted') return 'deleted';
  if (ticket.snooze_datetime && ticket.snooze_datetime > now) return 'pending';
  return ticket.status === 'closed' ? 'solved' : 'open';
};

/** Gorgias writes some codes of old, and some that are no language at all. */
const languageNames = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
export const languageOf = (code: string | null): string | null => {
  const text = code?.trim().replaceAll('_', '-') ?? '';
  if (!/^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/i.test(text)) return null;
  const [tag] = Intl.getCanonicalLocales(text);
  return tag !== undefined && languageNames.of(tag) !== undefined ? tag : null;
};

export const byTimeThenId = <Item extends { readonly id: string; readonly created_datetime: Date }>(
  a: Item,
  b: Item,
): number =>
  a.created_datetime.getTime() - b.created_datetime.getTime() ||
  (BigInt(a.id) < BigInt(b.id) ? -1 : BigInt(a.id) > BigInt(b.id) ? 1 : 0);

/** Words of a message that came as HTML alone. */
const wordsOf = (html: string | null): string | null =>
  html === null ? null : html.replaceAll(/<(?:style|script)[\s\S]*?<\/\w+>|<[^>]*>/gi, ' ').trim() || null;

const bodyOf = (message: GorgiasMessage): string | null =>
  message.body_text?.trim() || message.stripped_text?.trim() || wordsOf(message.body_html);

const isCustomers = (message: GorgiasMessage): boolean =>
  !message.from_agent && message.public !== false && message.channel !== 'internal-note' && message.rule_id === null;

/** Where the customer wrote to, else where the first answer came from: an inbox's address, or an id for channels without. */
const inboxOf = (messages: readonly GorgiasMessage[]): string | null => {
  const received = messages.find(isCustomers);
  const sent = messages.find((message) => message.from_agent && message.public !== false);
  const address = received ? received.source?.to[0]?.address : sent?.source?.from?.address;
  const inbox = address?.trim().toLowerCase() || received?.integration_id || sent?.integration_id;
  return inbox || null;
};

/** A nested choice counts by its whole path, else by its deepest level that is mapped. */
const reasonOf = (ticket: GorgiasTicket, { reasonFieldId, reasonValues }: GorgiasSettings): string | null => {
  const path = reasonFieldId ? fieldText(ticket.custom_fields.get(reasonFieldId)) : null;
  return contactReason({
    reasonValues,
    field: path && [path, ...path.split('::').toReversed()],
    names: ticket.tags.map(({ name }) => name),
  });
};

/** Whose account an address is; phone and social customers have none. */
export const requesterOf = (ticket: GorgiasTicket): TicketSnapshot['requester'] => {
  const customer = ticket.customer?.id ? ticket.customer : ticket.requester;
  if (!customer?.id) return null;
  const email =
    customer.email ?? customer.channels.find(({ type, address }) => type === 'email' && address)?.address ?? null;
  return { id: customer.id, email: email?.trim() || null, locale: languageOf(customer.language) };
};

export const assigneeOf = (ticket: GorgiasTicket): string | null =>
  ticket.assignee_user_id ?? ticket.assignee_user?.id ?? null;

/**
 * True where tags or a mapped field speak of two partners or regions at once, so that somebody besides us set one: only the
 * events tell who. (Where one of ours was taken away or replaced, whoever compares it with the tags we wrote asks for them.)
 */
export const mayBeChosen = (ticket: GorgiasTicket, settings: GorgiasSettings): boolean =>
  halves.some((half) => {
    const tagStart = tagStartOf(half, settings.tagPrefix);
    const codes = codesIn(
      ticket.tags.map(({ name }) => name),
      tagStart,
    );
    const fieldId = settings[`${half}FieldId`];
    const value = fieldId === undefined ? null : valueIn(ticket.custom_fields.get(fieldId), tagStart);
    return codes.length > 1 || (value !== null && !codes.includes(codeOf(value)));
  });

/** Our view of a ticket. `messages` in the order in which they came. */
export const snapshotOf = (
  ticket: GorgiasTicket,
  messages: readonly GorgiasMessage[],
  settings: GorgiasSettings,
  read: ReadHistory | null,
  now: Date,
): TicketSnapshot => {
  const status = ticketStatus(ticket, now);
  const first = messages.find(isCustomers);
  // Accounts unassign a ticket with each reply by default: whoever answered last then stands for it.
  const answered = messages.findLast(
    (message) => message.from_agent && message.rule_id === null && message.public !== false,
  );
  return {
    externalId: ticket.id,
    status,
    createdAt: ticket.created_datetime,
    updatedAt: ticket.updated_datetime ?? ticket.created_datetime,
    channel: ticketChannel(ticket.channel),
    subject: ticket.subject,
    firstMessage: first ? bodyOf(first) : null,
    requester: requesterOf(ticket),
    language: languageOf(ticket.language),
    assigneeId: assigneeOf(ticket) ?? answered?.sender?.id ?? null,
    brandId: null,
    organizationId: null,
    formId: null,
    inboxId: inboxOf(messages),
    tags: ticket.tags.map(({ name }) => name),
    orderNumber: settings.orderNumberFieldId ? fieldText(ticket.custom_fields.get(settings.orderNumberFieldId)) : null,
    reason: reasonOf(ticket, settings),
    parentExternalId: read?.parent ?? null,
    mergedIntoExternalId: read?.mergedInto ?? null,
    ...(read ? { history: read.history } : {}),
    frozen: status === 'deleted',
  };
};
