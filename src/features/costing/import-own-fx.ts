import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { type Day, isDay } from '../../core/time.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import { changesAnything, compareRows, type ImportOptions, recordAudit } from '../directory/index.ts';
import { currencyCell, rateCell } from './fx-file.ts';
import type { PriceImportReport } from './import-fx.ts';

const day = z.string().refine(isDay, 'is not a day; write it as YYYY-MM-DD');

const columns = z.object({
  base: currencyCell,
  quote: currencyCell,
  rate: rateCell,
  valid_from: day,
  valid_to: z
    .string()
    .default('')
    .refine((text) => text === '' || isDay(text), 'is not a day; write it as YYYY-MM-DD, or leave it empty'),
  source: z.string().min(1).max(200),
});

interface OwnRate {
  readonly base: string;
  readonly quote: string;
  readonly rate: string;
  readonly validFrom: Day;
  readonly validTo: Day | null;
  readonly source: string;
}

const readOwnRates = (text: string): OwnRate[] => {
  const faults: InputFault[] = [];
  const seen = new Map<string, number>();
  const rates = readTable(text, columns, { decimals: ['rate'] }).map(({ row, value }): OwnRate => {
    const { base, quote, rate, valid_from: validFrom, valid_to: validTo, source } = value;
    const key = `${base} ${quote} ${validFrom}`;
    const earlier = seen.get(key);
    if (earlier) faults.push({ field: cellField(row, 'valid_from'), reason: `repeats pair and day of row ${earlier}` });
    seen.set(key, row);
    if (base === quote) faults.push({ field: cellField(row, 'quote'), reason: 'is the base itself' });
    if (validTo !== '' && validTo < validFrom)
      faults.push({ field: cellField(row, 'valid_to'), reason: 'is before valid_from' });
    return { base, quote, rate, validFrom, validTo: validTo === '' ? null : validTo, source };
  });
  refuseFaults('The file', faults);
  return rates;
};

const cellsByKey = (rates: readonly OwnRate[]) =>
  new Map(
    rates.map(({ base, quote, rate, validFrom, validTo, source }) => [
      `${base} ${quote} ${validFrom}`,
      // 3.6725 and 3.672500 are one rate.
      {
        base,
        quote,
        rate: rate.includes('.') ? rate.replace(/\.?0+$/, '') : rate,
        valid_from: validFrom,
        valid_to: validTo ?? '',
        source,
      },
    ]),
  );

export const loadOwnFx = (sql: Sql): Promise<OwnRate[]> =>
  sql.query<OwnRate>(
    `select base, quote, rate::text as rate, valid_from::text as "validFrom", valid_to::text as "validTo", source
       from own_fx_rate order by base, quote, valid_from`,
  );

/**
 * Stores `base,quote,rate,valid_from,valid_to,source`: units of `quote` per one `base` while that holds, for what the ECB does
 * not publish. A pair's rate of the same first day is replaced, the rest stays. Throws InvalidInput with a fault per bad cell
 * and stores nothing then. The caller gives the transaction and reprices the days of `priced`.
 */
export const importOwnFx = async (
  sql: Sql,
  text: string,
  options: ImportOptions & { readonly now: Date },
): Promise<PriceImportReport> => {
  const rates = readOwnRates(text);
  const [before, given] = [cellsByKey(await loadOwnFx(sql)), cellsByKey(rates)];
  const firsts = [...given]
    .filter(([key, cells]) => JSON.stringify(before.get(key)) !== JSON.stringify(cells))
    .map(([, { valid_from }]) => valid_from)
    .sort();
  const report: PriceImportReport = {
    ...compareRows({ what: 'own-fx', dryRun: options.dryRun, replaces: false, stored: before, given }),
    priced: firsts[0] === undefined ? null : { from: firsts[0], to: null },
  };
  if (!changesAnything(report)) return report;
  await sql.query(
    `insert into own_fx_rate (base, quote, rate, valid_from, valid_to, source, recorded_at)
     select g.*, $7 from unnest($1::text[], $2::text[], $3::numeric[], $4::date[], $5::date[], $6::text[]) as g
     on conflict (base, quote, valid_from) do update
        set rate = excluded.rate, valid_to = excluded.valid_to, source = excluded.source, recorded_at = excluded.recorded_at`,
    [
      rates.map(({ base }) => base),
      rates.map(({ quote }) => quote),
      rates.map(({ rate }) => rate),
      rates.map(({ validFrom }) => validFrom),
      rates.map(({ validTo }) => validTo),
      rates.map(({ source }) => source),
      options.now,
    ],
  );
  await recordAudit(sql, {
    at: options.now,
    actor: options.actor ?? 'cli',
    action: 'import own-fx',
    detail: {
      added: report.added,
      changed: report.changed,
      before: [...before].filter(([key]) => given.has(key)).map(([, cells]) => cells),
    },
  });
  return report;
};
