import { isoSeconds } from '../clock.ts';
import type { Faults } from '../http.ts';
import { uuidOf } from '../random.ts';
import type { Ticket, TicketUpdate } from './model.ts';

export interface WebhookEvent {
  /** The UUID that stays the same over every retry and duplicate. */
  readonly id: string;
  readonly type: string;
  readonly body: string;
}

/** What a webhook may subscribe to: 37 ticket events and one of messaging (wildcards are not accepted). */
export const eventTypes: ReadonlySet<string> = new Set(
  [
    ...[
      'agent_assignment_changed',
      'attachment_linked_to_comment',
      'attachment_redacted_from_comment',
      'brand_changed',
      'comment_added',
    ],
    ...[
      'comment_made_private',
      'comment_redacted',
      'created',
      'csat_received',
      'csat_requested',
      'custom_field_changed',
      'custom_status_changed',
    ],
    ...[
      'description_changed',
      'email_ccs_changed',
      'external_id_changed',
      'followers_changed',
      'form_changed',
      'group_assignment_changed',
    ],
    ...[
      'marked_as_spam',
      'merged',
      'next_sla_breach_changed',
      'ola_policy_changed',
      'organization_changed',
      'permanently_deleted',
      'priority_changed',
    ],
    ...[
      'problem_link_changed',
      'requester_changed',
      'schedule_changed',
      'sla_policy_changed',
      'soft_deleted',
      'status_changed',
      'subject_changed',
    ],
    ...['submitter_changed', 'tags_changed', 'task_due_at_changed', 'type_changed', 'undeleted'],
  ]
    .map((name) => `zen:event-type:ticket.${name}`)
    .concat('zen:event-type:messaging_ticket.message_added'),
);

const idText = (id: number | null): string | null => (id === null ? null : String(id));

const detailText = (ticket: Ticket, actorId: number): string =>
  JSON.stringify({
    actor_id: String(actorId),
    assignee_id: idText(ticket.assigneeId),
    brand_id: String(ticket.brandId),
    created_at: isoSeconds(ticket.createdAtMs),
    custom_status: '2000001',
    description: ticket.description,
    external_id: null,
    form_id: idText(ticket.formId),
    group_id: idText(ticket.groupId),
    id: String(ticket.id),
    is_public: true,
    organization_id: idText(ticket.organizationId),
    priority: ticket.priority?.toUpperCase() ?? '',
    requester_id: String(ticket.requesterId),
    status: ticket.deleted ? 'DELETED' : ticket.status.toUpperCase(),
    subject: ticket.subject,
    submitter_id: String(ticket.submitterId),
    tags: ticket.tags.length > 0 ? ticket.tags : null,
    type: '',
    updated_at: isoSeconds(ticket.updatedAtMs),
    via: { channel: ticket.via.channel },
  });

/** Turns ticket updates into the bodies of event-subscribed webhooks: ids as strings, states in capitals, time in nanoseconds. */
export const createEventWriter = (options: {
  readonly seed: string | number;
  readonly accountId: number;
  readonly faults: Faults;
}) => {
  let eventNo = 0;
  let sequenceNo = 39_313_930_383_633n;
  return ({ ticket, actorId, atMs, happenings }: TicketUpdate): WebhookEvent[] => {
    const detail = detailText(ticket, actorId);
    sequenceNo += 1n;
    return happenings.map(({ type: name, event }, index) => {
      eventNo += 1;
      const id = uuidOf(options.seed, 'event', eventNo);
      const type = `zen:event-type:ticket.${name}`;
      const digits = `${sequenceNo}353634323835`;
      const sequence = `{"sequence":{"id":${options.faults.strikes('bareSequence', id) ? digits : `"${digits}"`},"position":${index + 1}}}`;
      const fields = JSON.stringify(event).slice(1, -1);
      const time = `${new Date(atMs).toISOString().slice(0, -1)}${String(eventNo % 1_000_000).padStart(6, '0')}Z`;
      return {
        id,
        type,
        body: `{"account_id":${options.accountId},"detail":${detail},"event":{${fields}${fields ? ',' : ''}"meta":${sequence}},"id":"${id}","subject":"zen:ticket:${ticket.id}","time":"${time}","type":"${type}","zendesk_event_version":"2022-11-06"}`,
      };
    });
  };
};
