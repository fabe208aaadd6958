import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { multiply, rational, roundHalfEven, wholePpm } from '../../core/money.ts';
import { type Day, isDay } from '../../core/time.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import { changesAnything, compareRows, type ImportOptions, recordAudit } from '../directory/index.ts';
import type { PriceImportReport } from './import-fx.ts';

/**
 * What is applied to a wage: nothing; what the employer pays on top (direct cost of the time on tickets); that and paid time
 * without tickets (fully absorbed: the sum comes to what the team costs). One switch for all rates, so that no two of them
 * count the same idle time, and a rate without any factor is taken as all that an hour costs, whatever the switch says.
 */
export const applications = ['given', 'direct', 'absorbed'] as const;
export type Applied = (typeof applications)[number];

export interface CostBasisRow {
  readonly validFrom: Day;
  readonly applied: Applied;
}

/** Parts of one in ppm; null where nobody gave it. */
export interface WageFactors {
  readonly burdenPpm: number | null;
  readonly shrinkagePpm: number | null;
  readonly occupancyPpm: number | null;
}

/** The latest that is valid on a day; `given` before the first. */
export const appliedOn = (rows: readonly CostBasisRow[], day: Day): Applied =>
  rows
    .filter(({ validFrom }) => validFrom <= day)
    .reduce<CostBasisRow | null>((best, row) => (best && best.validFrom > row.validFrom ? best : row), null)?.applied ??
  'given';

/** Whether a rate is a wage, to which the switch applies. */
export const isWage = ({ burdenPpm, shrinkagePpm, occupancyPpm }: WageFactors): boolean =>
  burdenPpm !== null || shrinkagePpm !== null || occupancyPpm !== null;

/**
 * What an hour of work on tickets costs, rounded once, half to even, to micros: wage x (1 + burden), absorbed by
 * (1 - shrinkage) x occupancy. A factor that is not given changes nothing.
 */
export const effectiveHourly = (rate: WageFactors & { readonly hourlyMicros: bigint }, applied: Applied): bigint => {
  const { hourlyMicros, burdenPpm, shrinkagePpm, occupancyPpm } = rate;
  if (applied === 'given') return hourlyMicros;
  const whole = BigInt(wholePpm);
  const loaded = multiply(rational(hourlyMicros), rational(whole + BigInt(burdenPpm ?? 0), whole));
  if (applied === 'direct') return roundHalfEven(loaded);
  const present = rational(whole, whole - BigInt(shrinkagePpm ?? 0));
  const busy = rational(whole, BigInt(occupancyPpm ?? wholePpm));
  return roundHalfEven(multiply(multiply(loaded, present), busy));
};

export const loadCostBasis = (sql: Sql): Promise<CostBasisRow[]> =>
  sql.query<CostBasisRow>('select valid_from::text as "validFrom", applied from cost_basis order by valid_from');

const columns = z.object({
  applied: z.enum(applications, { error: `must be ${applications.join(', ')}` }),
  valid_from: z.string().refine(isDay, 'is not a day; write it as YYYY-MM-DD'),
});

/**
 * Stores `applied,valid_from`: which of a wage's factors count from a day on. Throws InvalidInput with a fault per bad cell
 * and stores nothing then. The caller gives the transaction and reprices the days of `priced`.
 */
export const importCostBasis = async (
  sql: Sql,
  text: string,
  options: ImportOptions & { readonly now: Date },
): Promise<PriceImportReport> => {
  const faults: InputFault[] = [];
  const given = new Map<string, z.output<typeof columns>>();
  for (const { row, value } of readTable(text, columns)) {
    if (given.has(value.valid_from)) faults.push({ field: cellField(row, 'valid_from'), reason: 'stands twice' });
    given.set(value.valid_from, value);
  }
  refuseFaults('The file', faults);
  const before = new Map(
    (await loadCostBasis(sql)).map(({ validFrom, applied }) => [validFrom, { applied, valid_from: validFrom }]),
  );
  const changed = [...given.keys()].filter((day) => before.get(day)?.applied !== given.get(day)?.applied).sort();
  const report: PriceImportReport = {
    ...compareRows({ what: 'cost-basis', dryRun: options.dryRun, replaces: false, stored: before, given }),
    priced: changed[0] === undefined ? null : { from: changed[0], to: null },
  };
  if (!changesAnything(report)) return report;
  const days = [...given.keys()];
  await sql.query(
    `insert into cost_basis (valid_from, applied, recorded_at) select d, a, $3 from unnest($1::date[], $2::text[]) as g(d, a)
     on conflict (valid_from) do update set applied = excluded.applied, recorded_at = excluded.recorded_at`,
    [days, days.map((day) => given.get(day)?.applied), options.now],
  );
  await recordAudit(sql, {
    at: options.now,
    actor: options.actor ?? 'cli',
    action: 'import cost-basis',
    detail: { added: report.added, changed: report.changed, before: [...before.values()] },
  });
  return report;
};
