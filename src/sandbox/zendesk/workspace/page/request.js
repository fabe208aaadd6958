import { config } from './account.js';
import { failure, pass } from './network.js';

/**
 * @typedef {{
 *   url: string, type?: string, method?: string, data?: unknown, contentType?: string, dataType?: string,
 *   headers?: Record<string, string>, secure?: boolean, cors?: boolean, timeout?: number, httpCompleteResponse?: boolean
 * }} RequestOptions
 * @typedef {{ ok: boolean, args: unknown[] }} Outcome
 */

/** @param {RequestOptions} options */
const methodOf = ({ type, method }) => (type ?? method ?? 'GET').toUpperCase();

/** @param {unknown} data */
const formOf = (data) => (typeof data === 'string' ? data : new URLSearchParams(/** @type {any} */ (data)).toString());

/**
 * As the agent who is signed in: cookie and proof are the page's own.
 * @param {RequestOptions} options
 * @param {AbortSignal} signal
 */
const throughSession = (options, signal) => {
  const method = methodOf(options);
  const url = new URL(options.url, location.href);
  const form = options.data === undefined ? null : formOf(options.data);
  if (method === 'GET' && form !== null) url.search = [url.search.slice(1), form].filter(Boolean).join('&');
  const contentType = options.contentType ?? 'application/x-www-form-urlencoded; charset=UTF-8';
  return fetch(url, {
    method,
    headers: {
      ...options.headers,
      'x-csrf-token': config.csrf,
      ...(method !== 'GET' && { 'content-type': contentType }),
    },
    ...(method !== 'GET' && form !== null && { body: form }),
    signal,
  });
};

/**
 * From Zendesk's side, with the secure settings filled in there.
 * @param {RequestOptions} options
 * @param {AbortSignal} signal
 */
const throughProxy = (options, signal) =>
  fetch(`/proxy/apps/${config.app.is === 'ready' ? config.app.installationId : 0}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-csrf-token': config.csrf },
    body: JSON.stringify(options),
    signal,
  });

/**
 * @param {string} text
 * @returns {unknown}
 */
const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: told as text.
    return undefined;
  }
};

/**
 * `client.request`, with the answers of a jQuery ajax call: data, status and jqXHR, or jqXHR, status and the error.
 * @param {RequestOptions} options
 * @returns {Promise<Outcome>}
 */
export const request = async (options) => {
  const isOwn = new URL(options.url, location.href).origin === location.origin;
  const stopped = await pass(isOwn ? 'session' : 'proxy');
  if (stopped) return { ok: false, args: [stopped, 'error', stopped.statusText] };
  if (!isOwn && !options.secure) {
    const text = 'The simulated workspace forwards secure requests alone';
    return { ok: false, args: [failure(400, 'Bad Request', text), 'error', 'Bad Request'] };
  }
  const signal = options.timeout ? AbortSignal.timeout(options.timeout) : new AbortController().signal;
  try {
    const answer = await (isOwn ? throughSession(options, signal) : throughProxy(options, signal));
    const responseText = await answer.text();
    const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '');
    const responseJSON = isJson ? parsed(responseText) : undefined;
    const xhr = { readyState: 4, status: answer.status, statusText: answer.statusText, responseText, responseJSON };
    if (!answer.ok) return { ok: false, args: [xhr, 'error', answer.statusText] };
    const data = options.httpCompleteResponse ? xhr : (responseJSON ?? responseText);
    return { ok: true, args: [data, 'success', xhr] };
  } catch (error) {
    const why = error instanceof DOMException && error.name === 'TimeoutError' ? 'timeout' : 'error';
    return { ok: false, args: [failure(0, why), why, ''] };
  }
};
