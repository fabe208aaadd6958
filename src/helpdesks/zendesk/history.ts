import { tagStartOf } from '../mapping.ts';
import {
  type Actor,
  type PersonChange,
  type TicketHistory,
  type Touch,
  uncountedClock,
  type WorkReading,
} from '../port.ts';
import { messageChannel } from './channels.ts';
import { isMerge, personChanges } from './choices.ts';
import type { Audit, AuditEvent } from './schema.ts';
import type { ZendeskSettings } from './settings.ts';
import type { Role } from './staff.ts';

/** The Time Tracking app's "Total time spent (sec)": what an agent's open tab measured, or what the agent wrote. */
const timeTrackingClock = 'zendesk time tracking';

/** What the audits do not tell themselves. */
export interface HistoryContext {
  readonly settings: Pick<
    ZendeskSettings,
    'totalTimeFieldId' | 'partnerFieldId' | 'regionFieldId' | 'tagPrefix' | 'engagementClock'
  >;
  readonly apiUserId: string | null;
  readonly requesterId: string | null;
  readonly assigneeId: string | null;
  readonly followUp: boolean;
  /** An AI agent has the ticket, whoever that is by role. */
  readonly byAiAgent?: boolean;
  /** As of today. Undefined: Zendesk no longer knows the user. */
  readonly roleOf: (userId: string) => Role | undefined;
  /** Whether we ever knew the user as an agent: staff who leave become end users. */
  readonly wasAgent?: (userId: string) => boolean;
}

/** Made by a trigger or an automation. A macro is a rule by name alone: an agent applied it. */
const isRuleMade = (audit: Audit, event: AuditEvent): boolean =>
  [event.via, audit.via].some((via) => (via?.channel === 'rule' || via?.channel === '8') && via.rel !== 'macro');

const byTimeThenId = (a: Audit, b: Audit): number => {
  const apart = a.created_at.getTime() - b.created_at.getTime();
  if (apart !== 0) return apart;
  const [first, second] = [BigInt(a.id), BigInt(b.id)];
  return first < second ? -1 : first > second ? 1 : 0;
};

const setsField = (event: AuditEvent, fieldName: string): boolean =>
  (event.type === 'Create' || event.type === 'Change') && event.field_name === fieldName;

/** 30 million years: what is beyond is no time, and differences of what is within are exact. */
const mostSeconds = 1e15;

/** Whole seconds in a field's value; none is 0, undefined is no number of seconds. */
const secondsIn = (value: unknown): number | undefined => {
  if (value === null || value === '') return 0;
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  const seconds = /^-?\d+(\.\d+)?$/.test(text) ? Math.trunc(Number(text)) : undefined;
  return seconds !== undefined && Math.abs(seconds) <= mostSeconds ? seconds : undefined;
};

type Author = Actor | 'unknown';

/**
 * Who had the ticket while it was an AI agent's. Zendesk says so on the ticket (`support_type`), which turns to `agent` when
 * a person takes over; that the audits tell of the turn is not documented.
 */
const aiAssigneesIn = (audits: readonly Audit[], context: HistoryContext): Set<string> => {
  const found = new Set<string>();
  let assignee: string | null = null;
  for (const { events } of audits) {
    const turn = events.find(({ field_name }) => field_name === 'support_type');
    if (turn?.previous_value === 'ai_agent' && assignee !== null) found.add(assignee);
    const assigned = events.findLast((event) => setsField(event, 'assignee_id'));
    if (assigned) assignee = assigned.value ? String(assigned.value) : null;
    if (turn?.value === 'ai_agent' && assignee !== null) found.add(assignee);
  }
  if (context.byAiAgent && context.assigneeId !== null) found.add(context.assigneeId);
  return found;
};

/** What a follow-up inherited stands in the audit that makes it. */
const isInherited = (audit: Audit, context: HistoryContext): boolean =>
  audit.via.rel === 'follow_up' || (context.followUp && audit.events.some(({ type }) => type === 'Create'));

/**
 * Who was an agent then, whatever became of the account: whoever was ever assigned, and whoever set the total time, for the
 * app that does so runs in the agents' sidebar alone.
 */
const agentsIn = (audits: readonly Audit[], context: HistoryContext): Set<string> => {
  const { requesterId, assigneeId, settings } = context;
  const found = new Set(assigneeId === null ? [] : [assigneeId]);
  for (const audit of audits)
    for (const event of audit.events) {
      if (setsField(event, 'assignee_id')) found.add(String(event.value));
      const setsTotal = settings.totalTimeFieldId !== undefined && setsField(event, settings.totalTimeFieldId);
      if (!setsTotal || isRuleMade(audit, event) || isInherited(audit, context)) continue;
      if (audit.author_id !== null && audit.author_id !== requesterId) found.add(audit.author_id);
    }
  return found;
};

