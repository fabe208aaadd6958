import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { createBudget } from '../../platform/http/budget.ts';
import { type CallObserver, createHttp } from '../../platform/http/client.ts';
import { importFx, type PriceImportReport } from './import-fx.ts';

/**
 * Fetches the file at FX_URL and imports it; null where fetching is off. Each run may throw UpstreamError, LimitReached,
 * Refused (a private address) or InvalidInput (a file of another shape), and then stores nothing. Running it again is free:
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
  return async () => {
    const text = await http.read({ path: url.pathname, link: url.href, as: 'text' }, z.string());
    return db.transaction((tx) => importFx(tx, text, { dryRun: false, actor: 'schedule', now: clock.now() }));
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
