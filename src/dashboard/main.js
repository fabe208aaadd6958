// @ts-check
import { getBasis, getReport, getSeries, getStatus, SignedOut, signOut } from './api.js';
import { createChart } from './chart.js';
import { periodOf, readChoices, reportQuery, writeChoices } from './choices.js';
import { createAttention, createConnections } from './connections.js';
import { createControls } from './controls.js';
import { el, setText, show } from './dom.js';
import { createDrawer } from './drawer.js';
import { dayIn, dayWords, useMinorDigits } from './format.js';
import { createHeadline, createProgress } from './headline.js';
import { useNames } from './names.js';
import { createReportTable } from './report-table.js';

/** @import { Basis, Report, Status } from './api-types.d.ts' */
/** @import { Choices } from './choices.js' */

const statusEveryMs = 2000;
/** Figures are read again this often while nothing happens; at each look at the status while something does. */
const quietReportEveryMs = 15_000;
const afterFaultMs = 5000;
/** Bars of the chart stay readable up to so many days; above, weeks. */
const mostBars = 100;

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const page = byId('page');
const announcer = byId('announcer');

let choices = readChoices(location.search);
/** @type {Basis | null} */
let basis = null;
/** @type {Status | null} */
let status = null;
/** @type {Report | null} */
let report = null;
let reportKey = '';
let reportAtMs = Number.NEGATIVE_INFINITY;
/** @type {AbortController | null} */
let reading = null;
/** @type {number | undefined} */
let timer;
let wasBusy = false;
/** Connections that are said to need attention, by name. */
let troubled = '';

/** @param {Partial<Choices>} next @param {{ replace?: boolean }} [how] */
const change = (next, { replace = false } = {}) => {
  const before = choices;
  choices = { ...choices, ...next };
  const url = writeChoices(choices);
  if (replace) history.replaceState(null, '', url);
  else history.pushState(null, '', url);
  render();
  if (
    before.period !== choices.period ||
    before.from !== choices.from ||
    before.to !== choices.to ||
    before.groupBy !== choices.groupBy ||
    before.smallCells !== choices.smallCells
  )
    void readNow();
};

const controls = createControls({ change });
const progress = createProgress();
const attention = createAttention();
const connections = createConnections();
const headline = createHeadline();
const chart = createChart();
const table = createReportTable({
  sort: (column) => change({ sort: choices.sort === `-${column}` ? column : `-${column}` }, { replace: true }),
  open: (cell) => change({ cell, ticket: null }),
  unfold() {
    change({ smallCells: 'apart' });
    // The row that had the focus goes.
    table.node.focus({ preventScroll: true });
    setText(announcer, 'Every partner of a region has a row of its own.');
  },
});
const drawer = createDrawer({
  basis: () => /** @type {Basis} */ (basis),
  change,
  failed: (error) => {
    if (error instanceof SignedOut) showSignedOut();
  },
});

const faultWords = el('span');
const retry = el('button', { type: 'button', class: 'quiet' }, 'Try again');
const fault = el('div', { class: 'notice bad', role: 'alert', hidden: true }, faultWords, ' ', retry);
const skeleton = el(
  'div',
  { class: 'skeleton', role: 'img', 'aria-label': 'Loading' },
  ...Array.from({ length: 9 }, () => el('span')),
);
const empty = el(
  'section',
  { class: 'notice', hidden: true },
  el('h2', {}, 'No data yet'),
  el('p', {}, 'Connect a helpdesk: ', el('code', {}, 'npx deskledger connect zendesk --settings zendesk.json')),
  el(
    'p',
    {},
    'Its tickets show here as they come in. A new connection only observes: it writes no tag and sends no survey.',
  ),
);
const summary = el('div', { class: 'summary' }, headline.node, chart.node);
const figures = el('div', { class: 'figures', hidden: true }, summary, table.node);

const showSignedOut = () => {
  clearTimeout(timer);
  reading?.abort();
  drawer.node.close();
  page.replaceChildren(
    el(
      'section',
      { class: 'notice' },
      el('h2', {}, 'You are signed out'),
      el('p', {}, 'Make a new sign-in link on the server and open it in this browser:'),
      el('p', {}, el('code', {}, basis?.signInCommand ?? 'npx deskledger user sign-in')),
    ),
  );
  setText(announcer, 'You are signed out.');
};

