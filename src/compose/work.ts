import { dayMs } from '../core/time.ts';
import { reconcileBooks, reconciliationDue } from '../features/books/index.ts';
import { createFxFetch, createFxRun, foldRollups, lookForMissedHolds } from '../features/costing/index.ts';
import { createScoreTeller, createSender } from '../features/csat/index.ts';
import {
  claimDue,
  claimStale,
  claimStoreChanges,
  claimTags,
  dropOldBodies,
  markStale,
} from '../features/ingest/index.ts';
import { addUpMarked } from '../features/reports/index.ts';
import { helpdesks } from '../helpdesks/registry.ts';
import type { Work } from '../worker.ts';
import type { Background } from './background.ts';
import type { Feeds } from './feeds.ts';
import type { Foundation } from './foundation.ts';
import type { Pipeline } from './pipeline.ts';
import type { Vendors } from './vendors.ts';

/** Bodies of deliveries are dropped this long after they came in. */
const keepBodiesMs = 7 * dayMs;
/** Tickets marked at a time, so that no writer waits for a long list of locks. */
const markAtOnce = 1000;
const surveysAtOnce = 50;

/** What each queue and each sweep of the worker does. */
export const workOf = (
  { config, clock, log, runStep, db, vault, directory, mailer, reporting }: Foundation,
  { helpdeskOf }: Vendors,
  { gather, decide, act, refreshStore }: Pipeline,
  { walkChanges, walkWork, watch, due }: Feeds,
  { reprice, jobs }: Background,
): Work => {
  const connectionById = (id: number) => directory.connections.get(String(id));
  const walkById = async (id: number, stop: AbortSignal): Promise<void> => {
    await walkChanges(await connectionById(id), { stop });
  };
  const { sendDue } = createSender({ db, vault, clock, mailer, publicUrl: config.publicUrl, log });

  return {
    gather,
    decide,
    act,
    syncStore: walkById,
    reconcile: walkById,
    walkWork: async (id, stop) => walkWork(await connectionById(id), { stop }),
    watch: async (id, stop) => watch(await connectionById(id), { stop }),
    refreshStore,
    feeds: due,
    claimDue: () => claimDue(db, clock.now()),
    claimStoreChanges: () => claimStoreChanges(db, clock.now()),
    claimStale: () => claimStale(db, clock.now()),
    claimTags: () => claimTags(db, clock.now()),
    sendSurveys: async () => (await sendDue({ limit: surveysAtOnce })) === surveysAtOnce,
    tellScores: createScoreTeller({
      sql: db,
      clock,
      log,
      connections: async () => (await directory.connections.list()).filter(({ kind }) => helpdesks.has(kind)),
      clientOf: helpdeskOf,
    }),
    fetchFx: createFxRun(
      createFxFetch({ db, clock, url: config.fxUrl, allowPrivate: config.allowPrivateUpstreams }),
      (report) => reprice(report, 'schedule'),
    ),
    foldRollups: async () => (await foldRollups(db)) > 0,
    addUpReports: async () => (await addUpMarked(db, { timeZone: reporting.timeZone })) > 0,
    runJob: jobs.runNext,
    async reconcileBooks() {
      if (!(await reconciliationDue(db, { now: clock.now(), timeZone: reporting.timeZone }))) return;
      await runStep('reconcile books', async (line) => {
        const night = await reconcileBooks({ db, clock, basis: reporting });
        Object.assign(line, night && { night: night.night, balanced: night.balanced, wrong: night.balance });
      });
    },
    findMissedHolds: (stop) =>
      lookForMissedHolds(db, {
        now: clock.now(),
        stop,
        async found(ids) {
          for (let start = 0; start < ids.length; start += markAtOnce)
            await markStale(db, ids.slice(start, start + markAtOnce), { now: clock.now() });
        },
      }),
    async tidy(stop) {
      await dropOldBodies(db, { now: clock.now(), keepMs: keepBodiesMs, stop });
    },
  };
};
