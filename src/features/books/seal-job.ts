import { AppError } from '../../core/errors.ts';
import { minuteMs, secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { type Connection, enqueueJob, type JobHandler, type ReportingBasis } from '../directory/index.ts';
import { pullUpTo, unsettledUpTo } from '../ingest/index.ts';
import { periodFrom, type SealPeriod } from './period.ts';
import { owedWords, refuseUnended, sealPeriod } from './seal.ts';
import type { Seal } from './store.ts';

/** Where nothing more comes in for so long, what is open stays so: the seal is refused and says what keeps it. */
const usualPatienceMs = 10 * minuteMs;
/** Likewise where all that is open lies at helpdesks and stores that cannot be asked: other jobs wait behind this one. */
const troubledPatienceMs = minuteMs;
/** Far below a job's lease. */
const renewMs = 15 * secondMs;

interface SealerDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** The wall's time, in which leases are counted. */
  readonly wall: Clock;
  readonly basis: ReportingBasis;
  readonly connections: () => Promise<readonly Connection[]>;
  /** Walks a connection's changes to their end. */
  readonly walk: (connection: Connection, stop: AbortSignal) => Promise<unknown>;
  /** Gathers or decides a few due tickets, beside whatever workers run; false where nothing was to be done. */
  readonly gatherSome: () => Promise<boolean>;
  /** How long what comes in no more is waited for; 10 minutes. */
  readonly patienceMs?: number;
}

/** What the row of a seal's job asks for. */
interface Wanted {
  readonly kind: SealPeriod['kind'];
  readonly from: string;
  readonly revise: boolean;
}

/** Asks workers for a seal. Throws Refused where the period is not over. */
export const askForSeal = async (
  sql: Sql,
  period: SealPeriod,
  {
    revise,
    actor,
    now,
    timeZone,
  }: { readonly revise: boolean; readonly actor: string; readonly now: Date; readonly timeZone: string },
): Promise<bigint> => {
  refuseUnended(period, { now, timeZone });
  const wanted: Wanted = { kind: period.kind, from: period.from, revise };
  return enqueueJob(sql, { kind: 'seal', wanted, askedBy: actor, now });
};

/** What a seal's job ends with. */
const sealResult = ({
  seal,
  made,
  differs,
}: {
  readonly seal: Seal;
  readonly made: boolean;
  readonly differs: readonly string[];
}) => ({
  seal: seal.id,
  period: periodFrom(seal.kind, seal.from).name,
  revision: seal.revision,
  made,
  differs,
  gaps: seal.gaps,
});

/**
 * The job of a seal: what no webhook told is found, all open work of the days is pulled and settled (RULES section 11), and
 * then the period is sealed, or refused with what keeps it. Its progress counts the tickets that had to be pulled or decided.
 */
export const sealHandler =
  (deps: SealerDeps): JobHandler =>
  async (job, { progress, stop, rest }) => {
    const { db, clock, wall, basis, patienceMs = usualPatienceMs } = deps;
    const { kind, from, revise } = job.wanted as Wanted;
    const period = periodFrom(kind, from);
    const upTo = { lastDay: period.to, timeZone: basis.timeZone, asOf: clock.now() };
    let total = 0;
    let done = 0;
    let waitsFor: string | null = null;
    const renew = () => progress({ done, total, waitsFor });

    const owed = async () => {
      const all = await unsettledUpTo(db, upTo);
      const tickets = all.reduce((sum, { unpulled, undecided }) => sum + unpulled + undecided, 0);
      total = Math.max(total, tickets);
      done = total - tickets;
      return { all, tickets };
    };

    const prepare = async (): Promise<void> => {
      const unread = new Set((await owed()).all.flatMap(({ id, isRead }) => (isRead ? [] : [id])));
      for (const connection of await deps.connections()) {
        if (stop.aborted || !unread.has(connection.id)) continue;
        try {
          await deps.walk(connection, stop);
        } catch (error) {
          // Its status tells what is wrong; the seal is refused by the name of the connection.
          if (!(error instanceof AppError)) throw error;
        }
      }
      await pullUpTo(db, { ...upTo, now: clock.now() });
      let least = Infinity;
      let lessAt = clock.now().getTime();
      while (!stop.aborted) {
        const { all, tickets } = await owed();
        await renew();
        if (tickets === 0) return;
        const isStuck = all.every(({ unpulled, undecided, isInTrouble }) => isInTrouble || unpulled + undecided === 0);
        const patience = isStuck ? Math.min(patienceMs, troubledPatienceMs) : patienceMs;
        if (tickets < least) [least, lessAt] = [tickets, clock.now().getTime()];
        else if (clock.now().getTime() - lessAt > patience) return;
        const gathered = await deps.gatherSome();
        waitsFor = gathered ? null : owedWords(all).join('; ');
        if (!gathered) await rest();
      }
    };

    // A ticker of its own: one statement over a whole month may take longer than a lease.
    let lost: unknown = null;
    const ticking = wall.every(renewMs, () =>
      renew().catch((error: unknown) => {
        lost = error;
      }),
    );
    try {
      await prepare();
      if (stop.aborted) throw stop.reason;
      if (lost) throw lost;
      return sealResult(
        await sealPeriod({ db, clock, basis }, { period, revise, actor: job.askedBy, asOf: upTo.asOf }),
      );
    } finally {
      await ticking.stop();
    }
  };
