/**
 * @typedef {{ id: number, name: string, email: string, role: string, locale: string | null }} Person
 * @typedef {{ id: number, type: string, title: string, options: { value: string, name: string }[] | null }} Field
 * @typedef {{
 *   is: 'ready', appId: number, installationId: number, name: string, version: string,
 *   settings: Record<string, string>, pages: Record<string, string>
 * }} ReadyApp
 * @typedef {ReadyApp | { is: 'none' } | { is: 'coming' } | { is: 'failed', why: string }} App
 * @typedef {{ subdomain: string, fields: Field[], agent: Person, agents: Person[], csrf: string, app: App }} Config
 * @typedef {{
 *   id: number, subject: string, status: string, tags: string[], updatedAt: string,
 *   requester: { id: number, name: string, email: string | null }, assignee: { id: number, name: string } | null,
 *   fields: Record<string, string>,
 *   comments: { author: string, isStaff: boolean, isPublic: boolean, at: string, body: string }[],
 *   events: { id: number, author: string, at: string, changes: { what: string, from: unknown, to: unknown }[] }[]
 * }} Ticket
 * @typedef {{ id: number, subject: string, status: string, words: string | null }} TicketHead
 */

/** What the server knew when it made the page. */
export const config = /** @type {Config} */ (JSON.parse(document.getElementById('config')?.textContent ?? '{}'));

/**
 * What the bar sets; it lives in the address, so that a link shows the same.
 * @typedef {{ scheme: 'light' | 'dark', locale: string, network: string }} View
 */

const asked = new URLSearchParams(location.search);

/** @type {View} */
export const view = {
  scheme: asked.get('scheme') === 'dark' ? 'dark' : 'light',
  locale: asked.get('locale') ?? config.agent.locale ?? 'en-US',
  network: asked.get('network') ?? 'normal',
};

/**
 * The address of a page with the same view.
 * @param {string} path
 * @param {Record<string, string>} [more]
 */
export const addressOf = (path, more = {}) => {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  const text = query.toString();
  return `${path}${text === '' ? '' : `?${text}`}`;
};

/**
 * @param {string} path
 * @returns {Promise<any>}
 */
export const readJson = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
};
