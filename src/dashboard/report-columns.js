// @ts-check
import { amount, count, dash, duration, exact, hundredfold, multiple, number, percent } from './format.js';

/** @import { Csat, Money, Row } from './api-types.d.ts' */

/**
 * @typedef {object} Column
 * @property {string} name also in the address
 * @property {string} label
 * @property {string} [unit] shown with the label, where the figure does not tell it
 * @property {string} [hint] what the figure is
 * @property {(row: Row) => number | null} value to sort by; null comes last
 * @property {(row: Row) => string} text
 * @property {(row: Row) => string} [title] the exact value
 * @property {(row: Row) => boolean} [quiet] true where the text is a remark instead of a figure
 */

/** @param {Money | null} money */
const sortable = (money) => (money === null ? null : Number(money.amount));
/** @param {Money | null} money */
const titleOf = (money) => (money === null ? '' : exact(money));
/** @param {number | null} value */
const plain = (value) => (value === null ? '' : String(value));

/** @param {Csat} csat */
const csatText = (csat) =>
  'topTwoBox' in csat
    ? `${percent(csat.topTwoBox)} (${number(hundredfold(csat.low))}–${number(hundredfold(csat.high))})\nn ${number(csat.n)}`
    : `${number(csat.n)} of ${number(csat.needed)}\nanswers needed`;

/** @param {Csat} csat */
const csatTitle = (csat) =>
  'topTwoBox' in csat
    ? `${percent(csat.topTwoBox, 1)} answered 4 or 5; 95 % interval ${percent(csat.low, 1)} to ${percent(csat.high, 1)}; ${csat.n} answers${csat.responseRate === null ? '' : `, ${percent(csat.responseRate, 1)} of those asked`}`
    : `${csat.n} answers; a score is shown from ${csat.needed} on`;

/** @type {readonly Column[]} */
export const columns = [
  {
    name: 'supportCost',
    label: 'Support cost',
    value: (row) => sortable(row.supportCost),
    text: (row) => amount(row.supportCost),
    title: (row) => titleOf(row.supportCost),
  },
  {
    name: 'ticketsWorked',
    label: 'Tickets worked',
    hint: 'with costed work in the period',
    value: (row) => row.ticketsWorked,
    text: (row) => count(row.ticketsWorked),
    title: (row) => plain(row.ticketsWorked),
  },
  {
    name: 'costPerTicket',
    label: 'Cost per ticket',
    hint: 'support cost / tickets worked',
    value: (row) => sortable(row.costPerTicket),
    text: (row) => amount(row.costPerTicket),
    title: (row) => titleOf(row.costPerTicket),
  },
  {
    name: 'costMultiple',
    label: 'Multiple',
    hint: "cost per ticket against the account's",
    value: (row) => row.costMultiple,
    text: (row) => multiple(row.costMultiple),
    title: (row) => plain(row.costMultiple),
  },
  {
    name: 'ahtSeconds',
    label: 'AHT',
    hint: 'average handle time of a worked ticket',
    value: (row) => row.ahtSeconds,
    text: (row) => duration(row.ahtSeconds),
    title: (row) => (row.ahtSeconds === null ? '' : `${row.ahtSeconds} s`),
  },
  {
    name: 'tickets',
    label: 'Tickets',
    hint: 'created in the period',
    value: (row) => row.tickets,
    text: (row) => count(row.tickets),
    title: (row) => plain(row.tickets),
  },
  {
    name: 'orders',
    label: 'Orders',
    value: (row) => row.orders,
    text: (row) => count(row.orders),
    title: (row) => plain(row.orders),
  },
  {
    name: 'contactRate',
    label: 'Contact rate',
    unit: 'tickets per 100 orders',
    value: (row) => row.contactRate,
    text: (row) => (row.contactRate === null ? dash : number(row.contactRate, 1)),
    title: (row) => plain(row.contactRate),
  },
  {
    name: 'costPerOrder',
    label: 'Cost per order',
    value: (row) => sortable(row.costPerOrder),
    text: (row) => amount(row.costPerOrder),
    title: (row) => titleOf(row.costPerOrder),
  },
  {
    name: 'netRevenue',
    label: 'Net revenue',
    value: (row) => sortable(row.netRevenue),
    text: (row) => amount(row.netRevenue),
    title: (row) => (row.netRevenue === null ? 'nothing of it has an exchange rate yet' : titleOf(row.netRevenue)),
  },
  {
    name: 'returnRate',
    label: 'Return rate',
    hint: 'orders with a refund / orders',
    value: (row) => row.returnRate,
    text: (row) => percent(row.returnRate, 1),
    title: (row) => plain(row.returnRate),
  },
  {
    name: 'csat',
    label: 'CSAT',
    hint: 'answers of 4 or 5, with 95 % interval',
    value: (row) => ('topTwoBox' in row.csat ? row.csat.topTwoBox : null),
    text: (row) => csatText(row.csat),
    title: (row) => csatTitle(row.csat),
    quiet: (row) => !('topTwoBox' in row.csat),
  },
  {
    name: 'measuredShare',
    label: 'Measured',
    hint: 'share of the cost that a clock measured',
    value: (row) => row.measuredShare,
    text: (row) => percent(row.measuredShare),
    title: (row) => plain(row.measuredShare),
  },
];
