import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { RateReading } from '../../platform/http/budget.ts';
import type { CallCounts } from '../../platform/http/call-count.ts';
import { minuteBudgets, type Quota, wholeIn, within } from '../quota.ts';

/** As documented; assumed of an account that tells its own quota, until a header tells the endpoint's. */
const perMinute = { exports: 10, updates: 100, voice: 10 } as const;
/** Of something that tells no quota at all, as a sandbox without limits. */
const unlimited: RateReading = { limit: 1_000_000, remaining: 1_000_000 };

/** The account's quota per minute: `X-Rate-Limit`, `X-Rate-Limit-Remaining`. */
export const accountReading = (headers: Headers): RateReading | null => {
  const limit = wholeIn(headers.get('x-rate-limit'));
  const remaining = wholeIn(headers.get('x-rate-limit-remaining'));
  return limit === null || remaining === null ? null : { limit, remaining };
};

const part = (text: string, key: string): number | null => wholeIn(new RegExp(`\\b${key}=(\\d+)`).exec(text)?.[1]);

/** An endpoint's own quota: `Zendesk-RateLimit-<endpoint>: total=100; remaining=99; resets=41`, seconds to go. */
const endpointReading = (headers: Headers): RateReading | null => {
  for (const [name, text] of headers.entries()) {
    if (!name.startsWith('zendesk-ratelimit-')) continue;
    const limit = part(text, 'total');
    const remaining = part(text, 'remaining');
    const resets = part(text, 'resets');
    if (limit !== null && remaining !== null)
      return { limit, remaining, ...(resets === null ? {} : { resetMs: resets * secondMs }) };
  }
  return null;
};

/**
 * The quotas of one account. Exports (10 a minute), ticket updates (100 a minute, shared with the agents) and exports of calls
 * (10 a minute, which no header tells) have their own beside the account's and wait for both; a refusal there silences that
 * endpoint alone (https://developer.zendesk.com/api-reference/introduction/rate-limits/).
 */
export const createQuotas = (
  clock: Clock,
  share: number,
  counts?: CallCounts,
): Record<'account' | 'exports' | 'updates' | 'voice', Quota> => {
  const create = minuteBudgets(clock, share, counts);
  const account = create('account');
  const ofEndpoint = (name: keyof typeof perMinute): Quota => {
    const own = create(name);
    const documented: RateReading = { limit: perMinute[name], remaining: perMinute[name] };
    own.learn(documented);
    let isLifted = false;
    return {
      budget: within(account, own),
      readRate: (headers) => {
        const reading = accountReading(headers);
        if (reading) account.learn(reading);
        const told = endpointReading(headers);
        // No header ever tells the quota of calls' exports.
        if (told || name === 'voice') return told;
        const wasLifted = isLifted;
        isLifted = reading === null;
        return isLifted ? unlimited : wasLifted ? documented : null;
      },
    };
  };
  return {
    account: { budget: account, readRate: accountReading },
    exports: ofEndpoint('exports'),
    updates: ofEndpoint('updates'),
    voice: ofEndpoint('voice'),
  };
};
