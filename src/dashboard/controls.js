// @ts-check
import { address } from './api.js';
import { cellPlaces, groupings, hasCells, periodOf, periods, reportQuery } from './choices.js';
import { el, setAttribute, setText, show } from './dom.js';

/** @import { Choices } from './choices.js' */

/** @type {Record<Choices['period'], string>} */
const periodLabels = { 7: '7 days', 30: '30 days', 90: '90 days', custom: 'Custom' };
/** @type {Record<Choices['groupBy'], string>} */
const groupingLabels = { partner: 'Partner', region: 'Region', 'partner,region': 'Partner x region' };
/** @type {Record<Choices['smallCells'], string>} */
const placeLabels = { 'under region': 'Under region', apart: 'Apart' };

/**
 * One of several values, as radio buttons in a row.
 * @template {string} Value
 * @param {{ legend: string, name: string, values: readonly Value[], labels: Record<Value, string>, chosen: (value: Value) => void }} options
 */
const radios = ({ legend, name, values, labels, chosen }) => {
  const inputs = values.map((value) => el('input', { type: 'radio', name, value }));
  const node = el(
    'fieldset',
    { class: 'switch' },
    el('legend', {}, legend),
    ...inputs.map((input) => el('label', {}, input, el('span', {}, labels[/** @type {Value} */ (input.value)]))),
  );
  node.addEventListener('change', (event) => {
    const { value } = /** @type {HTMLInputElement} */ (event.target);
    const found = values.find((one) => one === value);
    if (found !== undefined) chosen(found);
  });
  return {
    node,
    /** @param {Value} value */
    update(value) {
      for (const input of inputs) input.checked = input.value === value;
    },
  };
};

/**
 * Period, grouping, where small cells are shown and the CSV link of what is shown.
 * @param {{ change: (next: Partial<Choices>) => void }} options told what the reader chose
 */
export const createControls = ({ change }) => {
  /** @type {{ from: string, to: string }} */
  let shownPeriod = { from: '', to: '' };
  const from = el('input', { type: 'date', required: true });
  const to = el('input', { type: 'date', required: true });
  const fault = el('p', { class: 'fault', role: 'alert' });
  const apply = el('button', { type: 'submit' }, 'Show');
  const custom = el(
    'form',
    { class: 'custom', novalidate: true, hidden: true },
    el('label', {}, 'From ', from),
    el('label', {}, 'To ', to),
    apply,
    fault,
  );
  custom.addEventListener('submit', (event) => {
    event.preventDefault();
    const wrong =
      from.value === '' || to.value === ''
        ? 'Choose both days.'
        : from.value > to.value
          ? 'The first day is after the last.'
          : '';
    setText(fault, wrong);
    if (wrong === '') change({ period: 'custom', from: from.value, to: to.value });
  });

  const period = radios({
    legend: 'Period',
    name: 'period',
    values: periods,
    labels: periodLabels,
    chosen(value) {
      setText(fault, '');
      show(custom, value === 'custom');
      if (value === 'custom') {
        [from.value, to.value] = [shownPeriod.from, shownPeriod.to];
        from.focus();
      } else change({ period: value, from: '', to: '' });
    },
  });
  const grouping = radios({
    legend: 'Rows',
    name: 'rows',
    values: groupings,
    labels: groupingLabels,
    chosen: (groupBy) => change({ groupBy, cell: null, ticket: null }),
  });
  const smallCells = radios({
    legend: 'Partners with few tickets',
    name: 'cells',
    values: cellPlaces,
    labels: placeLabels,
    chosen: (place) => change({ smallCells: place, cell: null, ticket: null }),
  });
  const csv = el('a', { class: 'button quiet', download: true }, 'CSV');
  csv.setAttribute('aria-label', 'Download these figures as CSV');
  let held = '';

  return {
    node: el('div', { class: 'controls' }, period.node, custom, grouping.node, smallCells.node, csv),
    /** @param {Choices} choices @param {string} today */
    update(choices, today) {
      shownPeriod = periodOf(choices, today);
      const key = `${choices.period} ${choices.from} ${choices.to}`;
      // Only a choice that changed, so that a half-chosen period of one's own is left alone.
      if (held !== key) {
        held = key;
        period.update(choices.period);
        show(custom, choices.period === 'custom');
        if (choices.period === 'custom') [from.value, to.value] = [choices.from, choices.to];
      }
      grouping.update(choices.groupBy);
      smallCells.update(choices.smallCells);
      show(smallCells.node, hasCells(choices));
      setAttribute(csv, 'href', address('/api/v1/reports/partners', { ...reportQuery(choices, today), format: 'csv' }));
    },
  };
};
