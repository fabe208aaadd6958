import { code } from 'currency-codes';
import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { formatMicros, microsOf } from '../../core/money.ts';
import { isDay } from '../../core/time.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import {
  changesAnything,
  compareRows,
  type ImportOptions,
  type ImportReport,
  recordAudit,
} from '../directory/index.ts';

const columns = z.object({
  month: z.string().refine((text) => isDay(`${text}-01`), 'is not a month; write it as YYYY-MM'),
  amount: z
    .string()
    .regex(/^\d{1,12}(\.\d{1,6})?$/, 'is not an amount; write it as 84000.00, without a thousands separator')
    .transform(microsOf),
  currency: z
    .string()
    .transform((text) => text.toUpperCase())
    .refine((text) => code(text) !== undefined, 'is not an ISO 4217 currency code such as EUR'),
});

interface Paid {
  readonly month: string;
  readonly currency: string;
  readonly micros: bigint;
}

/** What the team was paid, by month and currency; months as YYYY-MM. */
export const loadPayroll = (sql: Sql): Promise<Paid[]> =>
  sql.query<Paid>(
    `select to_char(month, 'YYYY-MM') as month, currency, amount_micros as micros from payroll order by payroll.month, currency`,
  );

/**
 * Stores `month,amount,currency`: what the team was paid. A month may stand in several currencies, once in each; what the
 * file does not name stays. Throws InvalidInput with a fault per bad cell and stores nothing then.
 */
export const importPayroll = async (
  db: Database,
  text: string,
  options: ImportOptions & { readonly now: Date },
): Promise<ImportReport> => {
  const faults: InputFault[] = [];
  const given = new Map<string, { month: string; amount: string; currency: string; micros: bigint }>();
  for (const { row, value } of readTable(text, columns, { decimals: ['amount'] })) {
    const { month, amount, currency } = value;
    const key = `${month} ${currency}`;
    if (given.has(key)) faults.push({ field: cellField(row, 'month'), reason: 'stands twice in this currency' });
    given.set(key, { month, amount: formatMicros(amount), currency, micros: amount });
  }
  refuseFaults('The file', faults);
  return db.transaction(async (tx) => {
    const stored = await loadPayroll(tx);
    const shown = ({ month, currency, micros }: Paid) => ({
      month,
      amount: formatMicros(micros),
      currency,
    });
    const report = compareRows({
      what: 'payroll',
      dryRun: options.dryRun,
      replaces: false,
      stored: new Map(stored.map((row) => [`${row.month} ${row.currency}`, shown(row)])),
      given: new Map([...given].map(([key, row]) => [key, shown(row)])),
    });
    if (!changesAnything(report)) return report;
    const rows = [...given.values()];
    await tx.query(
      `insert into payroll (month, currency, amount_micros, recorded_at)
       select (month || '-01')::date, currency, micros, $4 from unnest($1::text[], $2::text[], $3::bigint[]) as g(month, currency, micros)
       on conflict (month, currency) do update set amount_micros = excluded.amount_micros, recorded_at = excluded.recorded_at
        where payroll.amount_micros <> excluded.amount_micros`,
      [
        rows.map(({ month }) => month),
        rows.map(({ currency }) => currency),
        rows.map(({ micros }) => micros),
        options.now,
      ],
    );
    await recordAudit(tx, {
      at: options.now,
      actor: options.actor ?? 'cli',
      action: 'import payroll',
      detail: { rows: report.rows, added: report.added, changed: report.changed },
    });
    return report;
  });
};
