import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../core/errors.ts';
import type { Day } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import type { CallCounts } from '../../platform/http/call-count.ts';
import type { CallObserver } from '../../platform/http/client.ts';
import type { Log } from '../../platform/log.ts';
import type { PlacesWanted, StoreAdapter, StoreClient, StoreOrder } from '../../stores/port.ts';
import {
  type Connection,
  changesAnything,
  type Directory,
  type ImportOptions,
  type ImportReport,
  type ReportingBasis,
  recordAudit,
} from '../directory/index.ts';
import type { FormerKeys, TellChanges } from './bearing.ts';
import { type CandidateWant, candidates, type TicketOrders } from './candidates.ts';
import { countHeld } from './counts.ts';
import type { DecisionBasis } from './decide.ts';
import { type AddressWant, askAddresses } from './known-addresses.ts';
import { asksAnything, createLookUp, type LiveWant } from './look-up.ts';
import { isOf, type MappingRule } from './mapping.ts';
import { createRedecide } from './redecide.ts';
import { type Refreshed, refreshOrders, type ToldOf } from './refresh.ts';
import { readMappingRules } from './rule-file.ts';
import { activeRules, placesWantedBy, replaceRules, reportOn, rulesHeld, storeNames } from './rules.ts';
import { saveOrders } from './save.ts';
import { ordersPerTransaction } from './store.ts';
import { type Coverage, coverageOf, type SyncDeps, type SyncOutcome, syncStore } from './sync.ts';

export { namesOrderOfOthers, type OrderFact, type TicketOrders, ticketsTouchedBy } from './candidates.ts';
export { countOrders } from './counts.ts';
export { ordersKnown } from './known-from.ts';
export type { MappingRule, OrderShare } from './mapping.ts';
export { bearsNumber, numberOfStore } from './named-number.ts';
export { rebaseOrders } from './rebase.ts';
export { isCounted } from './revenue.ts';
export { activeRules, placesWantedBy, rulesHeld } from './rules.ts';
export { type RuleBehind, type RulesBehind, rulesBehind } from './rules-behind.ts';
export { partnerNamePattern, type RuleSuggestion, suggestRules } from './suggest.ts';
export type { SyncOutcome } from './sync.ts';
export { nextOrdersUnder, ordersUnder, type RuleBasis } from './under-rules.ts';
export { type MappingCoverage, mappingCoverage, unmappedValues } from './unmapped.ts';

export interface LookedUp {
  /** Ids of the orders that are new or changed. */
  readonly changed: readonly bigint[];
  /** Tickets that a store did not answer; what the others answered is stored. */
  readonly unanswered: ReadonlySet<bigint>;
}

