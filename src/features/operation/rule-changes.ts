import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { dayMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { type CorrectionSuggestion, correctionSuggestions, importTicketRules } from '../attribution/index.ts';
import {
  type Connection,
  type Directory,
  directPartner,
  enqueueJob,
  type ImportOptions,
  type ImportReport,
  type JobHandler,
} from '../directory/index.ts';
import { createRemapJob, type Lot, type RemapWanted, remapKind } from '../ingest/index.ts';
import {
  type MappingCoverage,
  mappingCoverage,
  type Orders,
  partnerNamePattern,
  type RuleSuggestion,
  rulesHeld,
  suggestRules,
} from '../orders/index.ts';
import { type Previewable, previewable, previewRules, type RulePreview } from '../reports/index.ts';

/** The kind of the job that tries a change of rules out. */
export const previewKind = 'preview rules';

const previewWanted = z.object({ what: z.enum(previewable), text: z.string() });

/** What a look at one store's latest orders suggests. */
export interface StoreSuggestions {
  readonly store: string;
  readonly orders: number;
  readonly suggestions: readonly RuleSuggestion[];
  /** Why nothing could be looked at; null where it could. */
  readonly obstacle: string | null;
}

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
  /** How many of so many latest orders tell whose they are and where they went, by our own copy. */
  coverage(orders: number): Promise<MappingCoverage>;
  /** Rules that the latest orders of each store suggest; a store that does not answer says why. */
  suggestMapping(orders: number): Promise<readonly StoreSuggestions[]>;
  /** Rules that the corrections of agents in so many days amount to. */
  suggestTicketRules(days: number): Promise<readonly CorrectionSuggestion[]>;
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
  readonly isStore: (connection: Connection) => boolean;
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
    async coverage(latest: number) {
      const basis = { partners: await directory.partners(), regions: await directory.regions() };
      return mappingCoverage(db, { ...(await rulesHeld(db)), ...basis }, latest);
    },
    async suggestMapping(most: number) {
      const partners = await directory.partners();
      const names = partners
        .list()
        .flatMap(({ code, name, aliases }) => (code === directPartner.code ? [] : [code, name, ...aliases]));
      const pattern = partnerNamePattern([...new Set(names)]);
      const wanted = { metafields: [], formFields: [], ...(pattern !== null && { staffNotes: [pattern] }) };
      const found: StoreSuggestions[] = [];
      const stores = (await directory.connections.list()).filter(deps.isStore);
      // What stands on the orders of one store may mean something else in another.
      const ofOne = (store: Connection) => stores.length > 1 && { store: store.name };
      for (const store of stores) {
        const told = { store: store.name, orders: 0, suggestions: [] };
        try {
          const survey = await orders.clientOf(store).surveyOrders?.(most, wanted);
          if (survey) {
            const suggestions = suggestRules(survey, partners, pattern).map((suggestion) => ({
              ...suggestion,
              rule: { ...suggestion.rule, ...ofOne(store) },
            }));
            found.push({ ...told, orders: survey.orders.length, suggestions, obstacle: null });
          } else found.push({ ...told, obstacle: `A ${store.kind} cannot show the places of its orders` });
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          found.push({ ...told, obstacle: error.message });
        }
      }
      return found;
    },
    async suggestTicketRules(days: number) {
      const connections = await directory.connections.list();
      const tagPrefixes = new Map(
        connections.map(({ id, settings }) => [id, typeof settings.tagPrefix === 'string' ? settings.tagPrefix : '']),
      );
      return correctionSuggestions(db, { since: new Date(clock.now().getTime() - days * dayMs), tagPrefixes });
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
