import type { Closing, TicketHistory, Touch, WorkReading } from '../port.ts';
import { messageChannel, ticketChannel } from './channels.ts';
import { personChanges } from './choices.ts';
import { type EventContext, mergeTargetIn, orderEvents, parentIn } from './events.ts';
import { type HandleTime, handleTimeClock, nextReading } from './handle-time.ts';
import type { GorgiasEvent, GorgiasMessage, GorgiasTicket, VoiceCall } from './schema.ts';
import type { GorgiasSettings } from './settings.ts';
import { assigneeOf, ticketStatus } from './ticket.ts';

export interface HistoryContext extends EventContext {
  readonly settings: Pick<GorgiasSettings, 'partnerFieldId' | 'regionFieldId' | 'tagPrefix'>;
  readonly now: Date;
}

export interface HistoryParts {
  readonly ticket: GorgiasTicket;
  /** In the order in which they came. */
  readonly messages: readonly GorgiasMessage[];
  readonly events: readonly GorgiasEvent[];
  readonly calls: readonly VoiceCall[];
  /** Merges at the moment at which the ticket was trashed. */
  readonly merges?: readonly GorgiasEvent[];
  /** Null: the ticket is not closed, so none was asked for. */
  readonly handleTime: HandleTime | null;
}

export interface ReadHistory {
  readonly history: TicketHistory;
  readonly mergedInto: string | null;
  readonly parent: string | null;
}

const isNote = ({ channel, public: isPublic }: GorgiasMessage): boolean =>
  channel === 'internal-note' || isPublic === false;

/**
 * True for what a person of the staff wrote and sent: no rule's answer, no machine's, none that failed or still waits to go,
 * and none that a program put there with our key. Notes go nowhere and need no sending.
 */
const isHandWork = (message: GorgiasMessage, { apiUserId, isBot }: HistoryContext): boolean => {
  const sender = message.sender?.id ?? null;
  if (!message.from_agent || sender === null || message.rule_id !== null || message.via === 'rule') return false;
  if (isBot(sender) || (sender === apiUserId && message.via === 'api')) return false;
  return isNote(message) || (message.sent_datetime !== null && message.failed_datetime === null);
};

/** Talk time of calls: Gorgias' handle time is of what is done in its pages, and leaves it out. */
const voiceClock = 'gorgias voice';
const talkerOf = (call: VoiceCall): string | null => call.last_answered_by_agent_id ?? call.initiated_by_agent_id;

/** Calls as work beside the handle time; while that is not told their talk time makes estimates. */
const talkIn = (calls: readonly VoiceCall[]): WorkReading[] =>
  calls.flatMap((call) => {
    const agentId = talkerOf(call);
    const rawSeconds = Math.round(call.duration ?? 0);
    return agentId === null || rawSeconds <= 0
      ? []
      : [
          {
            sourceKey: `voice:${call.id}`,
            agentId,
            actor: 'agent',
            clock: voiceClock,
            rawSeconds,
            value: null,
            workedAt: call.created_datetime,
            channel: 'phone',
          },
        ];
  });

const touchesIn = (written: readonly GorgiasMessage[], calls: readonly VoiceCall[]): Touch[] => [
  ...written.flatMap((message): Touch[] => {
    const agentId = message.sender?.id;
    if (!agentId) return [];
    return [
      {
        sourceKey: `message:${message.id}`,
        agentId,
        kind: isNote(message) ? 'internal_note' : 'public_reply',
        at: message.created_datetime,
        channel: messageChannel(message.channel),
      },
    ];
  }),
  // A call that nobody took is nobody's work.
  ...calls.flatMap((call): Touch[] => {
    const agentId = talkerOf(call);
    const seconds = Math.round(call.duration ?? 0);
    return agentId === null
      ? []
      : [
          {
            sourceKey: `call:${call.id}`,
            agentId,
            kind: 'public_reply',
            at: call.created_datetime,
            channel: 'phone',
            ...(seconds > 0 ? { talkSeconds: seconds } : {}),
          },
        ];
  }),
];

/**
 * The closing with the ticket's handle time, booked to those who wrote before it in proportion to their messages, else to
 * the assignee: Gorgias reports it under the assignee, who by default changes with each reply (RULES.md section 4).
 */
const closingOf = (
  { ticket, handleTime }: HistoryParts,
  written: readonly GorgiasMessage[],
  closedAt: Date,
): Closing | null => {
  if (handleTime?.state !== 'told' || handleTime.row === null) return null;
  const messages = written.flatMap(({ sender, created_datetime: at }) =>
    sender?.id && at <= closedAt ? [{ agentId: sender.id, weight: 1, at }] : [],
  );
  const fallback = assigneeOf(ticket) ?? handleTime.row.agentId ?? written.at(-1)?.sender?.id ?? null;
  const workers = messages.length > 0 ? messages : fallback === null ? [] : [{ agentId: fallback, weight: 1 }];
  if (workers.length === 0) return null;
  return {
    sourceKey: `closing:${ticket.id}:${closedAt.toISOString()}`,
    at: closedAt,
    clock: handleTimeClock,
    totalSeconds: handleTime.row.seconds,
    workers,
    assigneeId: fallback,
    channel: ticketChannel(ticket.channel),
  };
};

/** A ticket's messages, events, calls and handle time as work, touches and people's choices. RULES.md sections 3 and 4. */
export const readHistory = (parts: HistoryParts, context: HistoryContext): ReadHistory => {
  const { ticket, messages, calls, handleTime } = parts;
  const { events, authorOf } = orderEvents(parts.events, context);
  const written = messages.filter((message) => isHandWork(message, context));
  const closedAt =
    ticketStatus(ticket, context.now) === 'solved' ? (ticket.closed_datetime ?? ticket.updated_datetime) : null;
  const choiceContext = {
    settings: context.settings,
    tagName: context.tagName,
    authorOf,
    tags: ticket.tags.map(({ name }) => name),
    fields: ticket.custom_fields,
    messages,
  };
  const closing = closedAt === null ? null : closingOf(parts, written, closedAt);
  const more = handleTime?.state === 'told' || handleTime?.disturbed === true;
  const againAt = closedAt !== null && more ? nextReading(closedAt, context.now) : null;
  return {
    history: {
      work: closing ? talkIn(calls) : [],
      ...(handleTime?.state === 'unsupported' ? {} : { closing }),
      againAt,
      touches: touchesIn(written, calls),
      choices: {
        partner: personChanges(events, 'partner', choiceContext),
        region: personChanges(events, 'region', choiceContext),
      },
      // Gorgias keeps events for a year (https://developers.gorgias.com/reference): of what is older than those it still has it tells nothing.
      choicesSince: events[0]?.created_datetime ?? context.now,
      solvedAt: closedAt,
      closedAt,
    },
    mergedInto: mergeTargetIn(events, ticket.id, parts.merges),
    parent: parentIn(events),
  };
};
