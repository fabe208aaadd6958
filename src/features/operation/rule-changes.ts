import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { importTicketRules } from '../attribution/index.ts';
import {
  type Directory,
  enqueueJob,
  type ImportOptions,
  type ImportReport,
  type JobHandler,
} from '../directory/index.ts';
import { createRemapJob, type Lot, type RemapWanted, remapKind } from '../ingest/index.ts';
import type { Orders } from '../orders/index.ts';
import { type Previewable, previewable, previewRules, type RulePreview } from '../reports/index.ts';

/** The kind of the job that tries a change of rules out. */
export const previewKind = 'preview rules';

const previewWanted = z.object({ what: z.enum(previewable), text: z.string() });

/** A change of what says whose orders and tickets are: tried out, made, and carried through by a job. */
export interface RuleChanges {
  /** What it would move; writes nothing. Throws InvalidInput as the import would. */
  preview(
    what: Previewable,
    text: string,
    onProgress?: (progress: { readonly done: number; readonly total: number }) => void,
  ): Promise<RulePreview>;
  /** Asks for the same as a job. Returns its id. */
  askPreview(what: Previewable, text: string, actor: string): Promise<bigint>;
  /** Imports the text and asks for the job that decides orders and tickets by it; of a file that changed nothing too, which finishes what a kill left. */
  make(
    what: Previewable,
    text: string,
    options: { readonly actor: string },
  ): Promise<{ readonly report: ImportReport; readonly job: bigint }>;
  /** What the text would change in the lists themselves. */
  read(
    what: Previewable,
    text: string,
    options: { readonly dryRun: boolean; readonly actor: string },
  ): Promise<ImportReport>;
  /** By kind, for whoever runs jobs. */
  readonly handlers: Readonly<Record<string, JobHandler>>;
}

export const createRuleChanges = (deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly orders: Orders;
  readonly basis: { readonly currency: string; readonly timeZone: string };
  readonly decide: (lot: Lot) => Promise<void>;
}): RuleChanges => {
  const { db, clock, directory, orders } = deps;
  const imports: Record<Previewable, (text: string, options: ImportOptions) => Promise<ImportReport>> = {
    'mapping-rules': (text, options) => orders.importMappingRules(text, options),
    'ticket-rules': (text, options) => importTicketRules({ db, clock, directory }, text, options),
    partners: (text, options) => directory.importPartners(text, options),
    regions: (text, options) => directory.importRegions(text, options),
  };
  const changes: RuleChanges = {
    preview: (what, text, onProgress) => previewRules(deps, { what, text }, onProgress),
    async askPreview(what, text, actor) {
      // What cannot be read is refused at once, not by a job later.
      await imports[what](text, { dryRun: true, actor });
      return enqueueJob(db, { kind: previewKind, wanted: { what, text }, askedBy: actor, now: clock.now() });
    },
    read: (what, text, options) => imports[what](text, options),
    async make(what, text, { actor }) {
      const report = await imports[what](text, { dryRun: false, actor });
      // A mapping bears on tickets through their orders alone; the other lists are read for each ticket.
      const wanted: RemapWanted = { because: `import ${what}`, tickets: what === 'mapping-rules' ? 'touched' : 'all' };
      return { report, job: await enqueueJob(db, { kind: remapKind, wanted, askedBy: actor, now: clock.now() }) };
    },
    handlers: {
      [remapKind]: createRemapJob({ sql: db, clock, orders, decide: deps.decide }),
      [previewKind]: async (job, { progress, stop }) => {
        const { what, text } = previewWanted.parse(job.wanted);
        return previewRules(deps, { what, text }, async (told) => {
          stop.throwIfAborted();
          await progress(told);
        });
      },
    },
  };
  return changes;
};
