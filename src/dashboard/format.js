// @ts-check
// Only here are figures rounded; each exact value stays beside it in a title.

/** @import { Money } from './api-types.d.ts' */

export const dash = '–';
/** Keeps a figure and its unit on one line. */
const space = '\u00a0';

/** @type {Record<string, number>} */
let minorDigits = {};

/** @param {Record<string, number>} digits minor digits of the currencies that have not two (ISO 4217; `Intl` differs for some) */
export const useMinorDigits = (digits) => {
  minorDigits = digits;
};

/** @param {string} currency */
const digitsOf = (currency) => minorDigits[currency] ?? 2;

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * @param {number} least
 * @param {number} most
 */
const decimals = (least, most) => {
  const key = `${least} ${most}`;
  const held = formats.get(key);
  if (held) return held;
  const made = new Intl.NumberFormat('en', {
    minimumFractionDigits: least,
    maximumFractionDigits: most,
    // Missing in the library's types, there in every browser since 2023.
    .../** @type {object} */ ({ roundingMode: 'halfEven' }),
  });
  formats.set(key, made);
  return made;
};

/** @param {number} value @param {number} [places] */
export const number = (value, places = 0) => decimals(places, places).format(value);

/** Tickets and orders count by shares: whole numbers without, parts with one decimal. @param {number} value */
export const count = (value) => number(value, Number.isInteger(value) ? 0 : 1);

/** Rounded to the currency's minor digits, without the currency's name. @param {Money | null} money */
export const amount = (money) =>
  money === null
    ? dash
    : decimals(digitsOf(money.currency), digitsOf(money.currency)).format(/** @type {any} */ (money.amount));

/** @param {Money | null} money */
export const price = (money) => (money === null ? dash : `${amount(money)}${space}${money.currency}`);

/** All that is known of an amount: trailing zeros beyond the minor digits are left out. @param {Money} money */
export const exact = ({ amount: text, currency }) => {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const least = digitsOf(currency);
  const kept = fraction.replace(/0+$/, '').padEnd(least, '0');
  const sign = text.startsWith('-') ? '-' : '';
  return `${sign}${BigInt(whole).toLocaleString('en')}${kept === '' ? '' : `.${kept}`}${space}${currency}`;
};

/** Shares have six decimals; a double times a hundred is a hair off its own decimal. @param {number} share */
export const hundredfold = (share) => Number((share * 100).toFixed(6));

/** @param {number | null} share 0 to 1 @param {number} [places] */
export const percent = (share, places = 0) =>
  share === null ? dash : `${number(hundredfold(share), places)}${space}%`;

/** Coverage never says "100 %" or "0 %" of what is only nearly so. @param {number} share 0 to 1 */
export const coverage = (share) => {
  const rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) return `over 99${space}%`;
  if (rounded === 0 && share > 0) return `under 1${space}%`;
  return `${rounded}${space}%`;
};

/** @param {number} value */
const two = (value) => String(value).padStart(2, '0');

/** "6:12 min" below an hour, "2:05 h" above. @param {number | null} seconds */
export const duration = (seconds) => {
  if (seconds === null) return dash;
  const sign = seconds < 0 ? '-' : '';
  const whole = Math.round(Math.abs(seconds));
  if (whole < 3600) return `${sign}${Math.floor(whole / 60)}:${two(whole % 60)}${space}min`;
  const minutes = Math.round(whole / 60);
  return `${sign}${number(Math.floor(minutes / 60))}:${two(minutes % 60)}${space}h`;
};

/** @param {number | null} value */
export const multiple = (value) => (value === null ? dash : `${number(value, 1)}${space}x`);

/** @param {string} day YYYY-MM-DD */
export const dayWords = (day) =>
  new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );

/** @param {string | null} instant ISO 8601 @param {string} timeZone */
export const moment = (instant, timeZone) =>
  instant === null
    ? dash
    : new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(new Date(instant));

/** The day of an instant in a time zone, YYYY-MM-DD. @param {string} instant @param {string} timeZone */
export const dayIn = (instant, timeZone) =>
  new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', timeZone }).format(
    new Date(instant),
  );

/** @param {string} day @param {number} days */
export const addDays = (day, days) => {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
};

/** Decimal text as a whole number of its smallest places. @param {string} text */
const scaled = (text) => {
  const [whole = '0', fraction = ''] = text.split('.');
  return { digits: BigInt(`${whole}${fraction}`), places: fraction.length };
};

/** A fraction as a decimal with up to eight places. @param {string} numerator @param {string} denominator */
export const fraction = (numerator, denominator) => {
  const [top, bottom] = [scaled(numerator), scaled(denominator)];
  const scale = 10n ** 8n;
  const high = top.digits * 10n ** BigInt(bottom.places) * scale;
  const low = bottom.digits * 10n ** BigInt(top.places);
  if (low === 0n) return dash;
  const units = (high * 2n + low) / (low * 2n);
  const text = units.toString().padStart(9, '0');
  return `${text.slice(0, -8)}.${text.slice(-8)}`.replace(/\.?0+$/, '');
};

/** Micros of decimal text with six places. @param {string} text */
export const micros = (text) => BigInt(text.replace('.', ''));

/** @param {bigint} value @param {string} currency @returns {Money} */
export const moneyOf = (value, currency) => {
  const digits = (value < 0n ? -value : value).toString().padStart(7, '0');
  return { amount: `${value < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`, currency };
};
