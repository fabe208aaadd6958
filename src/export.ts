import type { Product } from './compose.ts';
import { InvalidInput } from './core/errors.ts';
import { formatMicros } from './core/money.ts';
import { ticketRuleFile } from './features/attribution/index.ts';
import { loadPayroll } from './features/books/index.ts';
import { listRates, loadConstantRows, loadCostBasis, loadDatedFx, loadOwnFx } from './features/costing/index.ts';
import { directPartner, listRoles, listTeams } from './features/directory/index.ts';
import { activeRules } from './features/orders/index.ts';
import { itemRows } from './features/partnerships/index.ts';
import { type Cell, writeCsv } from './platform/csv.ts';

/** What `import <what>` brought, in the form in which it takes it again: a table, or a list that is a JSON file. */
export type Exported = ExportedTable | { readonly list: readonly object[] };

interface ExportedTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

const percent = (ppm: number | null): Cell => (ppm === null ? '' : String(ppm / 10_000));

const tableOf = (columns: readonly string[], records: readonly Readonly<Record<string, string>>[]): ExportedTable => ({
  columns,
  rows: records.map((record) => columns.map((name) => record[name] ?? '')),
});

const exporters: Readonly<Record<string, (product: Product) => Promise<Exported>>> = {
  partners: async ({ directory }) => ({
    columns: ['code', 'name', 'aliases'],
    rows: (await directory.partners())
      .list()
      .filter(({ code }) => code !== directPartner.code)
      .map(({ code, name, aliases }) => [code, name, aliases.join('|')]),
  }),
  regions: async ({ directory }) => ({
    columns: ['region', 'name', 'countries'],
    rows: (await directory.regions()).list().map(({ code, name, countries }) => [code, name, countries.join('|')]),
  }),
  agents: async ({ db }) => ({
    columns: ['connection', 'external_id', 'role', 'role_from'],
    rows: (await listRoles(db)).map(({ connection, externalId, role, validFrom }) => [
      connection,
      externalId,
      role,
      validFrom ?? '',
    ]),
  }),
  teams: async ({ db }) => ({
    columns: ['connection', 'external_id', 'team', 'valid_from'],
    rows: (await listTeams(db)).map(({ connection, externalId, team, validFrom }) => [
      connection,
      externalId,
      team,
      validFrom,
    ]),
  }),
  rates: async ({ db }) => ({
    columns: ['scope', 'key', 'hourly', 'currency', 'valid_from', 'burden', 'shrinkage', 'occupancy'],
    rows: (await listRates(db)).map((rate) => [
      rate.scope,
      rate.shownKey,
      formatMicros(rate.hourlyMicros),
      rate.currency,
      rate.validFrom,
      percent(rate.burdenPpm),
      percent(rate.shrinkagePpm),
      percent(rate.occupancyPpm),
    ]),
  }),
  'cost-basis': async ({ db }) => ({
    columns: ['applied', 'valid_from'],
    rows: (await loadCostBasis(db)).map(({ applied, validFrom }) => [applied, validFrom]),
  }),
  fx: async ({ db }) => ({
    columns: ['date', 'base', 'quote', 'rate'],
    rows: (await loadDatedFx(db)).map(({ date, base, quote, rate }) => [date, base, quote, rate]),
  }),
  'own-fx': async ({ db }) => ({
    columns: ['base', 'quote', 'rate', 'valid_from', 'valid_to', 'source'],
    rows: (await loadOwnFx(db)).map(({ base, quote, rate, validFrom, validTo, source }) => [
      base,
      quote,
      rate,
      validFrom,
      validTo ?? '',
      source,
    ]),
  }),
  constants: async ({ db }) => ({
    columns: ['name', 'channel', 'seconds', 'valid_from'],
    rows: (await loadConstantRows(db)).map(({ name, channel, seconds, validFrom }) => [
      name,
      channel,
      seconds,
      validFrom,
    ]),
  }),
  payroll: async ({ db }) => ({
    columns: ['month', 'amount', 'currency'],
    rows: (await loadPayroll(db)).map(({ month, micros, currency }) => [month, formatMicros(micros), currency]),
  }),
  'other-costs': async ({ db }) =>
    tableOf(
      ['reference', 'partner', 'region', 'kind', 'amount', 'currency', 'every', 'hours', 'hourly', 'from', 'to'],
      await itemRows(db, 'other cost'),
    ),
  benefits: async ({ db }) =>
    tableOf(
      ['reference', 'partner', 'region', 'store', 'kind', 'amount', 'currency', 'every', 'percent', 'from', 'to'],
      await itemRows(db, 'benefit'),
    ),
  'mapping-rules': async ({ db }) => ({ list: await activeRules(db) }),
  'ticket-rules': async ({ db }) => ({ list: await ticketRuleFile(db) }),
};

export const exportable: readonly string[] = Object.keys(exporters);

/** Throws InvalidInput where there is no such list. */
export const exportList = async (product: Product, what: string): Promise<Exported> => {
  const exporter = Object.hasOwn(exporters, what) ? exporters[what] : undefined;
  if (!exporter)
    throw new InvalidInput(`"${what}" cannot be exported; one of ${exportable.join(', ')} can`, [
      { field: 'what', reason: 'unknown' },
    ]);
  return exporter(product);
};

/** The file that `import` takes. */
export const fileText = (exported: Exported): string =>
  'list' in exported ? `${JSON.stringify(exported.list, null, 2)}\n` : writeCsv(exported.columns, exported.rows);

/** Each row with the names of its columns. */
export const recordsOf = ({ columns, rows }: ExportedTable): Record<string, Cell>[] =>
  rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])));
