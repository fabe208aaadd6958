import type { FastifyReply } from 'fastify';
import type { SandboxClock } from '../clock.ts';
import { fail } from './answers.ts';

/** The bucket of the account; the defaults are those of an API key (https://developers.gorgias.com/reference/limitations). */
export interface GorgiasLimits {
  readonly requests?: number;
  readonly windowMs?: number;
}

export interface Limits {
  /** Counts a request, sets the header, and answers 429 where the bucket is full. */
  admit(reply: FastifyReply): boolean;
  /** What other apps of the merchant use up: the limit is the account's. */
  spend(requests: number): void;
}

/** A leaky bucket: it holds so many requests and empties evenly, a whole bucket per window. */
export const createLimits = (clock: SandboxClock, limits: GorgiasLimits | 'off'): Limits => {
  if (limits === 'off') return { admit: () => true, spend: () => undefined };
  const { requests = 40, windowMs = 20_000 } = limits;
  const msPerRequest = windowMs / requests;
  let level = 0;
  let readAtMs = clock.now().getTime();
  const leak = (): void => {
    const nowMs = clock.now().getTime();
    level = Math.max(0, level - (nowMs - readAtMs) / msPerRequest);
    readAtMs = nowMs;
  };
  return {
    admit(reply) {
      leak();
      const allowed = level + 1 <= requests;
      if (allowed) level += 1;
      void reply.header('X-Gorgias-Account-Api-Call-Limit', `${Math.min(requests, Math.ceil(level))}/${requests}`);
      if (allowed) return true;
      const waitMs = (level + 1 - requests) * msPerRequest;
      void fail(reply.header('Retry-after', Math.max(1, Math.ceil(waitMs / 1000))), 429, 'Rate limit exceeded.');
      return false;
    },
    spend(count) {
      leak();
      level = Math.min(requests, level + count);
    },
  };
};
