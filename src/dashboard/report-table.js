// @ts-check
import { el, keyedList, setAttribute, setText, show } from './dom.js';
import { partnerName, regionName, rowPartnerName } from './names.js';
import { columns } from './report-columns.js';

/** @import { Cell, Report, Row } from './api-types.d.ts' */
/** @import { Column } from './report-columns.js' */
/** @import { Choices } from './choices.js' */

/** @type {Record<string, string>} */
const flagLabels = { cost_multiple: 'Costly', mostly_estimated: 'Mostly estimated' };
/** @param {{ code: string }} flag */
const flagLabel = ({ code }) => flagLabels[code] ?? code.replaceAll('_', ' ');

/** What cost is for those who may not see wages. */
const pooledWords =
  " Support cost is at the roles' pooled rates, so that no wage shows; a dash where too few agents worked in a month.";

/** Of the partners behind a row so many are named in it; all are in its title. */
const mostNamed = 3;

/** Why a row stands for several partners, and for whom. @param {Row['folded']} folded @param {number} [most] */
const foldedWords = (folded, most = Number.POSITIVE_INFINITY) => {
  if (!folded) return '';
  const { partners, reason } = folded;
  const names = partners.map((partner) => partnerName(partner).name);
  const more = names.length - most;
  // The last one is as short by its name.
  return more > 1 ? `${reason}: ${names.slice(0, most).join(', ')} and ${more} more` : `${reason}: ${names.join(', ')}`;
};

/** @param {Cell} cell */
const keyOf = ({ partner, region }) => JSON.stringify([partner, region]);

/** The query for the tickets behind a row: only what it is grouped by. @param {Cell} cell @param {Report['groupBy']} groupBy */
export const cellOf = (cell, groupBy) => Object.fromEntries(groupBy.map((by) => [by, cell[by] ?? 'none']));

/** @param {{ partner?: string, region?: string }} cell @param {Report} report @returns {Row | undefined} */
export const rowOfCell = (cell, { rows, total, groupBy }) =>
  cell.partner === undefined && cell.region === undefined
    ? total
    : rows.find((row) =>
        ['partner', 'region'].every((by) =>
          groupBy.includes(/** @type {'partner'} */ (by))
            ? cell[/** @type {'partner'} */ (by)] === (row[/** @type {'partner'} */ (by)] ?? 'none')
            : cell[/** @type {'partner'} */ (by)] === undefined,
        ),
      );

/** @param {readonly Row[]} rows @param {string} sort @param {Report['groupBy']} groupBy */
const sorted = (rows, sort, groupBy) => {
  const falling = sort.startsWith('-');
  const name = sort.replace(/^-/, '');
  const turn = falling ? -1 : 1;
  if (name === 'name') {
    /** @param {Row} row */
    const words = (row) =>
      groupBy.map((by) => (by === 'partner' ? rowPartnerName(row).name : regionName(row.region).name)).join(' ');
    return rows.toSorted((a, b) => turn * words(a).localeCompare(words(b), 'en'));
  }
  const column = columns.find((one) => one.name === name);
  if (!column) return rows;
  return rows.toSorted((a, b) => {
    const [left, right] = [column.value(a), column.value(b)];
    if (left === right) return 0;
    if (left === null) return 1;
    if (right === null) return -1;
    return turn * (left - right);
  });
};

/** @typedef {{ groupBy: Report['groupBy'], widest: number, open: string | null }} View */

/**
 * The table of partners or regions, kept up to date in place.
 * @param {{ sort: (column: string) => void, open: (cell: { partner?: string, region?: string }) => void, unfold: () => void }} options
 */
