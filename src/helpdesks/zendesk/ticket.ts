import { contactReason, fieldText } from '../mapping.ts';
import type { TicketSnapshot, TicketStatus } from '../port.ts';
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

const reasonOf = (ticket: ZendeskTicket, { reasonFieldId, reasonValues }: ZendeskSettings): string | null =>
  contactReason({
    reasonValues,
    field: reasonFieldId ? fieldText(ticket.custom_fields.get(reasonFieldId)) : null,
    names: [...(ticket.ticket_form_id ? [ticket.ticket_form_id] : []), ...ticket.tags],
  });

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
