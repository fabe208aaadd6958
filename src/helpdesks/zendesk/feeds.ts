import type { Clock } from '../../platform/clock.ts';
import type { Http } from '../../platform/http/client.ts';
import { heeding, isErrorBody } from '../absence.ts';
import type { WorkFeed } from '../port.ts';
import { engagementFeed } from './engagements.ts';
import type { ZendeskSettings } from './settings.ts';
import { talkFeed } from './talk.ts';

/** Clocks of Zendesk that tell their seconds in streams of their own; engagements, where they are the clock, stand for all. */
export const workFeedsOf = (
  settings: Pick<ZendeskSettings, 'voiceClock' | 'engagementClock' | 'aiAgentIds'>,
  { http, voiceHttp, clock }: { readonly http: Http; readonly voiceHttp: Http; readonly clock: Clock },
): readonly WorkFeed[] => {
  const actorOf = (agentId: string) => (settings.aiAgentIds.includes(agentId) ? 'ai_agent' : 'agent');
  const parts = (given: Http) => ({ http: heeding(given, isErrorBody), clock, actorOf });
  if (settings.engagementClock === 'instead') return [engagementFeed(parts(http))];
  // Calls are read unless somebody says otherwise: most accounts have none.
  return settings.voiceClock === 'add' ? [{ ...talkFeed(parts(voiceHttp)), isOptional: true }] : [];
};
