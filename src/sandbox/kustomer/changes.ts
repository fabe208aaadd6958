import { conversationAttributes } from './conversation-json.ts';
import type { Change, Changes, Conversation, ConversationValues } from './model.ts';

/** A conversation's attributes and relationships at one moment, to be compared with another. */
interface Picture {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly relationships: Readonly<Record<string, unknown>>;
}

const pictureOf = (conversation: Conversation): Picture => ({
  attributes: conversationAttributes(conversation),
  relationships: {
    brand: conversation.brandId,
    queue: conversation.queueId,
    modifiedBy: conversation.modifiedBy,
  },
});

const differences = (
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  show: (name: string, value: unknown) => unknown = (_, value) => value,
): Record<string, Change> => {
  const found: Record<string, Change> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[name] ?? null, after[name] ?? null];
    if (old === now || JSON.stringify(old) === JSON.stringify(now)) continue;
    found[name] = {
      op: old === null ? 'add' : now === null ? 'remove' : 'replace',
      ...(old === null ? {} : { before: show(name, old) }),
      ...(now === null ? {} : { after: show(name, now) }),
    };
  }
  return found;
};

const kinds: Readonly<Record<string, string>> = { brand: 'brand', queue: 'queue', modifiedBy: 'user' };

const compare = (before: Picture, after: Picture): Changes => ({
  attributes: differences(before.attributes, after.attributes),
  relationships: differences(before.relationships, after.relationships, (name, id) => ({ type: kinds[name], id })),
});

const isEmpty = ({ attributes, relationships }: Changes): boolean =>
  Object.keys(attributes).length === 0 && Object.keys(relationships).length === 0;

/** The names under which `modificationHistory` knows what the changes are called. */
const historyNames: Readonly<Record<string, string>> = { channels: 'channel' };

/** Lets `alter` change a conversation and tells every difference; null, and no new revision, where there is none. */
export const changing = (
  conversation: Conversation,
  { atMs, userId }: { readonly atMs: number; readonly userId: string | null },
  alter: () => void,
): Changes | null => {
  const before = pictureOf(conversation);
  alter();
  const first = compare(before, pictureOf(conversation));
  if (isEmpty(first)) return null;
  for (const name of [...Object.keys(first.attributes), ...Object.keys(first.relationships)])
    conversation.changedAtMs.set(historyNames[name] ?? name, atMs);
  conversation.rev += 1;
  conversation.updatedAtMs = Math.max(conversation.updatedAtMs, atMs);
  conversation.modifiedAtMs = conversation.updatedAtMs;
  if (userId !== null) conversation.modifiedBy = userId;
  return compare(before, pictureOf(conversation));
};

/** Gives a conversation the values; what follows from a new status is done with it. */
export const applyValues = (
  conversation: Conversation,
  values: ConversationValues,
  { atMs, userId }: { readonly atMs: number; readonly userId: string | null },
): void => {
  const { status, custom, snoozedUntilMs, endedReason, ...plain } = values;
  Object.assign(conversation, plain);
  for (const [name, value] of custom ?? []) {
    if (value === null) conversation.custom.delete(name);
    else conversation.custom.set(name, value);
  }
  if (status !== undefined && status !== conversation.status) {
    if (status === 'done') {
      conversation.lastDone = { atMs, userId };
      conversation.firstDone ??= conversation.lastDone;
      conversation.doneCount += 1;
    }
    if (conversation.status === 'done' && status === 'open') conversation.reopenCount += 1;
    conversation.status = status;
    conversation.statusAtMs = atMs;
    conversation.snoozedUntilMs = null;
  }
  if (snoozedUntilMs !== undefined && conversation.status === 'snoozed') conversation.snoozedUntilMs = snoozedUntilMs;
  if (endedReason !== undefined && conversation.endedAtMs === null) {
    conversation.endedAtMs = atMs;
    conversation.endedReason = endedReason;
  }
};

const told = [
  'name',
  'status',
  'snooze',
  'priority',
  'tags',
  'assignedUsers',
  'assignedTeams',
  'custom',
  'defaultLang',
];
const alsoTold = ['spam', 'ended', 'satisfactionLevel'];

/** What the audit log keeps of the changes: the fields that somebody set, without the sums that follow from them. */
export const forAudit = ({ attributes, relationships }: Changes): Changes => ({
  attributes: Object.fromEntries(
    Object.entries(attributes).filter(([name]) => told.includes(name) || alsoTold.includes(name)),
  ),
  relationships: Object.fromEntries(Object.entries(relationships).filter(([name]) => name !== 'modifiedBy')),
});
