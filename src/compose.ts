import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { buildApp, buildProbes } from './app.ts';
import { type Config, ensureSecretKey } from './config.ts';
import { type Day, dayMs, hourMs, minuteMs } from './core/time.ts';
import { type Access, createAccess, signInRoutes } from './features/access/index.ts';
import {
  askForSeal,
  bookRoutes,
  differingTickets,
  reconcileBooks,
  reconciliationDue,
  type SealPeriod,
  sealHandler,
} from './features/books/index.ts';
import {
  createFxFetch,
  createFxRun,
  findMissedHolds,
  foldRollups,
  type PriceImportReport,
} from './features/costing/index.ts';
import { createScoreTeller, createSender, surveyRoutes } from './features/csat/index.ts';
import {
  agentsAmong,
  type Connection,
  createDirectory,
  createJobRunner,
  type Directory,
  enqueueJob,
  type JobRunner,
  loadCursor,
  type ReportingBasis,
  sharedCallCounts,
} from './features/directory/index.ts';
import * as ingest from './features/ingest/index.ts';
import {
  createRuleChanges,
  decisionRoutes,
  jobRoutes,
  operationRoutes,
  probeRoutes,
  type RuleChanges,
  ruleRoutes,
  settingsRoutes,
} from './features/operation/index.ts';
import { createOrders, type Orders, type SyncOutcome, ticketsTouchedBy } from './features/orders/index.ts';
import { pageRoutes, reportRoutes, workRoutes } from './features/reports/index.ts';
import { sidebarRoutes } from './features/sidebar/index.ts';
import { createHelpdeskClients } from './helpdesks/clients.ts';
import type { HelpdeskAdapter, HelpdeskClient } from './helpdesks/port.ts';
import { helpdesks } from './helpdesks/registry.ts';
import { type Clock, wallClock } from './platform/clock.ts';
import { createVault, type Vault } from './platform/crypto.ts';
import { makeDataFolder } from './platform/data-folder.ts';
import type { Sql } from './platform/database/database.ts';
import { announceUse, type Use } from './platform/database/in-use.ts';
import { migrate } from './platform/database/migrate.ts';
import { type Database, openDatabase } from './platform/database/open.ts';
import { within } from './platform/deadline.ts';
import { isReachableAt } from './platform/http/address.ts';
import type { CallObserver } from './platform/http/client.ts';
import { createLog, type Log, type RunStep, step } from './platform/log.ts';
import { createMailer, type Mailer } from './platform/mail.ts';
import { createMetrics } from './platform/metrics.ts';
import { createQueues, type Queues } from './platform/queue/queues.ts';
import { storeAdapters } from './stores/registry.ts';
import { startWorker } from './worker.ts';

/** Everything concrete, put together: what main and cli work with. */
export interface Product {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly db: Database;
  readonly vault: Vault;
  readonly directory: Directory;
  readonly access: Access;
  readonly orders: Orders;
  readonly queues: Queues;
  readonly mailer: Mailer;
  readonly outboxDir: string;
  readonly reporting: ReportingBasis;
  readonly helpdesks: ReadonlyMap<string, HelpdeskAdapter>;
  readonly runStep: RunStep;
  /** Every kind of connection that sends webhooks. */
  readonly adapters: ingest.Adapters;
  /** What helpdesks and stores have in common: what we make there, and their counts. */
  vendorOf(connection: Connection): ingest.Watched;
  /** The one client of a helpdesk's connection, so that all callers share its quota. */
  helpdeskOf(connection: Connection): HelpdeskClient;
  /** Walks a helpdesk's or a store's changes to their end; with `since` a store's from that instant on. */
  walk(
    connection: Connection,
    options?: {
      readonly since?: Date | undefined;
      readonly onProgress?: (walked: number) => void;
      /** Ends the walk at its next page; the next one goes on there. */
      readonly stop?: AbortSignal;
    },
  ): Promise<Walked>;
  /** Reads a helpdesk's history from that instant on, and compares; the same call goes on where it was cut off. */
  backfill(
    connection: Connection,
    options: {
      readonly since: Date;
      readonly onProgress?: ((progress: ingest.BackfillProgress) => void) | undefined;
      readonly stop?: AbortSignal | undefined;
    },
  ): Promise<ingest.BackfillResult>;
  /** Reads again what a store told of. */
  refreshStore(lot: ingest.StoreLot): Promise<void>;
  /** Looks after a connection: its webhooks, unusual silence, the daily count. */
  watch(connection: Connection): Promise<void>;
  /** Asks for the job that prices anew what rates or exchange rates changed, on any day where the report names none; null after a dry run. */
  reprice(report: PriceImportReport, askedBy: string): Promise<bigint | null>;
  /** Asks for the job that counts the work since a day again after caps or constants changed. */
  recount(from: Day, askedBy: string): Promise<bigint>;
  /** Changes of what says whose orders and tickets are. */
  readonly ruleChanges: RuleChanges;
  /** Background jobs; a process without the worker role can follow the ones it asked for. */
  readonly jobs: JobRunner;
  /** Asks workers to seal a week or month; resolves to the job's id. Throws Refused where it is not over. */
  askToSeal(period: SealPeriod, options: { readonly revise: boolean; readonly actor: string }): Promise<bigint>;
  /** Of the web role: every route. */
  buildApp(): Promise<FastifyInstance>;
  /** Of a process without it: /healthz, /readyz and /metrics alone. */
  buildProbes(): Promise<FastifyInstance>;
  startWorker(): { stop(): Promise<void> };
  close(): Promise<void>;
}