export const createReportTable = ({ sort, open, unfold }) => {
  /** @type {View} */
  let view = { groupBy: ['partner'], widest: 1, open: null };

  /** @param {Column | { name: 'name', label: string }} column */
  const headerCell = (column) => {
    const hint = 'hint' in column ? column.hint : undefined;
    const unit = 'unit' in column && column.unit !== undefined ? el('span', { class: 'unit' }, column.unit) : null;
    const button = el('button', { type: 'button', title: hint }, column.label, ...(unit ? [' ', unit] : []));
    button.addEventListener('click', () => sort(column.name));
    return { name: column.name, button, node: el('th', { scope: 'col' }, button) };
  };
  const nameHeader = headerCell({ name: 'name', label: 'Partner' });
  const headers = [nameHeader, ...columns.map(headerCell)];

  /** @param {boolean} isTotal */
  const makeRow = (isTotal) => {
    const name = el('span', { class: 'name' });
    const code = el('span', { class: 'code' });
    const place = el('span', { class: 'place' });
    const button = el('button', { type: 'button', class: 'opener' }, name, code, place);
    const cells = columns.map(() => el('td'));
    const bar = el('span', { class: 'bar', 'aria-hidden': 'true' });
    const multipleText = el('span');
    cells[columns.findIndex((column) => column.name === 'costMultiple')]?.append(multipleText, bar);
    const why = el('span', { class: 'why' });
    const flags = el('span', { class: 'flags' });
    /** @type {Row | null} */
    let held = null;
    button.addEventListener('click', () => {
      // Tickets are listed by partner; those of several are seen when they stand apart.
      if (held?.folded) unfold();
      else if (held) open(isTotal ? {} : cellOf(held, view.groupBy));
    });
    const node = el('tr', isTotal ? { class: 'total' } : {}, el('th', { scope: 'row' }, button, why, flags), ...cells);
    return {
      node,
      /** @param {Row} row */
      update(row) {
        held = row;
        const [first, second] = view.groupBy.map((by) =>
          by === 'partner'
            ? row.partner === null && view.groupBy.length === 2 && row.region !== null
              ? { name: 'Partner unknown', code: '' }
              : rowPartnerName(row)
            : regionName(row.region),
        );
        setText(name, isTotal ? 'Total' : (first?.name ?? ''));
        setText(code, isTotal ? '' : row.folded ? 'show apart' : (first?.code ?? ''));
        setText(place, isTotal || !second ? '' : second.name);
        setText(why, foldedWords(row.folded, mostNamed));
        setAttribute(why, 'title', foldedWords(row.folded) || null);
        setAttribute(node, 'aria-current', view.open === (isTotal ? 'total' : keyOf(row)) ? 'true' : null);
        columns.forEach((column, index) => {
          const cell = cells[index];
          if (!cell) return;
          setText(column.name === 'costMultiple' ? multipleText : cell, column.text(row));
          setAttribute(cell, 'title', column.title?.(row) || null);
          cell.classList.toggle('quiet', column.quiet?.(row) ?? false);
        });
        const share = row.costMultiple === null ? 0 : Math.max(0, Math.min(1, row.costMultiple / view.widest));
        const fill = `${(share * 100).toFixed(1)}%`;
        if (bar.style.getPropertyValue('--fill') !== fill) bar.style.setProperty('--fill', fill);
        const wanted = row.flags.map(({ code: flag }) => flag).join(' ');
        if (flags.dataset.codes !== wanted) {
          flags.dataset.codes = wanted;
          flags.replaceChildren(
            ...row.flags.map((flag) => el('span', { class: 'flag', title: flag.rule }, flagLabel(flag))),
          );
        }
      },
    };
  };

  const body = el('tbody');
  const rows = keyedList(body, { key: keyOf, make: () => makeRow(false) });
  const total = makeRow(true);
  const table = el(
    'table',
    { class: 'report' },
    el(
      'caption',
      { class: 'unseen' },
      'Support cost, orders and CSAT; a button in a header sorts, a name opens its tickets',
    ),
    el('thead', {}, el('tr', {}, ...headers.map(({ node }) => node))),
    body,
    el('tfoot', {}, total.node),
  );
  const scroller = el(
    'div',
    { class: 'scroller', role: 'region', 'aria-label': 'Figures by row', tabindex: '0' },
    table,
  );
  const legend = el('ul', { class: 'legend soft' });
  const currency = el('p', { class: 'soft small' });

  return {
    node: el('section', { id: 'report', 'aria-label': 'Report', tabindex: '-1' }, scroller, legend, currency),
    /** @param {Report} report @param {Choices} choices */
    update(report, choices) {
      const { groupBy } = report;
      const opened = choices.cell === null ? undefined : rowOfCell(choices.cell, report);
      view = {
        groupBy,
        widest: Math.max(1, ...report.rows.map(({ costMultiple }) => costMultiple ?? 0)),
        open: opened === undefined ? null : opened === report.total ? 'total' : keyOf(opened),
      };
      setText(
        nameHeader.button,
        groupBy.length === 2 ? 'Partner and region' : groupBy[0] === 'region' ? 'Region' : 'Partner',
      );
      for (const { name, node } of headers)
        setAttribute(
          node,
          'aria-sort',
          choices.sort === name ? 'ascending' : choices.sort === `-${name}` ? 'descending' : null,
        );
      rows.update(sorted(report.rows, choices.sort, groupBy));
      total.update(report.total);
      setText(
        currency,
        `Money in ${report.currency}, rounded; rest on a figure for its exact value.${report.costBasis === 'pooled' ? pooledWords : ''}`,
      );
      const rules = new Map(report.rows.flatMap(({ flags }) => flags.map((flag) => [flagLabel(flag), flag.rule])));
      const wanted = [...rules].map(([label, rule]) => `${label}: ${rule}`);
      if (legend.dataset.rules !== wanted.join('\n')) {
        legend.dataset.rules = wanted.join('\n');
        legend.replaceChildren(
          ...[...rules].map(([label, rule]) => el('li', {}, el('span', { class: 'flag' }, label), ` ${rule}`)),
        );
      }
      show(legend, rules.size > 0);
    },
    /** Puts the focus on the row that was opened. @param {Cell} cell */
    focusRow(cell) {
      const node = rows.find(keyOf(cell));
      node?.querySelector('button')?.focus();
    },
  };
};
