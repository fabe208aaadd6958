import { config, view } from './account.js';
import { el, notify } from './dom.js';
import { request } from './request.js';

// The workspace's side of ZAF: the SDK in the app's frame posts JSON text to its parent, and takes what comes from the origin
// that its address names. https://developer.zendesk.com/api-reference/apps/apps-core-api/client_api/

/**
 * What a frame may see and set of where it stands.
 * @typedef {{
 *   location: string,
 *   ticketId: number | null,
 *   get: (path: string) => unknown,
 *   set: (path: string, value: unknown) => boolean,
 *   changed: () => void
 * }} Place
 * @typedef {{ guid: string, iframe: HTMLIFrameElement, origin: string, place: Place, heard: Set<string>, ready: boolean }} Frame
 */

/** @type {Map<string, Frame>} */
const frames = new Map();

/**
 * @param {Frame} frame
 * @param {object} message
 */
const post = (frame, message) => frame.iframe.contentWindow?.postMessage(JSON.stringify(message), frame.origin);

/**
 * Tells one frame of an event, if it listens.
 * @param {Frame} frame
 * @param {string} name
 * @param {unknown} [data]
 */
export const tell = (frame, name, data) => {
  if (frame.heard.has(name)) post(frame, { key: `zaf.${name}`, message: data });
};

/**
 * @param {string} name
 * @param {unknown} [data]
 */
export const tellAll = (name, data) => {
  for (const frame of frames.values()) tell(frame, name, data);
};

/** @param {Frame} frame */
const contextOf = ({ guid, place }) => ({
  instanceGuid: guid,
  product: 'support',
  account: { subdomain: config.subdomain },
  location: place.location,
  ...(place.ticketId !== null && { ticketId: place.ticketId }),
});

const metadata = () => {
  if (config.app.is !== 'ready') return {};
  const { appId, installationId, name, version, settings } = config.app;
  return { appId, installationId, name, version, settings };
};

/**
 * @param {Frame} frame
 * @param {string} path
 * @returns {unknown} undefined: there is no such thing
 */
const read = (frame, path) => {
  const [head = '', ...rest] = path.split('.');
  const user = { ...config.agent, locale: view.locale, timeZone: { ianaName: 'Etc/UTC' }, groups: [], tags: [] };
  const all = {
    colorScheme: view.scheme,
    currentAccount: { subdomain: config.subdomain, planName: 'Suite Professional', timeFormat: 24 },
    currentUser: user,
    instances: Object.fromEntries([...frames.values()].map((one) => [one.guid, contextOf(one)])),
  };
  if (!(head in all)) return frame.place.get(path);
  /** @type {any} */
  let value = all[/** @type {keyof typeof all} */ (head)];
  for (const name of rest) value = value?.[name];
  return value;
};

/** @type {Record<string, (frame: Frame, args: any[]) => void>} */
const actions = {
  // In a sidebar the height alone counts.
  resize: ({ iframe }, [size]) => {
    const height = Number.parseInt(String(size?.height ?? ''), 10);
    if (height > 0) iframe.style.height = `${height}px`;
  },
  notify: (_, [text]) => notify(String(text).replace(/<[^>]*>/g, '')),
  routeTo: (_, [kind, id]) => {
    if (kind === 'ticket') dispatchEvent(new CustomEvent('open-ticket', { detail: String(id) }));
  },
};

/**
 * @param {Frame} frame
 * @param {'get' | 'set' | 'invoke'} kind
 * @param {any} params
 */
const resultOf = (frame, kind, params) => {
  /** @type {Record<string, unknown>} */
  const result = {};
  /** @type {Record<string, object>} */
  const errors = {};
  const fail = (/** @type {string} */ path, message = 'No such Api') => {
    errors[path] = { path, message, name: 'APIInvocationError' };
  };
  if (kind === 'get')
    for (const path of params) {
      const value = read(frame, path);
      if (value === undefined) fail(path);
      else result[path] = value;
    }
  if (kind === 'set')
    for (const [path, value] of Object.entries(params)) {
      if (frame.place.set(path, value)) result[path] = value;
      else fail(path);
    }
  if (kind === 'invoke')
    for (const [name, args] of Object.entries(params)) {
      const act = actions[name];
      if (!act) fail(name);
      else {
        act(frame, Array.isArray(args) ? args : []);
        result[name] = null;
      }
    }
  return { ...result, errors };
};

/**
 * @param {Frame} frame
 * @param {string} key
 * @param {any} options
 */
const passOn = async (frame, key, options) => {
  const { ok, args } = await request(options);
  post(frame, { key: `zaf.${key}.${ok ? 'done' : 'fail'}`, message: { responseArgs: args } });
  const isChange = !/^get$/i.test(options.type ?? options.method ?? 'GET');
  if (ok && isChange) frame.place.changed();
};

/**
 * @param {Frame} frame
 * @param {any} message
 */
const handle = (frame, { key, message, id, request: kind, params, instanceGuid }) => {
  const target = frames.get(instanceGuid) ?? frame;
  if (kind) return post(frame, { id, result: resultOf(target, kind, params) });
  if (typeof key !== 'string') return;
  if (key.startsWith('request:')) return void passOn(frame, key, message);
  const [, verb, name = ''] = /^iframe\.(\w+):?(.*)$/.exec(key) ?? [];
  if (verb === 'handshake') {
    frame.ready = true;
    // A page that the app loaded anew listens for nothing yet.
    frame.heard.clear();
    post(frame, { key: 'zaf.app.registered', message: { metadata: metadata(), context: contextOf(frame) } });
    // Whoever listens for the first activation has said so by the time that the app knows it is registered.
    return void setTimeout(
      () => !frame.iframe.closest('[hidden]') && tell(frame, 'app.activated', { firstLoad: true }),
    );
  }
  if (verb === 'on') frame.heard.add(name);
  if (verb === 'off' && message?.subscriberCount === 0) frame.heard.delete(name);
  if (verb === 'trigger') {
    if (target !== frame) tell(target, name, message);
    else tellAll(name, message);
  }
};

addEventListener('message', ({ data, source, origin }) => {
  const frame = [...frames.values()].find((one) => one.iframe.contentWindow === source && one.origin === origin);
  if (!frame || typeof data !== 'string') return;
  handle(frame, JSON.parse(data));
});

/**
 * The app in a frame of its own; null where it has no page for that place.
 * @param {Place} place
 * @returns {Frame | null}
 */
export const openFrame = (place) => {
  const page = config.app.is === 'ready' ? config.app.pages[place.location] : undefined;
  if (page === undefined || config.app.is !== 'ready') return null;
  const guid = crypto.randomUUID();
  const url = new URL(page);
  url.searchParams.set('origin', location.origin);
  url.searchParams.set('app_guid', guid);
  url.searchParams.set('colorScheme', view.scheme);
  const iframe = el('iframe', { title: config.app.name, src: url.href, 'data-location': place.location });
  const frame = { guid, iframe, origin: url.origin, place, heard: new Set(), ready: false };
  frames.set(guid, frame);
  return frame;
};

/** @param {Frame} frame */
export const closeFrame = ({ guid, iframe }) => {
  frames.delete(guid);
  iframe.remove();
};
