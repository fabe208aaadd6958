import { formatMicros } from '../../core/money.ts';
import { addDays, dayIn } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { type FxNeed, fxWarnings } from '../costing/index.ts';
import {
  changesAnything,
  compareRows,
  type ImportOptions,
  type ImportReport,
  recordAudit,
  storedReportingBasis,
} from '../directory/index.ts';
import { occurrencesIn } from './amounts.ts';
import {
  heldItems,
  type Item,
  itemsNamed,
  recordItems,
  regionsOfItems,
  type Side,
  serializeItems,
  storesOfItems,
} from './items.ts';
import { type Known, readBenefits, readOtherCosts } from './read-items.ts';

const amountText = (micros: bigint | null): string => (micros === null ? '' : formatMicros(micros));

/** An item as the cells of its file; hours and their price are amounts of their own nowhere but here and under `rates`. */
const cellsOf = (item: Item, known: Pick<Known, 'stores'>): Record<string, string> => ({
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

/** What of a side holds, as the rows of a file that its import takes: of hours stands what makes the amount, not the amount. */
export const itemRows = async (sql: Sql, side: Side): Promise<Record<string, string>[]> => {
  const stores = await storesOfItems(sql);
  return (await heldItems(sql, side)).map((item) => {
    const cells = cellsOf(item, { stores });
    return item.hoursMicros === null ? cells : { ...cells, amount: '' };
  });
};

type Options = ImportOptions & { readonly known: Omit<Known, 'pastRegions'>; readonly now: Date };
type Knowing = Options & { readonly known: Known };

const sameCells = (a: Record<string, string>, b: Record<string, string> | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** Amounts are looked at as far back as a report reaches; today stands for what begins later. */
const mostDays = 1100;

const needsOf = ({ amountMicros, currency, every, startsOn, endsOn }: Item, today: string): FxNeed[] => {
  if (amountMicros === null || amountMicros === 0n || currency === null) return [];
  if (startsOn > today) return [{ currency, day: today, since: startsOn }];
  const spread = { amountMicros, every: every ?? 'once', startsOn, endsOn };
  return occurrencesIn(spread, { from: addDays(today, -mostDays), to: today }).map(({ fxDay }) => ({
    currency,
    day: fxDay,
    since: fxDay,
  }));
};

/** Amounts in a currency without an exchange rate, for they will be in no figure. */
const warningsOf = async (tx: Sql, items: readonly Item[], now: Date): Promise<string[]> => {
  const basis = await storedReportingBasis(tx);
  if (basis === null) return [];
  const today = dayIn(basis.timeZone, now);
  const needs = items.flatMap((item) => needsOf(item, today));
  return fxWarnings(tx, needs, { to: basis.currency, what: 'an amount' });
};

const storeItems = async (
  tx: Sql,
  items: readonly Item[],
  { what, options }: { readonly what: string; readonly options: Knowing },
): Promise<ImportReport> => {
  const { known, dryRun, now, actor = 'cli' } = options;
  // Another import may have named the same: each sees what the one before it recorded.
  if (!dryRun) await serializeItems(tx);
  const references = items.map(({ reference }) => reference);
  const stored = items[0] ? await itemsNamed(tx, items[0].side, references) : [];
  const byReference = (list: readonly Item[]) => new Map(list.map((item) => [item.reference, cellsOf(item, known)]));
  const before = byReference(stored);
  const given = byReference(items);
  const warnings = await warningsOf(tx, items, now);
  const report = compareRows({ what, dryRun, replaces: false, stored: before, given, warnings });
  if (!changesAnything(report)) return report;
  const changed = items.filter((item) => !sameCells(cellsOf(item, known), before.get(item.reference)));
  await recordItems(tx, changed, { now, actor });
  await recordAudit(tx, {
    at: now,
    actor,
    action: `import ${what}`,
    detail: {
      rows: report.rows,
      added: report.added,
      changed: report.changed,
      before: changed.map(({ reference }) => before.get(reference)).filter((cells) => cells !== undefined),
    },
  });
  return report;
};

/** A store that was disconnected is still known, and a region that is no more to the references that are of it. */
const withPast = async (tx: Sql, side: Side, options: Options): Promise<Knowing> => {
  const { stores } = options.known;
  const past = (await storesOfItems(tx)).filter(({ id }) => stores.every((one) => one.id !== id));
  const pastRegions = await regionsOfItems(tx, side);
  return { ...options, known: { ...options.known, stores: [...stores, ...past], pastRegions } };
};

/**
 * Records what partnerships cost beside support. A row of a reference that is known is its next revision, which holds from now on
 * for all its days; what it was stays. What the file does not name stays as it is. Throws InvalidInput with a fault per bad
 * cell and stores nothing then. The caller gives the transaction.
 */
export const importOtherCosts = async (tx: Sql, text: string, given: Options): Promise<ImportReport> => {
  const options = await withPast(tx, 'other cost', given);
  return storeItems(tx, readOtherCosts(text, options.known), { what: 'other-costs', options });
};

/** The same of what they bring: amounts, and parts of the revenue of their orders. */
export const importBenefits = async (tx: Sql, text: string, given: Options): Promise<ImportReport> => {
  const options = await withPast(tx, 'benefit', given);
  return storeItems(tx, readBenefits(text, options.known), { what: 'benefits', options });
};
