import { z } from 'zod';
import { UpstreamError } from '../../core/errors.ts';
import { dayMs, hourMs, minuteMs, secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Http } from '../../platform/http/client.ts';
import type { Actor, Channel, WorkFeed, WorkReading, YieldingClock } from '../port.ts';
import { cursorOf, placeOf } from './feed-place.ts';
import { optionalId } from './schema.ts';

/** Zendesk keeps them this long; a few minutes less, so that a request that waited is not out of bounds. */
const keptMs = 90 * dayMs - 10 * minuteMs;
/** An engagement shows when it ends, and may be listed by its start: what started so long ago is read again each time, ... */
const overlapMs = 3 * dayMs;
/** ... therefore not oftener than this. */
const pauseMs = hourMs;
const pageSize = 100;
/** A bound on what one walk reads, far beyond any account. */
const mostPages = 20_000;

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

/** How pages follow one another is not documented; each way that Zendesk has elsewhere is understood. */
const engagementsAnswer = z
  .object({
    data: z.array(engagementSchema).nullish(),
    engagements: z.array(engagementSchema).nullish(),
    links: z.object({ next: z.string().nullish() }).nullish().catch(null),
    next_page: z.string().nullish().catch(null),
    meta: z.object({ has_more: z.boolean().nullish(), after_cursor: z.string().nullish() }).nullish().catch(null),
  })
  .refine(({ data, engagements }) => Boolean(data ?? engagements), 'has neither data nor engagements');

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
export const engagementFeed = ({
  http,
  clock,
  actorOf,
}: {
  readonly http: Http;
  readonly clock: Clock;
  readonly actorOf: (agentId: string) => Actor;
}): WorkFeed => ({
  name: 'engagements',
  async *walk({ cursor, since }) {
    const nowMs = clock.now().getTime();
    const { fromMs, notBeforeMs } = placeOf(cursor, since);
    if (nowMs < notBeforeMs) return;
    const startMs = Math.max(cursor === null ? fromMs : fromMs - overlapMs, nowMs - keptMs);
    const first = { start_time: Math.floor(startMs / secondMs), page_size: pageSize };
    const end = cursorOf({ fromMs: nowMs, notBeforeMs: nowMs + pauseMs });
    let link: string | undefined;
    let after: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const answer = await http.read(
        { path: '/api/v2/engagements', query: { ...first, 'page[after]': after }, ...(link ? { link } : {}) },
        engagementsAnswer,
      );
      const next = answer.links?.next ?? answer.next_page ?? undefined;
      const more = answer.meta?.has_more !== false;
      const following = answer.meta?.has_more ? (answer.meta.after_cursor ?? undefined) : undefined;
      const goesOn = more && (next ? next !== link : following !== undefined && following !== after);
      [link, after] = [next, following];
      const work = (answer.data ?? answer.engagements ?? []).flatMap((engagement) => {
        const reading = readingOf(engagement, actorOf);
        return reading && engagement.ticket_id !== null ? [{ externalId: engagement.ticket_id, reading }] : [];
      });
      // Pages come in no order that we know of, so that only the whole walk moves on.
      yield { work, cursor: goesOn ? cursor : end };
      if (!goesOn) return;
    }
    throw new UpstreamError('The list of engagements of Zendesk does not come to an end; look at it there.', {
      retryable: false,
    });
  },
});
