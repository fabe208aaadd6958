import { LimitReached, UpstreamError } from '../../core/errors.ts';

const firstDelayMs = 500;
const longestDelayMs = 8000;

/** Retry-After as RFC 9110 has it (seconds, or an HTTP date), in milliseconds from now; null where it is absent or unreadable. */
export const retryAfterMs = (headers: Headers, now: Date): number | null => {
  const text = headers.get('retry-after')?.trim();
  if (!text) return null;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - now.getTime());
};

/**
 * How long to wait before the next try; null: there is none. The vendor's own word counts up to `longestMs`; else 0.5 s, doubled
 * each time up to 8 s, of which a random half is taken off, so that many clients do not come back together.
 */
export const retryDelayMs = (
  error: unknown,
  attempt: number,
  random: () => number,
  longestMs: number,
): number | null => {
  if (error instanceof LimitReached) return error.retryAfterMs <= longestMs ? error.retryAfterMs : null;
  if (!(error instanceof UpstreamError) || !error.retryable) return null;
  const fullMs = Math.min(firstDelayMs * 2 ** attempt, longestDelayMs);
  return Math.round(fullMs * (1 - random() / 2));
};
