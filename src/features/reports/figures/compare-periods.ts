import { addDays, type Day, daysBetween } from '../../../core/time.ts';
import type { FigureDimension } from '../facts/fact-statements.ts';
import type { CellKey, Period } from '../facts/facts.ts';

const monthOf = (day: string): number => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
const firstOf = (month: number): string =>
  `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}-01`;

/** The period directly before: as many calendar months where it is made of whole ones, else as many days. */
export const previousPeriod = ({ from, to }: Period): Period => {
  const before = addDays(from, -1);
  const isWholeMonths = from.endsWith('-01') && addDays(to, 1).endsWith('-01');
  if (!isWholeMonths) return { from: addDays(from, -daysBetween(from, to) - 1), to: before };
  return { from: firstOf(monthOf(from) - (monthOf(to) - monthOf(from) + 1)), to: before };
};

export type Step = 'day' | 'week' | 'month';
const steps: readonly FigureDimension[] = ['day', 'week', 'month'];
export const isStep = (dimension: FigureDimension): dimension is Step => steps.includes(dimension);

/** Days since the Monday of its week; 1970-01-01 was a Thursday. */
const sinceMonday = (day: string): number => (((daysBetween('1970-01-01', day) + 3) % 7) + 7) % 7;

/** Which step of a period a day begins, counted from 0; weeks start on Monday. */
const numberOf = (step: Step, day: string, { from }: Period): number => {
  if (step === 'month') return monthOf(day) - monthOf(from);
  const days = daysBetween(from, day);
  return step === 'day' ? days : (days + sinceMonday(from)) / 7;
};

const stepAt = (step: Step, number: number, { from }: Period): string => {
  if (step === 'month') return firstOf(monthOf(from) + number);
  if (step === 'day') return addDays(from, number);
  return addDays(from, number * 7 - sinceMonday(from));
};

/** The first day of the step that holds a day: what the step is named by. */
export const firstDayOf = (step: Step, day: Day): Day => {
  if (step === 'month') return `${day.slice(0, 7)}-01`;
  return step === 'day' ? day : addDays(day, -sinceMonday(day));
};

export const lastDayOf = (step: Step, first: Day): Day => {
  if (step === 'day') return first;
  // Days end with the year 9999.
  if (first >= (step === 'month' ? '9999-12-01' : '9999-12-26')) return '9999-12-31';
  return step === 'month' ? addDays(firstOf(monthOf(first) + 1), -1) : addDays(first, 6);
};

/**
 * The cell of `to` that a cell of `from` is held against: the same, and of steps the one of the same number. Beside a day
 * its week and month are those that it lies in, whatever their numbers.
 */
export const counterpart = (key: CellKey, from: Period, to: Period): CellKey => {
  const day = typeof key.day === 'string' ? stepAt('day', numberOf('day', key.day, from), to) : null;
  return Object.fromEntries(
    Object.entries(key).map(([name, value]) => {
      const dimension = name as FigureDimension;
      if (!isStep(dimension) || typeof value !== 'string') return [name, value];
      return [name, day ? firstDayOf(dimension, day) : stepAt(dimension, numberOf(dimension, value, from), to)];
    }),
  ) as unknown as CellKey;
};

/** The days of a period that lie in every one of a row's steps; from after to where there are none. */
export const daysIn = (key: CellKey, dimensions: readonly FigureDimension[], period: Period): Period =>
  dimensions.filter(isStep).reduce(({ from, to }, step) => {
    const first = key[step] ?? from;
    const last = key[step] == null ? to : lastDayOf(step, key[step]);
    return { from: first > from ? first : from, to: last < to ? last : to };
  }, period);

/** Whether a period cuts a row's week or month; a day beside them is whole. */
export const isCut = (key: CellKey, dimensions: readonly FigureDimension[], period: Period): boolean => {
  if (!dimensions.some(isStep)) return false;
  const whole = daysIn(key, dimensions, { from: '0000-01-01', to: '9999-12-31' });
  return whole.from < period.from || whole.to > period.to;
};
