import { z } from 'zod';
import { dayAnswer, instantAnswer, moneyAnswer, nextAnswer } from '../../platform/http/answers.ts';
import { gapsAnswer } from '../books/index.ts';
import { previewable } from '../reports/index.ts';

const jobItem = z.object({
  id: z.string(),
  kind: z.string().describe('preview rules, decide again, settle again or seal'),
  state: z.enum(['queued', 'running', 'done', 'failed']),
  done: z.int().describe('Of `total` things'),
  total: z.int().nullable().describe('Null until it is known'),
  progress: z.number().nullable().describe('done / total; null where that says nothing'),
  askedBy: z.string().describe('The token or user'),
  askedAt: instantAnswer,
  startedAt: instantAnswer.nullable(),
  endedAt: instantAnswer.nullable(),
  error: z.string().nullable().describe('Why it failed, or waits to be tried again; while it runs, what it waits for'),
});

export const jobsAnswer = z.object({ items: z.array(jobItem).describe('The newest first'), next: nextAnswer });
export type JobItem = z.output<typeof jobItem>;

const what = z.enum(previewable);

const wanted = z.union([
  z.object({ what, text: z.string().describe('As it was given') }).describe('Of "preview rules"'),
  z
    .object({
      because: z.string(),
      tickets: z.enum(['touched', 'all']).describe('Those of orders that changed, or every one'),
    })
    .describe('Of "decide again"'),
  z
    .object({
      from: dayAnswer,
      to: dayAnswer.nullable().describe('Null: from then on'),
      reprice: z.boolean().describe("With today's rates; else at the price that was frozen"),
    })
    .describe('Of "settle again"'),
  z.object({ kind: z.enum(['week', 'month']), from: dayAnswer, revise: z.boolean() }).describe('Of "seal"'),
]);

const bearer = z.object({
  partner: z.string().nullable().describe('A code; null: none'),
  region: z.string().nullable(),
});
const moved = z.object({
  tickets: z.number().describe('By shares'),
  cost: moneyAnswer.nullable().describe('At true rates by the scope `rates`, else at pooled ones; null: no pool tells'),
  pooledCost: moneyAnswer.nullable().optional().describe('By the scope `rates`: what others are told'),
  orders: z.number().describe('By shares'),
  revenue: moneyAnswer.describe('Of counted orders, less what was paid back of them'),
});
const preview = z.object({
  what,
  ordersLookedAt: z.int(),
  ordersChanged: z.int(),
  ticketsLookedAt: z.int(),
  ticketsChanged: z.int(),
  moves: z.array(moved.extend({ from: bearer, to: bearer })).describe('The largest first'),
  movesLeftOut: z.int().describe('More than those'),
  moved: moved.describe('Of all moves'),
  notHeld: z
    .array(z.string())
    .describe('Places that the rules would read and that are not held of past orders yet: it knows nothing of these'),
});

const result = z.union([
  preview.describe('Of "preview rules"'),
  z
    .object({
      orders: z.int().describe('That changed'),
      tickets: z
        .int()
        .describe('Whose partner or region is another, or of "settle again": whose work was settled again'),
      ticketsLookedAt: z.int().optional().describe('Of lists that are read for every ticket: decided again'),
    })
    .describe('Of "decide again" and "settle again"'),
  z
    .object({
      seal: z.int().describe('For `/api/v1/seals/{id}`'),
      period: z.string(),
      revision: z.int(),
      made: z.boolean().describe('False: it was sealed already'),
      differs: z
        .array(z.string())
        .readonly()
        .optional()
        .describe(
          'Sealed figures that are others today, for `/api/v1/seals/{id}`; `revise` takes them up. Absent of seals made before it was told',
        ),
      gaps: gapsAnswer,
    })
    .describe('Of "seal"'),
]);

export const jobAnswer = jobItem.extend({
  wanted: wanted.describe('What was asked'),
  result: result.nullable().describe('What came out; null until it is done'),
});
export type JobAnswer = z.output<typeof jobAnswer>;
