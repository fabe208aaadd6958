import { minuteMs, secondMs } from '../../core/time.ts';
import { codeOf, codesIn, type Half, tagStartOf } from '../mapping.ts';
import type { PersonChange } from '../port.ts';
import { valueIn } from './codes.ts';
import { type Author, changesTags, fieldValueIn, tagsIn } from './events.ts';
import type { GorgiasEvent, GorgiasMessage } from './schema.ts';
import type { GorgiasSettings } from './settings.ts';

/** A field set by a person has us tag the ticket this soon; an update before that says nothing of the tag. */
const answeredWithinMs = 15 * minuteMs;

/** A message updates its ticket too, and stands in no event of the ticket. */
const messageUpdatesWithinMs = 5 * secondMs;

export interface ChoiceContext {
  readonly settings: Pick<GorgiasSettings, 'partnerFieldId' | 'regionFieldId' | 'tagPrefix'>;
  readonly tagName: (tagId: string) => string | undefined;
  readonly authorOf: (event: GorgiasEvent) => Author;
  /** As the ticket stands now. */
  readonly tags: readonly string[];
  readonly fields: ReadonlyMap<string, unknown>;
  readonly messages: readonly GorgiasMessage[];
}

/** Events of one operation share a context; one without stands alone. */
const operationsOf = (events: readonly GorgiasEvent[]): GorgiasEvent[][] => [
  ...Map.groupBy(events, (event) => event.context ?? `event ${event.id}`).values(),
];

interface TagStep {
  readonly first: GorgiasEvent;
  readonly author: Author;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What each operation did to the tags of a half, in order. A merge copies tags from another ticket and is nobody's word. */
const tagStepsOf = (
  operations: readonly (readonly GorgiasEvent[])[],
  tagStart: string,
  context: ChoiceContext,
): TagStep[] =>
  operations.flatMap((operation): TagStep[] => {
    const changes = operation.filter((event) => changesTags(event) !== null);
    const [first] = changes;
    if (!first || operation.some(({ type }) => type === 'ticket-merged')) return [];
    // Within one context a person's deed may set off a rule's: each author's part stands for itself.
    return [...Map.groupBy(changes, context.authorOf)].flatMap(([author, ofAuthor]) => {
      const codes = (what: 'added' | 'removed') =>
        codesIn(
          ofAuthor.flatMap((event) => (changesTags(event) === what ? tagsIn(event, what, context.tagName) : [])),
          tagStart,
        );
      const [added, removed] = [codes('added'), codes('removed')];
      const firstOf = ofAuthor[0] ?? first;
      return added.length + removed.length === 0 ? [] : [{ first: firstOf, author, added, removed }];
    });
  });

/** Agents' tag changes. What was left beside is counted backwards from the tags that the ticket has now. */
const tagChanges = (steps: readonly TagStep[], present: readonly string[]): PersonChange[] => {
  const changes: PersonChange[] = [];
  let after = new Set(present);
  for (const { first, author, added, removed } of steps.toReversed()) {
    const left = [...after].filter((code) => !added.includes(code));
    after = new Set([...left, ...removed]);
    if (author === 'agent' && first.user_id !== null)
      changes.push({
        by: first.user_id,
        at: first.created_datetime,
        sourceKey: `event:${first.id}`,
        source: 'tag',
        added,
        removed,
        left,
      });
  }
  return changes.reverse();
};

/**
 * Who set the mapped field, where no event names it (none is documented to). Its value counts as a person's when it says
 * something other than our tags, or when an agent's update that nothing else explains came shortly before the tag we wrote:
 * a value of ours is written after our tag. What we took away stands in the field until our next call: it is a person's only
 * by an update since. It counts from that update, the last one.
 */
const inferredFieldChange = (
  value: string,
  operations: readonly (readonly GorgiasEvent[])[],
  steps: readonly TagStep[],
  { authorOf, messages }: Pick<ChoiceContext, 'authorOf' | 'messages'>,
  present: readonly string[],
): PersonChange[] => {
  const lone = operations.flatMap(([event, ...others]) =>
    event &&
    [event, ...others].every(({ type }) => type === 'ticket-updated') &&
    authorOf(event) === 'agent' &&
    event.user_id !== null
      ? [event]
      : [],
  );
  // Each message explains one operation: its writer's first at that moment.
  const explained = new Set(
    messages.map(({ sender, created_datetime: sentAt }) =>
      lone.find(({ user_id, created_datetime: at }) => {
        const ms = at.getTime() - sentAt.getTime();
        return sender?.id === user_id && ms > -secondMs && ms < messageUpdatesWithinMs;
      }),
    ),
  );
  const updates = lone.filter((event) => !explained.has(event));
  const code = codeOf(value);
  const tagged = steps.findLast(({ author, added }) => author === 'ours' && added.includes(code))?.first;
  const taggedMs = tagged?.created_datetime.getTime() ?? 0;
  const tookAway = steps.findLast(({ author, removed }) => author === 'ours' && removed.includes(code))?.first;
  const isSince = ({ created_datetime: at }: GorgiasEvent): boolean =>
    tookAway === undefined || at > tookAway.created_datetime;
  const update = !present.includes(code)
    ? updates.findLast(isSince)
    : tagged &&
      updates.findLast(
        ({ created_datetime: at }) => at.getTime() <= taggedMs && at.getTime() >= taggedMs - answeredWithinMs,
      );
  if (!update || update.user_id === null) return [];
  return [{ by: update.user_id, at: update.created_datetime, sourceKey: `event:${update.id}`, source: 'field', value }];
};

/** Every change by an agent that may say a half, in the order in which they hold. Events come in order of time. */
export const personChanges = (events: readonly GorgiasEvent[], half: Half, context: ChoiceContext): PersonChange[] => {
  const { settings, authorOf } = context;
  const tagStart = tagStartOf(half, settings.tagPrefix);
  const fieldId = settings[`${half}FieldId`];
  const operations = operationsOf(events);
  const present = codesIn(context.tags, tagStart);
  const steps = tagStepsOf(operations, tagStart, context);
  const byTag = tagChanges(steps, present);
  if (fieldId === undefined) return byTag;

  const named = events.flatMap((event) => {
    const change = fieldValueIn(event, fieldId);
    return change ? [{ event, value: valueIn(change.value, tagStart) }] : [];
  });
  const current = valueIn(context.fields.get(fieldId), tagStart);
  const byField =
    named.length > 0
      ? named.flatMap(({ event, value }): PersonChange[] =>
          authorOf(event) === 'agent' && event.user_id !== null
            ? [
                {
                  by: event.user_id,
                  at: event.created_datetime,
                  sourceKey: `event:${event.id}`,
                  source: 'field',
                  value,
                },
              ]
            : [],
        )
      : current === null
        ? []
        : inferredFieldChange(current, operations, steps, context, present);
  // Stable: of two that agree on the moment a field value set outweighs tags, tags outweigh a field emptied.
  const rank = (change: PersonChange): number => (change.source === 'tag' ? 1 : change.value === null ? 0 : 2);
  return [...byTag, ...byField].toSorted((a, b) => a.at.getTime() - b.at.getTime() || rank(a) - rank(b));
};
