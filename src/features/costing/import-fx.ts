import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { changesAnything, type ImportOptions, type ImportReport, recordAudit } from '../directory/index.ts';
import { daysPricedBy } from './fx.ts';
import { type FxRow, readFxFile } from './fx-file.ts';

/** An import's report, with the work days whose prices it may have changed; null where it changed nothing. */
export type PriceImportReport = ImportReport & {
  readonly priced: { readonly from: Day; readonly to: Day | null } | null;
};

/** Dated rates of a table of our own, as `import fx` takes them; what the ECB publishes is not among them. */
export const loadDatedFx = (sql: Sql): Promise<FxRow[]> =>
  sql.query<FxRow>(
    `select date::text as date, base, quote, trim_scale(rate)::text as rate from fx_rate where source = 'own' order by date, base, quote`,
  );

const previewRows = 5;

const columnsOf = (rows: readonly FxRow[]) => [
  rows.map(({ date }) => date),
  rows.map(({ base }) => base),
  rows.map(({ quote }) => quote),
  rows.map(({ rate }) => rate),
];

const given = `(select * from unnest($1::date[], $2::text[], $3::text[], $4::numeric[]) as g(date, base, quote, rate)) g`;

/** Where the ECB says what somebody had said before: from then on the rate is its. */
const confirms = (held: string, rate: string, source: string): string =>
  `${held}.rate = ${rate} and ${held}.source <> 'ecb' and ${source} = 'ecb'`;

/**
 * Stores the rates of an ECB file or of an own table; a rate of a day and pair that is already there is replaced. Beside one of
 * an own table the ECB's is kept, for when that is taken away. Throws InvalidInput with a fault per bad cell and stores nothing
 * then. The caller gives the transaction and reprices the days of `priced`.
 */
export const importFx = async (
  sql: Sql,
  text: string,
  options: ImportOptions & { readonly now: Date },
): Promise<PriceImportReport> => {
  const { source, rows } = readFxFile(text);
  const [known] = await sql.query<{
    added: number;
    changed: number;
    confirmed: number;
    first: Day | null;
    last: Day | null;
  }>(
    `select count(*) filter (where f.rate is null)::int as added,
            count(*) filter (where f.rate <> g.rate)::int as changed,
            count(*) filter (where ${confirms('f', 'g.rate', '$5::text')})::int as confirmed,
            (min(g.date) filter (where f.rate is distinct from g.rate))::text as first,
            (max(g.date) filter (where f.rate is distinct from g.rate))::text as last
       from ${given} left join fx_rate f on f.date = g.date and f.base = g.base and f.quote = g.quote`,
    [...columnsOf(rows), source],
  );
  const { added = 0, changed = 0, confirmed = 0, first = null, last = null } = known ?? {};
  if (!options.dryRun && added + changed + confirmed > 0)
    await sql.query(
      `insert into fx_rate (date, base, quote, rate, source, recorded_at)
       select g.date, g.base, g.quote, g.rate, $5, $6 from ${given}
       on conflict (date, base, quote) do update
          set rate = excluded.rate, source = excluded.source, recorded_at = excluded.recorded_at,
              ecb_rate = case when excluded.source = 'ecb' then null when fx_rate.source = 'ecb' then fx_rate.rate else fx_rate.ecb_rate end
        where fx_rate.rate <> excluded.rate or ${confirms('fx_rate', 'excluded.rate', 'excluded.source')}`,
      [...columnsOf(rows), source, options.now],
    );
  const report: PriceImportReport = {
    what: 'fx',
    rows: rows.length,
    added,
    changed,
    unchanged: rows.length - added - changed,
    removed: 0,
    dryRun: options.dryRun,
    preview: rows.slice(0, previewRows).map((row) => ({ ...row })),
    warnings: [],
    priced: first === null || last === null ? null : { from: daysPricedBy(first).from, to: daysPricedBy(last).to },
  };
  if (changesAnything(report))
    await recordAudit(sql, {
      at: options.now,
      actor: options.actor ?? 'cli',
      action: 'import fx',
      detail: { rows: report.rows, added, changed },
    });
  return report;
};
