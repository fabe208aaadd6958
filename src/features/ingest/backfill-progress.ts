import { minuteMs, secondMs } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { loadCursor, saveCursor } from '../directory/index.ts';
import type { BackfillRun } from './backfill.ts';

/** How far a backfill is. */
export interface BackfillProgress {
  /** ISO 8601. */
  readonly since: string;
  /** Distinct tickets that the walk named, those that were to be pulled, and those that are pulled, priced and posted. */
  readonly found: number;
  readonly raised: number;
  readonly done: number;
  /** Of one that ended: those of `done` that a person gave up, of which nothing, or not all, was read. */
  readonly givenUp: number;
  /** Tickets a minute, over the last minutes; null until two moments were measured. */
  readonly perMinute: number | null;
  /** By that rate; null while it is unknown, or while the walk still finds tickets, for then nobody knows how many are left. */
  readonly remainingSeconds: number | null;
  /** interrupted: nobody runs it at the moment; the same command goes on. */
  readonly state: 'walking' | 'gathering' | 'interrupted' | 'complete' | 'incomplete';
  /** Of one that ended: created since, as the vendor counted them and as we did; null where it tells no number. */
  readonly counted: { readonly there: number; readonly here: number } | null;
}

interface Measured {
  /** The run that was measured, by its beginning. */
  readonly of?: string;
  readonly samples: readonly { readonly atMs: number; readonly done: number }[];
}

const stream = 'backfill progress';
/** What is done is measured over this long ... */
const windowMs = 3 * minuteMs;
/** ... and says nothing over less than this. */
const leastMs = 5 * secondMs;
/** Whoever runs a backfill measures it more often than this. */
const silentMs = minuteMs;

/** Tickets of history that are still to be gathered: the only ones a partial index holds. */
const waiting = async (sql: Sql, connectionId: number): Promise<number> => {
  const [row] = await sql.query<{ waiting: bigint }>(
    'select count(*) as waiting from ticket where connection_id = $1 and due_at is not null and from_backfill and quarantined_at is null',
    [connectionId],
  );
  return Number(row?.waiting ?? 0n);
};

/** The rate that samples show, in tickets a minute; null where they span too little. */
export const rateOf = (samples: Measured['samples']): number | null => {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.atMs - first.atMs < leastMs) return null;
  return ((last.done - first.done) * minuteMs) / (last.atMs - first.atMs);
};

/** What was measured of this very run. */
const samplesOf = async (sql: Sql, connectionId: number, { startedAt }: BackfillRun): Promise<Measured['samples']> => {
  const measured = (await loadCursor<Measured>(sql, connectionId, stream))?.state;
  return measured?.of === startedAt ? measured.samples : [];
};

const progressOfRun = (
  run: BackfillRun,
  { left, samples, now }: Measured & { readonly left: number; readonly now: Date },
): BackfillProgress => {
  const perMinute = rateOf(samples);
  const ended = run.comparedAt !== null;
  const atMs = samples.at(-1)?.atMs ?? Date.parse(run.startedAt);
  const isSilent = now.getTime() - atMs > silentMs;
  const known = run.walkedAt !== null && perMinute !== null && perMinute > 0 && !isSilent;
  return {
    since: run.since,
    found: run.found,
    raised: run.raised,
    done: ended ? run.held : Math.max(0, run.found - left),
    givenUp: run.givenUp ?? 0,
    perMinute: ended || isSilent ? null : perMinute,
    remainingSeconds: ended ? 0 : known ? Math.ceil((left / perMinute) * 60) : null,
    state: ended
      ? run.complete
        ? 'complete'
        : 'incomplete'
      : isSilent
        ? 'interrupted'
        : run.walkedAt === null
          ? 'walking'
          : 'gathering',
    counted:
      ended && run.countedThere != null && run.countedHere !== undefined
        ? { there: run.countedThere, here: run.countedHere }
        : null,
  };
};

/** Where a run is, as it was last measured; for whoever looks on. */
export const readProgress = async (
  sql: Sql,
  connectionId: number,
  run: BackfillRun,
  now: Date,
): Promise<BackfillProgress> => {
  if (run.comparedAt !== null) return progressOfRun(run, { left: 0, samples: [], now });
  const samples = await samplesOf(sql, connectionId, run);
  return progressOfRun(run, { left: await waiting(sql, connectionId), samples, now });
};

/** Measures a run once more; whoever runs it does so every few seconds. */
export const measureProgress = async (
  sql: Sql,
  connectionId: number,
  run: BackfillRun,
  now: Date,
): Promise<BackfillProgress> => {
  const left = await waiting(sql, connectionId);
  const atMs = now.getTime();
  const recent = (await samplesOf(sql, connectionId, run)).filter((sample) => sample.atMs > atMs - windowMs);
  // A page is raised before the run tells that it was found: what is done grows all the same.
  const samples = [...recent, { atMs, done: Math.max(0, run.found - left, recent.at(-1)?.done ?? 0) }];
  await saveCursor(sql, connectionId, stream, { state: { of: run.startedAt, samples }, seenUntil: null, now });
  return progressOfRun(run, { left, samples, now });
};
