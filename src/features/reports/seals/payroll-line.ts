import { moneyJson, multiply, ratio, rational, roundHalfEven } from '../../../core/money.ts';
import { addDays } from '../../../core/time.ts';
import type { Sql } from '../../../platform/database/database.ts';
import { findFx, fxKey } from '../../costing/index.ts';
import type { Period } from '../facts/facts.ts';
import type { MoneyJson } from '../metrics.ts';

/** The accountant's check of a month: what tickets cost against what the team was paid. */
export interface PayrollLine {
  readonly month: string;
  /** Work of people that was costed in the month; AI agents are on no payroll. */
  readonly costed: MoneyJson;
  /** In the reporting currency, at the exchange rate before the month's last day; null where there is none. */
  readonly paid: MoneyJson | null;
  /** Paid for and not costed; negative where more was costed than paid. */
  readonly difference: MoneyJson | null;
  /** The part of the pay that was costed on tickets: paid time is also breaks, leave, waiting and other work. */
  readonly utilisation: number | null;
}

/** "2026-05" where the period is exactly that month, else null. */
export const monthOf = ({ from, to }: Period): string | null =>
  from.endsWith('-01') && to.slice(0, 7) === from.slice(0, 7) && addDays(to, 1).endsWith('-01')
    ? from.slice(0, 7)
    : null;

/**
 * The line of a month; null where nobody said what was paid. Of a seal what it holds was costed, and what was paid is as told
 * last. For those alone who may see wages: of a small team it is one.
 */
export const payrollLine = async (
  sql: Sql,
  period: Period,
  { currency, seal }: { readonly currency: string; readonly seal?: { readonly id: number } | undefined },
): Promise<PayrollLine | null> => {
  const month = monthOf(period);
  if (month === null) return null;
  const paid = await sql.query<{ currency: string; micros: bigint }>(
    'select currency, amount_micros as micros from payroll where month = $1 order by currency',
    [period.from],
  );
  if (paid.length === 0) return null;
  const [row] = await sql.query<{ costed: string }>(
    `select coalesce(sum(p.cost_micros), 0)::text as costed from posting p join work_entry e on e.id = p.work_entry_id and e.actor <> 'ai_agent'
      where p.worked_day between $1 and $2 and ($3::int is null or p.id <= (select last_posting_id from seal where id = $3))`,
    [period.from, period.to, seal?.id ?? null],
  );
  const costed = BigInt(row?.costed ?? 0);
  const wants = paid.map((one) => ({ from: one.currency, to: currency, day: period.to }));
  const fx = await findFx(sql, wants);
  let sum: bigint | null = 0n;
  for (const [index, { micros }] of paid.entries()) {
    const want = wants[index];
    const rate = want && fx.get(fxKey(want));
    sum = sum === null || !rate ? null : sum + roundHalfEven(multiply(rational(micros), rate));
  }
  return {
    month,
    costed: moneyJson({ micros: costed, currency }),
    paid: sum === null ? null : moneyJson({ micros: sum, currency }),
    difference: sum === null ? null : moneyJson({ micros: sum - costed, currency }),
    utilisation: sum === null ? null : ratio(costed, sum),
  };
};
