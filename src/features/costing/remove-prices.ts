import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { formatMicros, microsOf } from '../../core/money.ts';
import { type Day, isDay } from '../../core/time.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import { recordAudit } from '../directory/index.ts';
import { daysPricedBy } from './fx.ts';
import { currencyCell, rateCell } from './fx-file.ts';
import type { PriceImportReport } from './import-fx.ts';
import { type NamedConnection, rateKeyReader } from './rate-keys.ts';
import { rateScopes } from './rates.ts';

/** What takes rows of a price table back; the caller gives the transaction and prices anew the days of `priced`. */
type Remover = (
  sql: Sql,
  file: string,
  options: { readonly actor?: string; readonly now: Date },
) => Promise<PriceImportReport>;

/** A row that a file names: its key in three columns, and what else the file says of it. */
interface Named {
  readonly row: number;
  readonly key: readonly [string, string, string];
  /** Cells that must be as they are held, in the same form; those that are empty or absent say nothing. */
  readonly cells: Readonly<Record<string, string>>;
}

/** A row as it was held, of the named one at that place, from 1. */
interface Gone {
  readonly at: number;
  readonly day: Day;
  readonly cells: Readonly<Record<string, string>>;
}

const day = z.string().refine(isDay, 'is not a day; write it as YYYY-MM-DD');
/** A cell that may be empty or absent, in the form in which a held one is shown. */
const told = (cell: z.ZodType<string, string>) =>
  z
    .string()
    .default('')
    .pipe(z.union([z.literal(''), cell]));

const decimal = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

const text = z.string().default('');
const number = told(z.string().transform(decimal));

const previewRows = 5;

/**
 * Takes the named rows away and tells what they were. A row that is not held is a fault, and so is one that holds something
 * else than the file says, for somebody has corrected it since; the caller's transaction takes back what was done until then.
 */
const takeAway = async (
  sql: Sql,
  named: readonly Named[],
  kind: {
    readonly what: string;
    /** The last column of the key, where a fault about the row as a whole is shown. */
    readonly dayColumn: string;
    readonly list: string;
    /** Takes away by the three columns of the key and gives the rows as they were, with their cells as the file writes them. */
    readonly remove: string;
    readonly daysOf: (day: Day) => { readonly from: Day; readonly to: Day | null };
    /** Why a row that is held may not be taken away; null where it may. */
    readonly keptFor?: (cells: Gone['cells']) => string | null;
  },
  { actor = 'cli', now }: { readonly actor?: string; readonly now: Date },
): Promise<PriceImportReport> => {
  const { what, dayColumn, list, remove, daysOf, keptFor } = kind;
  const column = (at: 0 | 1 | 2): string[] => named.map(({ key }) => key[at]);
  const rows = (await sql.query<Gone>(remove, [column(0), column(1), column(2)])).toSorted((a, b) => a.at - b.at);
  const identities = named.map(({ key }) => JSON.stringify(key));
  const gone = new Map(rows.map((row) => [identities[row.at - 1], row]));
  const faults: InputFault[] = [];
  const seen = new Map<string | undefined, number>();
  for (const [index, { row, cells }] of named.entries()) {
    const identity = identities[index];
    const earlier = seen.get(identity);
    seen.set(identity, row);
    const held = gone.get(identity);
    const whole = (reason: string) => faults.push({ field: cellField(row, dayColumn), reason });
    const kept = held && keptFor?.(held.cells);
    if (earlier) whole(`repeats row ${earlier}`);
    else if (!held) whole(`is not held; ${list} lists what is`);
    else if (kept) whole(kept);
    else
      for (const [name, said] of Object.entries(cells))
        if (said !== '' && said !== held.cells[name])
          faults.push({
            field: cellField(row, name),
            reason: `is ${held.cells[name] || 'empty'} now; leave the cell empty to take the row away whatever it holds`,
          });
  }
  refuseFaults('The file', faults);
  const days = rows.map((row) => row.day).sort();
  const [first, last] = [days[0], days.at(-1)];
  if (rows.length > 0)
    await recordAudit(sql, {
      at: now,
      actor,
      action: `remove ${what}`,
      // They stand nowhere else any more. Wages: this log is read by permission.
      detail: { removed: rows.length, before: rows.map(({ cells }) => cells) },
    });
  return {
    what,
    rows: named.length,
    added: 0,
    changed: 0,
    unchanged: 0,
    removed: rows.length,
    dryRun: false,
    preview: rows.slice(0, previewRows).map(({ cells }) => ({ ...cells })),
    warnings: [],
    priced: first === undefined || last === undefined ? null : { from: daysOf(first).from, to: daysOf(last).to },
  };
};

const fromThenOn = (from: Day) => ({ from, to: null });

const factors = ['burden', 'shrinkage', 'occupancy'] as const;
const rateColumns = z.object({
  scope: z.enum(rateScopes, { error: 'must be agent, role, team or default' }),
  key: z.string(),
  valid_from: day,
  hourly: told(
    z
      .string()
      .regex(/^\d{1,9}(\.\d{1,6})?$/, 'is not an hourly amount; write it as 31.50, or leave it empty')
      .transform((text) => formatMicros(microsOf(text))),
  ),
  currency: told(z.string().transform((text) => text.toUpperCase())),
  burden: number,
  shrinkage: number,
  occupancy: number,
});

