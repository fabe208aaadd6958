import { z } from 'zod';
import { moneyJson, wholePpm } from '../../../core/money.ts';
import type { Sql } from '../../../platform/database/database.ts';
import { moneyAnswer } from '../../../platform/http/answers.ts';
import { appliedOn, effectiveHourly, isWage, listRates, loadCostBasis } from '../../costing/index.ts';
import type { PricedRow } from './work-rows.ts';

type RatedRow = Pick<PricedRow, 'rate_scope' | 'rate_key' | 'rate_valid_from' | 'hourly_micros'>;

const factor = z.number().nullable().describe('Part of one; null: not given');

export const wageAnswer = z
  .object({
    hourly: moneyAnswer.describe('As imported'),
    burden: factor,
    shrinkage: factor,
    occupancy: factor,
    applied: z.enum(['given', 'direct', 'absorbed']).describe('Which of them made it the rate, on the day of the work'),
  })
  .optional()
  .describe('What the rate was made of; absent where it is all-in, or where the tables have another by now');
export type Wage = z.output<typeof wageAnswer>;

/**
 * The wage that a posting's hourly was made of, as long as the tables still say so; undefined where the rate is all-in. Pay:
 * for those alone who have the scope `rates`.
 */
export const loadWages = async (sql: Sql): Promise<(row: RatedRow, day: string) => Wage> => {
  const rates = new Map((await listRates(sql)).map((rate) => [`${rate.scope} ${rate.validFrom} ${rate.key}`, rate]));
  const basis = await loadCostBasis(sql);
  const partOfOne = (ppm: number | null): number | null => (ppm === null ? null : ppm / wholePpm);
  return (row, day) => {
    const rate = rates.get(`${row.rate_scope} ${row.rate_valid_from} ${row.rate_key}`);
    const applied = appliedOn(basis, day);
    if (!rate || !isWage(rate) || effectiveHourly(rate, applied) !== row.hourly_micros) return undefined;
    return {
      hourly: moneyJson({ micros: rate.hourlyMicros, currency: rate.currency }),
      burden: partOfOne(rate.burdenPpm),
      shrinkage: partOfOne(rate.shrinkagePpm),
      occupancy: partOfOne(rate.occupancyPpm),
      applied,
    };
  };
};
