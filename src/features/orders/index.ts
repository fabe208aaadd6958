import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import type { CallObserver } from '../../platform/http/client.ts';
import type { Log } from '../../platform/log.ts';
import type { PlacesWanted, StoreAdapter, StoreClient } from '../../stores/port.ts';
import {
  type Connection,
  changesAnything,
  type Directory,
  type ImportOptions,
  type ImportReport,
  type ReportingBasis,
  recordAudit,
} from '../directory/index.ts';
import { type CandidateWant, candidates, type TicketOrders } from './candidates.ts';
import type { DecisionBasis } from './decide.ts';
import { decideAgain } from './held-orders.ts';
import { createLookUp, type LiveWant } from './look-up.ts';
import { readMappingRules } from './rule-file.ts';
import { activeRules, placesWantedBy, replaceRules, reportOn } from './rules.ts';
import { saveOrders } from './save.ts';
import { coverageOf, type SyncOutcome, syncStore } from './sync.ts';

export { type CandidateWant, type OrderFact, type TicketOrders, ticketsTouchedBy } from './candidates.ts';
export type { LiveWant } from './look-up.ts';
export type { OrderShare } from './mapping.ts';
export { type RebasedOrders, rebaseOrders } from './rebase.ts';
export { isCounted } from './revenue.ts';
export type { SyncOutcome } from './sync.ts';

/** Orders, refunds and whose they are. */
export interface Orders {
  /** Brings our copy of a store up to date: orders, metafields, refunds. With `since` it reaches back at least so far. Resumes where a killed run stopped. */
  syncStore(connection: Connection, options?: { readonly since?: Date }): Promise<SyncOutcome>;
  /** The orders that may be behind each ticket, from our own copy. */
  candidates(sql: Sql, wants: readonly CandidateWant[]): Promise<Map<bigint, TicketOrders>>;
  /**
   * Asks the stores for orders that our copy lacks, and stores them. Returns the ids of the orders that are new or changed.
   * Throws UpstreamError or LimitReached where a store did not answer; what the others answered is stored.
   */
  lookUpLive(want: LiveWant): Promise<readonly bigint[]>;
  /** Replaces the mapping rules; the old ones stay, dated. Orders are decided again by `remap`, and `syncStore` fetches places not held before. */
  importMappingRules(text: string, options: ImportOptions): Promise<ImportReport>;
  /** Decides all orders again by today's rules, partners and regions. Returns the ids of those in which anything changed. */
  remap(): Promise<readonly bigint[]>;
  /** Prices orders that had no FX. Returns the ids of those that have one now. */
  repriceOrders(): Promise<readonly bigint[]>;
  /** The metafields and form fields that the rules read. */
  placesWanted(): Promise<PlacesWanted>;
  /** The client of a store's connection, one for all its callers so that they share its quota. */
  clientOf(connection: Connection): StoreClient;
}

const ordersPerTransaction = 500;

