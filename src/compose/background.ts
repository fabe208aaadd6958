import type { Day } from '../core/time.ts';
import { askForSeal, type SealPeriod, sealHandler } from '../features/books/index.ts';
import type { PriceImportReport } from '../features/costing/index.ts';
import { createJobRunner, enqueueJob, type JobRunner } from '../features/directory/index.ts';
import { createSettleJob, type SettleWanted, settleKind } from '../features/ingest/index.ts';
import { createRuleChanges, type RuleChanges } from '../features/operation/index.ts';
import { wallClock } from '../platform/clock.ts';
import type { Sql } from '../platform/database/database.ts';
import type { Feeds } from './feeds.ts';
import type { Foundation } from './foundation.ts';
import type { Pipeline } from './pipeline.ts';
import type { Vendors } from './vendors.ts';

/** Long work that a person asks for and workers do: one handler for each kind of job, and the ways to ask. */
export interface Background {
  /** Asks for the job that prices anew what rates or exchange rates changed, on any day where the report names none; null after a dry run. `sql`: the transaction of the import. */
  reprice(report: PriceImportReport, askedBy: string, sql?: Sql): Promise<bigint | null>;
  /** Asks for the job that counts the work since a day again after caps or constants changed. */
  recount(from: Day, askedBy: string, sql?: Sql): Promise<bigint>;
  /** Asks workers to seal a week or month; resolves to the job's id. Throws Refused where it is not over. */
  askToSeal(period: SealPeriod, options: { readonly revise: boolean; readonly actor: string }): Promise<bigint>;
  /** Changes of what says whose orders and tickets are. */
  readonly ruleChanges: RuleChanges;
  /** A process without the worker role can follow the jobs that it asked for. */
  readonly jobs: JobRunner;
}

const everyDay = { from: '1970-01-01', to: null };

export const createBackground = (
  { clock, log, db, directory, reporting }: Foundation,
  { orders, isStore }: Vendors,
  { decide, gatherSome }: Pipeline,
  { walk }: Feeds,
): Background => {
  const ruleChanges = createRuleChanges({ db, clock, directory, orders, basis: reporting, decide, isStore });
  const jobs = createJobRunner({
    db,
    clock,
    wall: wallClock,
    log,
    handlers: {
      ...ruleChanges.handlers,
      seal: sealHandler({
        db,
        clock,
        wall: wallClock,
        basis: reporting,
        connections: () => directory.connections.list(),
        walk: (connection, stop) => walk(connection, { stop }),
        gatherSome: () => gatherSome(null),
      }),
      [settleKind]: createSettleJob({ sql: db, clock, basis: reporting, orders, decide }),
    },
  });
  const settleAgain = (wanted: SettleWanted, askedBy: string, sql: Sql = db): Promise<bigint> =>
    enqueueJob(sql, { kind: settleKind, wanted, askedBy, now: clock.now() });

  return {
    reprice: async ({ dryRun, priced }, askedBy, sql) =>
      dryRun ? null : settleAgain({ ...(priced ?? everyDay), reprice: true }, askedBy, sql),
    recount: (from, askedBy, sql) => settleAgain({ from, to: null, reprice: false }, askedBy, sql),
    askToSeal: (period, { revise, actor }) =>
      askForSeal(db, period, { revise, actor, now: clock.now(), timeZone: reporting.timeZone }),
    ruleChanges,
    jobs,
  };
};
