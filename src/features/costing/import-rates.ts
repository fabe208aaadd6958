import { code } from 'currency-codes';
import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { formatMicros, microsOf } from '../../core/money.ts';
import { dayIn, isDay } from '../../core/time.ts';
import { cellField, readTable, refuseFaults, type TableRow } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import { changesAnything, type ImportOptions, recordAudit, storedReportingBasis } from '../directory/index.ts';
import { appliedOn, isWage, loadCostBasis } from './cost-basis.ts';
import { type FxNeed, fxWarnings } from './fx-warnings.ts';
import type { PriceImportReport } from './import-fx.ts';
import { type NamedConnection, type RateKeys, rateKeyReader } from './rate-keys.ts';
import { aiAgentRole, type Rate, rateScopes } from './rates.ts';

/**
 * Per cent to ppm; null where the cell is empty. Below 1 it is refused: 0.3 would be three parts in a thousand, and 0.80 an
 * occupancy by which an hour costs a hundred times its wage.
 */
const factor = ({ least, most }: { readonly least: number; readonly most: number }) =>
  z
    .string()
    .default('')
    .superRefine((text, context) => {
      if (text === '') return;
      const value = /^\d{1,4}(\.\d{1,4})?$/.test(text) ? Number(text) : Number.NaN;
      if (value > 0 && value < 1) context.addIssue('is below 1 per cent; write 30 for 30 %');
      else if (!(value >= least && value <= most))
        context.addIssue(`must be ${least} to ${most} per cent, written as 30 or 12.5`);
    })
    .transform((text) => (text === '' ? null : Number(microsOf(text) / 100n)));

const columns = z.object({
  scope: z.enum(rateScopes, { error: 'must be agent, role, team or default' }),
  key: z.string(),
  hourly: z
    .string()
    .regex(
      /^\d{1,9}(\.\d{1,6})?$/,
      'is not an hourly amount; write it as 31.50 (where ";" separates the cells also as 31,50), with at most six decimals and no thousands separator',
    )
    .transform(microsOf),
  currency: z
    .string()
    .transform((text) => text.toUpperCase())
    .refine((text) => code(text) !== undefined, 'is not an ISO 4217 currency code such as EUR'),
  valid_from: z.string().refine(isDay, 'is not a day; write it as YYYY-MM-DD'),
  burden: factor({ least: 0, most: 1000 }),
  shrinkage: factor({ least: 0, most: 99 }),
  occupancy: factor({ least: 1, most: 100 }),
});

type Row = TableRow<z.output<typeof columns>>;

type GivenRate = Rate & RateKeys;

const rateOf = ({ value }: Row, keys: RateKeys): GivenRate => ({
  scope: value.scope,
  ...keys,
  hourlyMicros: value.hourly,
  currency: value.currency,
  validFrom: value.valid_from,
  burdenPpm: value.burden,
  shrinkagePpm: value.shrinkage,
  occupancyPpm: value.occupancy,
});

const readRates = (text: string, connections: readonly NamedConnection[]): GivenRate[] => {
  const keysOf = rateKeyReader(connections);
  const faults: InputFault[] = [];
  const seen = new Map<string, number>();
  const rates = readTable(text, columns, { decimals: ['hourly', 'burden', 'shrinkage', 'occupancy'] }).flatMap(
    (row) => {
      const keys = keysOf(row.value);
      if ('fault' in keys) {
        faults.push({ field: cellField(row.row, 'key'), reason: keys.fault });
        return [];
      }
      const rate = rateOf(row, keys);
      const identity = `${rate.scope} ${rate.validFrom} ${rate.key}`;
      const earlier = seen.get(identity);
      if (earlier)
        faults.push({
          field: cellField(row.row, 'valid_from'),
          reason: `repeats scope, key and day of row ${earlier}`,
        });
      seen.set(identity, row.row);
      return [rate];
    },
  );
  refuseFaults('The file', faults);
  return rates;
};

