import axios, { AxiosError, AxiosHeaders, type AxiosInstance, type AxiosResponse } from 'axios';
import type { z } from 'zod';
import { AppError, LimitReached, UpstreamError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import { agentsFor } from '../../platform/http/address.ts';
import { inShape, isObject, jsonIn } from '../../platform/http/body.ts';
import {
  type CallObserver,
  dateOf,
  type Http,
  type HttpAnswer,
  type HttpCall,
  pathOf,
  queryOf,
} from '../../platform/http/client.ts';
import { failureOf } from '../../platform/http/failure.ts';
import { retryDelayMs } from '../../platform/http/retry.ts';
import { type Bucket, readingOf } from './bucket.ts';

const timeoutMs = 15 * secondMs;
const retries = 3;
/** A longer Retry-After is handed to the caller, whose own due times wait better than a worker does. */
const longestRetryAfterMs = 60 * secondMs;
const longestBodyBytes = 32 * 1024 * 1024;
/** Field names worth telling a person; anything longer or odder may be what a customer wrote. */
const fieldName = /^[a-z][a-z0-9_.]{0,40}$/;

const headersOf = (response: AxiosResponse): Headers => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(AxiosHeaders.from(response.headers as AxiosHeaders).toJSON()))
    if (typeof value === 'string') headers.set(name, value);
  return headers;
};

/** The fields that `{"error": {"msg", "data": {field: [...]}}}` complains of; the words themselves may hold personal data. */
const fieldsIn = (text: string): string[] => {
  const json = jsonIn(text);
  const error = isObject(json) ? json.error : null;
  const data = isObject(error) ? error.data : null;
  return isObject(data) ? Object.keys(data).filter((name) => fieldName.test(name)) : [];
};

/** An error of axios holds the request with its credentials: of it only the code and the reason beneath it go on. */
const withoutRequest = (error: unknown): unknown => {
  if (!(error instanceof AxiosError)) return error;
  const bare: Error & { code?: string } = new Error('axios gave up', { cause: error.cause });
  if (error.code === AxiosError.ETIMEDOUT || error.code === AxiosError.ECONNABORTED) bare.name = 'TimeoutError';
  if (error.code !== undefined) bare.code = error.code;
  return bare;
};

/**
 * JSON over HTTP to one Gorgias account, by axios: its interceptors sign each request and read the account's bucket from each
 * answer. Errors name method, host and path template, never query, header, body or secret.
 */
export const createGorgiasHttp = ({
  baseUrl,
  email,
  apiKey,
  clock,
  allowPrivate,
  bucket,
  observe,
  random = Math.random,
}: {
  /** As `baseUrlOf` (platform/http/address.ts) gives it. */
  readonly baseUrl: string;
  readonly email: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly allowPrivate: boolean;
  readonly bucket: Bucket;
  readonly observe?: CallObserver | undefined;
  readonly random?: () => number;
}): Http => {
  const { host } = new URL(baseUrl);
  const instance: AxiosInstance = axios.create({
    baseURL: baseUrl,
    adapter: 'http',
    allowAbsoluteUrls: false,
    // A redirect would carry the credentials to wherever it points, a proxy would see them.
    maxRedirects: 0,
    proxy: false,
    timeout: timeoutMs,
    maxContentLength: longestBodyBytes,
    responseType: 'text',
    validateStatus: null,
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    ...agentsFor(allowPrivate),
  });
  instance.interceptors.request.use((config) => {
    config.headers.set('Authorization', `Basic ${Buffer.from(`${email}:${apiKey}`).toString('base64')}`);
    config.headers.set('Accept', 'application/json');
    return config;
  });
  instance.interceptors.response.use((response) => {
    const reading = readingOf(headersOf(response));
    if (reading) bucket.learn(reading);
    else if (response.status < 300) bucket.untold();
    return response;
  });

  const answerOf = (response: AxiosResponse<unknown>, call: HttpCall, name: string): HttpAnswer => {
    const { status } = response;
    const method = call.method ?? 'GET';
    const headers = headersOf(response);
    const text = typeof response.data === 'string' ? response.data.trim() : '';
    const good = (status >= 200 && status < 300) || call.allow?.includes(status) === true;
    if (!good) {
      if ((status === 404 || status === 410) && call.saysGone?.(jsonIn(text)) === false)
        throw failureOf.oddAbsence(name, method, status);
      const odd = status < 200 || status > 599;
      const failure = failureOf.status(
        name,
        method,
        new Response(null, { status: odd ? 502 : status, headers }),
        clock.now(),
      );
      const fields = fieldsIn(text);
      if (!(failure instanceof UpstreamError) || fields.length === 0) throw failure;
      const { retryable, inDoubt } = failure;
      throw new UpstreamError(`${failure.message} It complains of: ${fields.slice(0, 5).join(', ')}.`, {
        status,
        retryable,
        inDoubt,
      });
    }
    // Some answers are empty although they call themselves JSON: tags, deletes, customer data.
    if (text === '') return { status, headers, body: null };
    const body = call.as === 'text' ? text : jsonIn(text);
    if (body === undefined)
      throw new UpstreamError(`${name} answered ${status} with something that is not JSON; it is tried again.`, {
        status,
        retryable: true,
        inDoubt: method !== 'GET',
      });
    return { status, headers, body };
  };

  const once = async (call: HttpCall, name: string): Promise<HttpAnswer> => {
    const method = call.method ?? 'GET';
    const startMs = clock.now().getTime();
    let status: number | null = null;
    let serverAt: Date | null = null;
    try {
      const response = await instance.request<unknown>({
        method,
        url: pathOf(call),
        params: queryOf(call),
        ...(call.timeoutMs === undefined ? {} : { timeout: call.timeoutMs }),
        headers: { ...call.headers, ...(call.body === undefined ? {} : { 'content-type': 'application/json' }) },
        // Also with DELETE, whose body names the tags to take away.
        ...(call.body === undefined ? {} : { data: JSON.stringify(call.body) }),
      });
      status = response.status;
      serverAt = dateOf(headersOf(response));
      return answerOf(response, call, name);
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw failureOf.network(name, method, withoutRequest(error));
    } finally {
      observe?.({ method, path: call.path, status, seconds: (clock.now().getTime() - startMs) / secondMs, serverAt });
    }
  };

  const request = async (call: HttpCall): Promise<HttpAnswer> => {
    const method = call.method ?? 'GET';
    const name = `${method} ${host}${call.path}`;
    if (call.link !== undefined) throw new RangeError(`${name}: pages of Gorgias are asked for by cursor, not by link`);
    const repeatable = call.idempotent ?? !['POST', 'PATCH'].includes(method);
    for (let attempt = 0; ; attempt++) {
      // What the bucket itself throws is no answer: whoever waited in vain for a turn does not queue again.
      const outcome = await bucket.run(() =>
        once(call, name).then(
          (answer) => ({ answer }),
          (error: unknown) => ({ error }),
        ),
      );
      if ('answer' in outcome) return outcome.answer;
      const { error } = outcome;
      if (error instanceof LimitReached) bucket.pause(Math.min(error.retryAfterMs, longestRetryAfterMs));
      const waitMs = repeatable && attempt < retries ? retryDelayMs(error, attempt, random, longestRetryAfterMs) : null;
      if (waitMs === null) throw error;
      await clock.sleep(waitMs);
    }
  };

  return {
    request,
    async read<Schema extends z.ZodType>(call: HttpCall, schema: Schema): Promise<z.output<Schema>> {
      const { body } = await request(call);
      return inShape(schema, body, `${call.method ?? 'GET'} ${host}${call.path}`);
    },
  };
};
