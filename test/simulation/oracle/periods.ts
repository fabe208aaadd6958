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
