import { minuteMs } from '../core/time.ts';
import { type Connection, loadCursor } from '../features/directory/index.ts';
import {
  type BackfillProgress,
  type BackfillResult,
  type Countable,
  createWatcher,
  identified,
  isTold,
  reconcile,
  runBackfill,
  runStoreBackfill,
  type WalkResult,
  walkWorkFeeds,
} from '../features/ingest/index.ts';
import { wallClock } from '../platform/clock.ts';
import { isReachableAt } from '../platform/http/address.ts';
import type { Foundation } from './foundation.ts';
import type { Pipeline } from './pipeline.ts';
import type { Vendors } from './vendors.ts';

/** Tickets or orders that a walk named as changed, and what it did about them. */
type Walked =
  | WalkResult
  | { readonly connection: number; readonly walked: number; readonly refunds: number; readonly changed: number };

interface WalkOptions {
  readonly onProgress?: (walked: number) => void;
  /** Ends the walk at its next page; the next one goes on there. */
  readonly stop?: AbortSignal;
}

/** What is done with a connection as a whole. */
export interface Feeds {
  /** Walks all that a helpdesk or a store tells to its end now: its changes, and streams of work, whatever pauses they keep. */
  walk(connection: Connection, options?: WalkOptions): Promise<Walked>;
  /** Walks a helpdesk's or a store's changes alone to their end. */
  walkChanges(connection: Connection, options?: WalkOptions): Promise<Walked>;
  /** Walks a helpdesk's streams of work to their end, save those that were refused lately. */
  walkWork(connection: Connection, options?: Pick<WalkOptions, 'stop'>): Promise<void>;
  /** Reads a helpdesk's or store's history from that instant on, and compares; the same call goes on where it was cut off. */
  backfill(
    connection: Connection,
    options: {
      readonly since: Date;
      readonly onProgress?: ((progress: BackfillProgress) => void) | undefined;
      readonly stop?: AbortSignal | undefined;
    },
  ): Promise<BackfillResult>;
  /** Looks after a connection: its webhooks, unusual silence, the daily count. */
  watch(connection: Connection, options?: Pick<WalkOptions, 'stop'>): Promise<void>;
  /** Ids of the connections whose changes and whose streams of work are to be walked now, and of those whose webhooks are to be looked after. */
  due(): Promise<{
    readonly helpdesks: readonly number[];
    readonly work: readonly number[];
    readonly stores: readonly number[];
    readonly watched: readonly number[];
  }>;
}

/** A store that tells of its changes is walked this often, for what no webhook told; others at each round. */
const toldWalkMs = 10 * minuteMs;

const idsOf = (connections: readonly Connection[]): number[] => connections.map(({ id }) => id);

