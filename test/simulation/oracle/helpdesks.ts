import type { Sandbox } from '../../../src/sandbox/index.ts';

/** What truly happened to a ticket at its helpdesk, as far as anybody can read it there at the end. */
export interface TicketTruth {
  readonly id: string;
  /** Deleted or merged away: what was read of its work before is all there will ever be. */
  readonly gone: boolean;
  /** Seconds that the helpdesk's clock tells; null: it tells none, and each of `touches` is estimated. */
  readonly measuredSeconds: number | null;
  /** Agents' replies and notes. */
  readonly touches: number;
  /** False: the clock's seconds are told only once it is closed again. */
  readonly told: boolean;
}

const sum = (seconds: readonly number[]): number => seconds.reduce((total, one) => total + one, 0);

/** Seconds stand in the change of a field, signed by an agent; a bulk edit counts as work that is held. */
const zendesk = ({ zendesk: { desk, apiUserId, settings } }: Sandbox): TicketTruth[] => {
  const isAgent = (id: number): boolean =>
    id !== apiUserId && ['agent', 'admin'].includes(desk.users.get(id)?.role ?? '');
  return [...desk.tickets.values()].map((ticket) => {
    const byAgents = ticket.audits.filter((audit) => isAgent(audit.author_id));
    const deltas = byAgents.flatMap(({ events }) =>
      events.flatMap(({ type, field_name, value, previous_value }) =>
        type === 'Change' && field_name === settings.totalTimeFieldId
          ? [Number(value ?? 0) - Number(previous_value ?? 0)]
          : [],
      ),
    );
    const isMerge = ({ via }: (typeof byAgents)[number]): boolean =>
      via.channel === 'merge' || via.source.rel === 'merge';
    return {
      id: String(ticket.id),
      gone: ticket.deleted,
      measuredSeconds: deltas.length > 0 ? sum(deltas) : null,
      touches: byAgents
        .filter((audit) => !isMerge(audit))
        .flatMap(({ events }) => events.filter(({ type }) => type === 'Comment')).length,
      told: true,
    };
  });
};

/** One growing total, told while the ticket is closed; what was sent by agents' hands is all else there is. */
const gorgias = ({ gorgias: { desk, apiUserId } }: Sandbox): TicketTruth[] => {
  const isAgent = (id: number): boolean => id !== apiUserId && desk.users.get(id)?.role === 'agent';
  return [...desk.tickets.values()].map((ticket) => {
    const written = ticket.messages.filter(
      ({ fromAgent, senderId, ruleId, sentAtMs, failedAtMs }) =>
        fromAgent && isAgent(senderId) && ruleId === null && sentAtMs !== null && failedAtMs === null,
    );
    const calls = desk.calls.rows.filter(({ ticketId, userId }) => ticketId === ticket.id && userId !== null);
    return {
      id: String(ticket.id),
      gone: ticket.trashedAtMs !== null || ticket.mergedInto !== null,
      measuredSeconds: ticket.work.length > 0 ? Math.max(0, sum(ticket.work.map(({ seconds }) => seconds))) : null,
      touches: written.length + calls.length,
      told: ticket.status === 'closed' && ticket.snoozeUntilMs === null,
    };
  });
};

/** Sessions of the newer timer, in milliseconds there and whole seconds here. */
const kustomer = ({ kustomer: { desk, apiUserId } }: Sandbox): TicketTruth[] =>
  [...desk.conversations.values()].map((conversation) => {
    const counted = conversation.sessions.flatMap(({ v2 }) => (v2 ? [Math.round(v2.handleMs / 1000)] : []));
    const isAgent = (id: string | null): boolean =>
      id !== null && id !== apiUserId && desk.users.get(id)?.userType === 'user';
    const replies = conversation.messages.filter(
      ({ direction, auto, userId }) => direction === 'out' && !auto && isAgent(userId),
    );
    return {
      id: conversation.id,
      gone: conversation.deletedAtMs !== null,
      measuredSeconds: counted.length > 0 ? sum(counted) : null,
      touches: replies.length + conversation.notes.filter(({ userId }) => isAgent(userId)).length,
      told: true,
    };
  });

/** The tickets of each helpdesk by plain code over its own memory. */
export const truths = { zendesk, gorgias, kustomer } as const;
