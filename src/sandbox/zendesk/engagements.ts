import type { FastifyInstance } from 'fastify';
import { dayMs, secondMs } from '../../core/time.ts';
import { isoSeconds, type SandboxClock } from '../clock.ts';
import { boundedInt, createQuota } from '../http.ts';
import { uuidOf } from '../random.ts';
import type { Desk } from './desk.ts';
import { invalid, notFound } from './ticket-routes.ts';

export interface NewEngagement {
  readonly ticketId: number;
  readonly agentId: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly channel: EngagementChannel;
}
export type EngagementChannel = 'MESSAGING' | 'SUPPORT';

/** Legs of agents' work, as omnichannel routing writes them down. */
export interface Engagements {
  add(engagement: NewEngagement): void;
}

/** What a list without a channel shows, which is written nowhere: an account's link to the next page named messaging. */
export type UnnamedChannel = 'all' | 'MESSAGING';

interface Engagement extends NewEngagement {
  readonly id: string;
}

const keptMs = 90 * dayMs;
const mostPerPage = 100;
const perMinute = 200;

/** "2026-03-01T10:00:00", in UTC without saying so. */
const localText = (atMs: number): string => isoSeconds(atMs).replace('Z', '');

const isAfter = (one: Engagement, { startMs, id }: { readonly startMs: number; readonly id: string }): boolean =>
  one.startMs > startMs || (one.startMs === startMs && one.id > id);

/**
 * The Engagements API: the last 90 days, each leg once it has ended, listed by its start
 * (https://developer.zendesk.com/api-reference/agent-availability/omnichannel-engagements/omnichannel_engagements; shape,
 * paging and page size as recorded in https://github.com/facetoe/zenpy/pull/680). That a start before these days is refused is
 * an assumption, and so is that the 200 requests a minute of its sister APIs hold here.
 */
export const createEngagements = (
  clock: SandboxClock,
  { seed, unnamedChannel }: { readonly seed: string | number; readonly unnamedChannel: UnnamedChannel },
) => {
  const rows: Engagement[] = [];
  const quota = createQuota(clock, { total: perMinute, windowMs: 60_000 });

  const engagements: Engagements = {
    add(engagement) {
      const id = uuidOf(seed, 'engagement', rows.length).replaceAll('-', '').toUpperCase();
      // The cursor names the start in whole seconds.
      rows.push({ ...engagement, startMs: Math.floor(engagement.startMs / secondMs) * secondMs, id });
      rows.sort((a, b) => (isAfter(a, b) ? 1 : -1));
    },
  };

  const addRoutes = (app: FastifyInstance, { desk, baseUrl }: { desk: Desk; baseUrl: () => string }): void => {
    const shown = (): Engagement[] => {
      const nowMs = clock.now().getTime();
      return rows.filter(({ endMs }) => endMs <= nowMs && endMs > nowMs - keptMs);
    };
    const json = (one: Engagement) => {
      const ticket = desk.tickets.get(one.ticketId);
      const waitSeconds = Math.floor((one.endMs - one.startMs) / secondMs / 2);
      return {
        engagement_id: one.id,
        ticket_id: one.ticketId,
        agent_id: one.agentId,
        group_id: ticket?.groupId ?? null,
        requester_id: ticket?.requesterId ?? null,
        offer_time_seconds: 3,
        assignment_to_first_reply_time_seconds: 0,
        agent_messages_count: 1,
        agent_replies_count: 1,
        total_requester_wait_time_seconds: waitSeconds,
        longest_requester_wait_time_seconds: waitSeconds,
        channel: one.channel,
        engagement_start_reason: 'Assigned',
        engagement_start_time: localText(one.startMs),
        engagement_end_time: localText(one.endMs),
        ticket_status_start: 'NEW',
        ticket_status_end: 'SOLVED',
        engagement_end_reason: 'Agent Ended',
        average_requester_wait_time_seconds: waitSeconds,
        end_user_messages_count: 1,
      };
    };

    // Before the routes: an account is asked no more often than this, whichever engagement it is for.
    app.register(async (routes) => {
      routes.addHook('onRequest', (_, reply, done) => {
        const taken = quota.take();
        if (taken.allowed) return done();
        void reply
          .code(429)
          .header('Retry-After', Math.max(1, Math.ceil(taken.resetMs / secondMs)))
          .send({ error: 'APIRateLimitExceeded' });
      });
      routes.get<{ Querystring: Record<string, string | undefined> }>('/api/v2/engagements', ({ query }, reply) => {
        const { start_time, ticket_id, agent_id, start_time_cursor, engagement_id_cursor } = query;
        const startMs = start_time === undefined ? 0 : Number(start_time) * secondMs;
        const oldestMs = clock.now().getTime() - keptMs;
        if (start_time !== undefined && !(startMs >= oldestMs))
          return invalid(reply, 'start_time', 'start_time: within the last 90 days', 400);
        const channel = query.channel ?? (unnamedChannel === 'all' ? undefined : unnamedChannel);
        if (channel !== undefined && channel !== 'MESSAGING' && channel !== 'SUPPORT')
          return invalid(reply, 'channel', 'channel: MESSAGING or SUPPORT', 400);
        const size = boundedInt(query.page_size, { fallback: 10, min: 1, max: mostPerPage });
        const after =
          start_time_cursor === undefined
            ? null
            : { startMs: Number(start_time_cursor) * secondMs, id: engagement_id_cursor ?? '' };
        const found = shown().filter(
          (one) =>
            one.startMs >= startMs &&
            (channel === undefined || one.channel === channel) &&
            (ticket_id === undefined || one.ticketId === Number(ticket_id)) &&
            (agent_id === undefined || one.agentId === Number(agent_id)) &&
            (after === null || isAfter(one, after)),
        );
        const page = found.slice(0, size);
        const last = page.at(-1);
        const more = found.length > page.length && last !== undefined;
        const next = new URLSearchParams({
          ...(start_time !== undefined && { start_time }),
          ...(ticket_id !== undefined && { ticket_id }),
          ...(agent_id !== undefined && { agent_id }),
          start_time_cursor: String(Math.floor((last?.startMs ?? 0) / secondMs)),
          engagement_id_cursor: last?.id ?? '',
          page_size: String(size),
          ...(channel !== undefined && { channel }),
        });
        return reply.send({
          agent_engagement_data: page.map(json),
          next_page_url: more ? `${baseUrl()}/api/v2/engagements?${next}` : null,
          has_more: more,
          page_size: page.length,
        });
      });
      routes.get<{ Params: { id: string } }>('/api/v2/engagements/:id', ({ params }, reply) => {
        const one = shown().find(({ id }) => id === params.id);
        return one ? reply.send(json(one)) : notFound(reply);
      });
    });
  };

  return { engagements, addRoutes };
};
