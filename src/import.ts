import type { Product } from './compose.ts';
import { InvalidInput } from './core/errors.ts';
import { importTicketRules } from './features/attribution/index.ts';
import { importConstants, importFx, importRates, type PriceImportReport } from './features/costing/index.ts';
import type { ImportReport } from './features/directory/index.ts';

interface Options {
  readonly dryRun: boolean;
  readonly actor: string;
}

type Importer = (product: Product, text: string, options: Options) => Promise<ImportReport>;

/**
 * Orders and tickets are decided again where what was imported says whose they are; also where the file changed nothing, so
 * that importing it again finishes what a killed import began.
 */
const thenRemap =
  (read: Importer): Importer =>
  async (product, text, options) => {
    const report = await read(product, text, options);
    if (!report.dryRun) await product.remap();
    return report;
  };

/** Work and orders are priced anew where what was imported says what they cost; of a file that changed nothing, on any day. */
const thenReprice =
  (read: (product: Product, text: string, options: Options & { now: Date }) => Promise<PriceImportReport>): Importer =>
  async (product, text, options) => {
    const report = await read(product, text, { ...options, now: product.clock.now() });
    await product.reprice(report);
    return report;
  };

/** What can be imported, by the word of the command line; DESIGN.md section 9 fixes columns and forms. */
const importers: Readonly<Record<string, Importer>> = {
  partners: thenRemap(({ directory }, text, options) => directory.importPartners(text, options)),
  regions: thenRemap(({ directory }, text, options) => directory.importRegions(text, options)),
  // A role may change what any hour of its people costs.
  agents: thenReprice(async ({ directory }, text, options) => ({
    ...(await directory.importAgents(text, options)),
    priced: null,
  })),
  rates: thenReprice(({ db }, text, options) => db.transaction((tx) => importRates(tx, text, options))),
  fx: thenReprice(({ db }, text, options) => db.transaction((tx) => importFx(tx, text, options))),
  constants: async (product, text, options) => {
    const now = product.clock.now();
    const report = await product.db.transaction((tx) => importConstants(tx, text, { ...options, now }));
    if (!report.dryRun && report.from !== null) await product.recount(report.from);
    return report;
  },
  'mapping-rules': thenRemap(({ orders }, text, options) => orders.importMappingRules(text, options)),
  'ticket-rules': thenRemap(({ db, clock, directory }, text, options) =>
    importTicketRules({ db, clock, directory }, text, options),
  ),
};

export const importable: readonly string[] = Object.keys(importers);

/** Imports one file's text; a dry run only says what it would do. Throws InvalidInput with one fault per bad cell and changes nothing then. */
export const importText = async (
  product: Product,
  what: string,
  text: string,
  options: Options,
): Promise<ImportReport> => {
  const importer = importers[what];
  if (!importer)
    throw new InvalidInput(`"${what}" cannot be imported; one of ${importable.join(', ')} can`, [
      { field: 'what', reason: 'unknown' },
    ]);
  return importer(product, text, options);
};
