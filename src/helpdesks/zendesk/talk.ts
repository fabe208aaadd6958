import { z } from 'zod';
import { UpstreamError } from '../../core/errors.ts';
import { hourMs, minuteMs, secondMs } from '../../core/time.ts';
import type { Actor, WorkFeed, WorkReading, YieldingClock } from '../port.ts';
import { cursorOf, type FeedParts, placeOf } from './feed-place.ts';
import { instant, optionalId } from './schema.ts';

/** A leg is taken once nothing changed it for so long: what an entry first says stays, and wrap-up comes after the call. */
const settledMs = 10 * minuteMs;
/** For so long a leg waits for the call that names its ticket; then the call belongs to none. */
const ticketlessMs = hourMs;
/** Calls are read from this long before the legs: a leg may change after its call last did. */
const callsAheadMs = 2 * hourMs;
/** The last page has an address for a next one too; a page of fewer than this many is the last. */
const smallPage = 50;
/** A bound on what one walk reads, far beyond any account. */
const mostPages = 10_000;

const seconds = z.coerce.number().nullish().catch(null);
const page = { count: z.number().nullish().catch(null), end_time: z.number().nullish().catch(null) };
const callsAnswer = z.object({
  calls: z.array(z.object({ id: optionalId, ticket_id: optionalId.catch(null) })),
  ...page,
});
const legsAnswer = z.object({
  legs: z.array(
    z.object({
      id: optionalId,
      call_id: optionalId.catch(null),
      agent_id: optionalId.catch(null),
      ticket_id: optionalId.catch(null),
      type: z.string().nullish().catch(null),
      talk_time: seconds,
      wrap_up_time: seconds,
      created_at: instant,
      updated_at: instant,
    }),
  ),
  ...page,
});
type Leg = z.output<typeof legsAnswer>['legs'][number];

export const callsPath = (what: 'calls' | 'legs') => `/api/v2/channels/voice/stats/incremental/${what}.json` as const;

/** One of the two exports, page by page; null once it is at its end. Times are seconds since 1970. */
const createReader = <Answer extends { count?: number | null | undefined; end_time?: number | null | undefined }>(
  fromMs: number,
  read: (startSeconds: number) => Promise<{ readonly answer: Answer; readonly rows: number }>,
) => {
  let at = Math.max(0, Math.floor(fromMs / secondMs));
  let ended = false;
  let pages = 0;
  return {
    get reachedMs() {
      return ended ? Number.POSITIVE_INFINITY : at * secondMs;
    },
    get atMs() {
      return at * secondMs;
    },
    async next(): Promise<Answer | null> {
      if (ended) return null;
      if (++pages > mostPages)
        throw new UpstreamError('The export of calls of Zendesk Talk does not come to an end; look at it there.', {
          retryable: false,
        });
      const { answer, rows } = await read(at);
      const end = answer.end_time ?? at;
      ended = (answer.count ?? rows) < smallPage || end <= at;
      at = Math.max(at, end);
      return answer;
    },
  };
};

/** Talk and wrap-up of an agent's part in a call; null where it is none, or took no time. */
const readingOf = (leg: Leg, actorOf: (agentId: string) => Actor): WorkReading | null => {
  const rawSeconds = Math.round(Math.max(0, leg.talk_time ?? 0) + Math.max(0, leg.wrap_up_time ?? 0));
  if (leg.id === null || leg.agent_id === null || !(rawSeconds > 0)) return null;
  if (leg.type && leg.type !== 'agent') return null;
  return {
    sourceKey: `talk-leg:${leg.id}`,
    agentId: leg.agent_id,
    actor: actorOf(leg.agent_id),
    clock: 'talk' satisfies YieldingClock,
    rawSeconds,
    value: null,
    workedAt: leg.created_at,
    channel: 'phone',
  };
};

/**
 * Legs of calls from Talk's incremental exports (https://developer.zendesk.com/api-reference/voice/talk-api/incremental_exports/):
 * a leg has the agent and the seconds, its call has the ticket. Ten requests a minute, for both exports together.
 */
export const talkFeed = ({ http, clock, actorOf }: FeedParts): WorkFeed => ({
  name: 'talk',
  async *walk({ cursor, since }) {
    const { fromMs } = placeOf(cursor, since);
    const nowMs = clock.now().getTime();
    const ticketOfCall = new Map<string, string | null>();
    const calls = createReader(fromMs - callsAheadMs, async (start) => {
      const answer = await http.read({ path: callsPath('calls'), query: { start_time: start } }, callsAnswer);
      return { answer, rows: answer.calls.length };
    });
    const legs = createReader(fromMs, async (start) => {
      const answer = await http.read({ path: callsPath('legs'), query: { start_time: start } }, legsAnswer);
      return { answer, rows: answer.legs.length };
    });
    // What has to be read again: legs that may still change, or whose call is not there yet.
    let waitsFromMs = Number.POSITIVE_INFINITY;
    for (let answer = await legs.next(); answer !== null; answer = await legs.next()) {
      while (calls.reachedMs <= legs.atMs)
        for (const call of (await calls.next())?.calls ?? []) if (call.id) ticketOfCall.set(call.id, call.ticket_id);
      const work = answer.legs.flatMap((leg) => {
        const ageMs = nowMs - leg.updated_at.getTime();
        const ticketId = leg.ticket_id ?? (leg.call_id === null ? null : (ticketOfCall.get(leg.call_id) ?? null));
        if (ageMs < settledMs || (ticketId === null && ageMs < ticketlessMs)) {
          waitsFromMs = Math.min(waitsFromMs, leg.updated_at.getTime());
          return [];
        }
        const reading = readingOf(leg, actorOf);
        return reading && ticketId !== null ? [{ externalId: ticketId, reading }] : [];
      });
      yield { work, cursor: cursorOf({ fromMs: Math.min(legs.atMs, waitsFromMs), notBeforeMs: 0 }) };
    }
  },
});
