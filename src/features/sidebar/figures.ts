import { addDays, dayIn, daysBetween, hourMs, minuteMs } from '../../core/time.ts';
import { BoundedMap } from '../../platform/bounded-map.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import type { ReportingBasis } from '../directory/index.ts';
import {
  type HourlyOf,
  type LedgerSide,
  loadHeldDays,
  type PartnerReport,
  partnerReport,
  poolRatesOf,
  stepsIn,
} from '../reports/index.ts';
import { type Held, hold } from './held.ts';

/** The last 90 days, today included. */
const daysShown = 90;
/** Figures hold this long: agents open more tickets than figures change. */
const holdMs = 5 * minuteMs;
/** Whoever looks first after a night or a weekend is not shown that day's figures as today's. */
const oldestMs = hourMs;
/** Of months before those shown, whose work hardly changes any more. */
const holdOldMs = 30 * minuteMs;
/** Months whose pools are held: work of long ago is rarely looked at. */
const mostMonths = 60;

interface FiguresDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** In which it is counted how long something holds: a demo's days pass faster. */
  readonly wall: Clock;
  readonly basis: ReportingBasis;
  /** Told of what could not be counted anew behind what is shown. */
  readonly failed: (error: unknown) => void;
}

/** Partners' cost multiples of one whole week. */
export interface Week {
  readonly from: string;
  readonly to: string;
  readonly multiples: ReadonlyMap<string | null, number | null>;
}

/** The report that is shown, when it was counted, and the sides of which not all is held on its days. */
export type ShownReport = PartnerReport & { readonly asOf: string; readonly notHeld: readonly LedgerSide[] };

/** Figures at pooled rates (RULES.md section 10), held in memory. */
export interface Figures {
  readonly report: Held<ShownReport>;
  readonly weeks: Held<readonly Week[]>;
  /** Pooled hourly rates of these months. */
  hourlyOf(months: readonly string[]): Promise<HourlyOf>;
}

export const createFigures = ({ db, clock, wall, basis, failed }: FiguresDeps): Figures => {
  const held = { wall, forMs: holdMs, failed };
  const periodNow = () => {
    const to = dayIn(basis.timeZone, clock.now());
    return { from: addDays(to, 1 - daysShown), to };
  };
  const reportOf = (period: { readonly from: string; readonly to: string }): Promise<PartnerReport> =>
    partnerReport(db, { ...period, groupBy: ['partner'], ...basis, costBasis: 'pooled' });

  let counting: Promise<unknown> = Promise.resolve();
  /** A month's pools are counted from all its postings: one month at a time, for tickets of many years may be opened at once. */
  const countPools = (month: string) => {
    const counted = counting.then(() => poolRatesOf(db, month));
    counting = counted.catch(() => undefined);
    return counted;
  };
  const pools = new BoundedMap<string, Held<Awaited<ReturnType<typeof poolRatesOf>>>>(mostMonths);
  const newPool = (month: string) => {
    const forMs = month.slice(0, 7) < periodNow().from.slice(0, 7) ? holdOldMs : holdMs;
    return hold(() => countPools(month), { ...held, forMs });
  };
  const poolOf = (month: string) => {
    const known = pools.get(month) ?? newPool(month);
    // Set again: the one that nobody asked for longest goes first.
    pools.set(month, known);
    return known;
  };

  return {
    report: hold(
      async () => {
        const asOf = clock.now().toISOString();
        const period = periodNow();
        // Before the figures: what a walk brings between the two is counted, and at worst said to be missing.
        const { notHeldIn } = await loadHeldDays(db, period, period.to);
        return { ...(await reportOf(period)), asOf, notHeld: notHeldIn(period) };
      },
      { ...held, oldestMs },
    ),
    weeks: hold(async () => {
      const weeks: Week[] = [];
      const period = periodNow();
      // Today is not over yet, and a part of a week is no figure beside whole ones.
      const whole = stepsIn('week', { ...period, to: addDays(period.to, -1) }).filter(
        ({ from, to }) => daysBetween(from, to) === 6,
      );
      // One after the other: nobody waits for them, and others need the connections.
      for (const { from, to } of whole) {
        const { rows } = await reportOf({ from, to });
        weeks.push({ from, to, multiples: new Map(rows.map(({ partner, costMultiple }) => [partner, costMultiple])) });
      }
      return weeks;
    }, held),
    async hourlyOf(months) {
      const wanted = [...new Set(months)];
      const found = await Promise.all(wanted.map(async (month) => [month, await poolOf(month).atOnce()] as const));
      const byMonth = new Map(found);
      return (month, role) => byMonth.get(month)?.get(role) ?? null;
    },
  };
};
