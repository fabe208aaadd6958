import { type Attributes, linkTo, optional } from './json.ts';
import { type Conversation, instant, type Message } from './model.ts';

const moment = (atMs: number | null): string | null => (atMs === null ? null : instant(atMs));

const nobody = { createdByTeams: [], assignedTeams: [], assignedUsers: [] } as const;

/** What a conversation sums up of one message. */
const messageMark = (message: Message | undefined): Attributes =>
  message
    ? {
        id: message.id,
        sentAt: instant(message.atMs),
        createdAt: instant(message.atMs),
        channel: message.channel,
        ...(message.direction === 'out' ? { createdBy: message.userId, createdByTeams: [] } : {}),
      }
    : {};

const doneMark = (
  conversation: Conversation,
  done: { readonly atMs: number; readonly userId: string | null } | null,
): Attributes =>
  done
    ? {
        createdAt: instant(done.atMs),
        createdBy: done.userId,
        createdByTeams: [],
        time: done.atMs - conversation.createdAtMs,
        businessTime: 0,
        assignedTeams: conversation.assignedTeams,
        assignedUsers: conversation.assignedUsers,
      }
    : nobody;

const noted = [
  'name',
  'priority',
  'channel',
  'assignedTeams',
  'assignedUsers',
  'brand',
  'defaultLang',
  'status',
  'tags',
  'custom',
];

/** When each of the watched attributes last changed; who did it is not told here. */
export const modificationHistory = ({ changedAtMs }: Conversation): Attributes =>
  Object.fromEntries(noted.map((name) => [`${name}At`, moment(changedAtMs.get(name) ?? null)]));

export const conversationAttributes = (conversation: Conversation): Attributes => {
  const { messages, status, satisfaction } = conversation;
  const inbound = messages.filter(({ direction }) => direction === 'in');
  const outbound = messages.filter(({ direction }) => direction === 'out');
  const unanswered = messageMark(messages.at(-1)?.direction === 'in' ? inbound.at(-1) : undefined);
  return {
    externalId: null,
    name: conversation.name,
    preview: messages.at(-1)?.text ?? '',
    channels: conversation.channels,
    status,
    ...(status === 'open' ? { open: { statusAt: instant(conversation.statusAtMs) } } : {}),
    ...(status === 'snoozed'
      ? {
          snooze: {
            time: moment(conversation.snoozedUntilMs),
            status: 'scheduled',
            statusAt: instant(conversation.statusAtMs),
          },
        }
      : {}),
    messageCount: messages.length,
    noteCount: conversation.notes.length,
    inboundMessageCount: inbound.length,
    outboundMessageCount: outbound.length,
    satisfaction: satisfaction ? Number(satisfaction.rating >= 4) : 0,
    satisfactionLevel: satisfaction
      ? {
          score: Number(satisfaction.rating >= 4),
          rating: satisfaction.rating,
          channel: satisfaction.channel,
          createdAt: instant(satisfaction.atMs),
          answers: [],
          sentByTeams: [],
        }
      : { sentByTeams: [], answers: [] },
    createdAt: instant(conversation.createdAtMs),
    updatedAt: instant(conversation.updatedAtMs),
    modifiedAt: instant(conversation.modifiedAtMs),
    lastActivityAt: instant(conversation.lastActivityAtMs),
    spam: conversation.spam,
    ended: conversation.endedAtMs !== null,
    ...(conversation.endedAtMs === null
      ? {}
      : {
          endedAt: instant(conversation.endedAtMs),
          endedReason: conversation.endedReason,
          endedBy: conversation.modifiedBy,
        }),
    tags: conversation.tags,
    suggestedTags: [],
    predictions: [],
    suggestedShortcuts: [],
    firstMessageIn: messageMark(inbound[0]),
    firstMessageOut: { createdByTeams: [], ...messageMark(outbound[0]) },
    lastMessageIn: messageMark(inbound.at(-1)),
    lastMessageOut: messageMark(outbound.at(-1)),
    lastMessageUnrespondedTo: unanswered,
    lastMessageUnrespondedToSinceLastDone: unanswered,
    assignedUsers: conversation.assignedUsers,
    assignedTeams: conversation.assignedTeams,
    firstResponse: nobody,
    firstResponseSinceLastDone: nobody,
    lastResponse: nobody,
    firstDone: doneMark(conversation, conversation.firstDone),
    lastDone: doneMark(conversation, conversation.lastDone),
    direction: conversation.direction,
    rev: conversation.rev,
    priority: conversation.priority,
    ...(conversation.defaultLang === null ? {} : { defaultLang: conversation.defaultLang }),
    ...(conversation.locale === null ? {} : { locale: conversation.locale }),
    ...(conversation.custom.size > 0 ? { custom: Object.fromEntries(conversation.custom) } : {}),
    roleGroupVersions: [],
    accessOverride: [],
    modificationHistory: modificationHistory(conversation),
    doneCount: conversation.doneCount,
    reopenCount: conversation.reopenCount,
    billingStatus: outbound.length > 0 ? 'billable' : 'no_messages',
    assistant: { fac: { reasons: [], exclusions: [], source: {} }, assistantId: [] },
    aiAgent: { automationId: [] },
    phase: 'initial',
    matchedTimeBasedRules: [],
    ...(conversation.deletedAtMs === null ? {} : { deleted: true, deletedAt: instant(conversation.deletedAtMs) }),
  };
};

/** A conversation as `GET /v1/conversations/{id}` and webhooks show it, as JSON text. */
export const conversationText = (conversation: Conversation, orgId: string): string => {
  const self = `/v1/conversations/${conversation.id}`;
  return JSON.stringify({
    type: 'conversation',
    id: conversation.id,
    attributes: conversationAttributes(conversation),
    relationships: {
      messages: { links: { self: `${self}/messages` } },
      ...optional('createdBy', 'user', conversation.createdBy),
      ...optional('modifiedBy', 'user', conversation.modifiedBy),
      org: linkTo('org', orgId),
      customer: linkTo('customer', conversation.customerId),
      ...optional('queue', 'queue', conversation.queueId),
      ...optional('brand', 'brand', conversation.brandId),
    },
    links: { self },
  });
};
