import { createHash } from 'node:crypto';
import type { Headers, VerificationOf } from './vendor.ts';

// What adapters have in common that verify and read the requests of a vendor's webhook.

/** Keys and types of events are printable and short: they become database keys. */
export const keyWord = /^[\x21-\x7e]{1,128}$/;

/** A header by its name in lower case, however the request or a proxy wrote it. */
export const headerOf = (headers: Headers, name: string): string | undefined =>
  headers[name] ?? Object.entries(headers).find(([other]) => other.toLowerCase() === name)?.[1];

export const refused = (
  status: 400 | 401,
  reason: string,
  foreign?: { readonly header?: string },
): Extract<VerificationOf<never>, { readonly outcome: 'refused' }> => ({
  outcome: 'refused',
  status,
  reason,
  ...(foreign && { foreign }),
});

/** The key of a delivery that tells none of its own: the same bytes are the same delivery. */
export const bytesKey = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return `bytes:${hash.digest('hex')}`;
};

/** Whether text is an ISO 8601 instant with its offset, and no further than this from now. */
export const isTimely = (text: string, now: Date, withinMs: number): boolean =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text) &&
  Math.abs(now.getTime() - Date.parse(text)) <= withinMs;
