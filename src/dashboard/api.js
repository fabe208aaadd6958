// @ts-check
/** @import { Basis, Report, Series, Status, Ticket, TicketPage } from './api-types.d.ts' */

/** Nobody is signed in (any more). */
export class SignedOut extends Error {}

/** What the server says is wrong, or that it does not answer. */
export class Problem extends Error {
  /**
   * @param {string} message
   * @param {number} [status] of the answer; absent where none came
   * @param {ErrorOptions} [options]
   */
  constructor(message, status, options) {
    super(message, options);
    this.status = status;
  }
}

/** @param {any} body a problem of RFC 9457 */
const words = (body) => {
  const faults = Array.isArray(body?.errors)
    ? body.errors.map((/** @type {any} */ { field, reason }) => `${field}: ${reason}`)
    : [];
  return [body?.detail, ...faults].filter((text) => typeof text === 'string').join(' ');
};

/**
 * @param {string} path
 * @param {Record<string, string | number | undefined>} query undefined is left out
 */
export const address = (path, query) => {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
};

/**
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
const get = async (url, signal) => {
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(url, { headers: { accept: 'application/json' }, ...(signal && { signal }) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem('The server does not answer. Is it running?', undefined, { cause: error });
  }
  if (answer.status === 401) throw new SignedOut('Nobody is signed in.');
  /** @type {unknown} */
  let body;
  try {
    body = await answer.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(`The server's answer (${answer.status}) cannot be read.`, answer.status, { cause: error });
  }
  if (!answer.ok) throw new Problem(words(body) || `The server answered ${answer.status}.`, answer.status);
  return body;
};

/** @returns {Promise<Basis>} */
export const getBasis = () => get('/api/v1/basis');

/** @returns {Promise<Status>} */
export const getStatus = () => get('/api/v1/status');

/** @param {{ from: string, to: string, groupBy: string, smallCells?: string }} query @param {AbortSignal} [signal] @returns {Promise<Report>} */
export const getReport = (query, signal) => get(address('/api/v1/reports/partners', query), signal);

/** @param {{ from: string, to: string, step: string }} query @param {AbortSignal} [signal] @returns {Promise<Series>} */
export const getSeries = (query, signal) => get(address('/api/v1/reports/series', query), signal);

/** @typedef {{ partner?: string | undefined, region?: string | undefined, from: string, to: string, limit: number, after?: string | undefined }} TicketQuery */

/** @param {TicketQuery} query @returns {Promise<TicketPage>} */
export const getTickets = (query) => get(address('/api/v1/tickets', query));

/** @param {string} id @returns {Promise<Ticket>} */
export const getTicket = async (id) => {
  try {
    return await get(`/api/v1/tickets/${encodeURIComponent(id)}`);
  } catch (error) {
    if (!(error instanceof Problem && error.status === 404)) throw error;
    throw new Problem('This ticket is not in the books; the link to it may be old. Choose one from the list.', 404);
  }
};

/** The server ends the session and clears its cookie. */
export const signOut = async () => {
  try {
    await fetch('/sign-out', { method: 'POST' });
  } catch (error) {
    throw new Problem('The server does not answer; you are still signed in.', undefined, { cause: error });
  }
};
