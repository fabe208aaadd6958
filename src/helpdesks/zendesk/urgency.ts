import { tagStartOf } from '../mapping.ts';
import type { VerifiedDelivery } from '../port.ts';
import type { ZendeskSettings } from './settings.ts';

export type Urgency = VerifiedDelivery['urgency'];

/** What a verified ticket event says that bears on when and how deep to pull. */
export interface EventFacts {
  /** Without the prefix: "ticket.created". */
  readonly type: string;
  readonly actorId: string | null;
  /** The state after the event, as Zendesk writes it. */
  readonly status: string | null;
  readonly fieldId: string | null;
  /** Null: the event does not tell which tags it changed. */
  readonly changedTags: readonly string[] | null;
}

type UrgencySettings = Pick<
  ZendeskSettings,
  'partnerFieldId' | 'regionFieldId' | 'orderNumberFieldId' | 'reasonFieldId' | 'tagPrefix'
>;
type Decision = Urgency | ((facts: EventFacts, settings: UrgencySettings) => Urgency);

export const isSettled = (status: string | null): boolean => ['SOLVED', 'CLOSED'].includes(status?.toUpperCase() ?? '');

const byStatus: Decision = ({ status }) => (isSettled(status) ? 'now with audits' : 'later');

const byField: Decision = ({ fieldId }, { partnerFieldId, regionFieldId, orderNumberFieldId, reasonFieldId }) => {
  if (fieldId === null) return 'later';
  if (fieldId === partnerFieldId || fieldId === regionFieldId) return 'now with audits';
  return fieldId === orderNumberFieldId || fieldId === reasonFieldId ? 'now' : 'later';
};

const byTags: Decision = ({ changedTags }, { tagPrefix }) => {
  const ours = [tagStartOf('partner', tagPrefix), tagStartOf('region', tagPrefix)];
  return changedTags?.some((tag) => ours.some((start) => tag.startsWith(start))) ? 'now with audits' : 'now';
};

/**
 * Every event that Zendesk can send for a ticket (37 and one of messaging), and what it asks of us. `later` waits for the
 * next pull of the ticket, 6 h at most. Only the audits name a merge's target and tell who chose a partner.
 */
const decisions: Readonly<Record<string, Decision>> = {
  'ticket.created': 'now',
  'ticket.undeleted': 'now',
  'ticket.requester_changed': 'now',
  'ticket.subject_changed': 'now',
  'ticket.description_changed': 'now',
  'ticket.brand_changed': 'now',
  'ticket.form_changed': 'now',
  'ticket.organization_changed': 'now',
  'ticket.merged': 'now with audits',
  'ticket.soft_deleted': 'now',
  'ticket.permanently_deleted': 'now',
  'ticket.marked_as_spam': 'now',
  'ticket.status_changed': byStatus,
  'ticket.custom_status_changed': byStatus,
  'ticket.custom_field_changed': byField,
  'ticket.tags_changed': byTags,
  'ticket.comment_added': 'later',
  'ticket.comment_made_private': 'later',
  'ticket.comment_redacted': 'later',
  'ticket.agent_assignment_changed': 'later',
  'ticket.group_assignment_changed': 'later',
  'ticket.submitter_changed': 'later',
  'ticket.attachment_linked_to_comment': 'later',
  'ticket.attachment_redacted_from_comment': 'later',
  'ticket.csat_received': 'later',
  'ticket.csat_requested': 'later',
  'ticket.email_ccs_changed': 'later',
  'ticket.external_id_changed': 'later',
  'ticket.followers_changed': 'later',
  'ticket.next_sla_breach_changed': 'later',
  'ticket.ola_policy_changed': 'later',
  'ticket.priority_changed': 'later',
  'ticket.problem_link_changed': 'later',
  'ticket.schedule_changed': 'later',
  'ticket.sla_policy_changed': 'later',
  'ticket.task_due_at_changed': 'later',
  'ticket.type_changed': 'later',
  'messaging_ticket.message_added': 'later',
};

/**
 * What we subscribe to: events that change what we store or decide. The rest would cost the account deliveries for nothing.
 * Zendesk accepts no wildcard.
 */
export const subscribedEvents: readonly string[] = [
  ...Object.entries(decisions)
    .filter(([, decision]) => decision !== 'later')
    .map(([type]) => type),
  'ticket.comment_added',
  'ticket.comment_made_private',
].map((type) => `zen:event-type:${type}`);

/** All that our own writes cause: tags, and dropdown fields, which follow their tags. */
const echoes: ReadonlySet<string> = new Set(['ticket.tags_changed', 'ticket.custom_field_changed']);

/** Null: an event that we do not know. What another program does as our user is no echo of ours, and is pulled. */
export const urgencyOf = (facts: EventFacts, settings: UrgencySettings, apiUserId: string | null): Urgency | null => {
  const decision = Object.hasOwn(decisions, facts.type) ? decisions[facts.type] : undefined;
  if (decision === undefined) return null;
  if (apiUserId !== null && facts.actorId === apiUserId && echoes.has(facts.type)) return 'ignore';
  return typeof decision === 'function' ? decision(facts, settings) : decision;
};
