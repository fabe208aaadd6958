import { addDays, type Day, daysBetween } from '../../core/time.ts';
import type { Random } from '../random.ts';
import { euroBuys } from './marketplace.ts';

export interface FxDay {
  readonly day: Day;
  /** Units of each currency per euro, as text. */
  readonly rates: Readonly<Record<string, string>>;
}

const currencies = Object.keys(euroBuys);

const isWorkingDay = (day: Day): boolean => {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return weekday !== 0 && weekday !== 6;
};

/** Made-up reference rates on working days from `from` to `to`, both included, oldest first: a slow random walk. */
export const planFx = (random: Random, { from, to }: { readonly from: Day; readonly to: Day }): FxDay[] => {
  const now: Record<string, number> = { ...euroBuys };
  const days: FxDay[] = [];
  for (let offset = 0; offset <= daysBetween(from, to); offset += 1) {
    const day = addDays(from, offset);
    if (!isWorkingDay(day)) continue;
    for (const currency of currencies) now[currency] = (now[currency] ?? 1) * (1 + (random.next() - 0.5) * 0.008);
    days.push({
      day,
      rates: Object.fromEntries(
        currencies.map((currency) => [currency, String(Number((now[currency] ?? 1).toPrecision(5)))]),
      ),
    });
  }
  return days;
};

/** The days as the European Central Bank writes its history: newest first, with a comma at the end of each line. */
export const fxCsv = (days: readonly FxDay[]): string => {
  const rows = days
    .toReversed()
    .map(({ day, rates }) => `${day},${currencies.map((currency) => rates[currency]).join(',')},`);
  return `Date,${currencies.join(',')},\n${rows.join('\n')}\n`;
};
