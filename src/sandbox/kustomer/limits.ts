import type { FastifyReply } from 'fastify';
import type { SandboxClock } from '../clock.ts';
import { createQuota, type Quota } from '../http.ts';
import { refuse } from './envelope.ts';

/** Requests per 60 s, all keys of the org together; the defaults are those of an Enterprise plan. */
export interface KustomerLimits {
  readonly perMinute?: number;
  /** Searches by keys, which count against the whole as well. */
  readonly searchesPerMinute?: number;
  /** Updates of one conversation by one user; the vendor's figure was not found, this one is that of new messages. */
  readonly updatesPerRecord?: number;
  /** Whether `x-ratelimit-reset` is an instant in Unix seconds, as the documentation shows, or the seconds left. */
  readonly resetAs?: 'instant' | 'seconds left';
}

const windowMs = 60_000;

/** Counts a request against the org's quota and those of searches and of one record, sets the headers, and answers 429, without Retry-After, when one is used up. */
export const createLimits = (clock: SandboxClock, limits: KustomerLimits | 'off') => {
  if (limits === 'off') return { admit: () => true };
  const org = createQuota(clock, { total: limits.perMinute ?? 1000, windowMs });
  const searches = createQuota(clock, { total: limits.searchesPerMinute ?? 100, windowMs });
  const records = new Map<string, Quota>();
  let minute = 0;
  const recordQuota = (id: string): Quota => {
    const now = Math.floor(clock.now().getTime() / windowMs);
    if (now !== minute) records.clear();
    minute = now;
    const quota = records.get(id) ?? createQuota(clock, { total: limits.updatesPerRecord ?? 120, windowMs });
    records.set(id, quota);
    return quota;
  };
  return {
    admit(reply: FastifyReply, what: { readonly search: boolean; readonly recordId: string | null }): boolean {
      const whole = org.take();
      const own = !whole.allowed
        ? null
        : what.search
          ? searches.take()
          : what.recordId === null
            ? null
            : recordQuota(what.recordId).take();
      const refused = !whole.allowed ? whole : own && !own.allowed ? own : null;
      const shown = refused ?? whole;
      const endsAtMs = clock.now().getTime() + shown.resetMs;
      void reply.headers({
        'x-ratelimit-limit': shown.total,
        'x-ratelimit-remaining': shown.left,
        'x-ratelimit-reset':
          limits.resetAs === 'seconds left' ? Math.ceil(shown.resetMs / 1000) : Math.ceil(endsAtMs / 1000),
      });
      if (!refused) return true;
      void refuse(reply, 429, 'Rate limit exceeded');
      return false;
    },
  };
};
