import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { recordAudit } from './audit.ts';
import { changesAnything, compareRows, type ImportOptions, type ImportReport } from './import-report.ts';

export interface Partner {
  readonly code: string;
  readonly name: string;
  readonly aliases: readonly string[];
}

/** Sales through no partner: built in, never imported. */
export const directPartner: Partner = { code: 'direct', name: 'Direct', aliases: [] };

/** What the report and its filters call what has no partner, and the sum: no partner may be called so. */
const reservedCodes = new Set(['none', 'total']);

/** The partners as they are known now. */
export interface PartnerBook {
  known(code: string): boolean;
  /** The code behind a code or an alias, whatever its case and blanks; null where it names no partner. */
  resolve(raw: string): string | null;
  /** All of them by code, Direct included. */
  list(): readonly Partner[];
}

const comparable = (raw: string): string => raw.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase();

export const partnerBook = (partners: readonly Partner[]): PartnerBook => {
  // The database holds the built-in one as well.
  const others = partners.filter(({ code }) => code !== directPartner.code);
  const all = [...others, directPartner].sort((a, b) => (a.code < b.code ? -1 : 1));
  const codes = new Set(all.map(({ code }) => code));
  const byName = new Map(
    all.flatMap(({ code, aliases }) => aliases.map((alias) => [comparable(alias), code] as const)),
  );
  return {
    known: (code) => codes.has(code),
    resolve(raw) {
      const wanted = comparable(raw);
      return codes.has(wanted) ? wanted : (byName.get(wanted) ?? null);
    },
    list: () => all,
  };
};

export const loadPartners = (sql: Sql): Promise<Partner[]> =>
  sql.query<Partner>('select code, name, aliases from partner order by code');

const columns = z.object({
  code: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9_]{1,60}$/, 'use 1 to 60 of the characters a to z, 0 to 9 and _'),
  name: z.string().min(1).max(200),
  aliases: z.string().optional(),
});

interface GivenPartner extends Partner {
  readonly row: number;
}

const readPartners = (text: string): GivenPartner[] =>
  readTable(text, columns).map(({ row, value }) => {
    const aliases = (value.aliases ?? '').split('|').map((alias) => alias.trim().replaceAll(/\s+/g, ' '));
    const own = new Map(
      aliases
        .filter((alias) => alias !== '' && comparable(alias) !== value.code)
        .map((alias) => [comparable(alias), alias]),
    );
    return { row, code: value.code, name: value.name, aliases: [...own.values()] };
  });

/** A code or alias may lead to one partner alone, those included that are stored and not in the file. */
const clashes = (given: readonly GivenPartner[], stored: readonly Partner[]): InputFault[] => {
  const faults: InputFault[] = [];
  const inFile = new Set(given.map(({ code }) => code));
  const owner = new Map<string, string>([[directPartner.code, directPartner.code]]);
  for (const { code, aliases } of stored) {
    if (!inFile.has(code)) for (const name of [code, ...aliases]) owner.set(comparable(name), code);
  }
  for (const { row, code } of given) {
    const taken = owner.get(code);
    if (code === directPartner.code)
      faults.push({ field: cellField(row, 'code'), reason: '"direct" is built in; leave the row out' });
    else if (reservedCodes.has(code))
      faults.push({
        field: cellField(row, 'code'),
        reason: `"${code}" has its own meaning in reports; choose another`,
      });
    else if (taken === code)
      faults.push({ field: cellField(row, 'code'), reason: `"${code}" stands twice in the file` });
    else if (taken !== undefined)
      faults.push({ field: cellField(row, 'code'), reason: `"${code}" is already an alias of ${taken}` });
    owner.set(code, taken ?? code);
  }
  for (const { row, code, aliases } of given) {
    for (const alias of aliases) {
      const taken = owner.get(comparable(alias));
      if (taken !== undefined && taken !== code)
        faults.push({ field: cellField(row, 'aliases'), reason: `"${alias}" already means ${taken}` });
      else owner.set(comparable(alias), code);
    }
  }
  return faults;
};

const rowOf = ({ code, name, aliases }: Partner): Record<string, string> => ({
  code,
  name,
  aliases: aliases.join('|'),
});
const rowsByCode = (partners: readonly Partner[]): Map<string, Record<string, string>> =>
  new Map(partners.map((partner) => [partner.code, rowOf(partner)]));

/** Adds and changes partners; those that the file leaves out stay, for figures name them. Throws InvalidInput with every fault. */
export const importPartners = async (
  db: Database,
  clock: Clock,
  text: string,
  { dryRun, actor = 'cli' }: ImportOptions,
): Promise<ImportReport> => {
  const given = readPartners(text);
  return db.transaction(async (tx) => {
    await tx.query('lock table partner in share row exclusive mode');
    const stored = await loadPartners(tx);
    refuseFaults('The file', clashes(given, stored));
    const report = compareRows({
      what: 'partners',
      dryRun,
      replaces: false,
      stored: rowsByCode(stored),
      given: rowsByCode(given),
    });
    if (!changesAnything(report)) return report;
    await tx.query(
      `insert into partner (code, name, aliases, created_at)
       select code, name, coalesce(array(select jsonb_array_elements_text(aliases)), '{}'), $2::timestamptz
         from jsonb_to_recordset($1::jsonb) as t(code text, name text, aliases jsonb)
       on conflict (code) do update set name = excluded.name, aliases = excluded.aliases`,
      [JSON.stringify(given.map(({ code, name, aliases }) => ({ code, name, aliases }))), clock.now()],
    );
    await recordAudit(tx, {
      at: clock.now(),
      actor,
      action: 'import partners',
      detail: { added: report.added, changed: report.changed },
    });
    return report;
  });
};

/** The partners as they would be after an import. Throws InvalidInput as the import would. */
export const partnersAfter = async (sql: Sql, text: string): Promise<PartnerBook> => {
  const given = readPartners(text);
  const stored = await loadPartners(sql);
  refuseFaults('The file', clashes(given, stored));
  return partnerBook([...new Map([...stored, ...given].map((partner) => [partner.code, partner])).values()]);
};
