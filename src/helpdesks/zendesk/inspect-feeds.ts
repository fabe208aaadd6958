import { UpstreamError } from '../../core/errors.ts';
import { dayMs, secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Http } from '../../platform/http/client.ts';
import { heeding, isErrorBody } from '../absence.ts';
import { fine } from '../findings.ts';
import type { Finding } from '../port.ts';
import { engagementsAnswer } from './engagements.ts';
import type { ZendeskSettings } from './settings.ts';
import { callsPath } from './talk.ts';

/** The status by which the vendor itself refuses a stream; null where it answers. */
const refusalOf = async (asking: Promise<unknown>): Promise<number | null> => {
  try {
    await asking;
    return null;
  } catch (error) {
    if (error instanceof UpstreamError && !error.retryable && [402, 403, 404].includes(error.status ?? 0))
      return error.status ?? null;
    throw error;
  }
};

const startSeconds = (clock: Clock): number => Math.floor((clock.now().getTime() - dayMs) / secondMs);

/** Asks Talk for the last day's calls, where they are to be read. */
export const inspectCalls = async (
  { voiceHttp, clock }: { readonly voiceHttp: Http; readonly clock: Clock },
  { voiceClock, engagementClock }: Pick<ZendeskSettings, 'voiceClock' | 'engagementClock'>,
): Promise<Finding[]> => {
  if (voiceClock === 'off' || engagementClock === 'instead') return [];
  const http = heeding(voiceHttp, isErrorBody);
  const status = await refusalOf(http.request({ path: callsPath('legs'), query: { start_time: startSeconds(clock) } }));
  if (status === null) return [fine('handle time', 'Calls are read from Zendesk Talk.')];
  if (status === 404) return [fine('handle time', 'The account has no Zendesk Talk: no calls are read.')];
  return [
    {
      topic: 'handle time',
      level: 'warn',
      text: `Zendesk Talk refuses us its calls (${status}): work on the phone is not measured.`,
      next: 'Where the account has Talk, let our user see it: an admin, or a role with access to Talk. Where it has none, set {"voiceClock": "off"}: deskledger connection NAME --settings FILE.json',
    },
  ];
};

/** Asks for the last day's engagements: they must be there where they are the clock, and are worth a word where they are not. */
export const inspectEngagements = async (
  { http: given, clock }: { readonly http: Http; readonly clock: Clock },
  { engagementClock, totalTimeFieldId }: Pick<ZendeskSettings, 'engagementClock' | 'totalTimeFieldId'>,
): Promise<Finding[]> => {
  const http = heeding(given, isErrorBody);
  let any = false;
  const query = { start_time: startSeconds(clock), page_size: 1 };
  const status = await refusalOf(
    http.read({ path: '/api/v2/engagements', query }, engagementsAnswer).then(({ engagements }) => {
      any = engagements.length > 0;
    }),
  );
  if (engagementClock === 'instead')
    return status === null
      ? [fine('handle time', 'Handling time is read from the engagements of omnichannel routing.')]
      : [
          {
            topic: 'handle time',
            level: 'fail',
            text: `Engagements are the only clock, and Zendesk refuses them (${status}): all work is estimated.`,
            next: 'Give our user the rights of an admin and see that omnichannel routing is on; or set {"engagementClock": "off"}: deskledger connection NAME --settings FILE.json',
          },
        ];
  if (!any) return [];
  const set = '{"engagementClock": "instead"}: deskledger connection NAME --settings FILE.json';
  return totalTimeFieldId === undefined
    ? [
        {
          topic: 'handle time',
          level: 'warn',
          text: 'The account has engagements of omnichannel routing, and they are not read: their lengths would be measured time.',
          next: `Set ${set}`,
        },
      ]
    : [fine('handle time', `The account has engagements too; Time Tracking is the clock. To change that: ${set}`)];
};
