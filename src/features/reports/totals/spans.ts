import { addDays, type Day, daysBetween } from '../../../core/time.ts';

/** Totals are kept of single days and of runs of these lengths, which start at multiples of them since 1970-01-01. */
export const spans = [1, 2, 4, 8, 16, 32, 64] as const;

/** One kept run of days. */
export interface Piece {
  readonly span: number;
  readonly startsOn: Day;
}

/** Days one after the other, both inclusive. */
export interface Run {
  readonly from: Day;
  readonly to: Day;
}

const epoch = '1970-01-01';

/** The run of that length in which a day lies. */
export const spanStart = (day: Day, span: number): Day => {
  const number = daysBetween(epoch, day);
  return addDays(epoch, number - (((number % span) + span) % span));
};

/** The whole month of a day. */
export const monthOf = (day: Day): Run => {
  const from = `${day.slice(0, 7)}-01`;
  return { from, to: addDays(`${addDays(from, 31).slice(0, 7)}-01`, -1) };
};

export type Step = 'day' | 'week' | 'month';

/** The first day of each step; weeks start on Monday, and 1970-01-01 was a Thursday. */
const firstOf: Readonly<Record<Step, (day: Day) => Day>> = {
  day: (day) => day,
  week: (day) => addDays(day, -((((daysBetween(epoch, day) + 3) % 7) + 7) % 7)),
  month: (day) => `${day.slice(0, 7)}-01`,
};

/** A run cut where a step begins, each with the first day of its whole step; without steps it is one. */
export const stepsIn = (step: Step | null, { from, to }: Run): (Run & { readonly first: Day | null })[] => {
  if (step === null) return [{ first: null, from, to }];
  const steps: { first: Day; from: Day; to: Day }[] = [];
  let day = from;
  for (let left = daysBetween(from, to) + 1; left > 0; left -= 1) {
    const first = firstOf[step](day);
    const last = steps.at(-1);
    if (last?.first === first) last.to = day;
    else steps.push({ first, from: day, to: day });
    if (left > 1) day = addDays(day, 1);
  }
  return steps;
};

/** Days as runs; they may come in any order and more than once. */
export const runsOf = (days: readonly Day[]): Run[] => {
  const runs: { from: Day; to: Day }[] = [];
  for (const day of [...new Set(days)].toSorted()) {
    const last = runs.at(-1);
    if (last && addDays(last.to, 1) === day) last.to = day;
    else runs.push({ from: day, to: day });
  }
  return runs;
};

/** What is left of a period without some runs of it, which are in order. */
export const without = (period: Run, taken: readonly Run[]): Run[] => {
  const left: Run[] = [];
  let from = period.from;
  for (const run of taken) {
    if (run.from > from) left.push({ from, to: addDays(run.from, -1) });
    if (run.to >= from) from = addDays(run.to, 1);
  }
  if (from <= period.to) left.push({ from, to: period.to });
  return left;
};

/** The fewest kept runs that make up exactly these days. */
export const piecesOf = ({ from, to }: Run): Piece[] => {
  const pieces: Piece[] = [];
  let day = from;
  // Counted, for the day after 9999-12-31 is before it as text.
  for (let left = daysBetween(from, to) + 1; left > 0; ) {
    const span = spans.findLast((one) => one <= left && spanStart(day, one) === day) ?? 1;
    pieces.push({ span, startsOn: day });
    left -= span;
    if (left > 0) day = addDays(day, span);
  }
  return pieces;
};
