import { isoSeconds } from '../clock.ts';
import type { Desk } from './desk.ts';
import type { Ticket, TicketField, ZendeskUser } from './model.ts';

/** A ticket as `GET /api/v2/tickets/{id}` shows it, as JSON text; made again only after a change. */
export const ticketText = (desk: Desk, ticket: Ticket, baseUrl: string): string => {
  if (ticket.text) return ticket.text;
  const fields = desk.fields
    .filter(({ id }) => id > 1_000_000)
    .map(({ id }) => ({ id, value: ticket.fields.get(id) ?? null }));
  ticket.text = JSON.stringify({
    url: `${baseUrl}/api/v2/tickets/${ticket.id}.json`,
    id: ticket.id,
    external_id: null,
    via: ticket.via,
    created_at: isoSeconds(ticket.createdAtMs),
    updated_at: isoSeconds(ticket.updatedAtMs),
    generated_timestamp: Math.floor(ticket.generatedAtMs / 1000),
    type: ticket.type,
    subject: ticket.subject,
    raw_subject: ticket.subject,
    description: ticket.description,
    priority: ticket.priority,
    status: ticket.deleted ? 'deleted' : ticket.status,
    custom_status_id: 2_000_001,
    recipient: null,
    requester_id: ticket.requesterId,
    submitter_id: ticket.submitterId,
    assignee_id: ticket.assigneeId,
    organization_id: ticket.organizationId,
    group_id: ticket.groupId,
    collaborator_ids: [],
    follower_ids: [],
    email_cc_ids: [],
    forum_topic_id: null,
    problem_id: null,
    has_incidents: false,
    is_public: true,
    due_at: null,
    tags: ticket.tags,
    custom_fields: fields,
    fields,
    satisfaction_rating: null,
    sharing_agreement_ids: [],
    followup_ids: ticket.followupIds,
    ticket_form_id: ticket.formId,
    brand_id: ticket.brandId,
    allow_channelback: false,
    allow_attachments: true,
    from_messaging_channel: ticket.via.channel === 'native_messaging',
    support_type: 'agent',
  });
  return ticket.text;
};

const localeIds: Readonly<Record<string, number>> = { 'en-US': 1, 'en-GB': 1176, es: 2, de: 8, fr: 16, sv: 92, ar: 66 };

export const userJson = (user: ZendeskUser, baseUrl: string): Record<string, unknown> => ({
  id: user.id,
  url: `${baseUrl}/api/v2/users/${user.id}.json`,
  name: user.name,
  email: user.email,
  created_at: '2025-01-01T00:00:00Z',
  updated_at: '2025-01-01T00:00:00Z',
  time_zone: 'UTC',
  iana_time_zone: 'Etc/UTC',
  phone: null,
  locale_id: user.locale === null ? null : (localeIds[user.locale] ?? 1),
  locale: user.locale,
  organization_id: user.organizationId,
  role: user.role,
  verified: true,
  external_id: null,
  tags: [],
  active: true,
  suspended: false,
  user_fields: {},
});

/** The users among the ids that exist, each once, as a JSON array's text. */
export const usersText = (desk: Desk, ids: Iterable<number>, baseUrl: string): string => {
  const users = [...new Set(ids)].flatMap((id) => desk.users.get(id) ?? []);
  return JSON.stringify(users.map((user) => userJson(user, baseUrl)));
};

export const fieldJson = (field: TicketField, position: number, baseUrl: string): Record<string, unknown> => ({
  url: `${baseUrl}/api/v2/ticket_fields/${field.id}.json`,
  id: field.id,
  type: field.type,
  title: field.title,
  raw_title: field.title,
  description: '',
  raw_description: '',
  position,
  active: field.active ?? true,
  required: false,
  collapsed_for_agents: false,
  regexp_for_validation: null,
  title_in_portal: field.title,
  visible_in_portal: false,
  editable_in_portal: false,
  tag: null,
  created_at: '2025-01-01T00:00:00Z',
  updated_at: '2025-01-01T00:00:00Z',
  removable: field.id > 1_000_000,
  ...(field.options
    ? {
        custom_field_options: field.options.map((value, index) => ({
          id: field.id + index + 1,
          name: field.names?.[value] ?? value,
          raw_name: field.names?.[value] ?? value,
          value,
          default: false,
        })),
      }
    : {}),
});

/** The people whom a ticket names: what `include=users` loads beside it. */
export const peopleOf = (ticket: Ticket): number[] => [
  ticket.requesterId,
  ticket.submitterId,
  ...(ticket.assigneeId === null ? [] : [ticket.assigneeId]),
];