/**
 * Takes rates away that a file of `import rates` names by `scope,key,valid_from`: what they priced has the price that holds
 * without them, or none. Throws InvalidInput with a fault per bad row.
 */
export const removeRates: Remover = async (sql, file, options) => {
  const keysOf = rateKeyReader(await sql.query<NamedConnection>('select id, name from connection order by id'));
  const faults: InputFault[] = [];
  const named = readTable(file, rateColumns, { decimals: ['hourly', ...factors] }).flatMap(
    ({ row, value }): Named[] => {
      const { scope, key: _, valid_from: validFrom, ...cells } = value;
      const keys = keysOf(value);
      if (!('fault' in keys)) return [{ row, key: [scope, keys.key, validFrom], cells }];
      faults.push({ field: cellField(row, 'key'), reason: keys.fault });
      return [];
    },
  );
  refuseFaults('The file', faults);
  const remove = `
    delete from rate r using unnest($1::text[], $2::text[], $3::date[]) with ordinality as g(scope, key, valid_from, at)
     where (r.scope, r.key, r.valid_from) = (g.scope, g.key, g.valid_from)
    returning g.at::int as at, r.valid_from::text as day, json_strip_nulls(json_build_object(
      'scope', r.scope, 'key', case when r.scope = 'agent' then coalesce((select c.name || substring(r.key from ':[^:]*$') from connection c
                                                                        where c.id::text = split_part(r.key, ':', 1)), r.key) else r.key end,
      'hourly', (r.hourly_micros / 1000000.0)::numeric(20, 6)::text, 'currency', r.currency, 'valid_from', r.valid_from,
      'burden', trim_scale(r.burden_ppm / 10000.0)::text, 'shrinkage', trim_scale(r.shrinkage_ppm / 10000.0)::text,
      'occupancy', trim_scale(r.occupancy_ppm / 10000.0)::text)) as cells`;
  const kind = {
    what: 'rates',
    dayColumn: 'valid_from',
    list: '`deskledger export rates`',
    remove,
    daysOf: fromThenOn,
  };
  return takeAway(sql, named, kind, options);
};

const ownFxColumns = z.object({
  base: currencyCell,
  quote: currencyCell,
  valid_from: day,
  rate: told(rateCell.transform(decimal)),
  valid_to: text,
  source: text,
});

/** Takes rates of `import own-fx` away, named by `base,quote,valid_from`. Throws InvalidInput with a fault per bad row. */
export const removeOwnFx: Remover = async (sql, file, options) => {
  const named = readTable(file, ownFxColumns, { decimals: ['rate'] }).map(({ row, value }): Named => {
    const { base, quote, valid_from: validFrom, ...cells } = value;
    return { row, key: [base, quote, validFrom], cells };
  });
  const remove = `
    delete from own_fx_rate o using unnest($1::text[], $2::text[], $3::date[]) with ordinality as g(base, quote, valid_from, at)
     where (o.base, o.quote, o.valid_from) = (g.base, g.quote, g.valid_from)
    returning g.at::int as at, o.valid_from::text as day, json_build_object('base', o.base, 'quote', o.quote,
      'rate', trim_scale(o.rate)::text, 'valid_from', o.valid_from, 'valid_to', coalesce(o.valid_to::text, ''), 'source', o.source) as cells`;
  const list = '`deskledger export own-fx`';
  return takeAway(sql, named, { what: 'own-fx', dayColumn: 'valid_from', list, remove, daysOf: fromThenOn }, options);
};

const fxColumns = z.object({
  date: day,
  base: currencyCell,
  quote: currencyCell,
  rate: told(rateCell.transform(decimal)),
});

/** Nobody types the ECB's rates: one that is wrong here is right in its next file. */
const keptForEcb = ({ source }: Gone['cells']): string | null =>
  source === 'ecb' ? "is the ECB's rate, not one of yours; `deskledger import fx` of its file corrects it" : null;

/**
 * Takes dated rates of a table of our own away, named by `date,base,quote`; where one stood in place of the ECB's, that one
 * holds again. Throws InvalidInput with a fault per bad row.
 */
export const removeFx: Remover = async (sql, file, options) => {
  const named = readTable(file, fxColumns, { decimals: ['rate'] }).map(({ row, value }): Named => {
    const { date, base, quote, rate } = value;
    return { row, key: [base, quote, date], cells: { rate } };
  });
  const remove = `
    with held as materialized (
           select f.*, g.at from fx_rate f join unnest($1::text[], $2::text[], $3::date[]) with ordinality as g(base, quote, date, at)
               on (f.base, f.quote, f.date) = (g.base, g.quote, g.date)),
         gone as (
           delete from fx_rate f using held h where (f.base, f.quote, f.date) = (h.base, h.quote, h.date) and h.ecb_rate is null),
         restored as (
           update fx_rate f set rate = h.ecb_rate, source = 'ecb', ecb_rate = null from held h
            where (f.base, f.quote, f.date) = (h.base, h.quote, h.date) and h.ecb_rate is not null)
    select h.at::int as at, h.date::text as day, json_build_object('date', h.date, 'base', h.base, 'quote', h.quote,
      'rate', trim_scale(h.rate)::text, 'source', h.source) as cells from held h`;
  const list = '`deskledger export fx`';
  return takeAway(
    sql,
    named,
    { what: 'fx', dayColumn: 'date', list, remove, daysOf: daysPricedBy, keptFor: keptForEcb },
    options,
  );
};
