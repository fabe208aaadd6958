import countries from 'i18n-iso-countries';
import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { recordAudit } from './audit.ts';
import {
  changesAnything,
  compareRows,
  countGone,
  type ImportOptions,
  type ImportReport,
  removalWarning,
} from './import-report.ts';

/** A named group of countries (ISO alpha-2, sorted). */
export interface Region {
  readonly code: string;
  readonly name: string;
  readonly countries: readonly string[];
}

/** What the report and its filters call what has no region, and the sum: no region may be called so. */
const reservedCodes = new Set(['none', 'total']);

/** The regions as they are known now. A country in no group is its own region. */
export interface RegionBook {
  /** The region that holds a country; null for no country. */
  regionOf(country: string | null): string | null;
  known(code: string): boolean;
  /** The region behind a region's code or a country's, whatever its case; null where it is neither. */
  resolve(raw: string): string | null;
  /** The groups, by code. */
  list(): readonly Region[];
  /** Codes of the countries that are in no group. */
  ungrouped(): readonly string[];
}

const isCountry = (code: string): boolean => /^[A-Z]{2}$/.test(code) && countries.isValid(code);

export const regionBook = (regions: readonly Region[]): RegionBook => {
  const byCode = new Map(regions.map(({ code }) => [code.toLowerCase(), code]));
  const byCountry = new Map(
    regions.flatMap(({ code, countries: held }) => held.map((country) => [country, code] as const)),
  );
  const regionOf = (country: string | null): string | null => {
    const wanted = country?.trim().toUpperCase() ?? '';
    return wanted === '' ? null : (byCountry.get(wanted) ?? wanted);
  };
  const resolve = (raw: string): string | null => {
    const wanted = raw.trim();
    return byCode.get(wanted.toLowerCase()) ?? (isCountry(wanted.toUpperCase()) ? regionOf(wanted) : null);
  };
  const ungrouped = () =>
    Object.keys(countries.getAlpha2Codes())
      .filter((code) => resolve(code) === code && !byCode.has(code.toLowerCase()))
      .sort();
  return { regionOf, resolve, known: (code) => resolve(code) === code, list: () => regions, ungrouped };
};

export const loadRegions = (sql: Sql): Promise<Region[]> =>
  sql.query<Region>(
    `select r.code, r.name, coalesce(array_agg(c.country order by c.country) filter (where c.country is not null), '{}') as countries
       from region r left join region_country c on c.region_code = r.code group by r.code order by r.code`,
  );

const columns = z.object({
  region: z.string().regex(/^[A-Za-z0-9_]{1,60}$/, 'use 1 to 60 of the characters A to Z, a to z, 0 to 9 and _'),
  name: z.string().min(1).max(200),
  countries: z.string().min(1),
});

interface GivenRegion extends Region {
  readonly row: number;
}

const readRegions = (text: string): GivenRegion[] =>
  readTable(text, columns).map(({ row, value }) => {
    const held = value.countries
      .split('|')
      .map((country) => country.trim().toUpperCase())
      .filter((country) => country !== '');
    return { row, code: value.region, name: value.name, countries: [...new Set(held)].sort() };
  });

const faultsOf = (given: readonly GivenRegion[]): InputFault[] => {
  const faults: InputFault[] = [];
  const codes = new Set<string>();
  const holder = new Map<string, string>();
  for (const { row, code, countries: held } of given) {
    if (codes.has(code.toLowerCase()))
      faults.push({ field: cellField(row, 'region'), reason: `"${code}" stands twice in the file` });
    codes.add(code.toLowerCase());
    if (reservedCodes.has(code.toLowerCase()))
      faults.push({
        field: cellField(row, 'region'),
        reason: `"${code}" has its own meaning in reports; choose another`,
      });
    if (isCountry(code.toUpperCase()) && !held.includes(code.toUpperCase()))
      faults.push({
        field: cellField(row, 'region'),
        reason: `"${code}" is the code of a country that the region does not hold`,
      });
    for (const country of held) {
      const other = holder.get(country);
      if (!isCountry(country))
        faults.push({ field: cellField(row, 'countries'), reason: `"${country}" is no ISO 3166 alpha-2 code` });
      else if (other !== undefined && other !== code)
        faults.push({ field: cellField(row, 'countries'), reason: `${country} is already in region ${other}` });
      holder.set(country, other ?? code);
    }
  }
  return faults;
};

const rowsByCode = (regions: readonly Region[]): Map<string, Record<string, string>> =>
  new Map(regions.map(({ code, name, countries: held }) => [code, { region: code, name, countries: held.join('|') }]));

/** Replaces the groups as a whole: a region that the file leaves out is removed. Throws InvalidInput with every fault. */
export const importRegions = async (
  db: Database,
  clock: Clock,
  text: string,
  { dryRun, actor = 'cli' }: ImportOptions,
): Promise<ImportReport> => {
  const given = readRegions(text);
  refuseFaults('The file', faultsOf(given));
  return db.transaction(async (tx) => {
    await tx.query('lock table region in share row exclusive mode');
    const held = await loadRegions(tx);
    const codes = { held: held.map(({ code }) => code), given: given.map(({ code }) => code) };
    const gone = countGone(codes.held, codes.given);
    const report = compareRows({
      what: 'regions',
      dryRun,
      replaces: true,
      stored: rowsByCode(held),
      given: rowsByCode(given),
      warnings: removalWarning({ gone, held: held.length }, { things: 'regions', dryRun }),
    });
    if (!changesAnything(report)) return report;
    await tx.query('delete from region');
    await tx.query('insert into region (code, name) select * from unnest($1::text[], $2::text[])', [
      given.map(({ code }) => code),
      given.map(({ name }) => name),
    ]);
    const assigned = given.flatMap(({ code, countries: inRegion }) => inRegion.map((country) => ({ code, country })));
    await tx.query('insert into region_country (country, region_code) select * from unnest($1::text[], $2::text[])', [
      assigned.map(({ country }) => country),
      assigned.map(({ code }) => code),
    ]);
    const { added, changed, removed } = report;
    await recordAudit(tx, { at: clock.now(), actor, action: 'import regions', detail: { added, changed, removed } });
    return report;
  });
};

/** The regions as they would be after an import. Throws InvalidInput as the import would. */
export const regionsAfter = (text: string): RegionBook => {
  const given = readRegions(text);
  refuseFaults('The file', faultsOf(given));
  return regionBook(given);
};
