// @ts-check
import { moment } from './format.js';
import { bearerName } from './names.js';

/** @import { Evidence, NamedOrder, Share } from './api-types.d.ts' */

/** @type {Record<string, string>} */
const methods = {
  person: 'An agent said so',
  field: 'The order number in the mapped field',
  text: 'The order number that the customer wrote',
  'recent orders': "The customer's recent orders agree",
  'recent orders, region': "The customer's recent orders agree in region alone",
  rule: 'A rule on inbox, brand, form or tag',
  unattributed: 'Nothing tells whose it is',
};

/** @param {string | null} method */
export const methodWords = (method) => (method === null ? 'Not decided yet' : (methods[method] ?? method));

/** @param {unknown} value */
const list = (value) => (Array.isArray(value) ? value.join(', ') : String(value));

/** One order as the shop's people call it. @param {NamedOrder} order */
const orderNumber = ({ number, externalNumber }) =>
  externalNumber === null || externalNumber === number ? number : `${number} (marketplace ${externalNumber})`;

/** Orders that evidence names by id, by their numbers and store. @param {unknown} value @param {readonly NamedOrder[]} orders */
const orderList = (value, orders) => {
  const ids = Array.isArray(value) ? value.map(String) : [];
  const known = orders.filter(({ id }) => ids.includes(id));
  const stores = [...new Set(known.map(({ store }) => store))];
  const parts = stores.map(
    (store) =>
      `${known
        .filter((order) => order.store === store)
        .map(orderNumber)
        .join(', ')} of ${store}`,
  );
  const gone = ids.length - known.length;
  if (gone > 0) parts.push(gone === 1 ? 'one that is no longer held' : `${gone} that are no longer held`);
  return parts.join('; ');
};

/**
 * By which mapping rules those orders have their partners and countries, each said once.
 * @param {unknown} value @param {readonly NamedOrder[]} orders @returns {string[]}
 */
const ruleLines = (value, orders) => {
  const ids = Array.isArray(value) ? value.map(String) : [];
  const told = orders.flatMap(({ id, rules }) => {
    if (rules === null || !ids.includes(id)) return [];
    const { partner, country } = rules;
    const of = partner === null ? 'no mapping rule, so Direct' : `mapping rule ${partner.rule} (${partner.place})`;
    return [
      `Their partner by ${of}${country === null ? '' : `, their country by rule ${country.rule} (${country.place})`}`,
    ];
  });
  return [...new Set(told)];
};

/** What each key that holds ids of orders says before them. @type {Record<string, string>} */
const orderLines = {
  orderIds: 'Orders looked at',
  fieldOrdersWithoutBearer: 'Orders named in the field tell neither partner nor region',
  textOrdersWithoutBearer: 'Orders named in the text tell neither partner nor region',
  namedOrdersOfOthers: 'Orders named in the text belong to somebody else',
  recentOrdersDiffer: 'Recent orders agree in nothing',
};

/** What each key of the evidence says, in words. @type {Record<string, (value: unknown) => string>} */
const lines = {
  reason: (value) =>
    value === 'unmapped value' ? 'The value names no known partner; map it to attribute this.' : `Reason: ${value}`,
  partners: () => 'The orders differ in partner.',
  match: (value) =>
    value === 'number only' ? 'Matched by the number only: the address is unknown to the store.' : `Match: ${value}`,
  ruleId: (value) => `Rule ${value}`,
  inherited: (value) =>
    value === 'merged' ? 'Taken over from the ticket it was merged into.' : 'Taken over from the ticket it follows up.',
  fieldNumbersOfNoOrder: (value) => `Number in the field that no order has: ${list(value)}`,
  rulesOfUnknownCodes: (value) => `Rules that name unknown codes: ${list(value)}`,
};

/** @param {unknown} value @returns {value is Evidence} */
const isEvidence = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param {string} half @param {Evidence} choice @param {string} timeZone */
const choiceLine = (half, choice, timeZone) => {
  const did =
    choice.takenAway === true
      ? 'was taken away'
      : choice.reason === 'unmapped value'
        ? 'was set to a value that names nothing known'
        : 'was set';
  const at = typeof choice.at === 'string' ? ` on ${moment(choice.at, timeZone)}` : '';
  return `${half} ${did} by agent ${choice.by}${at} (${choice.sourceKey}).`;
};

/**
 * The evidence of an attribution as sentences; a key nobody foresaw is shown as it is.
 * @param {{ evidence: Evidence | null, orders: readonly NamedOrder[] }} decision @param {string} timeZone @returns {string[]}
 */
export const evidenceLines = ({ evidence, orders }, timeZone) =>
  Object.entries(evidence ?? {}).flatMap(([key, value]) => {
    if ((key === 'partner' || key === 'region') && isEvidence(value))
      return [choiceLine(key === 'partner' ? 'The partner' : 'The region', value, timeZone)];
    if (key === 'below' && isEvidence(value)) {
      const { method, ...rest } = value;
      return [
        `The other half: ${methodWords(String(method)).toLowerCase()}`,
        ...evidenceLines({ evidence: rest, orders }, timeZone),
      ];
    }
    const ofOrders = orderLines[key];
    if (ofOrders !== undefined)
      return [`${ofOrders}: ${orderList(value, orders)}`, ...(key === 'orderIds' ? ruleLines(value, orders) : [])];
    return [lines[key]?.(value) ?? `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`];
  });

/** @param {readonly Share[] | null} shares */
export const shareWords = (shares) =>
  (shares ?? [])
    .map((share) => `${share.ppm === 1_000_000 ? '' : `${share.ppm / 10_000} % `}${bearerName(share)}`)
    .join('; ') || 'nobody yet';
