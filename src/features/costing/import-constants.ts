import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { type Day, isDay } from '../../core/time.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import {
  changesAnything,
  compareRows,
  type ImportOptions,
  type ImportReport,
  recordAudit,
} from '../directory/index.ts';
import { type ConstantRow, constantNames, loadConstantRows, namableChannels } from './constants.ts';

const columns = z.object({
  name: z.enum(constantNames, { error: `must be one of ${constantNames.join(', ')}` }),
  channel: z
    .string()
    .toLowerCase()
    .refine(
      (channel) => channel === '*' || namableChannels.some((known) => known === channel),
      `must be * for any channel, or one of ${namableChannels.join(', ')}`,
    ),
  seconds: z
    .string()
    .regex(/^\d{1,6}$/, 'is not a number of whole seconds such as 300')
    .transform(Number),
  valid_from: z.string().refine(isDay, 'is not a day; write it as YYYY-MM-DD'),
});

const readConstants = (text: string): ConstantRow[] => {
  const faults: InputFault[] = [];
  const seen = new Map<string, number>();
  const rows = readTable(text, columns).map(({ row, value }) => {
    const identity = `${value.name} ${value.channel} ${value.valid_from}`;
    const earlier = seen.get(identity);
    if (earlier)
      faults.push({ field: cellField(row, 'valid_from'), reason: `repeats name, channel and day of row ${earlier}` });
    seen.set(identity, row);
    return { name: value.name, channel: value.channel, seconds: value.seconds, validFrom: value.valid_from };
  });
  refuseFaults('The file', faults);
  return rows;
};

const keyOf = ({ name, channel, validFrom }: ConstantRow): string => `${name} ${channel} ${validFrom}`;

const byKey = (rows: readonly ConstantRow[]): Map<string, Record<string, string>> =>
  new Map(
    rows.map((row) => [
      keyOf(row),
      { name: row.name, channel: row.channel, seconds: String(row.seconds), valid_from: row.validFrom },
    ]),
  );

/** What an import reports, with the first work day that its rows hold for. */
export type ConstantsImportReport = ImportReport & { readonly from: Day | null };

/**
 * Stores `name,channel,seconds,valid_from`: caps and the constants of estimates. They are dated: what a file does not name
 * stays, the same name, channel and day is replaced. The caller, who gives the transaction, has the work since `from` decided
 * again. Throws InvalidInput with a fault per bad cell and stores nothing then.
 */
export const importConstants = async (
  sql: Sql,
  text: string,
  options: ImportOptions & { readonly now: Date },
): Promise<ConstantsImportReport> => {
  const given = readConstants(text);
  await sql.query('lock table costing_constant in share row exclusive mode');
  const stored = await loadConstantRows(sql);
  const report = compareRows({
    what: 'constants',
    dryRun: options.dryRun,
    replaces: false,
    stored: byKey(stored),
    given: byKey(given),
  });
  const from = given.map(({ validFrom }) => validFrom).sort()[0] ?? null;
  if (!changesAnything(report)) return { ...report, from };
  await sql.query(
    `insert into costing_constant (name, channel, seconds, valid_from)
     select * from unnest($1::text[], $2::text[], $3::int[], $4::date[])
     on conflict (name, channel, valid_from) do update set seconds = excluded.seconds`,
    [
      given.map(({ name }) => name),
      given.map(({ channel }) => channel),
      given.map(({ seconds }) => seconds),
      given.map(({ validFrom }) => validFrom),
    ],
  );
  const before = new Map(stored.map((row) => [keyOf(row), row.seconds]));
  const changes = given
    .filter((row) => before.get(keyOf(row)) !== row.seconds)
    .map((row) => ({ ...row, before: before.get(keyOf(row)) ?? null }));
  await recordAudit(sql, {
    at: options.now,
    actor: options.actor ?? 'cli',
    action: 'import constants',
    detail: { rows: report.rows, added: report.added, changed: report.changed, changes },
  });
  return { ...report, from };
};

/** Tickets with work on that day or later: what dated settings may count anew. */
export const ticketsWorkedSince = async (sql: Sql, day: Day): Promise<bigint[]> => {
  const rows = await sql.query<{ ticketId: bigint }>(
    'select distinct ticket_id as "ticketId" from work_entry where worked_day >= $1::date order by 1',
    [day],
  );
  return rows.map(({ ticketId }) => ticketId);
};
