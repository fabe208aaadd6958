import { multiply, type Rational, rational, roundHalfEven } from '../../core/money.ts';
import { addDays, type Day, daysBetween } from '../../core/time.ts';

/** Over which days an amount is: once over all of its item's, or in each of these units of the calendar. */
export const frequencies = ['once', 'week', 'month', 'quarter', 'year'] as const;
export type Every = (typeof frequencies)[number];

/** An amount and the days it is spread over, both ends inclusive. */
export interface Spread {
  readonly amountMicros: bigint;
  readonly every: Every;
  readonly startsOn: Day;
  /** Null: it goes on. Never null where it is once. */
  readonly endsOn: Day | null;
}

export interface Days {
  readonly from: Day;
  readonly to: Day;
}

/** A unit's amount before it is spread: the days that share it, those of them on which it holds, and the day whose FX it has. */
export interface Occurrence {
  readonly spreadOver: Days;
  readonly holds: Days;
  readonly fxDay: Day;
}

const later = (a: Day, b: Day): Day => (a > b ? a : b);
const earlier = (a: Day, b: Day): Day => (a < b ? a : b);

/** The week (from Monday), month, quarter or year that holds a day. */
export const unitOf = (every: Exclude<Every, 'once'>, day: Day): Days => {
  if (every === 'week') {
    const monday = addDays(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));
    return { from: monday, to: addDays(monday, 6) };
  }
  const length = { month: 1, quarter: 3, year: 12 }[every];
  const [year, month] = [Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1];
  const first = month - (month % length);
  // setUTCFullYear: Date.UTC would take the years 0 to 99 for 1900 to 1999.
  const dayOf = (monthIndex: number, dayOfMonth: number): Day => {
    const date = new Date(0);
    date.setUTCFullYear(year, monthIndex, dayOfMonth);
    return date.toISOString().slice(0, 10);
  };
  return { from: dayOf(first, 1), to: dayOf(first + length, 0) };
};

/** What of an item falls into a period: its units that touch it. */
export const occurrencesIn = ({ every, startsOn, endsOn }: Spread, { from, to }: Days): Occurrence[] => {
  const last = endsOn === null ? to : earlier(to, endsOn);
  if (every === 'once') {
    const days = { from: startsOn, to: endsOn ?? startsOn };
    return startsOn <= last && days.to >= from ? [{ spreadOver: days, holds: days, fxDay: startsOn }] : [];
  }
  const found: Occurrence[] = [];
  for (let day = later(from, startsOn); day <= last; ) {
    const spreadOver = unitOf(every, day);
    const first = later(spreadOver.from, startsOn);
    const holds = { from: first, to: endsOn === null ? spreadOver.to : earlier(spreadOver.to, endsOn) };
    found.push({ spreadOver, holds, fxDay: first });
    day = addDays(spreadOver.to, 1);
  }
  return found;
};

/** On how many days of a period an occurrence holds. */
export const daysHeld = ({ holds }: Occurrence, { from, to }: Days): number =>
  Math.max(0, daysBetween(later(holds.from, from), earlier(holds.to, to)) + 1);

/** An amount in the reporting currency: rounded once, half to even. */
export const converted = (micros: bigint, fx: Rational): bigint => roundHalfEven(multiply(rational(micros), fx));

/**
 * The part of a whole that falls on the days of a period: the whole goes to its days evenly, what is left one micro each to
 * the first of them, so that the parts of any periods that make up the whole add up to it.
 */
export const partIn = (wholeMicros: bigint, { spreadOver, holds }: Occurrence, { from, to }: Days): bigint => {
  const [first, last] = [later(holds.from, from), earlier(holds.to, to)];
  if (first > last) return 0n;
  const days = BigInt(daysBetween(spreadOver.from, spreadOver.to) + 1);
  const upTo = (count: bigint): bigint =>
    (wholeMicros / days) * count + (count < wholeMicros % days ? count : wholeMicros % days);
  const before = BigInt(daysBetween(spreadOver.from, first));
  return upTo(before + BigInt(daysBetween(first, last) + 1)) - upTo(before);
};

/** The steps of a period, each cut to it; the day names the whole step, as of a series. */
export const stepsOf = (
  step: 'day' | 'week' | 'month' | null,
  { from, to }: Days,
): (Days & { readonly step: Day | null })[] => {
  if (step === null) return [{ step: null, from, to }];
  const steps: (Days & { readonly step: Day })[] = [];
  for (let day = from; day <= to; ) {
    const unit = step === 'day' ? { from: day, to: day } : unitOf(step, day);
    steps.push({ step: unit.from, from: later(unit.from, from), to: earlier(unit.to, to) });
    day = addDays(unit.to, 1);
  }
  return steps;
};
