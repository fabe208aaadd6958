import type { Conversation, CustomValue } from './model.ts';

export interface NewConversation {
  readonly atMs: number;
  readonly customerId: string;
  readonly name: string;
  /** The first message, which the customer writes. */
  readonly text: string;
  readonly channel: string;
  readonly brandId?: string | null;
  /** Names of tags. */
  readonly tags?: readonly string[];
  readonly custom?: ReadonlyMap<string, CustomValue>;
  /** A language such as "en_us"; null where none was found. */
  readonly defaultLang?: string | null;
  readonly locale?: string | null;
}

/** A conversation as it is before its first message. */
export const newConversation = (id: string, input: NewConversation, tagIds: readonly string[]): Conversation => {
  const { atMs, customerId, name, channel } = input;
  return {
    id,
    customerId,
    name,
    status: 'open',
    statusAtMs: atMs,
    snoozedUntilMs: null,
    channels: [channel],
    direction: 'in',
    priority: 3,
    tags: tagIds,
    assignedUsers: [],
    assignedTeams: [],
    custom: new Map(input.custom ?? []),
    defaultLang: input.defaultLang ?? null,
    locale: input.locale ?? null,
    brandId: input.brandId ?? null,
    queueId: null,
    spam: false,
    endedAtMs: null,
    endedReason: null,
    firstDone: null,
    lastDone: null,
    doneCount: 0,
    reopenCount: 0,
    satisfaction: null,
    createdBy: null,
    modifiedBy: null,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    modifiedAtMs: atMs,
    lastActivityAtMs: atMs,
    rev: 1,
    changedAtMs: new Map(
      ['priority', 'channel', 'assignedTeams', 'assignedUsers', 'status', 'tags'].map((what) => [what, atMs]),
    ),
    deletedAtMs: null,
    messages: [],
    notes: [],
    sessions: [],
  };
};
