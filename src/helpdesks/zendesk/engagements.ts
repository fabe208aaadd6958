import { z } from 'zod';
import { UpstreamError } from '../../core/errors.ts';
import { dayMs, hourMs, minuteMs, secondMs } from '../../core/time.ts';
import type { Actor, Channel, WorkFeed, WorkReading, YieldingClock } from '../port.ts';
import { cursorOf, type FeedParts, placeOf } from './feed-place.ts';
import { optionalId } from './schema.ts';

/** Zendesk keeps them this long; a few minutes less, so that a request that waited is not out of bounds. */
const keptMs = 90 * dayMs - 10 * minuteMs;
/** An engagement shows when it ends, and is listed by its start: what started so long ago is read again each time, ... */
const overlapMs = 3 * dayMs;
/** ... therefore not oftener than this, ... */
const pauseMs = hourMs;
/** ... and what may have been under way for longer, once a day. */
const longestMs = 30 * dayMs;
const pageSize = 100;
/** A bound on what one walk reads, far beyond any account. */
const mostPages = 20_000;
/** Asked for without a channel, an account was seen to link to the next page of messaging alone; e-mail is this one. */
const emailChannel = 'SUPPORT';

/** "2026-03-01T10:00:00" is UTC without saying so. */
const instant = z
  .string()
  .transform((text) => new Date(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`))
  .refine((at) => !Number.isNaN(at.getTime()))
  .nullish()
  .catch(null);
const seconds = z.coerce.number().nullish().catch(null);

const engagementSchema = z.object({
  engagement_id: z
    .union([z.string().min(1), z.number()])
    .transform(String)
    .nullish()
    .catch(null),
  ticket_id: optionalId.catch(null),
  agent_id: optionalId.catch(null),
  channel: z.string().nullish().catch(null),
  engagement_start_time: instant,
  engagement_end_time: instant,
  handle_time_seconds: seconds,
});
type Engagement = z.output<typeof engagementSchema>;

const rows = z.array(engagementSchema).nullish();
/**
 * How pages follow one another is not documented. An account answered with `agent_engagement_data`, `next_page_url` and
 * `has_more` (recorded in https://github.com/facetoe/zenpy/pull/680); each way that Zendesk has elsewhere is understood too.
 */
export const engagementsAnswer = z
  .object({
    agent_engagement_data: rows,
    data: rows,
    engagements: rows,
    next_page_url: z.string().nullish().catch(null),
    has_more: z.boolean().nullish().catch(null),
    links: z.object({ next: z.string().nullish() }).nullish().catch(null),
    next_page: z.string().nullish().catch(null),
    meta: z.object({ has_more: z.boolean().nullish(), after_cursor: z.string().nullish() }).nullish().catch(null),
  })
  .transform((answer, context) => {
    const { meta } = answer;
    const engagements = answer.agent_engagement_data ?? answer.data ?? answer.engagements;
    if (!engagements) {
      context.addIssue({ code: 'custom', message: 'has no list of engagements' });
      return z.NEVER;
    }
    const ends = answer.has_more === false || meta?.has_more === false;
    return {
      engagements,
      next: ends ? undefined : (answer.next_page_url ?? answer.links?.next ?? answer.next_page ?? undefined),
      after: meta?.has_more ? (meta.after_cursor ?? undefined) : undefined,
    };
  });

const channelOf = (name: string | null | undefined): Channel | null => {
  const lower = name?.toLowerCase();
  return lower === 'messaging' ? 'messaging' : lower === 'talk' || lower === 'voice' ? 'phone' : null;
};

/** The handling time where the account tells one, else the engagement's length; null while it lasts. */
const readingOf = (engagement: Engagement, actorOf: (agentId: string) => Actor): WorkReading | null => {
  const { engagement_id: id, agent_id: agentId, engagement_start_time: start, engagement_end_time: end } = engagement;
  if (!id || agentId === null || !end) return null;
  const length = start ? (end.getTime() - start.getTime()) / secondMs : 0;
  const rawSeconds = Math.round(engagement.handle_time_seconds ?? length);
  if (!(rawSeconds > 0)) return null;
  return {
    sourceKey: `engagement:${id}`,
    agentId,
    actor: actorOf(agentId),
    clock: 'engagement' satisfies YieldingClock,
    rawSeconds,
    value: null,
    workedAt: end,
    channel: channelOf(engagement.channel),
  };
};

/**
 * Legs of agents' work as omnichannel routing has them, of the last 90 days
 * (https://developer.zendesk.com/api-reference/agent-availability/omnichannel-engagements/omnichannel_engagements).
 */
export const engagementFeed = ({ http, clock, actorOf }: FeedParts): WorkFeed => {
  const pages = async function* (query: Readonly<Record<string, string | number>>): AsyncGenerator<Engagement[]> {
    let link: string | undefined;
    let after: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const { engagements, ...then } = await http.read(
        { path: '/api/v2/engagements', query: { ...query, 'page[after]': after }, ...(link ? { link } : {}) },
        engagementsAnswer,
      );
      yield engagements;
      const isAtEnd = then.next ? then.next === link : then.after === undefined || then.after === after;
      if (isAtEnd) return;
      ({ next: link, after } = then);
    }
    throw new UpstreamError('The list of engagements of Zendesk does not come to an end; look at it there.', {
      retryable: false,
    });
  };

  /** E-mail by itself, where the list without a channel had none; nothing where the account does not know the channel. */
  const emailPages = async function* (query: Readonly<Record<string, string | number>>): AsyncGenerator<Engagement[]> {
    let isKnown = false;
    try {
      for await (const engagements of pages({ ...query, channel: emailChannel })) {
        isKnown = true;
        yield engagements;
      }
    } catch (error) {
      if (isKnown || !(error instanceof UpstreamError && [400, 422].includes(error.status ?? 0))) throw error;
    }
  };

  const workOf = (engagements: readonly Engagement[]) =>
    engagements.flatMap((engagement) => {
      const reading = readingOf(engagement, actorOf);
      return reading && engagement.ticket_id !== null ? [{ externalId: engagement.ticket_id, reading }] : [];
    });

  return {
    name: 'engagements',
    async *walk({ cursor, since }) {
      const nowMs = clock.now().getTime();
      const { fromMs, notBeforeMs, readLongAtMs = 0 } = placeOf(cursor, since);
      if (nowMs < notBeforeMs) return;
      const isLong = nowMs - readLongAtMs >= dayMs;
      const againMs = cursor === null ? 0 : isLong ? longestMs : overlapMs;
      const startMs = Math.max(fromMs - againMs, nowMs - keptMs);
      const query = { start_time: Math.floor(startMs / secondMs), page_size: pageSize };
      let isEmailIn = false;
      // Only the whole walk moves on: what has just ended stands among what began long before.
      for await (const engagements of pages(query)) {
        isEmailIn ||= engagements.some(({ channel }) => channel?.toUpperCase() === emailChannel);
        yield { work: workOf(engagements), cursor };
      }
      if (!isEmailIn) for await (const engagements of emailPages(query)) yield { work: workOf(engagements), cursor };
      const readLongAt = isLong || cursor === null ? nowMs : readLongAtMs;
      yield { work: [], cursor: cursorOf({ fromMs: nowMs, notBeforeMs: nowMs + pauseMs, readLongAtMs: readLongAt }) };
    },
  };
};
