import type { FastifyReply } from 'fastify';
import type { SandboxClock } from '../clock.ts';
import { createQuota, type Quota } from '../http.ts';

/** Requests per minute; the defaults are those of an Enterprise plan. */
export interface ZendeskLimits {
  readonly perMinute?: number;
  /** Update Ticket, the tag endpoints included. */
  readonly updatesPerMinute?: number;
  readonly exportsPerMinute?: number;
}

export type Endpoint = 'tickets-update' | 'incremental-exports';

/** Counts a request against the account's quota and its endpoint's own, sets their headers, and answers 429 when one is used up. */
export const createLimits = (clock: SandboxClock, limits: ZendeskLimits | 'off') => {
  if (limits === 'off') return { admit: () => true };
  const windowMs = 60_000;
  const account = createQuota(clock, { total: limits.perMinute ?? 700, windowMs });
  const endpoints: Readonly<Record<Endpoint, Quota>> = {
    'tickets-update': createQuota(clock, { total: limits.updatesPerMinute ?? 100, windowMs }),
    'incremental-exports': createQuota(clock, { total: limits.exportsPerMinute ?? 10, windowMs }),
  };
  return {
    admit(reply: FastifyReply, endpoint: Endpoint | null): boolean {
      const whole = account.take();
      void reply.headers({ 'X-Rate-Limit': whole.total, 'X-Rate-Limit-Remaining': whole.left });
      const own = endpoint && whole.allowed ? endpoints[endpoint].take() : null;
      if (own)
        void reply.header(
          `Zendesk-RateLimit-${endpoint}`,
          `total=${own.total}; remaining=${own.left}; resets=${Math.ceil(own.resetMs / 1000)}`,
        );
      const refused = !whole.allowed ? whole : own && !own.allowed ? own : null;
      if (!refused) return true;
      void reply
        .code(429)
        .header('Retry-After', Math.max(1, Math.ceil(refused.resetMs / 1000)))
        .send({ error: 'APIRateLimitExceeded', description: 'Number of allowed API requests per minute exceeded' });
      return false;
    },
  };
};
