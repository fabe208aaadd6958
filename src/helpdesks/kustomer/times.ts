import { UpstreamError } from '../../core/errors.ts';
import type { Http } from '../../platform/http/client.ts';
import type { TimesVersion } from './history.ts';
import { readAll } from './pages.ts';
import { type Time, timeSchema } from './schema.ts';

/** 10,000 sessions: far beyond what a conversation can have. */
const mostPages = 100;

const isAbsent = (error: unknown): boolean =>
  error instanceof UpstreamError && [403, 404, 405, 410, 501].includes(error.status ?? 0);

/**
 * Work sessions by one of the two handle timers. Without a setting v2 is asked until it has answered once; only where it does
 * not exist for a conversation whose v1 times do, v1 counts from then on. The two are never mixed in one reading.
 */
export const createTimes = (http: Http, given: TimesVersion | undefined) => {
  let settled = given;
  const readOf = (version: TimesVersion, id: string): Promise<Time[]> =>
    readAll(http, {
      path: `/${version}/conversations/{id}/times`,
      params: { id },
      of: timeSchema,
      mostPages,
      // Where an organisation has no v2, nothing is documented of how that is said.
      ...(version === 'v2' && settled !== 'v2' && { saysGone: () => true }),
    });
  return {
    readOf,
    /** Throws UpstreamError 404 where the conversation is gone. */
    async read(id: string): Promise<{ readonly times: readonly Time[]; readonly version: TimesVersion }> {
      if (settled) return { times: await readOf(settled, id), version: settled };
      try {
        const times = await readOf('v2', id);
        settled = 'v2';
        return { times, version: 'v2' };
      } catch (error) {
        if (!isAbsent(error)) throw error;
        const times = await readOf('v1', id);
        settled ??= 'v1';
        return { times, version: 'v1' };
      }
    },
    version: (): TimesVersion | undefined => settled,
    /**
     * The timer that measured something on this conversation, v2 before v1; null where neither did. An account may answer for
     * both and have only one of them on: the other's lists are empty.
     */
    async measuring(id: string): Promise<TimesVersion | null> {
      for (const version of ['v2', 'v1'] as const) {
        const times = await readOf(version, id).catch((error: unknown) => {
          if (isAbsent(error)) return [];
          throw error;
        });
        if (times.length > 0) return version;
      }
      return null;
    },
  };
};

export type Times = ReturnType<typeof createTimes>;
