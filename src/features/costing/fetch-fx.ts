import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { createBudget } from '../../platform/http/budget.ts';
import { type CallObserver, createHttp } from '../../platform/http/client.ts';
import { importFx, type PriceImportReport } from './import-fx.ts';

/** The ECB's file of 90 days, and the one with all days that lies beside it. */
const ninetyDays = 'eurofxref-hist-90d.xml';
const allDays = 'eurofxref-hist.xml';

/**
 * Whether money waits for a rate of a time of which we hold none at all, and which the file of 90 days does not reach. A
 * currency that the ECB lacks is no reason: of its days we hold the others' rates.
 */
const lacksHistory = async (sql: Sql, now: Date): Promise<boolean> => {
  const [row] = await sql.query<{ lacks: boolean }>(
    `select exists (
       select 1 from (select worked_day as day from work_entry where unpriced = 'no fx' union select placed_day from "order" where counted and reporting_micros is null) d
        where d.day < $1::date - 80 and d.day > '1999-01-11'
          and not exists (select 1 from fx_rate f where f.base = 'EUR' and f.date between d.day - 7 and d.day - 1)) as lacks`,
    [now],
  );
  return row?.lacks ?? false;
};

const joined = (a: PriceImportReport, b: PriceImportReport): PriceImportReport => ({
  ...a,
  rows: a.rows + b.rows,
  added: a.added + b.added,
  changed: a.changed + b.changed,
  unchanged: a.unchanged + b.unchanged,
  warnings: [...a.warnings, ...b.warnings],
  priced:
    a.priced && b.priced
      ? {
          from: a.priced.from < b.priced.from ? a.priced.from : b.priced.from,
          to: a.priced.to && b.priced.to && (a.priced.to > b.priced.to ? a.priced.to : b.priced.to),
        }
      : (a.priced ?? b.priced),
});

/**
 * Fetches the file at FX_URL and imports it; null where fetching is off. Where that is the ECB's file of 90 days and older
 * money waits for a rate, the file with all days beside it as well. Each run may throw UpstreamError, LimitReached, Refused (a
 * private address) or InvalidInput (a file of another shape), and then stores nothing of that file. Running it again is free:
 * rates that are there already change nothing.
 */
export const createFxFetch = (deps: {
  /** Undefined: fetching is off. */
  readonly url: string | undefined;
  readonly db: Database;
  readonly clock: Clock;
  readonly allowPrivate: boolean;
  readonly observe?: CallObserver;
}): (() => Promise<PriceImportReport>) | null => {
  const { db, clock, allowPrivate, observe } = deps;
  if (deps.url === undefined) return null;
  const url = new URL(deps.url);
  const http = createHttp({
    baseUrl: url.origin,
    headers: {},
    clock,
    allowPrivate,
    budget: createBudget({ clock, concurrency: 1 }),
    observe,
  });
  const bring = async (from: URL): Promise<PriceImportReport> => {
    const text = await http.read({ path: from.pathname, link: from.href, as: 'text' }, z.string());
    return db.transaction((tx) => importFx(tx, text, { dryRun: false, actor: 'schedule', now: clock.now() }));
  };
  return async () => {
    const report = await bring(url);
    if (!url.pathname.endsWith(`/${ninetyDays}`) || !(await lacksHistory(db, clock.now()))) return report;
    try {
      return joined(report, await bring(new URL(url.href.replace(ninetyDays, allDays))));
    } catch (error) {
      // What the first file brought is to be priced all the same; the next run tries again.
      if (!(error instanceof AppError)) throw error;
      return { ...report, warnings: [`${allDays} could not be read: ${error.message}`] };
    }
  };
};

/**
 * Fetches rates and prices with them. A run that stores rates and fails before everything is priced with them leaves it owed to
 * the next run, in this process or, as each owes it from its start, in another: the same rates would not come as news again.
 */
export const createFxRun = (
  fetch: (() => Promise<PriceImportReport>) | null,
  reprice: (report: PriceImportReport) => Promise<unknown>,
): (() => Promise<void>) => {
  let owed = true;
  return async () => {
    const report = await fetch?.();
    if (!report || !(owed || report.priced)) return;
    const asked = owed ? { ...report, priced: null } : report;
    owed = true;
    await reprice(asked);
    owed = false;
  };
};
