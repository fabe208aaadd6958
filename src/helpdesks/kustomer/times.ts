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
 * Work sessions by one of the two handle timers. Without a setting v2 is asked, and v1 where it told nothing, until one of them
 * has measured something, which counts from then on: an empty list settles nothing, for an account may answer for both and
 * have only one of them on. The two are never mixed in one reading.
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
      let absent = false;
      try {
        const times = await readOf('v2', id);
        if (times.length > 0) settled = 'v2';
        if (settled) return { times, version: 'v2' };
      } catch (error) {
        if (!isAbsent(error)) throw error;
        absent = true;
      }
      const times = await readOf('v1', id).catch((error: unknown) => {
        if (absent || !isAbsent(error)) throw error;
        return [];
      });
      // Another conversation may have settled it meanwhile.
      if (settled === 'v2') return { times: [], version: 'v2' };
      if (times.length > 0) settled = 'v1';
      return { times, version: absent || times.length > 0 ? 'v1' : 'v2' };
    },
    version: (): TimesVersion | undefined => settled,
    /**
     * The timer that measured something on any of these conversations, v2 before v1; null where neither did. On one alone an
     * agent may have worked where the timer of the account does not run.
     */
    async measuring(ids: readonly string[]): Promise<TimesVersion | null> {
      for (const version of ['v2', 'v1'] as const)
        for (const id of ids) {
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
