import type { OrderFx } from './revenue.ts';

/** The rate of an order as its row has it. */
export interface FxColumns {
  fx_numerator: string | null;
  fx_denominator: string | null;
  fx_date: string | null;
}

/** Null where the order has no rate yet. */
export const fxOf = (row: FxColumns): OrderFx | null =>
  row.fx_numerator === null || row.fx_denominator === null
    ? null
    : { numerator: BigInt(row.fx_numerator), denominator: BigInt(row.fx_denominator), date: row.fx_date };
