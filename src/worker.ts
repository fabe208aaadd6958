import { z } from 'zod';
import { hourMs, minuteMs, secondMs } from './core/time.ts';
import { type Lot, lookEveryMs, type StoreLot } from './features/ingest/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Log } from './platform/log.ts';
import type { Queues } from './platform/queue/queues.ts';

/** What the worker does, as compose hands it over: one function per queue and per sweep. */
export interface Work {
  readonly gather: (lot: Lot) => Promise<void>;
  readonly decide: (lot: Lot) => Promise<void>;
  readonly act: (lot: Lot) => Promise<void>;
  /** Long walks, and tidying, end at their next page when the signal tells of a stop. */
  readonly syncStore: (connectionId: number, stop: AbortSignal) => Promise<void>;
  readonly reconcile: (connectionId: number, stop: AbortSignal) => Promise<void>;
  /** Streams of work beside a helpdesk's tickets: they wait for what happens now, and nothing waits for them. */
  readonly walkWork: (connectionId: number, stop: AbortSignal) => Promise<void>;
  /** Looks after a connection: its webhook, unusual silence, the daily count. */
  readonly watch: (connectionId: number, stop: AbortSignal) => Promise<void>;
  readonly fetchFx: () => Promise<void>;
  readonly claimDue: () => Promise<Lot[]>;
  /** Orders and customers that stores told of, and how they are read again. */
  readonly claimStoreChanges: () => Promise<StoreLot[]>;
  readonly refreshStore: (lot: StoreLot) => Promise<void>;
  readonly claimStale: () => Promise<Lot[]>;
  readonly claimTags: () => Promise<Lot[]>;
  /** One lot at a time; resolves to whether there may be more. */
  readonly sendSurveys: () => Promise<boolean>;
  /** Writes customers' answers into the helpdesks' own records. */
  readonly tellScores: () => Promise<unknown>;
  readonly foldRollups: () => Promise<boolean>;
  /** Adds up a few days of reports that changed; resolves to whether there may be more. */
  readonly addUpReports: () => Promise<boolean>;
  /** One background job; resolves to whether there was one. */
  readonly runJob: (stop: AbortSignal) => Promise<boolean>;
  readonly findMissedHolds: (stop: AbortSignal) => Promise<void>;
  readonly tidy: (stop: AbortSignal) => Promise<void>;
  /** The check of the books, once a night; does nothing at other times. */
  readonly reconcileBooks: () => Promise<void>;
  /** Connections whose feeds are to be walked, and those whose webhooks are to be looked after. */
  readonly feeds: () => Promise<{
    readonly helpdesks: readonly number[];
    /** Helpdesks whose streams of work are to be read. */
    readonly work: readonly number[];
    readonly stores: readonly number[];
    readonly watched: readonly number[];
  }>;
}

/** Zendesk's feed has no last minute: what its webhooks lost just before a start is in the first walk that begins a minute later. */
const secondWalkMs = 75 * secondMs;

const lotSchema = z.object({
  connectionId: z.int(),
  ticketIds: z.array(z.string().regex(/^\d+$/).transform(BigInt)),
  claimedUntil: z.coerce.date().optional(),
  history: z.boolean().optional(),
});
const storeLotSchema = z.object({
  connectionId: z.int(),
  changes: z.array(
    z.object({
      what: z.enum(['order', 'customer']),
      externalId: z.string(),
      dirtySeq: z.string().regex(/^\d+$/).transform(BigInt),
    }),
  ),
});
const feedSchema = z.object({ connectionId: z.int() });

const jobOf = (name: string, lot: Lot) => ({
  name,
  data: {
    connectionId: lot.connectionId,
    ticketIds: lot.ticketIds.map(String),
    ...(lot.claimedUntil && { claimedUntil: lot.claimedUntil.toISOString() }),
    ...(lot.history && { history: true }),
  },
});

/**
 * Runs the queues' handlers and the sweeps. The rows are the truth and the queue a hint: a sweep claims what is due by the
 * clock and hands it to whichever worker is free; what a lost queue forgets, the next sweep claims again when the lease ends.
 */
