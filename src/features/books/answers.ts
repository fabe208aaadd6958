import { z } from 'zod';
import { dayAnswer, instantAnswer, moneyAnswer, nextAnswer } from '../../platform/http/answers.ts';
import { costBasisAnswer, notHeldAnswer, reportRowAnswer } from '../reports/index.ts';
import { changesAnswer, differingFigures } from './differing-answers.ts';

const reason = z
  .string()
  .describe('work, correction, reattribution, rate, role, estimate replaced, hold, decision or rebase');
const pooledNull = 'null where no pool tells, and after a rebase to another currency';

const restatement = z.object({
  open: z
    .boolean()
    .describe(
      'Whether a further revision would close anything: of `restatement` also what is counted differently. Not where pooled rates alone are others, which are of whole months, or what a fact means: no revision is made for these',
    ),
  tickets: z.int(),
  amount: moneyAnswer.nullable().describe(`What it adds to the cost of those days; ${pooledNull}`),
  reasons: z
    .array(
      z.object({
        reason,
        tickets: z.int(),
        amount: moneyAnswer.nullable(),
        moved: moneyAnswer
          .nullable()
          .describe('What it moved from one partner and region to others without adding anything'),
      }),
    )
    .readonly(),
});

/** What a seal did not know. */
export const gapsAnswer = z.object({
  unpricedEntries: z.int().describe('Work without a rate or an exchange rate'),
  heldEntries: z.int().describe('Bulk edits on which nobody had decided'),
  unpricedOrders: z.int().describe('Orders without an exchange rate'),
  quarantinedTickets: z.int(),
  givenUpTickets: z
    .int()
    .optional()
    .describe('Given up by a person and not read since; absent of seals made before it was kept, and so is `notHeld`'),
  notHeld: notHeldAnswer.readonly().optional().describe('Of which not all was held on its days when it was made'),
});

const seal = z.object({
  id: z.int(),
  kind: z.enum(['week', 'month']),
  period: z.string().describe('2026-W21 or 2026-05'),
  from: dayAnswer,
  to: dayAnswer,
  revision: z.int().describe('From 1'),
  asOf: instantAnswer.describe('What was posted later is not in it'),
  sealedAt: instantAnswer,
  sealedBy: z.string().describe("The token or user that asked for it; from the command line the system's account"),
  supportCost: moneyAnswer.nullable(),
  gaps: gapsAnswer,
  restates: restatement
    .extend({ changes: changesAnswer.optional() })
    .nullable()
    .describe('What the revision before had left open; null of the first'),
});

export const sealsAnswer = z.object({
  costBasis: costBasisAnswer,
  items: z
    .array(
      seal.extend({
        touched: z
          .boolean()
          .describe('Whether anything was posted into it that was not taken back, or is counted differently, since'),
      }),
    )
    .describe('The latest revision of each period, the latest sealed first'),
  next: nextAnswer,
});

export const askedAnswer = z.object({ job: z.string().describe('For `/api/v1/jobs/{id}`') });

export const sealAnswer = seal.extend({
  costBasis: costBasisAnswer,
  figures: reportRowAnswer.describe('Of the whole account, as sealed'),
  differs: differingFigures,
  changes: changesAnswer,
  restatement: restatement.describe('What was posted into its days since; open of the latest revision alone'),
  revisions: z
    .array(z.object({ id: z.int(), revision: z.int(), asOf: instantAnswer, sealedBy: z.string() }))
    .describe('All of the period, the first one first'),
});

export const restatementAnswer = z.object({
  costBasis: costBasisAnswer,
  items: z
    .array(
      z.object({
        ticket: z.object({
          id: z.string().describe('Ours, for `/api/v1/tickets/{id}`'),
          connection: z.string(),
          externalId: z.string().describe("The helpdesk's own number"),
        }),
        reason,
        postedAt: instantAnswer.describe('The latest of it'),
        amount: moneyAnswer.nullable().describe(`What it adds; ${pooledNull}`),
        cells: z
          .array(
            z.object({ partner: z.string().nullable(), region: z.string().nullable(), amount: moneyAnswer.nullable() }),
          )
          .readonly(),
      }),
    )
    .describe('An item per ticket and reason, the newest ticket first; a page is of so many tickets'),
  next: nextAnswer,
});

const lag = z.number().nullable().describe('From the work to its posting; null where nothing was posted');

const night = z.object({
  night: dayAnswer,
  startedAt: instantAnswer,
  endedAt: instantAnswer,
  balanced: z.boolean().describe('Whether nothing of `balance` is wrong'),
  completeness: z
    .array(
      z.object({
        connection: z.string(),
        there: z.int().nullable().describe("The vendor's own count; null where it tells none"),
        here: z.int().nullable().describe('Ours of the same days'),
        heldRatio: z.number().nullable().describe('Part of them that we hold, from 0 to 1'),
        quarantined: z.int(),
      }),
    )
    .readonly(),
  timeliness: z.object({
    postings: z.int().describe('Of new work since the night before; those of history are left out'),
    medianLagSeconds: lag,
    p95LagSeconds: lag,
    mostLagSeconds: lag,
    oldestDueSeconds: z.number().describe('How long the ticket that waits longest has been due'),
    oldestUnpulledSeconds: z
      .number()
      .describe('How long the work that waits longest, at most 6 h by design, has been told of and not pulled'),
  }),
  balance: z
    .array(
      z.object({
        check: z.string(),
        count: z.int().describe('Days, entries, tickets, orders or refunds'),
        examples: z.array(z.string()).readonly().describe('A few of them by id or day'),
        found: z.string(),
        next: z.string().describe('What to do'),
      }),
    )
    .readonly()
    .describe('What does not add up; empty where the books balance'),
});

export const reconciliationAnswer = z.object({
  latest: night.nullable().describe('Null before the first night'),
  nights: z.array(night).describe('The last one first'),
});