/** @param {unknown} error */
const showFault = (error) => {
  if (error instanceof SignedOut) {
    showSignedOut();
    return;
  }
  const words = error instanceof Error ? error.message : 'Something went wrong.';
  setText(faultWords, report ? `${words} The figures below are the last that came.` : words);
  show(fault, true);
  show(skeleton, false);
};

const today = () => (status && basis ? dayIn(status.now, basis.timeZone) : '');

/** @param {Basis} fresh */
const useBasis = (fresh) => {
  basis = fresh;
  useMinorDigits(fresh.minorDigits);
  useNames(fresh);
  setText(byId('basis'), `Costs in ${fresh.currency}, days in ${fresh.timeZone}`);
};

/** Which report the choices ask for. */
const wantedKey = () => Object.values(reportQuery(choices, today())).join(' ');

const render = () => {
  if (!basis || !status) return;
  controls.update(choices, today());
  progress.update(status);
  connections.update(status, basis.timeZone);
  const named = attention.update(status, basis.timeZone).join(', ');
  if (named !== '' && named !== troubled) setText(announcer, `Needs attention: ${named}.`);
  troubled = named;
  const stale = report !== null && reportKey !== wantedKey() && reading !== null;
  figures.classList.toggle('stale', stale);
  figures.setAttribute('aria-busy', String(stale));
  if (!report) return;
  const nothing = status.connections.length === 0 && report.total.tickets === 0 && report.total.orders === 0;
  show(empty, nothing);
  show(figures, !nothing);
  show(skeleton, false);
  headline.update(report);
  table.update(report, choices);
  drawer.update(choices, report, { from: report.from, to: report.to });
};

/** Reads the report and the series for what is chosen; a newer choice drops an older answer. */
const readReport = async () => {
  if (!basis || !status) return;
  reading?.abort();
  const own = new AbortController();
  reading = own;
  const period = periodOf(choices, today());
  const days = (Date.parse(period.to) - Date.parse(period.from)) / 86_400_000;
  const key = wantedKey();
  try {
    const [fresh, series, names] = await Promise.all([
      getReport(reportQuery(choices, today()), own.signal),
      getSeries({ ...period, step: days >= mostBars ? 'week' : 'day' }, own.signal),
      getBasis(),
    ]);
    if (own.signal.aborted) return;
    useBasis(names);
    const chosen =
      report !== null &&
      [report.from, report.to, report.groupBy.join()].join(' ') !==
        [fresh.from, fresh.to, fresh.groupBy.join()].join(' ');
    report = fresh;
    reportKey = key;
    reportAtMs = performance.now();
    chart.update(series);
    if (chosen && choices.period === 'custom')
      setText(announcer, `Figures of ${dayWords(fresh.from)} to ${dayWords(fresh.to)}, ${fresh.rows.length} rows.`);
    show(fault, false);
  } catch (error) {
    if (own.signal.aborted) return;
    throw error;
  } finally {
    if (reading === own) reading = null;
  }
  render();
};

const readNow = async () => {
  const wanted = readReport();
  render();
  try {
    await wanted;
  } catch (error) {
    showFault(error);
  }
};

/** One look at the server: the status each time, the figures when something happens or they are old. */
const look = async () => {
  clearTimeout(timer);
  if (document.hidden) return;
  let waitMs = statusEveryMs;
  try {
    if (!basis) {
      useBasis(await getBasis());
    }
    status = await getStatus();
    const busy = status.pending > 0 || (status.demo !== undefined && !status.demo.done);
    const due = busy || wasBusy || performance.now() - reportAtMs >= quietReportEveryMs || reportKey !== wantedKey();
    if (wasBusy && !busy) setText(announcer, 'All changes are in; the figures are up to date.');
    wasBusy = busy;
    render();
    if (due && reading === null) await readReport();
    show(fault, false);
  } catch (error) {
    showFault(error);
    if (error instanceof SignedOut) return;
    waitMs = afterFaultMs;
  }
  clearTimeout(timer);
  timer = setTimeout(look, waitMs);
};

window.addEventListener('popstate', () => {
  choices = readChoices(location.search);
  render();
  void readNow();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void look();
});
retry.addEventListener('click', () => {
  show(fault, false);
  show(skeleton, report === null);
  void look();
});
byId('sign-out').addEventListener('click', async () => {
  try {
    await signOut();
    location.assign('/');
  } catch (error) {
    showFault(error);
  }
});

page.replaceChildren(
  controls.node,
  fault,
  attention.node,
  progress.node,
  skeleton,
  empty,
  figures,
  connections.node,
  drawer.node,
);
void look();
