import { UpstreamError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { baseUrlOf } from '../../platform/http/address.ts';
import { createBudget, type RateReading } from '../../platform/http/budget.ts';
import type { CallCounts } from '../../platform/http/call-count.ts';
import { type CallObserver, createHttp, type HttpCall } from '../../platform/http/client.ts';
import type { BigcommerceSettings } from './settings.ts';

const vendorUrl = 'https://api.bigcommerce.com';

export type Query = NonNullable<HttpCall['query']>;

/** The API of one store. */
export interface BigcommerceApi {
  /** The parsed JSON; null for 204 (nothing matches, or past the last page) and, where `params` name one thing, for 404. */
  get(path: string, query?: Query, params?: NonNullable<HttpCall['params']>): Promise<unknown>;
  /** Writes; the parsed JSON. Of a thing that is gone, null where it was to be taken away. */
  send(call: {
    readonly method: 'POST' | 'PUT' | 'DELETE';
    readonly path: string;
    readonly params?: NonNullable<HttpCall['params']>;
    readonly body?: unknown;
  }): Promise<unknown>;
}

/** True of the answer to a token that may not read a thing: to it the thing is not there. */
export const isHidden = (error: unknown): boolean =>
  error instanceof UpstreamError && (error.status === 403 || error.status === 404);

const numberIn = (headers: Headers, name: string): number | null => {
  const text = headers.get(name);
  return text !== null && /^\d+$/.test(text.trim()) ? Number(text) : null;
};

/** The quota is the store's, shared by every app on it; a 429 without these headers is the platform under load. */
export const readRate = (headers: Headers): RateReading | null => {
  const limit = numberIn(headers, 'x-rate-limit-requests-quota');
  const remaining = numberIn(headers, 'x-rate-limit-requests-left');
  const resetMs = numberIn(headers, 'x-rate-limit-time-reset-ms');
  if (limit === null || remaining === null) return null;
  return { limit, remaining, ...(resetMs !== null && { resetMs }) };
};

/** The window of the store's quota (https://developer.bigcommerce.com/docs/start/best-practices/api-rate-limits). */
const windowMs = 30_000;
/** Orders with folded lines make large pages. */
const timeoutMs = 30_000;

export const createBigcommerceApi = (
  settings: BigcommerceSettings,
  deps: {
    readonly clock: Clock;
    readonly allowPrivate: boolean;
    readonly observe?: CallObserver;
    readonly counts?: CallCounts;
  },
): BigcommerceApi => {
  const http = createHttp({
    baseUrl: `${baseUrlOf({ given: settings.baseUrl, vendor: vendorUrl, allowPrivate: deps.allowPrivate })}/stores/${settings.storeHash}`,
    headers: { 'x-auth-token': settings.accessToken },
    clock: deps.clock,
    allowPrivate: deps.allowPrivate,
    budget: createBudget({ clock: deps.clock, windowMs, count: deps.counts?.({ name: 'account', windowMs }) }),
    readRate,
    timeoutMs,
    observe: deps.observe,
  });
  return {
    async get(path, query = {}, params = {}) {
      // A list that is not found is a wrong store hash, not an empty list.
      const { status, body } = await http.request({
        path,
        query,
        params,
        allow: Object.keys(params).length > 0 ? [404] : [],
      });
      return status === 404 ? null : body;
    },
    async send(call) {
      const { status, body } = await http.request({ ...call, allow: call.method === 'DELETE' ? [404] : [] });
      return status === 404 ? null : body;
    },
  };
};
