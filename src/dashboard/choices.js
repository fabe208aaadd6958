// @ts-check
import { addDays } from './format.js';

/**
 * All that the reader chose; it lives in the address, so that a link shows the same and the back button works.
 * @typedef {object} Choices
 * @property {'7' | '30' | '90' | 'custom'} period days that end today, or from and to
 * @property {string} from only with custom
 * @property {string} to
 * @property {'partner' | 'region' | 'partner,region'} groupBy
 * @property {'under region' | 'apart'} smallCells by partner and region: partners with few tickets there, in one row or each in its own
 * @property {string} sort a column, "-" before it for falling
 * @property {{ partner?: string, region?: string } | null} cell the opened row, "none" for what has none; {} is the total
 * @property {string | null} ticket the opened ticket
 */

export const periods = /** @type {const} */ (['7', '30', '90', 'custom']);
export const groupings = /** @type {const} */ (['partner', 'region', 'partner,region']);
export const cellPlaces = /** @type {const} */ (['under region', 'apart']);

const dayPattern = /^\d{4}-\d{2}-\d{2}$/;
export const defaultSort = '-supportCost';

/** @param {string} text @returns {boolean} */
const isDay = (text) => dayPattern.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));

/** @param {string} search what stands after the path; nonsense counts as absent @returns {Choices} */
export const readChoices = (search) => {
  const query = new URLSearchParams(search);
  const [from, to] = [query.get('from') ?? '', query.get('to') ?? ''];
  const custom = isDay(from) && isDay(to) && from <= to;
  const [partner, region] = [query.get('partner'), query.get('region')];
  const opened = partner !== null || region !== null || query.has('all');
  const ticket = query.get('ticket');
  return {
    period: custom ? 'custom' : (periods.find((period) => period === query.get('days')) ?? '90'),
    from: custom ? from : '',
    to: custom ? to : '',
    groupBy: groupings.find((grouping) => grouping === query.get('by')) ?? 'partner',
    smallCells: query.get('cells') === 'apart' ? 'apart' : 'under region',
    sort: query.get('sort') ?? defaultSort,
    cell: opened ? { ...(partner !== null && { partner }), ...(region !== null && { region }) } : null,
    ticket: ticket !== null && /^\d{1,18}$/.test(ticket) ? ticket : null,
  };
};

/** @param {Choices} choices @returns {string} the address for them; what is the default is left out */
export const writeChoices = ({ period, from, to, groupBy, smallCells, sort, cell, ticket }) => {
  const query = new URLSearchParams();
  if (period === 'custom') {
    query.set('from', from);
    query.set('to', to);
  } else if (period !== '90') query.set('days', period);
  if (groupBy !== 'partner') query.set('by', groupBy);
  if (smallCells === 'apart') query.set('cells', 'apart');
  if (sort !== defaultSort) query.set('sort', sort);
  if (cell?.partner !== undefined) query.set('partner', cell.partner);
  if (cell?.region !== undefined) query.set('region', cell.region);
  if (cell && cell.partner === undefined && cell.region === undefined) query.set('all', '1');
  if (ticket !== null) query.set('ticket', ticket);
  const text = query.toString();
  return text === '' ? '/' : `/?${text}`;
};

/** Cells are there by partner and region alone. @param {Pick<Choices, 'groupBy'>} choices */
export const hasCells = ({ groupBy }) => groupBy === 'partner,region';

/** What the report, and its CSV, is asked for; apart is how it comes unasked. @param {Choices} choices @param {string} today */
export const reportQuery = (choices, today) => ({
  ...periodOf(choices, today),
  groupBy: choices.groupBy,
  ...(hasCells(choices) && choices.smallCells !== 'apart' && { smallCells: choices.smallCells }),
});

/** First and last day, both inclusive. @param {Choices} choices @param {string} today */
export const periodOf = ({ period, from, to }, today) =>
  period === 'custom' ? { from, to } : { from: addDays(today, 1 - Number(period)), to: today };