/** Factors that nobody said to apply. */
const factorWarnings = async (sql: Sql, rates: readonly Rate[]): Promise<string[]> => {
  if (!rates.some(isWage)) return [];
  const basis = await loadCostBasis(sql);
  const unused = rates.filter((rate) => isWage(rate) && appliedOn(basis, rate.validFrom) === 'given').length;
  return unused === 0
    ? []
    : [
        `Burden, shrinkage and occupancy of ${unused} rates change nothing on their first day; deskledger import cost-basis (applied,valid_from) says from when on they are applied`,
      ];
};

/** A role or team that nobody has yet is no fault, for agents may be imported later; but its rate prices nothing until then. */
const warningsFor = async (sql: Sql, rates: readonly Rate[]): Promise<string[]> => {
  const namesOf = (wanted: Rate['scope']): string[] => [
    ...new Set(rates.filter(({ scope }) => scope === wanted).map(({ key }) => key)),
  ];
  const rows = await sql.query<{ warning: string }>(
    `select 'No agent has the role ' || role || ' yet: its rate prices nothing until one has' as warning
       from unnest($1::text[]) as role where role <> '${aiAgentRole}' and not exists (select 1 from agent a where a.role = role.role)
        and not exists (select 1 from agent_role r where r.role = role.role)
     union select 'Nobody is in the team ' || g.team || ' yet: its rate prices nothing until somebody is'
       from unnest($2::text[]) as g(team) where not exists (select 1 from agent_team t where t.team = g.team)
     order by warning`,
    [namesOf('role'), namesOf('team')],
  );
  return [...rows.map(({ warning }) => warning), ...(await factorWarnings(sql, rates))];
};

const columnsOf = (rates: readonly Rate[]) => [
  rates.map(({ scope }) => scope),
  rates.map(({ key }) => key),
  rates.map(({ hourlyMicros }) => hourlyMicros),
  rates.map(({ currency }) => currency),
  rates.map(({ validFrom }) => validFrom),
  rates.map(({ burdenPpm }) => burdenPpm),
  rates.map(({ shrinkagePpm }) => shrinkagePpm),
  rates.map(({ occupancyPpm }) => occupancyPpm),
];

const given = `unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::date[], $6::int[], $7::int[], $8::int[])
               as g(scope, key, hourly_micros, currency, valid_from, burden_ppm, shrinkage_ppm, occupancy_ppm)`;

/** Rates whose currency has no exchange rate on days of work that they hold on, or today, which stands for days to come. */
const unconverted = async (sql: Sql, rates: readonly Rate[], now: Date): Promise<string[]> => {
  const basis = await storedReportingBasis(sql);
  if (basis === null || rates.every(({ currency }) => currency === basis.currency)) return [];
  const needs = await sql.query<FxNeed>(
    `with held as (
       select h.*, lead(valid_from) over (partition by scope, key order by valid_from) as until
         from (select scope, key, currency, valid_from, true as named from ${given}
               union all
               select r.scope, r.key, r.currency, r.valid_from, false from rate r
                where not exists (select from ${given} where (g.scope, g.key, g.valid_from) = (r.scope, r.key, r.valid_from))) h
     ), worked as (select distinct worked_day as day from work_entry where worked_day >= (select min(valid_from) from held where named))
     select h.currency, w.day::text as day, w.day::text as since
       from held h join worked w on w.day >= h.valid_from and (h.until is null or w.day < h.until) where h.named
     union
     select h.currency, $9::date::text, greatest(h.valid_from, $9::date)::text from held h where h.named and (h.until is null or h.until > $9::date)`,
    [...columnsOf(rates), dayIn(basis.timeZone, now)],
  );
  return fxWarnings(sql, needs, { to: basis.currency, what: 'work at a rate' });
};

/** Whether two rows say the same beside whom and when they are of. */
const differsSql = (one: string, other: string): string =>
  [one, other]
    .map((alias) =>
      ['hourly_micros', 'currency', 'burden_ppm', 'shrinkage_ppm', 'occupancy_ppm'].map((name) => `${alias}.${name}`),
    )
    .map((names) => `(${names.join(', ')})`)
    .join(' is distinct from ');
