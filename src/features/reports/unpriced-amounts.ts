import { z } from 'zod';
import { moneyJson } from '../../core/money.ts';
import { moneyAnswer } from '../../platform/http/answers.ts';
import type { UnpricedAmount } from '../partnerships/index.ts';

/** Amounts of partnerships that have no exchange rate, beside the sums that they are not in. */
export const unpricedAmountsAnswer = z.array(
  z.object({
    side: z.enum(['other cost', 'benefit']),
    kind: z.string(),
    partner: z.string().nullable(),
    region: z.string().nullable(),
    day: z.string().describe('The day whose exchange rate is missing'),
    amount: moneyAnswer,
  }),
);

export const unpricedAmountsJson = (amounts: readonly UnpricedAmount[]): z.output<typeof unpricedAmountsAnswer> =>
  amounts.map(({ side, kind, partner, region, day, currency, micros }) => ({
    side,
    kind,
    partner,
    region,
    day,
    amount: moneyJson({ micros, currency }),
  }));