/** Who made a change. Zendesk tells today's role; staff who leave become end users there. */
const authorsIn = (audits: readonly Audit[], context: HistoryContext) => {
  const agents = agentsIn(audits, context);
  const aiAssignees = aiAssigneesIn(audits, context);
  const ofUser = (userId: string | null): Author => {
    if (userId === null || userId === '-1' || userId === context.apiUserId) return 'system';
    const role = context.roleOf(userId);
    if (role === 'ai_agent' || aiAssignees.has(userId)) return 'ai_agent';
    if (role === 'agent' || agents.has(userId)) return 'agent';
    if (userId === context.requesterId) return 'end_user';
    return context.wasAgent?.(userId) ? 'agent' : (role ?? 'unknown');
  };
  return (audit: Audit, event: AuditEvent, userId = audit.author_id): Author =>
    isRuleMade(audit, event) ? 'rule' : ofUser(userId);
};

type AuthorOf = ReturnType<typeof authorsIn>;

/**
 * Raw seconds per audit from changes of the total (never from "time spent last update": two equal values in a row leave no
 * change). A follow-up starts from the total it inherited.
 */
const workIn = (
  audits: readonly Audit[],
  fieldId: string,
  context: HistoryContext,
  authorOf: AuthorOf,
): WorkReading[] => {
  const readings: WorkReading[] = [];
  let total = 0;
  for (const audit of audits) {
    const inherited = isInherited(audit, context);
    const byActor = new Map<Actor, { rawSeconds: number; value: number }>();
    for (const event of audit.events) {
      if (!setsField(event, fieldId)) continue;
      const value = secondsIn(event.value ?? null);
      if (value === undefined) continue;
      const before =
        event.type === 'Create'
          ? 0
          : event.previous_value === undefined
            ? total
            : (secondsIn(event.previous_value) ?? total);
      total = value;
      if (inherited) continue;
      const author = authorOf(audit, event);
      const actor = author === 'unknown' ? 'agent' : author;
      byActor.set(actor, { rawSeconds: (byActor.get(actor)?.rawSeconds ?? 0) + value - before, value });
    }
    const comment = audit.events.find(isComment);
    for (const [index, [actor, { rawSeconds, value }]] of [...byActor].entries()) {
      if (rawSeconds === 0) continue;
      readings.push({
        sourceKey: index === 0 ? `audit:${audit.id}` : `audit:${audit.id}:${actor}`,
        agentId: actor === 'agent' || actor === 'ai_agent' ? audit.author_id : null,
        actor,
        clock: context.settings.engagementClock === 'instead' ? uncountedClock : timeTrackingClock,
        rawSeconds,
        value,
        workedAt: audit.created_at,
        channel: comment ? channelOf(audit, comment) : null,
      });
    }
  }
  return readings;
};

const isVoice = ({ type }: AuditEvent): boolean => type === 'VoiceComment' || type === 'VoiceApiComment';
const isComment = (event: AuditEvent): boolean => event.type === 'Comment' || isVoice(event);
const channelOf = (audit: Audit, comment: AuditEvent) =>
  isVoice(comment) ? 'phone' : messageChannel(comment.via?.channel ?? audit.via.channel);

/** Replies and notes of agents, and of AI agents, marked as such. A call counts as a reply of the agent who took it. What a merge writes is nobody's message. */
const touchesIn = (audits: readonly Audit[], authorOf: AuthorOf): Touch[] =>
  audits
    .filter((audit) => !isMerge(audit))
    .flatMap((audit) =>
      audit.events.filter(isComment).flatMap((comment, index): Touch[] => {
        const voice = isVoice(comment);
        const userId = (voice ? comment.data?.answered_by_id : null) ?? comment.author_id ?? audit.author_id;
        const author = authorOf(audit, comment, userId);
        const internal = comment.public === false && !voice;
        const talkSeconds = comment.data?.call_duration;
        const ofStaff = author === 'agent' || author === 'ai_agent' || (author === 'unknown' && internal);
        if (userId === null || !ofStaff) return [];
        return [
          {
            sourceKey: index === 0 ? `audit:${audit.id}` : `audit:${audit.id}:${comment.id ?? index}`,
            agentId: userId,
            ...(author === 'ai_agent' ? { actor: author } : {}),
            kind: internal ? 'internal_note' : 'public_reply',
            at: audit.created_at,
            channel: channelOf(audit, comment),
            ...(voice && talkSeconds && talkSeconds > 0 ? { talkSeconds: Math.round(talkSeconds) } : {}),
          },
        ];
      }),
    );

