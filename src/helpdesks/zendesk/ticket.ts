import type { TicketSnapshot, TicketStatus } from '../port.ts';
import { contactReasons } from '../settings.ts';
import { ticketChannel } from './channels.ts';
import type { ReadHistory } from './history.ts';
import type { ZendeskTicket, ZendeskUser } from './schema.ts';
import type { ZendeskSettings } from './settings.ts';

/** States of the REST API and those that webhooks and exports know besides; any other is an open ticket. */
const statuses: Readonly<Record<string, TicketStatus>> = {
  new: 'new',
  open: 'open',
  pending: 'pending',
  hold: 'hold',
  solved: 'solved',
  closed: 'closed',
  archived: 'closed',
  deleted: 'deleted',
  scrubbed: 'deleted',
};

export const ticketStatus = (status: string): TicketStatus => statuses[status] ?? 'open';

/** A field's value as text: numbers written out, the first of several; null where there is none. */
export const fieldText = (value: unknown): string | null => {
  if (Array.isArray(value)) return fieldText(value[0] ?? null);
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).trim();
  return text === '' ? null : text;
};

/** True where the ticket continues a closed one, whose custom fields Zendesk copied. */
export const isFollowUp = (ticket: ZendeskTicket): boolean => ticket.via.rel === 'follow_up';

/** True where the mapped partner or region is filled: only the audits tell whether an agent did it. */
export const mayBeChosen = (
  ticket: ZendeskTicket,
  { partnerFieldId, regionFieldId }: Pick<ZendeskSettings, 'partnerFieldId' | 'regionFieldId'>,
): boolean =>
  [partnerFieldId, regionFieldId].some(
    (fieldId) => fieldId !== undefined && fieldText(ticket.custom_fields.get(fieldId)) !== null,
  );

/**
 * The contact reason by mapped field, else form, else tag. A filled field whose value nobody mapped is `other`; null where
 * nothing tells.
 */
const reasonOf = (ticket: ZendeskTicket, settings: ZendeskSettings): string | null => {
  const mapped = new Map(
    Object.entries(settings.reasonValues).map(([raw, reason]) => [raw.trim().toLowerCase(), reason]),
  );
  const raw = settings.reasonFieldId
    ? fieldText(ticket.custom_fields.get(settings.reasonFieldId))?.toLowerCase()
    : undefined;
  if (raw !== undefined) return mapped.get(raw) ?? contactReasons.find((reason) => reason === raw) ?? 'other';
  const byForm = ticket.ticket_form_id ? mapped.get(ticket.ticket_form_id) : undefined;
  return byForm ?? ticket.tags.map((tag) => mapped.get(tag)).find((reason) => reason !== undefined) ?? null;
};

/**
 * Our view of a ticket. The description is the first message; it is the requester's when nobody else submitted it. Where an
 * agent or a machine did (outbound, phone, messaging), the history tells the requester's first one.
 */
export const snapshotOf = (
  ticket: ZendeskTicket,
  users: ReadonlyMap<string, ZendeskUser>,
  settings: ZendeskSettings,
  read: ReadHistory | null,
): TicketSnapshot => {
  const status = ticketStatus(ticket.status);
  const requester = ticket.requester_id ? users.get(ticket.requester_id) : undefined;
  const fromRequester =
    ticket.requester_id !== null && ticket.submitter_id === ticket.requester_id && ticket.is_public !== false;
  const followUp = isFollowUp(ticket);
  return {
    externalId: ticket.id,
    status,
    createdAt: ticket.created_at,
    updatedAt: ticket.updated_at,
    channel: ticketChannel(followUp ? (ticket.via.fromChannel ?? ticket.via.channel) : ticket.via.channel),
    subject: ticket.subject,
    firstMessage: fromRequester ? ticket.description : (read?.firstMessage ?? null),
    requester: ticket.requester_id
      ? { id: ticket.requester_id, email: requester?.email ?? null, locale: requester?.locale ?? null }
      : null,
    assigneeId: ticket.assignee_id,
    brandId: ticket.brand_id,
    organizationId: ticket.organization_id,
    formId: ticket.ticket_form_id,
    inboxId: ticket.recipient?.trim().toLowerCase() || null,
    tags: ticket.tags,
    orderNumber: settings.orderNumberFieldId ? fieldText(ticket.custom_fields.get(settings.orderNumberFieldId)) : null,
    reason: reasonOf(ticket, settings),
    parentExternalId: followUp ? ticket.via.fromTicketId : null,
    mergedIntoExternalId: read?.mergedInto ?? null,
    ...(read ? { history: read.history } : {}),
    frozen: status === 'closed' || status === 'deleted',
  };
};