export const createOrders = (deps: {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly directory: Directory;
  readonly stores: ReadonlyMap<string, StoreAdapter>;
  readonly reporting: ReportingBasis;
  readonly allowPrivate: boolean;
  /** Watches the calls to a store's connection, for the metrics. */
  readonly observe?: (connection: string) => CallObserver;
  /**
   * Told of new orders, and of those in which something changed that tickets are decided by, within the transaction that
   * wrote them, so that their tickets are decided again whatever happens next.
   */
  readonly onChanged: (sql: Sql, orderIds: readonly bigint[]) => Promise<void>;
}): Orders => {
  const { db, vault, clock, log, directory, stores, reporting, onChanged } = deps;
  const { timeZone } = reporting;
  const clients = new Map<number, { readonly settings: Record<string, unknown>; readonly client: StoreClient }>();
  const lookUp = createLookUp({ clock, log, hashAddress: vault.hashAddress });

  const clientOf = ({ id, name, kind, settings }: Connection): StoreClient => {
    const held = clients.get(id);
    if (held && isDeepStrictEqual(held.settings, settings)) return held.client;
    const adapter = stores.get(kind);
    if (!adapter) throw new AppError('invalid_input', `Connection ${id} is a ${kind}, which is no store`);
    const client = adapter.connect(adapter.settings.parse(settings), {
      clock,
      allowPrivate: deps.allowPrivate,
      ...(deps.observe && { observe: deps.observe(name) }),
    });
    clients.set(id, { settings, client });
    return client;
  };

  const basis = async (): Promise<DecisionBasis> => ({
    rules: await activeRules(db),
    partners: await directory.partners(),
    regions: await directory.regions(),
    currency: reporting.currency,
  });
  const placesWanted = async (): Promise<PlacesWanted> => placesWantedBy(await activeRules(db));

  const decideAll = async (which: 'all' | 'unpriced'): Promise<bigint[]> => {
    const changed: bigint[] = [];
    let last = 0n;
    for (;;) {
      const rows = await db.query<{ id: bigint }>(
        'select id from "order" where id > $1 and ($2 or reporting_micros is null) order by id limit $3',
        [last, which === 'all', ordersPerTransaction],
      );
      const ids = rows.map(({ id }) => id);
      const end = ids.at(-1);
      if (end === undefined) return changed;
      const current = await basis();
      await db.transaction(async (tx) => {
        const differing = await decideAgain(tx, current, ids);
        if (differing.bearing.length > 0) await onChanged(tx, differing.bearing);
        changed.push(...differing.changed);
      });
      last = end;
    }
  };

  const stepped = async <Result>(
    step: string,
    work: () => Promise<Result>,
    fields: (result: Result) => Record<string, unknown>,
  ): Promise<Result> => {
    const startedMs = clock.now().getTime();
    const result = await work();
    log.info({ step, ...fields(result), durationMs: clock.now().getTime() - startedMs }, step);
    return result;
  };

  return {
    candidates,
    clientOf,
    placesWanted,

    syncStore: (connection, { since } = {}) =>
      stepped(
        'sync store',
        () =>
          syncStore(
            { db, vault, clock, timeZone, basis, placesWanted, onChanged },
            { connectionId: connection.id, client: clientOf(connection), since },
          ),
        ({ orders, refunds, changed, unreadable }) => ({
          connection: connection.id,
          orders,
          refunds,
          changed: changed.length,
          unreadable: unreadable.length,
        }),
      ),

    async lookUpLive(want) {
      const wanted = await placesWanted();
      const changed: bigint[] = [];
      let failure: unknown;
      for (const connection of await directory.connections.list()) {
        if (!stores.has(connection.kind)) continue;
        try {
          const store = {
            connectionId: connection.id,
            client: clientOf(connection),
            coverage: await coverageOf(db, connection.id),
          };
          const found = await lookUp.ask(store, want, wanted);
          if (found.length === 0) continue;
          const current = await basis();
          await db.transaction(async (tx) => {
            const saved = await saveOrders(tx, connection.id, found, {
              vault,
              timeZone,
              basis: current,
              now: clock.now(),
            });
            if (saved.bearing.length > 0) await onChanged(tx, saved.bearing);
            changed.push(...saved.changed);
          });
        } catch (error) {
          // The other stores are still asked; the first failure then reaches the caller.
          failure ??= error;
        }
      }
      if (failure !== undefined) throw failure;
      return changed;
    },

    async importMappingRules(text, { dryRun, actor = 'cli' }) {
      const rules = readMappingRules(text);
      const partners = await directory.partners();
      return db.transaction(async (tx) => {
        const report = reportOn(await activeRules(tx), rules, { partners, dryRun });
        if (!changesAnything(report)) return report;
        const now = clock.now();
        await replaceRules(tx, rules, now);
        const { rows, added, changed, removed } = report;
        await recordAudit(tx, {
          at: now,
          actor,
          action: 'import mapping-rules',
          detail: { rows, added, changed, removed },
        });
        return report;
      });
    },

    remap: () =>
      stepped(
        'remap orders',
        () => decideAll('all'),
        (changed) => ({ changed: changed.length }),
      ),
    repriceOrders: () =>
      stepped(
        'reprice orders',
        () => decideAll('unpriced'),
        (changed) => ({ changed: changed.length }),
      ),
  };
};
