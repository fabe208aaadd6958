import { UpstreamError } from '../../core/errors.ts';
import { dayMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Http } from '../../platform/http/client.ts';
import type { WorkFeed } from '../port.ts';
import { engagementFeed } from './engagements.ts';
import { cursorOf, placeOf } from './feed-place.ts';
import type { ZendeskSettings } from './settings.ts';
import { talkFeed } from './talk.ts';

/** Ends the feed quietly for a day where the account has no such product, or our user may not see it. */
const whereTheAccountHasIt = (feed: WorkFeed, clock: Clock): WorkFeed => {
  let absentUntilMs = 0;
  return {
    name: feed.name,
    async *walk(from) {
      const place = placeOf(from.cursor, from.since);
      const nowMs = clock.now().getTime();
      if (nowMs < Math.max(place.notBeforeMs, absentUntilMs)) return;
      try {
        yield* feed.walk(from);
      } catch (error) {
        if (!(error instanceof UpstreamError && (error.status === 403 || error.status === 404))) throw error;
        absentUntilMs = nowMs + dayMs;
        yield { work: [], cursor: cursorOf({ fromMs: place.fromMs, notBeforeMs: absentUntilMs }) };
      }
    },
  };
};

/** Clocks of Zendesk that tell their seconds in streams of their own; engagements, where they are the clock, stand for all. */
export const workFeedsOf = (
  settings: Pick<ZendeskSettings, 'voiceClock' | 'engagementClock' | 'aiAgentIds'>,
  { http, voiceHttp, clock }: { readonly http: Http; readonly voiceHttp: Http; readonly clock: Clock },
): readonly WorkFeed[] => {
  const actorOf = (agentId: string) => (settings.aiAgentIds.includes(agentId) ? 'ai_agent' : 'agent');
  const feeds =
    settings.engagementClock === 'instead'
      ? [engagementFeed({ http, clock, actorOf })]
      : settings.voiceClock === 'add'
        ? [talkFeed({ http: voiceHttp, clock, actorOf })]
        : [];
  return feeds.map((feed) => whereTheAccountHasIt(feed, clock));
};
