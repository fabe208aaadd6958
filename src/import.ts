import type { Product } from './compose.ts';
import { InvalidInput } from './core/errors.ts';
import { importPayroll, type MoneyMoves, movesOf } from './features/books/index.ts';
import {
  type ConstantsImportReport,
  importConstants,
  importCostBasis,
  importFx,
  importOwnFx,
  importRates,
  type PriceImportReport,
  removeFx,
  removeOwnFx,
  removeRates,
  ticketsToReprice,
  ticketsWorkedSince,
} from './features/costing/index.ts';
import { type ImportReport, importAgents, importTeams, type Job } from './features/directory/index.ts';
import { importBenefits, importOtherCosts } from './features/partnerships/index.ts';
import type { Previewable } from './features/reports/index.ts';
import type { Sql } from './platform/database/database.ts';
import { storeAdapters } from './stores/registry.ts';

interface Options {
  readonly dryRun: boolean;
  readonly actor: string;
  /** The rows that the file names are taken away instead: those of `removable` alone. */
  readonly remove?: boolean | undefined;
  /** Told how far the job is that follows, or the dry run. */
  readonly onProgress?:
    | ((progress: { readonly job?: string; readonly done: number; readonly total: number | null }) => void)
    | undefined;
}

type Importer = (product: Product, text: string, options: Options) => Promise<ImportReport>;

/** Sees a job to its end, working on it here where no worker does. */
const follow = async (jobs: Product['jobs'], id: bigint, onProgress: Options['onProgress']) => {
  const told = ({ done, total }: Job): void => onProgress?.({ job: String(id), done, total });
  const { kind, state, result, error } = await jobs.follow(id, { onProgress: told });
  return { id: String(id), kind, state, result, error };
};

/**
 * Orders and tickets are decided again where what was imported says whose they are; also where the file changed nothing, so
 * that importing it again finishes what a killed import began.
 */
const thenRemap =
  (what: Previewable): Importer =>
  async ({ ruleChanges, jobs }, text, { dryRun, actor, onProgress }) => {
    if (dryRun) {
      const report = await ruleChanges.read(what, text, { dryRun, actor });
      return { ...report, wouldMove: await ruleChanges.preview(what, text, onProgress) };
    }
    const { report, job } = await ruleChanges.make(what, text, { actor });
    return { ...report, job: await follow(jobs, job, onProgress) };
  };

/** The report, with how the job ended that was asked for. */
const followed = async <Report extends ImportReport>(
  { jobs }: Product,
  { report, job }: { readonly report: Report; readonly job: bigint | null },
  { onProgress }: Options,
): Promise<Report> => (job === null ? report : { ...report, job: await follow(jobs, job, onProgress) });

/** Rolls its transaction back and carries what was found in it. */
class TriedOut extends Error {
  readonly report: ImportReport & { readonly wouldMove: MoneyMoves | null };
  constructor(report: TriedOut['report']) {
    super('tried out');
    this.report = report;
  }
}

/** What an import in one transaction is, and which tickets' cost it may change. */
interface Priced<Report extends ImportReport> {
  readonly read: (tx: Sql, text: string, options: Options & { now: Date }) => Promise<Report>;
  readonly affected: (tx: Sql, report: Report, product: Product) => Promise<readonly bigint[]>;
  /** Whether they are priced by today's tables or counted at their frozen price. */
  readonly reprice: boolean;
}

/** As the import does, and takes it back: a dry run tells tickets and money that would move. */
const tryOut = async <Report extends ImportReport>(
  product: Product,
  text: string,
  { options, priced }: { readonly options: Options; readonly priced: Priced<Report> },
): Promise<ImportReport> => {
  const { db, clock, reporting: basis } = product;
  try {
    return await db.transaction(async (tx): Promise<never> => {
      const report = await priced.read(tx, text, { ...options, dryRun: false, now: clock.now() });
      const tickets = await priced.affected(tx, report, product);
      const wouldMove = await movesOf(tx, tickets, { basis, reprice: priced.reprice });
      throw new TriedOut({ ...report, dryRun: true, wouldMove });
    });
  } catch (error) {
    if (error instanceof TriedOut) return error.report;
    throw error;
  }
};

/**
 * Work and orders are priced anew where what was imported says what they cost; of a file that changed nothing, on any day. The
 * job is asked for together with what it is for: a kill in between would leave prices that nobody looks at again.
 */