const shownSql = (alias: string): string =>
  `jsonb_strip_nulls(jsonb_build_object('hourlyMicros', ${alias}.hourly_micros::text, 'currency', ${alias}.currency, 'burdenPpm', ${alias}.burden_ppm,
                                        'shrinkagePpm', ${alias}.shrinkage_ppm, 'occupancyPpm', ${alias}.occupancy_ppm))`;

const previewRows = 5;
const percentText = (ppm: number | null): string => (ppm === null ? '' : String(ppm / 10_000));

/**
 * Stores `scope,key,hourly,currency,valid_from` and, of a wage, `burden,shrinkage,occupancy` in per cent. Rates are dated: what an import does not name stays; a rate of the same
 * scope, key and day is replaced, and the caller, who gives the transaction, reprices the days of `priced`. Throws InvalidInput with a fault per bad
 * cell and stores nothing then.
 */
export const importRates = async (
  sql: Sql,
  text: string,
  options: ImportOptions & { readonly now: Date },
): Promise<PriceImportReport> => {
  const connections = await sql.query<NamedConnection>('select id, name from connection order by id');
  const rates = readRates(text, connections);
  const differs = differsSql('r', 'g');
  const [known] = await sql.query<{
    added: number;
    changed: number;
    first: string | null;
    changes: readonly unknown[];
  }>(
    `select count(*) filter (where r.id is null)::int as added,
            count(*) filter (where r.id is not null and ${differs})::int as changed,
            (min(g.valid_from) filter (where ${differs}))::text as first,
            coalesce(jsonb_agg(jsonb_build_object(
              'scope', g.scope, 'key', g.key, 'validFrom', g.valid_from,
              'before', case when r.id is not null then ${shownSql('r')} end,
              'after', ${shownSql('g')})) filter (where ${differs}), '[]') as changes
       from ${given} left join rate r on r.scope = g.scope and r.key = g.key and r.valid_from = g.valid_from`,
    columnsOf(rates),
  );
  const { added, changed, first, changes } = known ?? { added: 0, changed: 0, first: null, changes: [] };
  if (!options.dryRun && added + changed > 0)
    await sql.query(
      `insert into rate (scope, key, hourly_micros, currency, valid_from, burden_ppm, shrinkage_ppm, occupancy_ppm, recorded_at)
       select g.*, $9 from ${given}
       on conflict (scope, key, valid_from) do update
          set hourly_micros = excluded.hourly_micros, currency = excluded.currency, burden_ppm = excluded.burden_ppm,
              shrinkage_ppm = excluded.shrinkage_ppm, occupancy_ppm = excluded.occupancy_ppm, recorded_at = excluded.recorded_at
        where ${differsSql('rate', 'excluded')}`,
      [...columnsOf(rates), options.now],
    );
  const report: PriceImportReport = {
    what: 'rates',
    rows: rates.length,
    added,
    changed,
    unchanged: rates.length - added - changed,
    removed: 0,
    dryRun: options.dryRun,
    preview: rates.slice(0, previewRows).map((rate) => ({
      scope: rate.scope,
      key: rate.shownKey,
      hourly: formatMicros(rate.hourlyMicros),
      currency: rate.currency,
      valid_from: rate.validFrom,
      ...(isWage(rate) && {
        burden: percentText(rate.burdenPpm),
        shrinkage: percentText(rate.shrinkagePpm),
        occupancy: percentText(rate.occupancyPpm),
      }),
    })),
    warnings: [...(await warningsFor(sql, rates)), ...(await unconverted(sql, rates, options.now))],
    priced: first === null ? null : { from: first, to: null },
  };
  if (changesAnything(report))
    await recordAudit(sql, {
      at: options.now,
      actor: options.actor ?? 'cli',
      action: 'import rates',
      // A rate is replaced in place: the old amount stands here alone. Wages: this log is read by permission.
      detail: { rows: report.rows, added, changed, changes },
    });
  return report;
};
