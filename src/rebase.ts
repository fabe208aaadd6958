import { type Config, ensureSecretKey } from './config.ts';
import { InvalidInput, Refused } from './core/errors.ts';
import { repriceAll } from './features/books/index.ts';
import { rebaseWork } from './features/costing/index.ts';
import { rebaseResponses } from './features/csat/index.ts';
import {
  changeReportingBasis,
  createDirectory,
  type Directory,
  type ReportingBasis,
  storedReportingBasis,
} from './features/directory/index.ts';
import { rebaseTickets } from './features/ingest/index.ts';
import { rebaseOrders } from './features/orders/index.ts';
import { helpdesks } from './helpdesks/registry.ts';
import { type Clock, wallClock } from './platform/clock.ts';
import { createVault } from './platform/crypto.ts';
import type { Sql } from './platform/database/database.ts';
import { takeAlone } from './platform/database/in-use.ts';
import { migrate } from './platform/database/migrate.ts';
import { openDatabase } from './platform/database/open.ts';
import { storeAdapters } from './stores/registry.ts';

interface RebaseReport {
  readonly changed: boolean;
  readonly currency: string;
  readonly timeZone: string;
  /** Orders stated anew, and those of them without a rate to the new currency. */
  readonly orders: number;
  readonly unpricedOrders: number;
  /** Tickets whose work was priced anew, and work entries without a rate to the new currency. */
  readonly tickets: number;
  readonly unpricedEntries: number;
}

const knowsZone = async (sql: Sql, timeZone: string): Promise<boolean> => {
  const rows = await sql.query('select 1 from pg_timezone_names where lower(name) = lower($1) limit 1', [timeZone]);
  return rows.length > 0;
};

const restate = async (
  tx: Sql,
  directory: Directory,
  { to, actor, now }: { readonly to: ReportingBasis; readonly actor: string; readonly now: Date },
): Promise<RebaseReport> => {
  const from = await storedReportingBasis(tx);
  if (!from || (from.currency === to.currency && from.timeZone === to.timeZone))
    return { changed: false, ...to, orders: 0, unpricedOrders: 0, tickets: 0, unpricedEntries: 0 };
  await changeReportingBasis(tx, { from, to, actor, now });
  await rebaseTickets(tx, to.timeZone);
  await rebaseResponses(tx, to.timeZone);
  const [partners, regions] = [await directory.partners(), await directory.regions()];
  const orders = await rebaseOrders(tx, { from, to }, { partners, regions });
  const ticketIds = await rebaseWork(tx, to.timeZone);
  return {
    changed: true,
    ...to,
    orders: orders.restated,
    unpricedOrders: orders.unpriced,
    tickets: ticketIds.length,
    unpricedEntries: await repriceAll(tx, ticketIds, { basis: to, now }),
  };
};

/**
 * States every figure anew in REPORTING_CURRENCY and REPORTING_TIMEZONE as they are now (RULES section 1), all in one
 * transaction: at no moment does a report add two currencies. Postings stay as they are; they are reversed and posted anew.
 * Throws Refused while another process works with the ledger.
 */
export const rebase = async (
  config: Config,
  { actor, clock = wallClock }: { readonly actor: string; readonly clock?: Clock },
): Promise<RebaseReport> => {
  const to = { currency: config.reportingCurrency, timeZone: config.reportingTimezone };
  const db = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir });
  try {
    await migrate(db.url);
    if (!(await knowsZone(db, to.timeZone)))
      throw new InvalidInput(`PostgreSQL knows no time zone ${to.timeZone}; choose another name of it`, [
        { field: 'REPORTING_TIMEZONE', reason: 'unknown to PostgreSQL' },
      ]);
    const vault = createVault(await ensureSecretKey(config));
    const directory = createDirectory({ db, vault, clock, helpdesks, stores: storeAdapters });
    await directory.keepSecretKey();
    return await db.transaction(async (tx) => {
      if (!(await takeAlone(tx)))
        throw new Refused(
          'Another Deskledger process works with this ledger; stop the server and its workers, then run "deskledger migrate --rebase" again.',
        );
      return restate(tx, directory, { to, actor, now: clock.now() });
    });
  } finally {
    await db.close();
  }
};