const priceList = (read: Priced<PriceImportReport>['read']): Importer => {
  const store: Importer = async (product, text, options) => {
    const now = product.clock.now();
    const stored = await product.db.transaction(async (tx) => {
      const report = await read(tx, text, { ...options, now });
      return { report, job: await product.reprice(report, options.actor, tx) };
    });
    return followed(product, stored, options);
  };
  const affected: Priced<PriceImportReport>['affected'] = async (tx, { priced }, { reporting }) =>
    priced ? ticketsToReprice(tx, { ...priced, reportingCurrency: reporting.currency }) : [];
  return (product, text, options) =>
    options.dryRun
      ? tryOut(product, text, { options, priced: { read, affected, reprice: true } })
      : store(product, text, options);
};

const constants: Importer = async (product, text, options) => {
  if (options.dryRun) {
    const affected: Priced<ConstantsImportReport>['affected'] = async (tx, { from }) =>
      from === null ? [] : ticketsWorkedSince(tx, from);
    return tryOut(product, text, { options, priced: { read: importConstants, affected, reprice: false } });
  }
  const now = product.clock.now();
  const stored = await product.db.transaction(async (tx) => {
    const report = await importConstants(tx, text, { ...options, now });
    return { report, job: report.from === null ? null : await product.recount(report.from, options.actor, tx) };
  });
  return followed(product, stored, options);
};

/** Who is of which role or team says what their hours cost. */
const people = (read: typeof importAgents): Importer =>
  priceList(async (tx, text, options) => {
    const { from, ...report } = await read(tx, text, options);
    return { ...report, priced: from === null ? null : { from, to: null } };
  });

/** What partnerships cost and bring: figures are made of it when they are asked for. */
const partnershipItems =
  (read: typeof importBenefits): Importer =>
  async ({ db, clock, directory }, text, options) => {
    const stores = (await directory.connections.list()).filter(({ kind }) => storeAdapters.has(kind));
    return db.transaction(async (tx) => {
      const known = { partners: await directory.partners(tx), regions: await directory.regions(tx), stores };
      return read(tx, text, { ...options, known, now: clock.now() });
    });
  };

/** What can be imported, by the word of the command line; DESIGN.md section 9 fixes columns and forms. */
const importers: Readonly<Record<string, Importer>> = {
  partners: thenRemap('partners'),
  regions: thenRemap('regions'),
  agents: people(importAgents),
  teams: people(importTeams),
  rates: priceList(importRates),
  'cost-basis': priceList(importCostBasis),
  fx: priceList(importFx),
  'own-fx': priceList(importOwnFx),
  constants,
  payroll: ({ db, clock }, text, options) => importPayroll(db, text, { ...options, now: clock.now() }),
  'other-costs': partnershipItems(importOtherCosts),
  benefits: partnershipItems(importBenefits),
  'mapping-rules': thenRemap('mapping-rules'),
  'ticket-rules': thenRemap('ticket-rules'),
};

export const importable: readonly string[] = Object.keys(importers);

/** Lists that are dated and added to: a line that was a mistake is taken back by its key, and what it priced is priced anew. */
const removers: Readonly<Record<string, Importer>> = {
  rates: priceList(removeRates),
  fx: priceList(removeFx),
  'own-fx': priceList(removeOwnFx),
};

export const removable: readonly string[] = Object.keys(removers);

/** Those of which a file is the whole list: what it leaves out is removed. */
export const replacing: readonly string[] = ['regions', 'mapping-rules', 'ticket-rules'];

/** Imports one file's text, or with `remove` takes away what it names; a dry run only says what it would do. Throws InvalidInput with one fault per bad cell and changes nothing then. */
export const importText = async (
  product: Product,
  what: string,
  text: string,
  options: Options,
): Promise<ImportReport> => {
  const importer = Object.hasOwn(importers, what) ? importers[what] : undefined;
  if (!importer)
    throw new InvalidInput(`"${what}" cannot be imported; one of ${importable.join(', ')} can`, [
      { field: 'what', reason: 'unknown' },
    ]);
  if (!options.remove) return importer(product, text, options);
  const remover = removers[what];
  if (!remover)
    throw new InvalidInput(
      replacing.includes(what)
        ? `A file of ${what} is the whole list: leave out what is to go, and import it without --remove`
        : `Lines of ${removable.join(', ')} can be taken away, those of ${what} cannot; import what is to hold instead`,
      [{ field: '--remove', reason: `not with ${what}` }],
    );
  return remover(product, text, options);
};
