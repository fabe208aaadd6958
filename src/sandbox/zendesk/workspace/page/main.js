import { addressOf, config, readJson } from './account.js';
import { applyScheme, createBar } from './bar.js';
import { el } from './dom.js';
import { closeFrame, openFrame, tell } from './frames.js';
import { createTicketPane } from './ticket-pane.js';

/**
 * @typedef {{
 *   key: string, pane: ReturnType<typeof createTicketPane>, section: HTMLElement, tab: HTMLElement,
 *   frame: import('./frames.js').Frame | null
 * }} Tab
 */

/** The open ticket is read again this often: others work on it too. */
const refreshMs = 3000;
const appPollMs = 500;

/** @type {Map<string, Tab>} */
const tabs = new Map();
/** @type {Tab | null} */
let active = null;

const appNotes = {
  none: 'No app is installed.',
  coming: 'The app is being built: some seconds.',
};

/** @param {Tab} tab */
const mountApp = (tab) => {
  const { pane, section, key } = tab;
  const apps = section.querySelector('.apps');
  if (!apps || tab.frame) return;
  const ticketId = key === 'new' ? null : Number(key);
  tab.frame = openFrame({
    location: ticketId === null ? 'new_ticket_sidebar' : 'ticket_sidebar',
    ticketId,
    get: pane.get,
    set: pane.set,
    changed: () => void pane.refresh(),
  });
  const { app } = config;
  const note =
    app.is === 'failed' ? app.why : app.is === 'ready' ? 'The app has no page for this place.' : appNotes[app.is];
  apps.replaceChildren(tab.frame?.iframe ?? el('p', { class: 'note' }, note));
};

/** @param {Tab} tab */
const retitle = ({ tab, pane }) => {
  const title = tab.querySelector('.title');
  if (title) title.textContent = pane.title();
};

/** @param {string} key */
const open = (key) => {
  const known = tabs.get(key);
  if (known) return known;
  const pane = createTicketPane(key === 'new' ? null : Number(key), (id) => {
    close('new');
    show(String(id));
    void bar.refresh();
  });
  const apps = el('aside', { class: 'apps', 'aria-label': 'Apps' });
  const section = el('section', { class: 'pane', 'data-ticket': key }, pane.form, pane.middle, apps);
  const tab = el(
    'span',
    { class: 'tab' },
    el('button', { type: 'button', class: 'title', onclick: () => show(key) }, pane.title()),
    el('button', { type: 'button', class: 'close', 'aria-label': `Close ${key}`, onclick: () => close(key) }, '×'),
  );
  /** @type {Tab} */
  const made = { key, pane, section, tab, frame: null };
  tabs.set(key, made);
  document.getElementById('tabs')?.append(tab);
  document.getElementById('panes')?.append(section);
  mountApp(made);
  refresh(made);
  return made;
};

/** @param {Tab} tab */
const refresh = (tab) =>
  tab.pane.refresh().then(
    () => retitle(tab),
    (error) => tab.section.querySelector('.head')?.replaceChildren(String(error)),
  );

/** @param {string} key */
const show = (key, isBack = false) => {
  const shown = open(key);
  if (active === shown) return;
  if (active?.frame) tell(active.frame, 'app.deactivated');
  active = shown;
  for (const tab of tabs.values()) {
    tab.section.hidden = tab !== shown;
    tab.tab.classList.toggle('active', tab === shown);
  }
  if (!isBack) history.pushState(null, '', addressOf(`/agent/tickets/${key}`));
  bar.show(key);
  if (shown.frame?.ready) tell(shown.frame, 'app.activated', { firstLoad: false });
};

/** @param {string} key */
const close = (key) => {
  const gone = tabs.get(key);
  if (!gone) return;
  if (gone.frame) closeFrame(gone.frame);
  gone.section.remove();
  gone.tab.remove();
  tabs.delete(key);
  if (active !== gone) return;
  active = null;
  const last = [...tabs.keys()].at(-1);
  if (last !== undefined) show(last);
};

const bar = createBar(
  (address) => history.replaceState(null, '', address),
  (key) => show(key),
);
const keyIn = () => /^\/agent\/tickets\/(new|\d+)$/.exec(location.pathname)?.[1] ?? null;

const awaitApp = async () => {
  while (config.app.is === 'coming') {
    await new Promise((resolve) => setTimeout(resolve, appPollMs));
    config.app = await readJson('/agent/app');
  }
  for (const tab of tabs.values()) mountApp(tab);
};

addEventListener('popstate', () => {
  const key = keyIn();
  if (key) show(key, true);
});
addEventListener('open-ticket', (event) => show(/** @type {CustomEvent<string>} */ (event).detail));

applyScheme();
const asked = keyIn();
if (asked) show(asked, true);
void awaitApp();
let heads = await bar.refresh();
// An account that just began has no ticket yet.
while (!asked && heads.length === 0) {
  await new Promise((resolve) => setTimeout(resolve, refreshMs));
  heads = await bar.refresh();
}
const first = heads[0];
if (!asked && first) show(String(first.id));
setInterval(() => active && void refresh(active), refreshMs);
