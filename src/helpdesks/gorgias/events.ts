import type { GorgiasEvent } from './schema.ts';
import { byTimeThenId } from './ticket.ts';

/** What the events of a ticket do not tell themselves. */
export interface EventContext {
  readonly apiUserId: string | null;
  readonly customerId: string | null;
  readonly isBot: (userId: string) => boolean;
  /** Undefined: the tag is gone from the account. */
  readonly tagName: (tagId: string) => string | undefined;
}

export type Author = 'agent' | 'ours' | 'rule' | 'system' | 'end_user';

type Data = Readonly<Record<string, unknown>>;
export const dataOf = ({ data }: Pick<GorgiasEvent, 'data'>): Data =>
  typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Data) : {};

const idIn = (value: unknown): string | null => {
  if (typeof value === 'object' && value !== null && 'id' in value) return idIn(value.id);
  return (typeof value === 'number' || typeof value === 'string') && /^[1-9]\d{0,19}$/.test(String(value))
    ? String(value)
    : null;
};
const firstId = (data: Data, keys: readonly string[]): string | null => {
  for (const key of keys) {
    const id = idIn(data[key]);
    if (id !== null) return id;
  }
  return null;
};

/** Events of the ticket in order, and who made each. A rule's deeds follow its `rule-executed` in the same context. */
export const orderEvents = (unordered: readonly GorgiasEvent[], context: EventContext) => {
  const events = unordered.toSorted(byTimeThenId);
  const ruled = new Set<string>();
  const authors = new Map<string, Author>();
  for (const event of events) {
    if (event.context !== null && event.type === 'rule-executed') ruled.add(event.context);
    const { user_id: userId } = event;
    const author: Author =
      event.type === 'rule-executed' || (event.context !== null && ruled.has(event.context))
        ? 'rule'
        : userId === null || dataOf(event).type === 'system' || context.isBot(userId)
          ? 'system'
          : userId === context.apiUserId
            ? 'ours'
            : userId === context.customerId
              ? 'end_user'
              : 'agent';
    authors.set(event.id, author);
  }
  return { events, authorOf: (event: GorgiasEvent): Author => authors.get(event.id) ?? 'system' };
};

/** Tags that an event names, as ids (what Gorgias' own page reads), names, or both. */
export const tagsIn = (event: GorgiasEvent, what: 'added' | 'removed', tagName: EventContext['tagName']): string[] => {
  const data = dataOf(event);
  const listed = data[`tags_${what}`] ?? data[`${what}_tags`] ?? data.tags ?? data[what] ?? data.names ?? data.tag;
  return (Array.isArray(listed) ? listed : [listed]).flatMap((one: unknown) => {
    const named = typeof one === 'object' && one !== null && 'name' in one ? one.name : null;
    if (typeof named === 'string') return [named];
    const id = idIn(one);
    if (id !== null) return tagName(id) ?? [];
    return typeof one === 'string' && one.trim() !== '' ? [one] : [];
  });
};

export const changesTags = ({ type }: GorgiasEvent): 'added' | 'removed' | null =>
  type === 'ticket-tags-added' ? 'added' : type === 'ticket-tags-removed' ? 'removed' : null;

/** Ids of tags in events: the names of those that the ticket does not carry any more are to be asked for. */
export const tagIdsIn = (events: readonly GorgiasEvent[]): string[] => {
  const ids = new Set<string>();
  const note = (id: string): undefined => void ids.add(id);
  for (const event of events) {
    const what = changesTags(event);
    if (what) tagsIn(event, what, note);
  }
  return [...ids];
};

/** The value that an event gave a custom field; null: taken away; undefined: the event does not speak of the field. */
export const fieldValueIn = (event: GorgiasEvent, fieldId: string): { readonly value: unknown } | undefined => {
  const data = dataOf(event);
  const all = data.custom_fields;
  if (Array.isArray(all)) {
    const one = all.find(
      (field: unknown) => idIn(field) === fieldId || idIn((field as Data | null)?.field) === fieldId,
    );
    if (one !== undefined) return { value: (one as Data).value ?? null };
  } else if (typeof all === 'object' && all !== null && fieldId in all) {
    const one = (all as Data)[fieldId];
    return { value: typeof one === 'object' && one !== null && 'value' in one ? one.value : (one ?? null) };
  }
  const about =
    firstId(data, ['custom_field_id', 'custom_field', 'field_id', 'field', 'definition_id']) ??
    (event.type.includes('custom-field') ? firstId(data, ['id']) : null);
  if (about !== fieldId) return undefined;
  for (const key of ['new_value', 'value', 'to']) if (key in data) return { value: data[key] ?? null };
  const nested = data.custom_field;
  if (typeof nested === 'object' && nested !== null && 'value' in nested) return { value: nested.value };
  return { value: null };
};

const targetKeys = [
  'target_ticket_id',
  'target_ticket',
  'merged_into_ticket_id',
  'merged_into_ticket',
  'merged_into',
  'into_ticket_id',
  'into_ticket',
  'destination_ticket_id',
  'target_id',
];
const sourceKeys = [
  'source_ticket_id',
  'source_ticket',
  'source_ticket_ids',
  'source_tickets',
  'source_id',
  'source_ids',
];

/**
 * The ticket that this one was merged into. What a merge's event holds is documented nowhere. It may stand at the source and
 * name its target; or at the target, among `merges`, and name its source, or share the context in which the source was
 * trashed.
 */
export const mergeTargetIn = (
  events: readonly GorgiasEvent[],
  ticketId: string,
  merges: readonly GorgiasEvent[] = [],
): string | null => {
  for (const event of events.toReversed()) {
    const target = event.type === 'ticket-merged' ? firstId(dataOf(event), targetKeys) : null;
    if (target !== null && target !== ticketId) return target;
  }
  const contexts = new Set(events.filter(({ type }) => type === 'ticket-trashed').map(({ context }) => context));
  for (const event of merges.toReversed()) {
    const data = dataOf(event);
    const sources = sourceKeys.flatMap((key) => (Array.isArray(data[key]) ? data[key] : [data[key]])).map(idIn);
    const ours = sources.includes(ticketId) || (event.context !== null && contexts.has(event.context));
    if (ours && event.object_id !== null && event.object_id !== ticketId) return event.object_id;
  }
  return null;
};

/** The ticket that this one was split from when its customer wrote again after long. */
export const parentIn = (events: readonly GorgiasEvent[]): string | null => {
  for (const event of events) {
    if (event.type !== 'ticket-created') continue;
    const parent = firstId(dataOf(event), ['split_from_ticket', 'split_from_ticket_id']);
    if (parent !== null) return parent;
  }
  return null;
};
