import type { z } from 'zod';
import { LimitReached, UpstreamError } from '../../core/errors.ts';
import type { Clock } from '../clock.ts';
import { bodyIn, inShape, jsonIn } from './body.ts';
import { type Budget, createBudget, type RateReading } from './budget.ts';
import { exchange } from './exchange.ts';
import { failureOf } from './failure.ts';
import { retryDelayMs } from './retry.ts';

export interface HttpCall {
  /** GET where absent. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A template such as "/api/v2/tickets/{id}"; it stands in errors and metrics, so nothing personal is written into it. */
  readonly path: string;
  /** Fills the template, each value encoded. */
  readonly params?: Readonly<Record<string, string | number>>;
  /** Undefined values are left out; a list repeats its key. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined | readonly (string | number)[]>>;
  /** An address the vendor gave for the next page, used instead of path, params and query; of the same origin only. */
  readonly link?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether doing it twice is doing it once; by default all methods but POST and PATCH. Only such calls are tried again. */
  readonly idempotent?: boolean;
  /** What the body is read as; JSON where absent. */
  readonly as?: 'json' | 'text';
  /** Statuses outside 2xx that are answers, not errors. */
  readonly allow?: readonly number[];
  /**
   * Whether the JSON of a 404 or 410 is the vendor's own word that the thing is gone; undefined: no JSON. Where it is not,
   * something in between has answered, and the error may be tried again. Absent: the status is enough.
   */
  readonly saysGone?: (body: unknown) => boolean;
  readonly timeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON, or the text where the call asked for it; null where the body is empty. */
  readonly body: unknown;
}

/** One try of one call, for metrics. `status` is null where no answer came. */
export interface CallSeen {
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly seconds: number;
  /** The vendor's time as its answer told (RFC 9110, Date); null where it did not. */
  readonly serverAt?: Date | null;
}
export type CallObserver = (call: CallSeen) => void;

export interface HttpOptions {
  /** As `baseUrlOf` (address.ts) gives it. */
  readonly baseUrl: string;
  /** Sent with every call: credentials and the like. */
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly allowPrivate: boolean;
  /** By default half of the account's quota, four calls at a time. */
  readonly budget?: Budget;
  /** Reads the vendor's quota headers; null where there are none. */
  readonly readRate?: (headers: Headers) => RateReading | null;
  readonly observe?: CallObserver | undefined;
  readonly random?: () => number;
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly longestBodyBytes?: number;
}

/** JSON over HTTP to one vendor. Errors name method, host and path template, never query, header, body or secret. */
export interface Http {
  /** Throws UpstreamError, LimitReached (quota used up after all tries) or Refused (private address). */
  request(call: HttpCall): Promise<HttpAnswer>;
  /** The body in the shape of the schema; throws UpstreamError as well where it has another. */
  read<Schema extends z.ZodType>(call: HttpCall, schema: Schema): Promise<z.output<Schema>>;
}

/** A longer Retry-After is handed to the caller, whose own due times wait better than a worker does. */
const longestRetryAfterMs = 60_000;

export const createHttp = ({
  baseUrl,
  headers,
  clock,
  allowPrivate,
  budget = createBudget({ clock }),
  readRate,
  observe,
  random = Math.random,
  timeoutMs = 10_000,
  retries = 3,
  longestBodyBytes = 32 * 1024 * 1024,
}: HttpOptions): Http => {
  const base = new URL(baseUrl);

  const once = async (call: HttpCall, name: string, url: URL): Promise<HttpAnswer> => {
    const method = call.method ?? 'GET';
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    const startMs = performance.now();
    let status: number | null = null;
    let serverAt: Date | null = null;
    try {
      const answer = await exchange(url, {
        name,
        method,
        body,
        headers: {
          accept: 'application/json',
          ...headers,
          ...(body === null ? {} : { 'content-type': 'application/json' }),
          ...call.headers,
        },
        allowPrivate,
        timeoutMs: call.timeoutMs ?? timeoutMs,
        longestBytes: longestBodyBytes,
        heard(told, of) {
          status = told;
          serverAt = dateOf(of);
          const reading = readRate?.(of);
          if (reading) budget.learn(reading);
        },
      });
      const good = (answer.status >= 200 && answer.status < 300) || call.allow?.includes(answer.status) === true;
      if (good)
        return {
          status: answer.status,
          headers: answer.headers,
          body: bodyIn(answer, { name, as: call.as ?? 'json' }),
        };
      if ((answer.status === 404 || answer.status === 410) && call.saysGone?.(jsonIn(answer.text)) === false)
        throw failureOf.oddAbsence(name, method, answer.status);
      throw failureOf.status(name, method, answer, clock.now());
    } catch (error) {
      throw failureOf.network(name, method, error);
    } finally {
      observe?.({ method, path: call.path, status, seconds: (performance.now() - startMs) / 1000, serverAt });
    }
  };

  const request = async (call: HttpCall): Promise<HttpAnswer> => {
    const method = call.method ?? 'GET';
    const name = `${method} ${base.host}${call.path}`;
    const url = addressOf(base, call, name);
    const repeatable = call.idempotent ?? !['POST', 'PATCH'].includes(method);
    for (let attempt = 0; ; attempt++) {
      try {
        return await budget.run(() => once(call, name, url));
      } catch (error) {
        if (error instanceof LimitReached) budget.pause(Math.min(error.retryAfterMs, longestRetryAfterMs));
        const waitMs =
          repeatable && attempt < retries ? retryDelayMs(error, attempt, random, longestRetryAfterMs) : null;
        if (waitMs === null) throw error;
        await clock.sleep(waitMs);
      }
    }
  };

  return {
    request,
    async read(call, schema) {
      const { body } = await request(call);
      return inShape(schema, body, `${call.method ?? 'GET'} ${base.host}${call.path}`);
    },
  };
};

/** When the server answered, by its own clock; null where it does not say. Of a cached answer the date says nothing. */
export const dateOf = (headers: Headers): Date | null => {
  const text = headers.has('age') ? null : headers.get('date');
  const ms = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms);
};

const addressOf = (base: URL, call: HttpCall, name: string): URL => {
  if (call.link !== undefined) {
    const url = URL.parse(call.link, base.href);
    if (url?.origin === base.origin) return url;
    throw new UpstreamError(`${name} gave a next page on another host, which is not followed`, { retryable: false });
  }
  const url = new URL(`${base.href.replace(/\/+$/, '')}${pathOf(call)}`);
  url.search = queryOf(call).toString();
  return url;
};

/** The path with its values filled in. */
export const pathOf = ({ method = 'GET', path, params }: HttpCall): string =>
  path.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = params?.[key];
    if (value === undefined || value === '') throw new RangeError(`${method} ${path} needs a value for {${key}}`);
    return encodeURIComponent(value);
  });

/** A list repeats its key. */
export const queryOf = ({ query = {} }: HttpCall): URLSearchParams => {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) search.append(key, String(one));
    else if (value !== undefined) search.set(key, String(value));
  }
  return search;
};
