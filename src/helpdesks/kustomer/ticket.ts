import { contactReason, fieldText } from '../mapping.ts';
import type { TicketHistory, TicketSnapshot, TicketStatus } from '../port.ts';
import { ticketChannel } from './channels.ts';
import type { Change, Conversation, Customer, Message } from './schema.ts';
import type { KustomerSettings } from './settings.ts';

/** A state that we do not know is an open conversation. */
const statuses: Readonly<Record<string, TicketStatus>> = { open: 'open', snoozed: 'pending', done: 'solved' };

/**
 * Spam counts as deleted: it is nobody's question and gets no survey. An ended conversation that is done cannot be reopened,
 * so it is closed; one that ended and is not done yet is still being worked on.
 */
export const conversationStatus = (
  attributes: Pick<Change['attributes'], 'status' | 'spam' | 'deleted' | 'deletedAt' | 'ended'>,
): TicketStatus => {
  if (attributes.deleted || attributes.deletedAt !== null || attributes.spam) return 'deleted';
  const status = Object.hasOwn(statuses, attributes.status) ? statuses[attributes.status] : undefined;
  return status === 'solved' && attributes.ended ? 'closed' : (status ?? 'open');
};

/** `defaultLang` as BCP 47: "en_us" is "en-US". `locale` is a region ("US") and tells no language. */
export const languageOf = (defaultLang: string | null): string | null => {
  if (!defaultLang?.trim()) return null;
  try {
    return Intl.getCanonicalLocales(defaultLang.trim().replaceAll('_', '-'))[0] ?? null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

/** A mapped attribute's text. A tree's value is the path to a leaf, which is what counts. */
export const attributeText = (custom: ReadonlyMap<string, unknown>, name: string | undefined): string | null => {
  if (name === undefined) return null;
  const text = fieldText(custom.get(name));
  return text !== null && name.endsWith('Tree') ? (text.split('.').at(-1)?.trim() ?? null) : text;
};

/** True where the mapped partner or region is filled: only the audit log tells whether an agent did it. */
export const mayBeChosen = (
  { attributes: { custom } }: Conversation,
  { partnerFieldId, regionFieldId }: Pick<KustomerSettings, 'partnerFieldId' | 'regionFieldId'>,
): boolean => [partnerFieldId, regionFieldId].some((name) => attributeText(custom, name) !== null);

const byTime = (a: Message, b: Message): number => a.attributes.createdAt.getTime() - b.attributes.createdAt.getTime();

/** The customer's own messages, oldest first. */
const inbound = (messages: readonly Message[]): Message[] =>
  messages.filter(({ attributes }) => attributes.direction === 'in' && !attributes.deleted).toSorted(byTime);

/** `preview` is the plain text; a body may be HTML. */
const textOf = ({ attributes: { preview, body } }: Message): string | null =>
  preview?.trim() || body?.replaceAll(/<[^>]*>/g, ' ').trim() || null;

/** "kim@example.com" of `Kim <kim@example.com>`. */
const addressIn = (from: string | null): string | null => {
  const address = (/<([^<>\s]+@[^<>\s]+)>/.exec(from ?? '')?.[1] ?? from ?? '').trim();
  return /^[^\s@]+@[^\s@]+$/.test(address) ? address : null;
};

/** The address that wrote, where the customer owns it; else a verified one, the first, a shared one, the one that wrote. */
const emailOf = (customer: Customer | undefined, messages: readonly Message[]): string | null => {
  const own = customer?.attributes.emails ?? [];
  const writer = inbound(messages)
    .map(({ attributes }) => addressIn(attributes.meta?.from ?? null))
    .find((address) => address !== null);
  const wrote = own.find(({ email }) => writer && email?.toLowerCase() === writer.toLowerCase());
  const candidates = [
    wrote,
    own.find(({ verified, email }) => verified && email),
    own.find(({ email }) => email),
    customer?.attributes.sharedEmails.find(({ email }) => email),
  ];
  return candidates.find((one) => one?.email)?.email?.trim() ?? writer ?? null;
};

/** Our view of a conversation. Without its messages the first words are unknown, and null. */
export const snapshotOf = (
  conversation: Conversation,
  read: {
    readonly customer: Customer | undefined;
    readonly messages: readonly Message[];
    /** Names of its tags. */
    readonly tags: readonly string[];
    readonly history: TicketHistory | null;
  },
  settings: KustomerSettings,
): TicketSnapshot => {
  const { id, attributes, relationships } = conversation;
  const customerId = relationships?.customer?.id ?? null;
  const firstChannel = attributes.firstMessageIn?.channel ?? attributes.firstMessageOut?.channel;
  const first = inbound(read.messages).find((message) => textOf(message) !== null);
  const target =
    relationships?.mergedTarget ?? relationships?.mergedInto ?? attributes.mergedTarget ?? attributes.mergedInto;
  return {
    externalId: id,
    status: conversationStatus(attributes),
    createdAt: attributes.createdAt,
    updatedAt: attributes.updatedAt,
    channel: ticketChannel(firstChannel ? [firstChannel] : attributes.channels),
    subject: attributes.name,
    firstMessage: first ? textOf(first) : null,
    requester: customerId
      ? {
          id: customerId,
          email: emailOf(read.customer, read.messages),
          locale: languageOf(read.customer?.attributes.defaultLang ?? null),
        }
      : null,
    language: languageOf(attributes.defaultLang),
    assigneeId: attributes.assignedUsers[0] ?? null,
    brandId: relationships?.brand?.id ?? null,
    organizationId: relationships?.company?.id ?? null,
    formId: null,
    inboxId: relationships?.queue?.id ?? null,
    tags: read.tags,
    orderNumber: attributeText(attributes.custom, settings.orderNumberFieldId),
    reason: contactReason({
      reasonValues: settings.reasonValues,
      field: attributeText(attributes.custom, settings.reasonFieldId),
      names: read.tags,
    }),
    parentExternalId: null,
    mergedIntoExternalId: target && target.id !== id ? target.id : null,
    ...(read.history ? { history: read.history } : {}),
    frozen: conversationStatus(attributes) === 'deleted',
  };
};
