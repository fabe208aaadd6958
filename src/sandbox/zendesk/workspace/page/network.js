import { view } from './account.js';

/** What the bar offers, by what it does. */
export const networks = {
  normal: 'normal',
  slow: 'slow (2.5 s)',
  dead: "the app's server is down",
  silent: "the app's server never answers",
  offline: 'no network at all',
};

const slowMs = 2500;

/** @param {number} ms */
const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A failed request as jQuery tells it, which is how Zendesk's framework asks.
 * @param {number} status
 * @param {string} statusText
 * @param {string} [responseText]
 */
export const failure = (status, statusText, responseText = '') => ({
  readyState: status === 0 ? 0 : 4,
  status,
  statusText,
  responseText,
});

/**
 * Lets a request through as the bar says; a failure where it is not let through.
 * @param {'session' | 'proxy'} way through the agent's own session, or to the app's server
 * @returns {Promise<ReturnType<typeof failure> | null>}
 */
export const pass = async (way) => {
  const { network } = view;
  if (network === 'slow') await after(slowMs);
  if (network === 'offline') return failure(0, 'error');
  if (way === 'proxy' && network === 'silent') return new Promise(() => {});
  if (way === 'proxy' && network === 'dead') return failure(502, 'Bad Gateway', 'The host could not be reached');
  return null;
};
