import { code } from 'currency-codes';
import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { formatMicros, microsOf } from '../../core/money.ts';
import { isDay } from '../../core/time.ts';
import { cellField, readTable, refuseFaults, type TableRow } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import { changesAnything, type ImportOptions, recordAudit } from '../directory/index.ts';
import type { PriceImportReport } from './import-fx.ts';
import { agentRateKey, aiAgentRole, type Rate } from './rates.ts';

const columns = z.object({
  scope: z.enum(['agent', 'role', 'default'], { error: 'must be agent, role or default' }),
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
});

type Row = TableRow<z.output<typeof columns>>;

interface NamedConnection {
  readonly id: number;
  readonly name: string;
}

/** A rate as it is stored, and its key as people write it: with the connection's name. */
type GivenRate = Rate & { readonly shownKey: string };

/** A connection's name may hold ":", an agent's id none. */
const agentKey = /^(?<connection>.+):(?<agent>[^:]+)$/;

const keyFault = ({ scope, key }: Row['value']): string | null => {
  if (scope === 'default') return key === '' || key === 'default' ? null : 'must be empty for the default rate';
  if (key === '')
    return scope === 'role' ? "is empty; write the role's name" : 'is empty; write connection:external_id';
  return scope === 'role' || agentKey.test(key)
    ? null
    : "must be connection:external_id, with the connection's name or id";
};

/** The key as stored and as shown; null where it names no connection. */
const keysOf = (
  { scope, key }: Row['value'],
  connectionOf: (idOrName: string) => NamedConnection | undefined,
): { readonly key: string; readonly shownKey: string } | null => {
  if (scope === 'default') return { key: '', shownKey: '' };
  if (scope === 'role') return { key, shownKey: key };
  const { connection = '', agent = '' } = agentKey.exec(key)?.groups ?? {};
  const named = connectionOf(connection);
  return named ? { key: agentRateKey(named.id, agent), shownKey: `${named.name}:${agent}` } : null;
};

const rateOf = ({ value }: Row, keys: { readonly key: string; readonly shownKey: string }): GivenRate => ({
  scope: value.scope,
  ...keys,
  hourlyMicros: value.hourly,
  currency: value.currency,
  validFrom: value.valid_from,
});

const readRates = (text: string, connections: readonly NamedConnection[]): GivenRate[] => {
  const byName = new Map(connections.map((connection) => [connection.name, connection]));
  const byId = new Map(connections.map((connection) => [String(connection.id), connection]));
  const known = connections.map(({ id, name }) => `${name} (${id})`).join(', ') || 'none yet';
  const faults: InputFault[] = [];
  const seen = new Map<string, number>();
  const rates = readTable(text, columns, { decimals: ['hourly'] }).flatMap((row) => {
    const keys = keysOf(row.value, (idOrName) => byId.get(idOrName) ?? byName.get(idOrName));
    const reason = keyFault(row.value) ?? (keys ? null : `"${row.value.key}" is of no connection; known are ${known}`);
    if (reason) faults.push({ field: cellField(row.row, 'key'), reason });
    if (!keys) return [];
    const rate = rateOf(row, keys);
    const identity = `${rate.scope} ${rate.validFrom} ${rate.key}`;
    const earlier = seen.get(identity);
    if (earlier)
      faults.push({ field: cellField(row.row, 'valid_from'), reason: `repeats scope, key and day of row ${earlier}` });
    seen.set(identity, row.row);
    return [rate];
  });
  refuseFaults('The file', faults);
  return rates;
};

/** A role that nobody has yet is no fault, for agents may be imported later; but its rate prices nothing until then. */
const warningsFor = async (sql: Sql, rates: readonly Rate[]): Promise<string[]> => {
  const rows = await sql.query<{ warning: string }>(
    `select 'No agent has the role ' || role || ' yet: its rate prices nothing until one has' as warning
       from unnest($1::text[]) as role where role <> '${aiAgentRole}' and not exists (select 1 from agent a where a.role = role.role)
     order by warning`,
    [[...new Set(rates.filter(({ scope }) => scope === 'role').map(({ key }) => key))]],
  );
  return rows.map(({ warning }) => warning);
};

const columnsOf = (rates: readonly Rate[]) => [
  rates.map(({ scope }) => scope),
  rates.map(({ key }) => key),
  rates.map(({ hourlyMicros }) => hourlyMicros),
  rates.map(({ currency }) => currency),
  rates.map(({ validFrom }) => validFrom),
];

const given = `unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::date[])
               as g(scope, key, hourly_micros, currency, valid_from)`;

const previewRows = 5;

/**
 * Stores `scope,key,hourly,currency,valid_from`. Rates are dated: what an import does not name stays; a rate of the same
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
  const differs = '(r.hourly_micros, r.currency) is distinct from (g.hourly_micros, g.currency)';
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
              'before', case when r.id is not null then jsonb_build_object('hourlyMicros', r.hourly_micros::text, 'currency', r.currency) end,
              'after', jsonb_build_object('hourlyMicros', g.hourly_micros::text, 'currency', g.currency))) filter (where ${differs}), '[]') as changes
       from ${given} left join rate r on r.scope = g.scope and r.key = g.key and r.valid_from = g.valid_from`,
    columnsOf(rates),
  );
  const { added, changed, first, changes } = known ?? { added: 0, changed: 0, first: null, changes: [] };
  if (!options.dryRun && added + changed > 0)
    await sql.query(
      `insert into rate (scope, key, hourly_micros, currency, valid_from, recorded_at)
       select g.*, $6 from ${given}
       on conflict (scope, key, valid_from) do update
          set hourly_micros = excluded.hourly_micros, currency = excluded.currency, recorded_at = excluded.recorded_at
        where (rate.hourly_micros, rate.currency) is distinct from (excluded.hourly_micros, excluded.currency)`,
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
    preview: rates.slice(0, previewRows).map(({ scope, shownKey, hourlyMicros, currency, validFrom }) => ({
      scope,
      key: shownKey,
      hourly: formatMicros(hourlyMicros),
      currency,
      valid_from: validFrom,
    })),
    warnings: await warningsFor(sql, rates),
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
