import type { SidebarMoney } from '../../src/features/sidebar/contract.ts';

// Figures as a reader of the language writes them. Amounts are rounded for the eye alone; nothing is added up here.

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** As the managers' page and the command line round, so that nobody reads two figures of one. */
const rounded = { roundingMode: 'halfEven' } as const;

/** Minor digits of ISO 4217 where `Intl` has others. */
const minorDigits: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    ['AFN', 'ALL', 'COP', 'HUF', 'IDR', 'IRR', 'KPW', 'LAK', 'LBP', 'MGA', 'MMK', 'PKR', 'SOS', 'SYP', 'YER'].map(
      (currency) => [currency, 2],
    ),
  ),
  IQD: 3,
};

const mostInParts = 10;

const digitsOf = (currency: string) => {
  const digits = minorDigits[currency];
  return digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits };
};

export const createFormat = (locale: string) => {
  const plain = new Intl.NumberFormat(locale, { ...rounded, maximumFractionDigits: 1 });
  const fixed = new Intl.NumberFormat(locale, { ...rounded, minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const percents = new Intl.NumberFormat(locale, { ...rounded, style: 'percent', maximumFractionDigits: 0 });
  const days = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
  const daysOfYear = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const whole = new Intl.NumberFormat(locale, { ...rounded, maximumFractionDigits: 0 });
  const plurals = new Intl.PluralRules(locale, { ...rounded, maximumFractionDigits: 1 });
  const countries = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' });
  const ago = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'long' });

  return {
    locale,
    number: (value: number): string => plain.format(value),
    /** Tickets and orders, which shares may make parts of: whole from ten on. */
    count: (value: number): string => (value < mostInParts ? plain : whole).format(value),
    /** True where a count takes the singular. */
    isOne: (value: number): boolean => value < mostInParts && plurals.select(value) === 'one',
    /** Of an ISO 3166 code; null for any other. */
    country: (code: string): string | null => (/^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? null) : null),
    percent: (share: number): string => percents.format(share),
    /** "63 to 90 %" as the language joins a range. */
    percentRange: (low: number, high: number): string => percents.formatRange(low, high),
    /** Always one decimal, so that rows of them compare; how "times" is written stands in the words. */
    multiple: (value: number): string => fixed.format(value),
    money: ({ amount, currency }: SidebarMoney): string =>
      new Intl.NumberFormat(locale, { ...rounded, style: 'currency', currency, ...digitsOf(currency) }).format(
        // Text is rounded as the decimal that it is, never as a double.
        amount as `${number}`,
      ),
    /** Of a day, YYYY-MM-DD: it is the same to every reader. */
    day: (day: string): string => days.format(new Date(day)),
    /** The same without its year. */
    dayOfYear: (day: string): string => daysOfYear.format(new Date(day)),
    /** "5 minutes ago", null of less than one; a clock that runs ahead counts as now, or as the least that is said. */
    age(iso: string, nowMs: number, leastMs = 0): string | null {
      const ms = Math.max(leastMs, nowMs - Date.parse(iso));
      if (ms < minuteMs) return null;
      if (ms < hourMs) return ago.format(-Math.floor(ms / minuteMs), 'minute');
      if (ms < dayMs) return ago.format(-Math.floor(ms / hourMs), 'hour');
      return ago.format(-Math.floor(ms / dayMs), 'day');
    },
  };
};
export type Format = ReturnType<typeof createFormat>;

/** Days of a period, both ends in it. */
export const daysIn = ({ from, to }: { readonly from: string; readonly to: string }): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1;
