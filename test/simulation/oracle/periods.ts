/** Both days included. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** The steps of time that hold a day, each named by its first day; weeks start on Monday. */
export const stepsOf = (day: string): { readonly day: string; readonly week: string; readonly month: string } => {
  const date = new Date(`${day}T00:00:00Z`);
  const sinceMonday = (date.getUTCDay() + 6) % 7;
  date.setUTCDate(date.getUTCDate() - sinceMonday);
  return { day, week: date.toISOString().slice(0, 10), month: `${day.slice(0, 7)}-01` };
};

export const dayAfter = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

/** How many days lie between two, the first included. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

export const daysOf = ({ from, to }: Period): string[] => {
  const days: string[] = [];
  for (let day = from; day <= to; day = dayAfter(day, 1)) days.push(day);
  return days;
};