/** Tickets or orders that a walk named as changed, and what it did about them. */
export type Walked =
  | ingest.WalkResult
  | { readonly connection: number; readonly walked: number; readonly refunds: number; readonly changed: number };

export interface ComposeOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  /** Told with /api/v1/status, e.g. how far the demo is. */
  readonly extraStatus?: () => object;
  /** What the page tells a person to type for a sign-in link, where that takes more than the command. */
  readonly signInCommand?: string;
}

/** Bodies of deliveries are dropped this long after they came in. */
const keepBodiesMs = 7 * dayMs;
/** How far back the sweep for bulk edits looks. */
const missedHoldsMs = hourMs;
const everyDay = { from: '1970-01-01', to: null };
/** Tickets that a backfill's process takes at a time, beside the workers. */
const ticketsAtOnce = 100;
/** Rows marked at a time, so that no writer waits for a long list of locks. */
const markAtOnce = 1000;

/** A store that tells of its changes is walked this often, for what no webhook told; others at each round. */
const toldWalkMs = 10 * minuteMs;

/** Whoever asks whether we are ready wants to know soon. */
const readyWithinMs = 2000;

export const version = '0.1.0';

export const compose = async (
  config: Config,
  { clock = wallClock, log: givenLog, extraStatus, signInCommand = 'npx deskledger user sign-in' }: ComposeOptions = {},
): Promise<Product> => {
  const log = givenLog ?? createLog({ level: config.logLevel });
  const metrics = createMetrics();
  const runStep: RunStep = (name, work) => step(log, name, work, { ended: metrics.step });
  const outboxDir = join(config.dataDir, 'outbox');
  await makeDataFolder(config.dataDir);
  const vault = createVault(await ensureSecretKey(config));
  const onError = (error: unknown) =>
    log.warn({ step: 'database', err: error }, 'a database connection broke; a new one is made');
  const db = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir, onError });
  let use: Use | undefined;
  try {
    await migrate(db.url);
    // Before the basis is read: a re-base cannot slip in between.
    use = await announceUse(db.url, onError);
    const directory = createDirectory({ db, vault, clock, helpdesks, stores: storeAdapters });
    await directory.keepSecretKey();
    const reporting = await directory.reportingBasis({
      currency: config.reportingCurrency,
      timeZone: config.reportingTimezone,
    });
    // Links and sessions last as long as people and browsers count, however fast a demo's days pass.
    const access = createAccess({ db, clock: wallClock, random: randomBytes });
    const mailer = createMailer({ smtpUrl: config.smtpUrl, outboxDir, from: config.mailFrom, clock });
    const queues = createQueues({ redisUrl: config.redisUrl, databaseUrl: db.url, log });

    /** Over all processes, by the database's clock. A demo is one process, and its windows pass in no time. */
    const shared = clock === wallClock && {
      countsOf: (connectionId: number) => sharedCallCounts(db, connectionId),
    };
    const troubles = ingest.createTroubles({ sql: db, clock });
    /** By how much our clock is ahead of a vendor's, as its latest answer told, by connection. */
    const ahead = new Map<number, number>();
    /** Counts calls; a vendor's answers also tell its time, of which a demo's clock says nothing. */
    const watchCalls = ({ id, name }: Pick<Connection, 'id' | 'name'>): CallObserver => {
      const count = metrics.vendorCall(name);
      return (call) => {
        count(call);
        if (clock !== wallClock || !call.serverAt) return;
        ahead.set(id, Math.max(0, clock.now().getTime() - call.serverAt.getTime()));
        void troubles
          .sawSkew(id, clock.now().getTime() - call.serverAt.getTime())
          .catch((error: unknown) =>
            log.warn({ step: 'clock', err: error }, 'the state of the clock could not be noted'),
          );
      };
    };
    const adapters: ingest.Adapters = { helpdesks, stores: storeAdapters };
    const orders = createOrders({
      db,
      vault,
      clock,
      log,
      directory,
      stores: storeAdapters,
      reporting,
      allowPrivate: config.allowPrivateUpstreams,
      observe: watchCalls,
      ...shared,
      isTold: (connectionId) => ingest.isTold(db, connectionId, clock.now()),
      onChanged: async (sql, orderIds, formerly) =>
        ingest.markStale(sql, await ticketsTouchedBy(sql, orderIds, formerly), { now: clock.now() }),
    });

    const helpdeskOf = createHelpdeskClients({
      clock,
      allowPrivate: config.allowPrivateUpstreams,
      observe: watchCalls,
      formerAgentsOf: (connectionId) => (userIds) => agentsAmong(db, connectionId, userIds),
      ...shared,
    });
    const isStore = ({ kind }: Pick<Connection, 'kind'>): boolean => storeAdapters.has(kind);
    const vendorOf: Product['vendorOf'] = (connection) =>
      isStore(connection) ? orders.clientOf(connection) : helpdeskOf(connection);
    /** A walk over a store's changes, by which its trouble is known. */
    const syncStore = async (
      connection: Connection,
      options: NonNullable<Parameters<Orders['syncStore']>[1]>,
    ): Promise<SyncOutcome> => {
      try {
        const outcome = await orders.syncStore(connection, options);
        await troubles.well(connection.id, 'feed');
        return outcome;
      } catch (error) {
        await troubles.met(connection.id, 'feed', error);
        throw error;
      }
    };
    const walk: Product['walk'] = async (connection, { since, onProgress, stop } = {}) => {
      if (isStore(connection)) {
        let read = 0;
        const {
          orders: walked,
          refunds,
          changed,
        } = await syncStore(connection, {
          ...(since && { since }),
          ...(stop && { stop }),
          onPage: async (count) => {
            read += count;
            onProgress?.(read);
          },
        });
        return { connection: connection.id, walked, refunds, changed: changed.length };
      }
      const known = await ingest.identified({ directory, clientOf: helpdeskOf }, connection);
      const client = helpdeskOf(known);
      const onPage = onProgress && { onPage: onProgress };
      const deps = { sql: db, clock, runStep, client, troubles };
      const aheadMs = async (): Promise<number> => {
        // Any answer tells; where there is none the walk says why.
        if (!ahead.has(known.id))
          await client
            .verify()
            .catch((error: unknown) => log.debug({ step: 'reconcile', err: error }, 'the vendor tells no time'));
        return ahead.get(known.id) ?? 0;
      };
      const timed = clock === wallClock && { aheadMs };
      const walked = await ingest.reconcile({ ...deps, ...timed, ...onPage }, known, { ...(stop && { stop }) });
      await ingest.walkWorkFeeds(deps, known, { stop });
      return walked;
    };

    const markAll = async (ticketIds: readonly bigint[], options: { reprice: boolean }): Promise<void> => {
      for (let start = 0; start < ticketIds.length; start += markAtOnce)
        await ingest.markStale(db, ticketIds.slice(start, start + markAtOnce), {
          now: clock.now(),
          reprice: options.reprice,
        });
    };
    const settleAgain = (wanted: ingest.SettleWanted, askedBy: string): Promise<bigint> =>
      enqueueJob(db, { kind: ingest.settleKind, wanted, askedBy, now: clock.now() });
    const reprice: Product['reprice'] = async ({ dryRun, priced }, askedBy) =>
      dryRun ? null : settleAgain({ ...(priced ?? everyDay), reprice: true }, askedBy);
    const recount: Product['recount'] = (from, askedBy) => settleAgain({ from, to: null, reprice: false }, askedBy);

    const processor = ingest.createProcessor({
      db,
      clock,
      runStep,
      vault,
      directory,
      orders,
      basis: reporting,
      tagsClosed: (connection) => helpdeskOf(connection).changeTagsOfMany !== undefined,
      onSuppressed: metrics.suppressed,
    });
    const gatherer = ingest.createGatherer({
      sql: db,
      clock,
      wall: wallClock,
      runStep,
      directory,
      orders,
      clientOf: helpdeskOf,
      process: processor.process,
      hashAddress: vault.hashAddress,
      troubles,
    });
    const actor = ingest.createActor({
      sql: db,
      clock,
      wall: wallClock,
      runStep,
      directory,
      clientOf: helpdeskOf,
      troubles,
    });
    const sender = createSender({
      db,
      vault,
      clock,
      mailer,
      publicUrl: config.publicUrl,
      log,
    });
    const tellScores = createScoreTeller({
      sql: db,
      clock,
      log,
      connections: async () => (await directory.connections.list()).filter(({ kind }) => helpdesks.has(kind)),
      clientOf: helpdeskOf,
    });
    const fetchFx = createFxRun(
      createFxFetch({ db, clock, url: config.fxUrl, allowPrivate: config.allowPrivateUpstreams }),
      (report) => reprice(report, 'schedule'),
    );

    const decide = (lot: ingest.Lot): Promise<void> =>
      ingest.isolate({ sql: db, clock, runStep }, 'decide again', lot, async ({ connectionId, ticketIds }) =>
        processor.decideAgain(await connectionById(connectionId), ticketIds),
      );
    /** Gathers or decides a few due tickets, of one connection or of any, beside whatever workers run. */
    const gatherSome = async (only: number | null): Promise<boolean> => {
      const some = { only, most: ticketsAtOnce };
      const due = await ingest.claimDue(db, clock.now(), some);
      for (const lot of due) await gatherer.gather(lot);
      const stale = due.length > 0 ? [] : await ingest.claimStale(db, clock.now(), some);
      for (const lot of stale) await decide(lot);
      return due.length + stale.length > 0;
    };
    const backfillStore: Product['backfill'] = (connection, { since, onProgress, stop }) =>
      ingest.runStoreBackfill(
        {
          sql: db,
          clock,
          runStep,
          troubles,
          onProgress,
          sync: (options) => orders.syncStore(connection, options),
          countThere: async (from) => (await orders.clientOf(connection).count?.(from)) ?? null,
          countHere: (from) => orders.countHeld(db, connection.id, from),
        },
        connection,
        { since, stop },
      );
    const backfill: Product['backfill'] = async (connection, { since, onProgress, stop }) => {
      if (isStore(connection)) return backfillStore(connection, { since, onProgress, stop });
      const known = await ingest.identified({ directory, clientOf: helpdeskOf }, connection);
      const deps = { sql: db, clock, runStep, client: helpdeskOf(known), troubles, gatherSome, onProgress };
      return ingest.runBackfill(deps, known, { since, stop });
    };

    const ruleChanges = createRuleChanges({ db, clock, directory, orders, basis: reporting, decide, isStore });
    const settleJob = ingest.createSettleJob({ sql: db, clock, basis: reporting, orders, decide });
    const seal = sealHandler({
      db,
      clock,
      wall: wallClock,
      basis: reporting,
      connections: () => directory.connections.list(),
      walk: (connection, stop) => walk(connection, { stop }),
      gatherSome: () => gatherSome(null),
    });
    const jobs = createJobRunner({
      db,
      clock,
      wall: wallClock,
      log,
      handlers: { ...ruleChanges.handlers, seal, [ingest.settleKind]: settleJob },
    });
    const askToSeal: Product['askToSeal'] = (period, { revise, actor }) =>
      askForSeal(db, period, { revise, actor, now: clock.now(), timeZone: reporting.timeZone });
    const differing = (sql: Sql, ids: readonly bigint[]) => differingTickets(sql, ids, { basis: reporting });

    const ordersOf = async ({ id }: Connection): Promise<ingest.Countable | null> => {
      const coverage = await orders.coverageOf(id);
      return coverage && { since: coverage.since, held: () => orders.countHeld(db, id, coverage.since) };
    };
    const watcher = ingest.createWatcher({
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
      catchUp: async (connection) => {
        await walk(connection);
      },
    });

    const refresher = ingest.createStoreRefresher({ sql: db, clock, runStep, directory, orders, troubles });

    const connectionById = (id: number): Promise<Connection> => directory.connections.get(String(id));
    const walkById = async (id: number, stop: AbortSignal): Promise<void> => {
      await walk(await connectionById(id), { stop });
    };
    const isWalkDue = async ({ id }: Connection): Promise<boolean> => {
      if (!(await ingest.isTold(db, id, clock.now()))) return true;
      const walkedAt = (await loadCursor(db, id, 'orders'))?.seenUntil?.getTime() ?? 0;
      return clock.now().getTime() - walkedAt >= toldWalkMs;
    };
    const surveysAtOnce = 50;

    /** No role can work without the database. A worker needs no queue: its sweeps do the work themselves then. */
    const ready = async (): Promise<string | null> => {
      try {
        await within(db.hasty.query('select 1'), readyWithinMs, 'the database did not answer');
        return null;
      } catch {
        return 'The database does not answer; see DATABASE_URL and `deskledger doctor`.';
      }
    };
    const probes = probeRoutes({ db, clock, access, metrics, ready });

    return {
      config,
      clock,
      log,
      db,
      vault,
      directory,
      access,
      orders,
      queues,
      mailer,
      outboxDir,
      reporting,
      helpdesks,
      adapters,
      runStep,
      helpdeskOf,
      vendorOf,
      walk,
      backfill,
      refreshStore: refresher.refresh,
      watch: watcher.look,
      reprice,
      recount,
      ruleChanges,
      jobs,
      askToSeal,
      buildApp: () =>
        buildApp({
          log,
          version,
          publicUrl: config.publicUrl,
          parts: [
            ingest.webhookRoutes({
              refused: (connectionId, refusal) =>
                void troubles
                  .refused(connectionId, refusal)
                  .catch((error: unknown) =>
                    log.warn({ step: 'receive', err: error }, 'a refused delivery could not be noted'),
                  ),
              directory,
              adapters,
              receiver: ingest.createReceiver({ sql: db.hasty }),
              clock,
              log,
              count: metrics.delivery,
              observeAck: metrics.ack,
            }),
            sidebarRoutes({ db, clock, directory, helpdesks, basis: reporting }),
            surveyRoutes({ db, vault, clock, reportingTimezone: reporting.timeZone, onVote: metrics.vote }),
            signInRoutes({ access, secure: config.publicUrl.startsWith('https:'), signInCommand }),
            reportRoutes({
              db,
              access,
              clock,
              basis: reporting,
              onLook: (ticketId) => ingest.lookAt(db, ticketId, clock.now()),
            }),
            probes,
            operationRoutes({ db, clock, access, extraStatus }),
            decisionRoutes({ db, clock, access }),
            jobRoutes({ sql: db, access }),
            ruleRoutes({ db, access, changes: ruleChanges }),
            settingsRoutes({ db, clock, access }),
            workRoutes({ db, access, basis: reporting }),
            bookRoutes({ db, access, basis: reporting, askForSeal: askToSeal }),
            pageRoutes({ access, directory, basis: reporting, signInCommand }),
          ],
        }),
      buildProbes: () => buildProbes({ log, parts: [probes] }),
      startWorker: () =>
        startWorker({
          queues,
          clock,
          log,
          work: {
            gather: gatherer.gather,
            decide,
            act: actor.act,
            syncStore: walkById,
            reconcile: walkById,
            watch: async (id) => watcher.look(await connectionById(id)),
            fetchFx,
            claimDue: () => ingest.claimDue(db, clock.now()),
            claimStoreChanges: () => ingest.claimStoreChanges(db, clock.now()),
            refreshStore: refresher.refresh,
            claimStale: () => ingest.claimStale(db, clock.now()),
            claimTags: () => ingest.claimTags(db, clock.now()),
            tellScores,
            sendSurveys: async () => (await sender.sendDue({ limit: surveysAtOnce })) === surveysAtOnce,
            foldRollups: async () => (await foldRollups(db)) > 0,
            runJob: jobs.runNext,
            reconcileBooks: async () => {
              if (!(await reconciliationDue(db, { now: clock.now(), timeZone: reporting.timeZone }))) return;
              await runStep('reconcile books', async (line) => {
                const night = await reconcileBooks({ db, clock, basis: reporting, differing });
                Object.assign(line, night && { night: night.night, balanced: night.balanced, wrong: night.balance });
              });
            },
            findMissedHolds: async () =>
              markAll(await findMissedHolds(db, new Date(clock.now().getTime() - missedHoldsMs)), { reprice: false }),
            tidy: async (stop) => {
              await ingest.dropOldBodies(db, { now: clock.now(), keepMs: keepBodiesMs, stop });
            },
            feeds: async () => {
              const connections = await directory.connections.list();
              const free: Connection[] = [];
              for (const one of connections) if ((await troubles.heldUntil(one.id, 'feed')) === null) free.push(one);
              const ids = (those: readonly Connection[]) => those.map(({ id }) => id);
              const stores = free.filter(isStore);
              const due = await Promise.all(stores.map(async (store) => ((await isWalkDue(store)) ? [store] : [])));
              return {
                helpdesks: ids(free.filter((one) => !isStore(one))),
                stores: ids(due.flat()),
                watched: ids(free),
              };
            },
          },
        }),
      async close() {
        await queues.close();
        await use?.end();
        await db.close();
      },
    };
  } catch (error) {
    await use?.end();
    await db.close();
    throw error;
  }
};
