import { InvalidInput } from '../../core/errors.ts';
import { addDays, type Day, isDay } from '../../core/time.ts';

export type SealKind = 'week' | 'month';

/** A week or month as people name it: "2026-W21", "2026-05"; its days are inclusive. */
export interface SealPeriod {
  readonly kind: SealKind;
  readonly name: string;
  readonly from: Day;
  readonly to: Day;
}

const weekday = (day: Day): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;

/** The Monday of week 1, which is the week of 4 January (ISO 8601). */
const firstMonday = (year: string): Day => addDays(`${year}-01-04`, -weekday(`${year}-01-04`));

const nextYear = (year: string): string => String(Number(year) + 1).padStart(4, '0');

/** "2026-W21", from Monday to Sunday; throws InvalidInput for a week that the year does not have. */
export const parseWeek = (text: string): SealPeriod => {
  const [, year = '', week = ''] = /^([1-9]\d{3})-W(\d{2})$/.exec(text) ?? [];
  const from = year === '' ? '' : addDays(firstMonday(year), 7 * (Number(week) - 1));
  if (year === '' || Number(week) < 1 || from >= firstMonday(nextYear(year)))
    throw new InvalidInput(`"${text.slice(0, 20)}" is no week; write it as 2026-W21`, [
      { field: 'week', reason: 'is not an ISO week' },
    ]);
  return { kind: 'week', name: text, from, to: addDays(from, 6) };
};

const lastDayOf = (month: string): Day => {
  const [year = 0, one = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, one, 0)).toISOString().slice(0, 10);
};

/** "2026-05"; throws InvalidInput for what is no month. */
export const parseMonth = (text: string): SealPeriod => {
  if (!/^[1-9]\d{3}-\d{2}$/.test(text) || !isDay(`${text}-01`))
    throw new InvalidInput(`"${text.slice(0, 20)}" is no month; write it as 2026-05`, [
      { field: 'month', reason: 'is not a month' },
    ]);
  return { kind: 'month', name: text, from: `${text}-01`, to: lastDayOf(text) };
};

/** The week or month that begins on this day, by its kind. */
export const periodFrom = (kind: SealKind, from: Day): SealPeriod => {
  if (kind === 'month') return parseMonth(from.slice(0, 7));
  // Thursday is in the year that the week counts to.
  const year = addDays(from, 3).slice(0, 4);
  const number = Math.round((Date.parse(from) - Date.parse(firstMonday(year))) / (7 * 86_400_000)) + 1;
  return parseWeek(`${year}-W${String(number).padStart(2, '0')}`);
};
