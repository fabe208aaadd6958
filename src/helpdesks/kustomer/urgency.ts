import type { VerifiedDelivery } from '../port.ts';
import type { KustomerSettings } from './settings.ts';

export type Urgency = VerifiedDelivery['urgency'];

/** What a verified event says that bears on when and how deep to pull. */
export interface EventFacts {
  /** Without the start: "conversation.update". */
  readonly type: string;
  readonly modifiedBy: string | null;
  /** The state after the event. */
  readonly status: string | null;
  readonly directionType: string | null;
  /** Attributes and relationships that changed, those of `custom` as "custom.<name>"; null: the event does not tell. */
  readonly changed: readonly string[] | null;
}

type UrgencySettings = Pick<
  KustomerSettings,
  'partnerFieldId' | 'regionFieldId' | 'orderNumberFieldId' | 'reasonFieldId'
>;
type Decision = Urgency | ((facts: EventFacts, settings: UrgencySettings) => Urgency);

/** What every update changes beside what it is about. */
const bookkeeping: ReadonlySet<string> = new Set([
  'updatedAt',
  'modifiedAt',
  'lastActivityAt',
  'rev',
  'modificationHistory',
  'modifiedBy',
  'custom',
  'roleGroupVersions',
  'matchedTimeBasedRules',
]);

/** Changes that bear on whose ticket it is, or on whether it is one. */
const telling: ReadonlySet<string> = new Set([
  'name',
  'defaultLang',
  'spam',
  'deleted',
  'deletedAt',
  'customer',
  'brand',
  'queue',
  'company',
]);

const byChanges: Decision = ({ changed, status }, settings) => {
  if (changed === null) return status === 'done' ? 'now with audits' : 'now';
  const has = (...names: readonly (string | undefined)[]) => names.some((name) => name && changed.includes(name));
  const field = (name: string | undefined) => name && `custom.${name}`;
  if (has('status', 'ended') && status === 'done') return 'now with audits';
  if (has('tags', 'mergedTarget', 'mergedInto', field(settings.partnerFieldId), field(settings.regionFieldId)))
    return 'now with audits';
  if (has(...telling, field(settings.orderNumberFieldId), field(settings.reasonFieldId))) return 'now';
  return 'later';
};

/** The events that name a conversation (https://developer.kustomer.com/docs/events/event-catalog), and what each asks of us. */
const decisions: Readonly<Record<string, Decision>> = {
  'conversation.create': 'now',
  'conversation.update': byChanges,
  'message.create': ({ directionType }) => (directionType === 'initial-in' ? 'now' : 'later'),
  'message.update': 'later',
};

/** What we subscribe to. */
export const subscribedEvents: readonly string[] = [
  'kustomer.conversation.create',
  'kustomer.conversation.update',
  'kustomer.message.create',
];

/** Null: an event that concerns no conversation, or that we do not know. */
export const urgencyOf = (facts: EventFacts, settings: UrgencySettings, apiUserId: string | null): Urgency | null => {
  const decision = Object.hasOwn(decisions, facts.type) ? decisions[facts.type] : undefined;
  if (decision === undefined) return null;
  // Our own writes are tags and mapped fields; what another program does with our key is no echo of ours, and is pulled.
  const isEcho =
    facts.type === 'conversation.update' &&
    apiUserId !== null &&
    facts.modifiedBy === apiUserId &&
    facts.changed?.every((name) => name === 'tags' || name.startsWith('custom.') || bookkeeping.has(name)) === true;
  if (isEcho) return 'ignore';
  return typeof decision === 'function' ? decision(facts, settings) : decision;
};
