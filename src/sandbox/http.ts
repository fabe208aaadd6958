import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import type { SandboxClock } from './clock.ts';
import { share } from './random.ts';

/** True for what JSON writes in braces. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What goes wrong, how often, decided by the seed and the words of each case: equal runs fail equally. */
export interface FaultPlan {
  /** Share of API requests answered with one of `statuses` instead of an answer. */
  readonly requestErrorRate?: number;
  readonly statuses?: readonly number[];
  /** Share of webhook events sent twice. */
  readonly duplicateRate?: number;
  /** Share of webhook events held back up to 20 s of the clock's time, so that later ones overtake them. */
  readonly reorderRate?: number;
  /** Share of webhook events that are never sent. */
  readonly lossRate?: number;
  /** Share of webhook events whose 26-digit sequence id is an unquoted number, as was observed. */
  readonly bareSequenceRate?: number;
}

export interface Faults {
  /** The odd status that this request is to be answered with, or null. */
  statusFor(method: string, url: string): number | null;
  /** Whether the kind of fault befalls this event. */
  strikes(kind: 'duplicate' | 'reorder' | 'loss' | 'bareSequence', key: string): boolean;
}

export const createFaults = (seed: string | number, plan: FaultPlan = {}): Faults => {
  const seen = new Map<string, number>();
  const statuses = plan.statuses ?? [500, 502, 503];
  const rates = {
    duplicate: plan.duplicateRate,
    reorder: plan.reorderRate,
    loss: plan.lossRate,
    bareSequence: plan.bareSequenceRate,
  };
  return {
    statusFor(method, url) {
      if (!plan.requestErrorRate) return null;
      const key = `${method} ${url}`;
      const times = (seen.get(key) ?? 0) + 1;
      seen.set(key, times);
      if (share(seed, 'status', key, times) >= plan.requestErrorRate) return null;
      return statuses[Math.floor(share(seed, 'which', key, times) * statuses.length)] ?? null;
    },
    strikes: (kind, key) => share(seed, kind, key) < (rates[kind] ?? 0),
  };
};

/** Requests allowed per stretch of the clock's time. */
export interface Quota {
  /** Counts one request; `allowed` is false when it is one too many. `resetMs` is the time until the stretch ends. */
  take(): { readonly allowed: boolean; readonly total: number; readonly left: number; readonly resetMs: number };
}

export const createQuota = (
  clock: SandboxClock,
  { total, windowMs }: { readonly total: number; readonly windowMs: number },
): Quota => {
  let startMs = Number.NEGATIVE_INFINITY;
  let used = 0;
  return {
    take() {
      const nowMs = clock.now().getTime();
      if (nowMs - startMs >= windowMs) {
        startMs = Math.floor(nowMs / windowMs) * windowMs;
        used = 0;
      }
      used += 1;
      return { allowed: used <= total, total, left: Math.max(0, total - used), resetMs: startMs + windowMs - nowMs };
    },
  };
};

/** A Fastify on loopback without schemas or logs; ".json" at the end of a path is optional, as at Zendesk, and "/" as at Gorgias. */
export const createServer = (): FastifyInstance =>
  fastify({
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
    rewriteUrl: ({ url = '/' }) => url.replace(/\.json(?=\?|$)/, ''),
  });

export const listen = (server: FastifyInstance, port = 0): Promise<string> =>
  server.listen({ host: '127.0.0.1', port });

/** Sends JSON that is already text, past Fastify's serializer. */
export const sendText = (reply: FastifyReply, text: string, status = 200): FastifyReply =>
  reply.code(status).header('content-type', 'application/json; charset=utf-8').send(text);

/** A query value as a whole number within bounds; the fallback where it is absent or no number. */
export const boundedInt = (
  text: string | undefined,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number => {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) ? fallback : Math.min(max, Math.max(min, value));
};
