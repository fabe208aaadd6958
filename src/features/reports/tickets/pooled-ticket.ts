import { parseDecimal, type Rational } from '../../../core/money.ts';
import type { Sql } from '../../../platform/database/database.ts';
import { poolsSql } from '../facts/pooled-cost.ts';

/** A posting as its cost at a pooled rate needs it. */
export interface PooledLine {
  /** First day of the month of the work. */
  readonly month: string;
  /** '' is none. */
  readonly role: string;
  readonly measured: boolean;
  /** Seconds times ppm, as digits; negative on a reversal. */
  readonly us: string;
  /** Of an AI agent, who has no wage: what it costs, in micros as digits. Else null. */
  readonly told: string | null;
}

/** A pooled hourly rate in micros, of a month and a role; null: no pool tells it. */
export type HourlyOf = (month: string, role: string) => Rational | null;

/** Pooled rates of one calendar month, given by its first day, by role; a role that no pool tells of is absent. */
export const poolRatesOf = async (sql: Sql, month: string): Promise<ReadonlyMap<string, Rational>> => {
  const rows = await sql.query<{ role: string; hourly: string | null }>(
    `with wanted_months as (select $1::date as month), ${poolsSql} select role, hourly_micros as hourly from pool`,
    [month],
  );
  return new Map(rows.flatMap(({ role, hourly }) => (hourly === null ? [] : [[role, parseDecimal(hourly)] as const])));
};

/** Microseconds of an hour. */
const hourUs = 3_600_000_000n;

/** As `round` of PostgreSQL does it: halves go away from zero. */
const roundHalfUp = (numerator: bigint, denominator: bigint): bigint =>
  numerator < 0n
    ? -((-2n * numerator + denominator) / (2n * denominator))
    : (2n * numerator + denominator) / (2n * denominator);

/**
 * What a ticket costs at pooled rates, in micros, and the part of it that a clock measured: posting by posting, as reports add
 * it up (facts/pooled-cost.ts). `cost` is null where a part of it has no pool.
 */
export const pooledTicketCost = (
  lines: readonly PooledLine[],
  hourlyOf: HourlyOf,
): { readonly cost: bigint | null; readonly measured: bigint } => {
  let [cost, measured, unpooledUs] = [0n, 0n, 0n];
  for (const line of lines) {
    const us = BigInt(line.us);
    const hourly = line.told === null ? hourlyOf(line.month, line.role) : null;
    if (line.told === null && hourly === null) {
      unpooledUs += us;
      continue;
    }
    const micros = hourly
      ? roundHalfUp(us * hourly.numerator, hourUs * hourly.denominator)
      : BigInt(line.told as string);
    cost += micros;
    if (line.measured) measured += micros;
  }
  return { cost: unpooledUs === 0n ? cost : null, measured };
};
