import { hourMs, secondMs } from '../../core/time.ts';
import type { PersonChanges, TicketHistory, Touch, WorkReading } from '../port.ts';
import { messageChannel } from './channels.ts';
import type { Conversation, Message, Note, Time } from './schema.ts';
import { conversationStatus } from './ticket.ts';

export type TimesVersion = 'v1' | 'v2';

/** Two timers that measure differently: v2 follows the account's handle time settings. v1 tells seconds, v2 milliseconds. */
const clockOf: Readonly<Record<TimesVersion, string>> = {
  v1: 'kustomer handle time v1',
  v2: 'kustomer handle time v2',
};
const unitMs: Readonly<Record<TimesVersion, number>> = { v1: secondMs, v2: 1 };

/** Sessions are written some time after they ended: the times are read again this long after the conversation was done. */
const againAfterMs = [hourMs, 24 * hourMs] as const;

/** 30 million years: what is beyond is no time. */
const mostSeconds = 1e15;

/** All that was read of a conversation for its history. */
export interface HistoryParts {
  readonly times: readonly Time[];
  readonly version: TimesVersion;
  readonly messages: readonly Message[];
  readonly notes: readonly Note[];
  readonly choices: PersonChanges | null;
  readonly choicesSince: Date | null;
}

/** What the parts do not tell themselves. */
export interface HistoryContext {
  readonly apiUserId: string | null;
  readonly roleOf: (userId: string) => 'agent' | 'machine' | undefined;
  readonly now: Date;
}

type Made = { readonly relationships: Conversation['relationships'] };

/** The user of the account that made a record; null where it was a customer, or Kustomer itself. */
export const userOf = ({ relationships }: Made): string | null => {
  const maker = relationships?.createdBy ?? relationships?.user ?? null;
  return maker && (maker.type === null || maker.type === 'user') ? maker.id : null;
};

/** Whoever Kustomer no longer knows was an agent: machines stay known, and only users work in the desktop. */
const isAgent = (userId: string | null, { apiUserId, roleOf }: HistoryContext): userId is string =>
  userId !== null && userId !== apiUserId && roleOf(userId) !== 'machine';

/** One entry per session of its user. A session that says nothing of its user is the only assignee's, if there is one. */
const workIn = (times: readonly Time[], version: TimesVersion, context: HistoryContext): WorkReading[] =>
  times.flatMap((time): WorkReading[] => {
    const { handleAt, createdAt, handleTime, channels, assignedUsers } = time.attributes;
    const rawSeconds = Math.round(((handleTime ?? 0) * unitMs[version]) / secondMs);
    const workedAt = handleAt ?? createdAt;
    if (!(rawSeconds > 0 && rawSeconds <= mostSeconds) || workedAt === null) return [];
    const userId = userOf(time) ?? (assignedUsers.length === 1 ? (assignedUsers[0] ?? null) : null);
    const byAgent = userId === null || isAgent(userId, context);
    return [
      {
        sourceKey: `time:${time.id}`,
        agentId: byAgent ? userId : null,
        actor: byAgent ? 'agent' : 'system',
        clock: clockOf[version],
        rawSeconds,
        value: null,
        workedAt,
        channel: channels.length === 1 ? messageChannel(channels[0] ?? null) : null,
      },
    ];
  });

/** Agents' replies and notes. What is sent by itself is nobody's, though it bears the name of the user who set it up. */
const touchesIn = ({ messages, notes }: Pick<HistoryParts, 'messages' | 'notes'>, context: HistoryContext): Touch[] => {
  const replies = messages.flatMap((message): Touch[] => {
    const { direction, auto, deleted, sentAt, createdAt, channel } = message.attributes;
    const agentId = userOf(message);
    if (direction !== 'out' || auto || deleted || !isAgent(agentId, context)) return [];
    const made = { sourceKey: `message:${message.id}`, agentId, at: sentAt ?? createdAt };
    return [{ ...made, kind: 'public_reply', channel: messageChannel(channel) }];
  });
  const written = notes.flatMap((note): Touch[] => {
    const agentId = userOf(note);
    if (note.attributes.deleted || !isAgent(agentId, context)) return [];
    return [
      { sourceKey: `note:${note.id}`, agentId, kind: 'internal_note', at: note.attributes.createdAt, channel: null },
    ];
  });
  return [...replies, ...written].toSorted((a, b) => a.at.getTime() - b.at.getTime());
};

/** When it was done, as far as that still holds. */
export const doneAt = ({ attributes }: Conversation): Date | null => {
  if (attributes.status !== 'done') return null;
  const { lastDone, modificationHistory } = attributes;
  return lastDone?.createdAt ?? lastDone?.at ?? modificationHistory?.statusAt ?? attributes.updatedAt;
};

/** What was read of a conversation as work, touches and people's choices (RULES.md sections 3 and 4). */
export const readHistory = (
  conversation: Conversation,
  parts: HistoryParts,
  context: HistoryContext,
): TicketHistory => {
  const solvedAt = doneAt(conversation);
  const { endedAt, updatedAt } = conversation.attributes;
  const again = againAfterMs
    .map((afterMs) => (solvedAt ? solvedAt.getTime() + afterMs : 0))
    .find((atMs) => atMs > context.now.getTime());
  return {
    work: workIn(parts.times, parts.version, context),
    touches: touchesIn(parts, context),
    choices: parts.choices,
    choicesSince: parts.choicesSince,
    solvedAt,
    closedAt: conversationStatus(conversation.attributes) === 'closed' ? (endedAt ?? updatedAt) : null,
    againAt: again === undefined ? null : new Date(again),
  };
};