/** When the ticket was solved and closed, as far as that still holds; a reopening takes both back. */
const statusTimesIn = (audits: readonly Audit[]): { solvedAt: Date | null; closedAt: Date | null } => {
  let solvedAt: Date | null = null;
  let closedAt: Date | null = null;
  for (const audit of audits)
    for (const event of audit.events) {
      if (!setsField(event, 'status')) continue;
      const status = String(event.value).toLowerCase();
      closedAt = status === 'closed' ? audit.created_at : null;
      if (status === 'solved') solvedAt = audit.created_at;
      else if (status !== 'closed') solvedAt = null;
    }
  return { solvedAt, closedAt };
};

/**
 * The ticket that this one was merged into. A merge leaves its audit on both tickets; the source is the one that it closes.
 * The target stands in `via`, else as "#123" in the comment that Zendesk writes, whose words depend on the language.
 */
const mergeTargetIn = (audits: readonly Audit[]): string | null => {
  const merge = audits.findLast(
    (audit) =>
      isMerge(audit) &&
      audit.events.some((event) => setsField(event, 'status') && String(event.value).toLowerCase() === 'closed'),
  );
  if (!merge) return null;
  const vias = [merge.via, ...merge.events.flatMap((event) => (event.via ? [event.via] : []))];
  const named = merge.events.flatMap((event) => (isComment(event) ? [/#(\d{1,20})/.exec(event.body ?? '')?.[1]] : []));
  return [...vias.map((via) => via.toTicketId ?? via.fromTicketId), ...named].find((id) => id) ?? null;
};

/** The first public words of the requester, null where there are none. */
const firstMessageIn = (audits: readonly Audit[], requesterId: string | null): string | null => {
  if (requesterId === null) return null;
  for (const audit of audits) {
    if (isMerge(audit)) continue;
    const message = audit.events.find(
      (event) =>
        event.type === 'Comment' && event.public !== false && (event.author_id ?? audit.author_id) === requesterId,
    );
    if (message?.body) return message.body;
  }
  return null;
};

export interface ReadHistory {
  readonly history: TicketHistory;
  readonly mergedInto: string | null;
  readonly firstMessage: string | null;
}

/**
 * A ticket's audits, in any order, as work, touches and people's choices. RULES.md sections 3 and 4, facts of the Ticket
 * Audits API (https://developer.zendesk.com/documentation/ticketing/reference-guides/ticket-audit-events-reference).
 */
export const readHistory = (unordered: readonly Audit[], context: HistoryContext): ReadHistory => {
  const audits = unordered.toSorted(byTimeThenId);
  const authorOf = authorsIn(audits, context);
  const { totalTimeFieldId, partnerFieldId, regionFieldId, tagPrefix } = context.settings;
  const own = audits.filter((audit) => !(context.followUp && audit.events.some(({ type }) => type === 'Create')));
  /** Whom Zendesk has deleted counts too, but not at creation: that may be a customer who was merged into another. */
  const isAgents = (audit: Audit, event: AuditEvent): boolean => {
    const author = authorOf(audit, event);
    return author === 'agent' || (author === 'unknown' && !audit.events.some(({ type }) => type === 'Create'));
  };
  const changesOf = (half: 'partner' | 'region', fieldId: string | undefined): PersonChange[] =>
    personChanges(own, { fieldId, tagStart: tagStartOf(half, tagPrefix) }, isAgents);
  return {
    history: {
      work: totalTimeFieldId === undefined ? [] : workIn(audits, totalTimeFieldId, context, authorOf),
      touches: touchesIn(audits, authorOf),
      choices: { partner: changesOf('partner', partnerFieldId), region: changesOf('region', regionFieldId) },
      ...statusTimesIn(audits),
    },
    mergedInto: mergeTargetIn(audits),
    firstMessage: firstMessageIn(audits, context.requesterId),
  };
};

/** Whose role has to be known before the history can be read: authors of changes and messages, in no order. */
export const authorsOf = (audits: readonly Audit[]): string[] => [
  ...new Set(
    audits
      .flatMap((audit) => [
        audit.author_id,
        ...audit.events.filter(isComment).flatMap(({ author_id, data }) => [author_id, data?.answered_by_id ?? null]),
      ])
      .filter((userId): userId is string => userId !== null && userId !== '-1'),
  ),
];
