// @ts-check
import { el, setAttribute, setText, show } from './dom.js';
import { coverage, dayWords, multiple, number, price } from './format.js';
import { partnerName, regionName } from './names.js';

/** @import { Held, Report, Row, Status } from './api-types.d.ts' */

/** Fewer worked tickets than this name nobody as dearest: the rule of the flag. */
const leastTickets = 30;

/** @param {Row} row */
const rowName = (row, /** @type {Report['groupBy']} */ groupBy) =>
  groupBy.map((by) => (by === 'partner' ? partnerName(row.partner).name : regionName(row.region).name)).join(' in ');

/** @param {Report} report */
const dearest = ({ rows, total, groupBy }) => {
  const known = rows.filter(
    (row) =>
      row.ticketsWorked >= leastTickets &&
      row.costMultiple !== null &&
      row.folded === undefined &&
      groupBy.every((by) => row[by] !== null && row[by] !== 'direct'),
  );
  const [top] = known.toSorted((a, b) => (b.costMultiple ?? 0) - (a.costMultiple ?? 0));
  if (!top)
    return total.ticketsWorked === 0
      ? 'No ticket was worked on in this period.'
      : `Nothing to compare yet: no row has ${leastTickets} worked tickets.`;
  return `${rowName(top, groupBy)} costs most: a ticket takes ${price(top.costPerTicket)}, ${multiple(top.costMultiple)} the average of ${price(total.costPerTicket)}.`;
};

/** @param {number} value @param {string} one @param {string} many */
const some = (value, one, many) => `${number(value)} ${value === 1 ? one : many}`;

/** @param {Row} total */
const covered = (total) => {
  const measured = total.measuredShare === null ? [] : [`${coverage(total.measuredShare)} of this cost is measured`];
  const open =
    total.attributedShare === null
      ? []
      : [`${coverage(1 - total.attributedShare)} of tickets have neither partner nor region`];
  return measured.length + open.length === 0 ? '' : `${[...measured, ...open].join(', ')}.`;
};

/** @param {Row} total */
const gaps = ({ unpricedEntries, unpricedOrders, cappedEntries }) =>
  [
    unpricedEntries > 0 &&
      `${some(unpricedEntries, 'work entry has', 'work entries have')} no rate or exchange rate yet and no part in these figures.`,
    unpricedOrders > 0 &&
      `${some(unpricedOrders, 'order has', 'orders have')} no exchange rate yet and no part in net revenue.`,
    cappedEntries > 0 &&
      `${some(cappedEntries, 'update was', 'updates were')} longer than the cap and costed up to it.`,
  ]
    .filter((text) => text !== false)
    .join(' ');

/** That not all is held of the days, and who lacks it. @param {Held | undefined} held */
const unheld = (held) => {
  const sides = held ? [...held.unknown, ...held.partlyKnown] : [];
  if (!held || sides.length === 0) return '';
  const names = [...new Set(held.heldUpBy.flatMap(({ connections }) => connections))];
  const by = names.length === 0 ? '' : ` (${names.join(', ')})`;
  return `Not held whole on these days: ${sides.join(', ')}${by}. What rests on them is of what is held, and rates may be far off.`;
};

/** Which partner costs most, how much of it is measured, and what is missing. */
export const createHeadline = () => {
  const period = el('p', { class: 'soft' });
  const lead = el('h2', { class: 'lead' });
  const cover = el('p');
  const gap = el('p', { class: 'gap', hidden: true });
  return {
    node: el('section', { class: 'headline' }, period, lead, cover, gap),
    /** @param {Report} report */
    update(report) {
      setText(period, `${dayWords(report.from)} to ${dayWords(report.to)}${report.partial ? ', not over yet' : ''}`);
      setText(lead, dearest(report));
      setText(cover, covered(report.total));
      const missing = [unheld(report.held), gaps(report.total)].filter((text) => text !== '').join(' ');
      setText(gap, missing);
      show(gap, missing !== '');
    },
  };
};

/** How far the demo is and how much still waits; nothing while all is quiet. */
export const createProgress = () => {
  const words = el('p', { id: 'progress-words' });
  const bar = el('progress', { 'aria-labelledby': 'progress-words', max: 1 });
  const workspace = el(
    'a',
    { target: '_blank', rel: 'noreferrer', hidden: true },
    'The tickets at the simulated Zendesk',
  );
  const node = el('section', { class: 'progress', 'aria-label': 'Progress', hidden: true }, words, bar, workspace);
  return {
    node,
    /** @param {Status} status */
    update({ pending, demo }) {
      const running = demo !== undefined && !demo.done;
      const parts = [
        running && `Demo: day ${number(demo.day)} of ${number(demo.days)}`,
        pending > 0 && `${some(pending, 'change is', 'changes are')} waiting`,
      ].filter((text) => text !== false);
      setText(words, parts.join(' · '));
      const url = demo?.workspaceUrl;
      show(node, parts.length > 0 || url !== undefined);
      show(bar, running || pending > 0);
      show(workspace, url !== undefined);
      setAttribute(workspace, 'href', url ?? null);
      if (running) {
        setAttribute(bar, 'max', demo.days);
        setAttribute(bar, 'value', Math.min(demo.day, demo.days));
      } else setAttribute(bar, 'value', null);
    },
  };
};