export const createFeeds = (
  { config, clock, log, runStep, db, directory }: Foundation,
  { troubles, orders, isStore, helpdeskOf, vendorOf, aheadMs }: Vendors,
  { gatherSome }: Pipeline,
): Feeds => {
  const deps = { sql: db, clock, runStep, troubles };

  const walkStore: Feeds['walkChanges'] = async (connection, { onProgress, stop } = {}) => {
    let read = 0;
    try {
      const {
        orders: walked,
        refunds,
        changed,
      } = await orders.syncStore(connection, {
        ...(stop && { stop }),
        onPage: async (count) => {
          read += count;
          onProgress?.(read);
        },
      });
      await troubles.well(connection.id, 'feed');
      return { connection: connection.id, walked, refunds, changed: changed.length };
    } catch (error) {
      await troubles.met(connection.id, 'feed', error);
      throw error;
    }
  };
  const walkHelpdesk: Feeds['walkChanges'] = async (connection, { onProgress, stop } = {}) => {
    const known = await identified({ directory, clientOf: helpdeskOf }, connection);
    const here = { ...deps, client: helpdeskOf(known), aheadMs: () => aheadMs(known) };
    return reconcile({ ...here, ...(onProgress && { onPage: onProgress }) }, known, { ...(stop && { stop }) });
  };
  const walkChanges: Feeds['walkChanges'] = (connection, options) =>
    isStore(connection) ? walkStore(connection, options) : walkHelpdesk(connection, options);
  const walkWork = async (
    connection: Connection,
    options: NonNullable<Parameters<typeof walkWorkFeeds>[2]>,
  ): Promise<void> => {
    const known = await identified({ directory, clientOf: helpdeskOf }, connection);
    await walkWorkFeeds({ ...deps, client: helpdeskOf(known) }, known, options);
  };

  const backfillStore: Feeds['backfill'] = async (connection, { since, onProgress, stop }) => {
    const done = await runStoreBackfill(
      {
        ...deps,
        onProgress,
        sync: (options) => orders.syncStore(connection, options),
        countThere: async (from) => (await orders.clientOf(connection).count?.(from)) ?? null,
        countHere: (from) => orders.countHeld(db, connection.id, from),
      },
      connection,
      { since, stop },
    );
    // Its copy may reach further back than this day.
    if (done.comparison) await watcher.recount(connection, stop);
    return done;
  };
  const backfillHelpdesk: Feeds['backfill'] = async (connection, { since, onProgress, stop }) => {
    const known = await identified({ directory, clientOf: helpdeskOf }, connection);
    return runBackfill({ ...deps, client: helpdeskOf(known), gatherSome, onProgress }, known, { since, stop });
  };

  const ordersOf = async ({ id }: Connection): Promise<Countable | null> => {
    const coverage = await orders.coverageOf(id);
    return coverage && { since: coverage.since, held: () => orders.countHeld(db, id, coverage.since) };
  };
  const watcher = createWatcher({
    db,
    clock,
    log,
    runStep,
    directory,
    troubles,
    clientOf: vendorOf,
    isOptional: isStore,
    countableOf: (connection) => (isStore(connection) ? ordersOf(connection) : undefined),
    webhookUrlOf: ({ webhookKey }) => `${config.publicUrl}/webhooks/${webhookKey}`,
    sidebarUrlOf: ({ kind, webhookKey }) => `${config.publicUrl}/sidebar/v1/${kind}/${webhookKey}`,
    isReachable: ({ settings }) => isReachableAt(config.publicUrl, settings),
    listens: clock === wallClock,
    catchUp: async (connection, stop) => {
      await walkChanges(connection, { stop });
    },
  });

  const isStoreDue = async ({ id }: Connection): Promise<boolean> => {
    if (!(await isTold(db, id, clock.now()))) return true;
    const walkedAt = (await loadCursor(db, id, 'orders'))?.seenUntil?.getTime() ?? 0;
    return clock.now().getTime() - walkedAt >= toldWalkMs;
  };

  return {
    async walk(connection, options = {}) {
      const walked = await walkChanges(connection, options);
      if (!isStore(connection)) await walkWork(connection, { stop: options.stop, now: true });
      return walked;
    },
    walkChanges,
    walkWork: (connection, options = {}) => walkWork(connection, options),
    backfill: (connection, options) =>
      isStore(connection) ? backfillStore(connection, options) : backfillHelpdesk(connection, options),
    watch: (connection, { stop } = {}) => watcher.look(connection, stop),
    async due() {
      const [free, freeForWork]: [Connection[], Connection[]] = [[], []];
      for (const one of await directory.connections.list()) {
        if ((await troubles.heldUntil(one.id, 'feed')) === null) free.push(one);
        if (!isStore(one) && (await troubles.heldUntil(one.id, 'work')) === null) freeForWork.push(one);
      }
      const dueStores = await Promise.all(
        free.filter(isStore).map(async (store) => ((await isStoreDue(store)) ? [store] : [])),
      );
      return {
        helpdesks: idsOf(free.filter((one) => !isStore(one))),
        work: idsOf(freeForWork),
        stores: idsOf(dueStores.flat()),
        watched: idsOf(free),
      };
    },
  };
};
