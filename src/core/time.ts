import { InvalidInput } from './errors.ts';

/** A calendar day as "YYYY-MM-DD". */
export type Day = string;

export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterOf = (timeZone: string): Intl.DateTimeFormat => {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formatters.set(timeZone, formatter);
  }
  return formatter;
};

/** The calendar day of an instant in an IANA time zone. */
export const dayIn = (timeZone: string, at: Date): Day =>
  timeZone === 'UTC' ? at.toISOString().slice(0, 10) : formatterOf(timeZone).format(at);

/** The first calendar day of a time zone that lies whole after an instant, or begins with it. */
export const firstWholeDay = (timeZone: string, at: Date): Day => {
  const day = dayIn(timeZone, at);
  return dayIn(timeZone, new Date(at.getTime() - 1)) === day ? addDays(day, 1) : day;
};

/** The instant at which a calendar day begins in a time zone. */
export const startOfDay = (timeZone: string, day: Day): Date => {
  // No zone is a whole day away from UTC.
  let [before, at] = [Date.parse(`${day}T00:00:00Z`) - dayMs, Date.parse(`${day}T00:00:00Z`) + dayMs];
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2);
    if (dayIn(timeZone, new Date(middle)) < day) before = middle;
    else at = middle;
  }
  return new Date(at);
};

/** Whether text is "YYYY-MM-DD" of a day that exists; 0001-01-01 is the first, for no calendar of PostgreSQL has a year 0. */
export const isDay = (text: string): boolean => {
  const at = /^(?!0000)\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  return at !== undefined && !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === text;
};

/** "YYYY-MM-DD" checked to be a day that exists; throws InvalidInput. */
export const parseDay = (text: string): Day => {
  if (!isDay(text)) throw new InvalidInput(`"${text.slice(0, 40)}" is not a day; write it as YYYY-MM-DD`);
  return text;
};

export const addDays = (day: Day, days: number): Day =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);

/** Whole days from one day to another; negative when `to` is earlier. */
export const daysBetween = (from: Day, to: Day): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / dayMs);