/** Orders, refunds and whose they are. */
export interface Orders {
  /** Brings our copy of a store up to date: orders, metafields, refunds. With `since` it reaches back at least so far; `again` reads from there on what it has read before. Resumes where a killed run stopped, or one that `stop` ended at its next page. */
  syncStore(
    connection: Connection,
    options?: {
      readonly since?: Date;
      readonly again?: boolean;
      readonly stop?: AbortSignal;
      /** Told how many orders each page had, once they are stored. */
      readonly onPage?: (orders: number) => Promise<void>;
    },
  ): Promise<SyncOutcome>;
  /** Reads what a store told of again, and stores it. */
  refresh(connection: Connection, told: ToldOf): Promise<Refreshed>;
  /** Orders placed since that we hold, archived ones left out. */
  countHeld(sql: Sql, connectionId: number, since: Date): Promise<number>;
  /** What our own copy of a store holds whole; null before the first walk over its orders ended. */
  coverageOf(connectionId: number): Promise<Coverage | null>;
  /** The orders that may be behind each ticket, from our own copy. */
  candidates(sql: Sql, wants: readonly CandidateWant[]): Promise<Map<bigint, TicketOrders>>;
  /** Asks the stores for orders that our copy lacks, for a whole lot of tickets, and stores them. */
  lookUpLive(wants: readonly LiveWant[]): Promise<LookedUp>;
  /**
   * Asks the stores whether they know these addresses at all; `candidates` then tells. Returns the tickets that a store did
   * not answer.
   */
  askAddresses(wants: readonly AddressWant[]): Promise<ReadonlySet<bigint>>;
  /** Reads the file of mapping rules, with the stores as they are called now. Throws InvalidInput with every fault. */
  readMappingRules(sql: Sql, text: string): Promise<MappingRule[]>;
  /** Replaces the mapping rules; the old ones stay, dated. Orders are decided again by `remap`, and `syncStore` fetches places not held before. */
  importMappingRules(text: string, options: ImportOptions): Promise<ImportReport>;
  /** Decides all orders again by today's rules, partners and regions. Returns the ids of those in which anything changed. */
  remap(): Promise<readonly bigint[]>;
  /** As `remap`, for the next orders by id after one; null: there are none. */
  remapSome(
    after: bigint,
  ): Promise<{ readonly last: bigint; readonly looked: number; readonly changed: number } | null>;
  /**
   * Prices orders that had no FX and, of those placed on the days `priced`, the ones whose FX is now another, with their
   * refunds. Returns the ids of those that differ. Tickets have nothing to do with it.
   */
  repriceOrders(priced?: { readonly from: Day; readonly to: Day | null }): Promise<readonly bigint[]>;
  /** The dearer places that the rules read of a store's orders. */
  placesWanted(connectionId: number): Promise<PlacesWanted>;
  /** The client of a store's connection, one for all its callers so that they share its quota. */
  clientOf(connection: Connection): StoreClient;
}

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
  readonly observe?: (connection: Pick<Connection, 'id' | 'name'>) => CallObserver;
  readonly countsOf?: (connectionId: number) => CallCounts;
  /**
   * Told of new orders, and of those in which something changed that tickets are decided by, within the transaction that
   * wrote them, so that their tickets are decided again whatever happens next.
   */
  readonly onChanged: (sql: Sql, orderIds: readonly bigint[], formerly: readonly FormerKeys[]) => Promise<void>;
  /**
   * Whether the store tells of every change within moments: then our copy is whole up to now, and what is on its way has its
   * tickets decided again. Absent: it never does.
   */
  readonly isTold?: (connectionId: number) => Promise<boolean>;
}): Orders => {
  const { db, vault, clock, log, directory, stores, reporting } = deps;
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
      ...(deps.observe && { observe: deps.observe({ id, name }) }),
      ...(deps.countsOf && { counts: deps.countsOf(id) }),
    });
    clients.set(id, { settings, client });
    return client;
  };

  /**
   * Within the transaction that writes by it, which has an id first, as with the rates that are read after it: who changed any
   * of these, and waits until writers have ended (platform/database/under-way.ts), sees only transactions with an id.
   */
  const basis = async (tx: Sql): Promise<DecisionBasis> => {
    await tx.query('select pg_current_xact_id()');
    return {
      ...(await rulesHeld(tx)),
      partners: await directory.partners(tx),
      regions: await directory.regions(tx),
      currency: reporting.currency,
    };
  };
  const placesWanted = async (connectionId: number): Promise<PlacesWanted> => {
    const held = await rulesHeld(db);
    return placesWantedBy(held.rules.filter((rule) => isOf(rule, { store: held.stores.get(connectionId) })));
  };

  const readRules = async (sql: Sql, text: string): Promise<MappingRule[]> =>
    readMappingRules(text, await storeNames(sql, [...stores.keys()]));

  const tellChanges: TellChanges = async (tx, { bearing, formerly }) => {
    if (bearing.length > 0) await deps.onChanged(tx, bearing, formerly);
  };
  const redecide = createRedecide({ db, basis, tellChanges });
  const syncing = (connectionId: number): SyncDeps => {
    return { db, vault, clock, timeZone, basis, placesWanted: () => placesWanted(connectionId), tellChanges };
  };

  const askedStores = async (): Promise<{ readonly connectionId: number; readonly client: StoreClient }[]> =>
    (await directory.connections.list())
      .filter(({ kind }) => stores.has(kind))
      .map((connection) => ({ connectionId: connection.id, client: clientOf(connection) }));

  /** A store that tells of its changes need not be asked for what was placed since the last walk. */
  const coverage = async (connectionId: number): Promise<Coverage | null> => {
    const walked = await coverageOf(db, connectionId);
    return walked && (await deps.isTold?.(connectionId)) ? { ...walked, until: clock.now() } : walked;
  };

  const storeFound = async (connectionId: number, found: readonly StoreOrder[]): Promise<bigint[]> => {
    const changed: bigint[] = [];
    for (let start = 0; start < found.length; start += ordersPerTransaction)
      await db.transaction(async (tx) => {
        const saved = await saveOrders(tx, connectionId, found.slice(start, start + ordersPerTransaction), {
          vault,
          timeZone,
          basis: await basis(tx),
          now: clock.now(),
          metafields: 'brought along',
        });
        await tellChanges(tx, saved);
        changed.push(...saved.changed);
      });
    return changed;
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

    syncStore: (connection, options = {}) =>
      stepped(
        'sync store',
        () =>
          syncStore(syncing(connection.id), { ...options, connectionId: connection.id, client: clientOf(connection) }),
        ({ orders, refunds, changed, unreadable }) => ({
          connection: connection.id,
          orders,
          refunds,
          changed: changed.length,
          unreadable: unreadable.length,
        }),
      ),

    refresh: (connection, told) =>
      refreshOrders(syncing(connection.id), { connectionId: connection.id, client: clientOf(connection) }, told),
    countHeld,
    coverageOf: coverage,

    async lookUpLive(wants) {
      const changed: bigint[] = [];
      const unanswered = new Set<bigint>();
      const asking = wants.filter(asksAnything);
      if (asking.length === 0) return { changed, unanswered };
      for (const store of await askedStores()) {
        const held = await coverage(store.connectionId);
        const wanted = await placesWanted(store.connectionId);
        const found = await lookUp.ask({ ...store, coverage: held }, asking, wanted);
        changed.push(...(await storeFound(store.connectionId, found.orders)));
        for (const id of found.unanswered) unanswered.add(id);
      }
      return { changed, unanswered };
    },

    async askAddresses(wants) {
      const unanswered = new Set<bigint>();
      if (wants.length === 0) return unanswered;
      const asking = { sql: db, clock, log, hashAddress: vault.hashAddress };
      for (const store of await askedStores())
        for (const id of await askAddresses(asking, store, wants)) unanswered.add(id);
      return unanswered;
    },

    readMappingRules: readRules,

    async importMappingRules(text, { dryRun, actor = 'cli' }) {
      const partners = await directory.partners();
      return db.transaction(async (tx) => {
        const rules = await readRules(tx, text);
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

    remap: () => stepped('remap orders', redecide.all, (changed) => ({ changed: changed.length })),
    remapSome: redecide.some,
    repriceOrders: (priced) =>
      stepped(
        'reprice orders',
        () => redecide.repriced(reporting.currency, priced ?? null),
        (changed) => ({ changed: changed.length }),
      ),
  };
};
