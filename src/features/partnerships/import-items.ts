import { formatMicros } from '../../core/money.ts';
import type { Sql } from '../../platform/database/database.ts';
import {
  changesAnything,
  compareRows,
  type ImportOptions,
  type ImportReport,
  recordAudit,
} from '../directory/index.ts';
import { type Item, itemsNamed, saveItems } from './items.ts';
import { type Known, readBenefits, readOtherCosts } from './read-items.ts';

const amountText = (micros: bigint | null): string => (micros === null ? '' : formatMicros(micros));

/** An item as the cells of its file; hours and their price are amounts of their own nowhere but here and under `rates`. */
const cellsOf = (item: Item, known: Known): Record<string, string> => ({
  reference: item.reference,
  partner: item.partner ?? '',
  region: item.region ?? '',
  kind: item.kind,
  amount: amountText(item.amountMicros),
  currency: item.currency ?? '',
  every: item.every ?? '',
  from: item.startsOn,
  to: item.endsOn ?? '',
  ...(item.side === 'other cost'
    ? { hours: amountText(item.hoursMicros), hourly: amountText(item.hourlyMicros) }
    : {
        store: known.stores.find(({ id }) => id === item.connectionId)?.name ?? '',
        percent: item.byLineCost ? 'line cost' : item.ppm === null ? '' : String(item.ppm / 10_000),
      }),
});

type Options = ImportOptions & { readonly known: Known; readonly now: Date };

const storeItems = async (
  tx: Sql,
  items: readonly Item[],
  { what, options }: { readonly what: string; readonly options: Options },
): Promise<ImportReport> => {
  const { known } = options;
  const references = items.map(({ reference }) => reference);
  const stored = items[0] ? await itemsNamed(tx, items[0].side, references) : [];
  const byReference = (list: readonly Item[]) => new Map(list.map((item) => [item.reference, cellsOf(item, known)]));
  const before = byReference(stored);
  const report = compareRows({
    what,
    dryRun: options.dryRun,
    replaces: false,
    stored: before,
    given: byReference(items),
  });
  if (!changesAnything(report)) return report;
  await saveItems(tx, items, options.now);
  await recordAudit(tx, {
    at: options.now,
    actor: options.actor ?? 'cli',
    action: `import ${what}`,
    // Items are changed in place: what they were stands here alone.
    detail: { rows: report.rows, added: report.added, changed: report.changed, before: [...before.values()] },
  });
  return report;
};

/**
 * Stores what partnerships cost beside support. A row of a reference that is known changes it; what the file does not name
 * stays. Throws InvalidInput with a fault per bad cell and stores nothing then. The caller gives the transaction.
 */
export const importOtherCosts = async (tx: Sql, text: string, options: Options): Promise<ImportReport> =>
  storeItems(tx, readOtherCosts(text, options.known), { what: 'other-costs', options });

/** The same of what they bring: amounts, and parts of the revenue of their orders. */
export const importBenefits = async (tx: Sql, text: string, options: Options): Promise<ImportReport> =>
  storeItems(tx, readBenefits(text, options.known), { what: 'benefits', options });