export const startWorker = (deps: {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly log: Log;
  readonly work: Work;
}): { stop(): Promise<void> } => {
  const { queues, clock, log, work } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const handlers = [
    // More than the lots that one slow helpdesk can have under way (claim-tickets.ts), as for act.
    queues.work('gather', async (data) => work.gather(lotSchema.parse(data)), { concurrency: 8 }),
    // History waits for its share of the quota, however long: what happens now must find a free hand.
    queues.work('gather history', async (data) => work.gather(lotSchema.parse(data)), { concurrency: 4 }),
    queues.work('decide', async (data) => work.decide(lotSchema.parse(data)), { concurrency: 2 }),
    // More than the lots that one slow helpdesk can have under way.
    queues.work('act', async (data) => work.act(lotSchema.parse(data)), { concurrency: 8 }),
    queues.work('store', async (data) => work.syncStore(feedSchema.parse(data).connectionId, signal), {
      concurrency: 2,
    }),
    queues.work('refresh', async (data) => work.refreshStore(storeLotSchema.parse(data)), { concurrency: 4 }),
    queues.work('reconcile', async (data) => work.reconcile(feedSchema.parse(data).connectionId, signal), {
      concurrency: 2,
    }),
    queues.work('work feeds', async (data) => work.walkWork(feedSchema.parse(data).connectionId, signal), {
      concurrency: 2,
    }),
    queues.work('watch', async (data) => work.watch(feedSchema.parse(data).connectionId, signal), { concurrency: 2 }),
    queues.work('fx', async () => work.fetchFx(), { concurrency: 1 }),
  ];

  /** A sweep that fails is logged and comes round again: nothing it would have claimed is lost. */
  const guarded = (name: string, task: () => Promise<void>) => async () => {
    try {
      await task();
    } catch (error) {
      log.error({ step: name, err: error }, 'sweep failed; it comes round again');
    }
  };
  /** Hands what was claimed to the queue; without a queue this process does it itself, one lot after the other. */
  const hand = async (queue: 'gather' | 'decide' | 'act', claim: () => Promise<Lot[]>): Promise<void> => {
    const lots = await claim();
    if (lots.length === 0) return;
    try {
      const [history, news] = [lots.filter((lot) => lot.history), lots.filter((lot) => !lot.history)];
      for (const [name, those] of [
        [queue, news],
        [`${queue} history`, history],
      ] as const)
        if (those.length > 0)
          await queues.add(
            name,
            those.map((lot) => jobOf(name, lot)),
          );
    } catch (error) {
      log.debug({ step: `sweep ${queue}`, lots: lots.length, err: error }, 'the queue took no jobs; done without it');
      for (const lot of lots) {
        // What is left is claimed again when its lease ends.
        if (signal.aborted) return;
        await work[queue](lot);
      }
    }
  };
  /** As `hand`, for what stores told of. */
  const handStoreLots = async (): Promise<void> => {
    const lots = await work.claimStoreChanges();
    if (lots.length === 0) return;
    try {
      const dataOf = ({ connectionId, changes }: StoreLot) => ({
        connectionId,
        changes: changes.map((change) => ({ ...change, dirtySeq: String(change.dirtySeq) })),
      });
      await queues.add(
        'refresh',
        lots.map((lot) => ({ name: 'refresh', data: dataOf(lot) })),
      );
    } catch (error) {
      log.debug({ step: 'sweep stores', lots: lots.length, err: error }, 'the queue took no jobs; done without it');
      for (const lot of lots) if (!signal.aborted) await work.refreshStore(lot);
    }
  };
  const untilDone = (lot: () => Promise<boolean>) => async () => {
    while (!signal.aborted && (await lot()));
  };
  const walks = {
    store: work.syncStore,
    reconcile: work.reconcile,
    'work feeds': work.walkWork,
    watch: work.watch,
  };
  /** As `hand`, for walks: one that fails keeps no other from its turn. */
  const feed = async (queue: keyof typeof walks, ids: readonly number[]): Promise<void> => {
    if (ids.length === 0) return;
    try {
      await queues.add(
        queue,
        ids.map((connectionId) => ({ name: queue, data: { connectionId }, dedupe: `${queue}-${connectionId}` })),
      );
    } catch (error) {
      log.debug({ step: `walk ${queue}`, walks: ids.length, err: error }, 'the queue took no jobs; done without it');
      for (const connectionId of ids)
        if (!signal.aborted) await guarded(`walk ${queue}`, () => walks[queue](connectionId, signal))();
    }
  };

  const walkHelpdesks = guarded('walk helpdesks', async () => feed('reconcile', (await work.feeds()).helpdesks));
  const walkOnceMore = async (): Promise<void> => {
    await clock.sleep(secondWalkMs, signal);
    if (!signal.aborted) await walkHelpdesks();
  };
  const secondWalk = walkOnceMore();

  const sweeps = [
    clock.every(
      250,
      guarded('sweep due', () => hand('gather', work.claimDue)),
    ),
    clock.every(500, guarded('sweep stores', handStoreLots)),
    clock.every(
      500,
      guarded('sweep stale', () => hand('decide', work.claimStale)),
    ),
    clock.every(
      250,
      guarded('sweep tags', () => hand('act', work.claimTags)),
    ),
    clock.every(secondMs, guarded('send surveys', untilDone(work.sendSurveys))),
    clock.every(
      30 * secondMs,
      guarded('tell scores', async () => void (await work.tellScores())),
    ),
    clock.every(30 * secondMs, guarded('fold rollups', untilDone(work.foldRollups))),
    clock.every(5 * secondMs, guarded('add up reports', untilDone(work.addUpReports))),
    clock.every(
      secondMs,
      guarded(
        'background jobs',
        untilDone(() => work.runJob(signal)),
      ),
    ),
    clock.every(
      2 * minuteMs,
      guarded('walk stores', async () => feed('store', (await work.feeds()).stores)),
    ),
    clock.every(5 * minuteMs, walkHelpdesks),
    clock.every(
      5 * minuteMs,
      guarded('walk work feeds', async () => feed('work feeds', (await work.feeds()).work)),
    ),
    clock.every(
      lookEveryMs,
      guarded('watch connections', async () => feed('watch', (await work.feeds()).watched)),
    ),
    clock.every(
      10 * minuteMs,
      guarded('find missed holds', () => work.findMissedHolds(signal)),
    ),
    clock.every(
      6 * hourMs,
      guarded('fetch fx', () => queues.add('fx', [{ name: 'fx', data: {}, dedupe: 'fx' }])),
    ),
    clock.every(
      hourMs,
      guarded('tidy', () => work.tidy(signal)),
    ),
    clock.every(10 * minuteMs, guarded('reconcile books', work.reconcileBooks)),
  ];
  return {
    async stop() {
      stopping.abort();
      await Promise.all([secondWalk, ...sweeps.map((sweep) => sweep.stop())]);
      await Promise.all(handlers.map((handler) => handler.close()));
    },
  };
};
