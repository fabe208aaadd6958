import { z } from 'zod';
import { moneyAnswer, nextAnswer } from '../../platform/http/answers.ts';
import { costBasisAnswer, csatAnswer, reportRowAnswer } from '../reports/index.ts';

/** A figure of a report's row: a count, a share, money, answers of customers, flags, or what it lacks. */
const figure = z
  .union([z.number(), z.string(), moneyAnswer, csatAnswer, reportRowAnswer.shape.flags])
  .nullable()
  .describe('As in a report');
export type FigureAnswer = z.output<typeof figure>;

const reasons = z
  .array(z.string())
  .readonly()
  .describe(
    'Those of `changes` that it comes from. Also: pooled rates (others of the role worked in the month; it leaves a seal closed), sealed under formulas of version 1 (what it is made of meant something else then; it leaves a seal closed too), rebase (of the reporting currency or time zone: the one reason then), not kept (the seal is older than what tells reasons)',
  );

export const differingFigures = z
  .array(
    z.object({
      figure: z
        .string()
        .describe('Its name in `figures`; or otherCosts, benefits, netGain or roi, which partnerships add'),
      sealed: figure,
      now: figure,
      reasons,
    }),
  )
  .describe('Figures of the whole account that are others today; `/api/v1/seals/{id}/differs` has each partner’s');

const value = z.union([z.number(), moneyAnswer]);

export const changesAnswer = z
  .array(
    z.object({
      reason: z
        .string()
        .describe('order newly counted, changed order, refund newly counted, reattribution, late answer, rate ...'),
      of: z
        .string()
        .describe(
          'What changed, and where it is looked up: by this name at `/api/v1/seals/{id}/changes?of=`; but "costs and benefits" at `/api/v1/other-costs` and `/api/v1/benefits` with `revisions=all`, "reporting basis" nowhere',
        ),
      items: z
        .int()
        .describe(
          'Orders, refunds, tickets ...; of costs and benefits references, or partners and regions; 1 of a rebase',
        ),
      facts: z
        .array(
          z.object({
            name: z.string(),
            added: value,
            moved: value.describe('What went from some partners and regions to others beside that'),
          }),
        )
        .readonly()
        .describe(
          'What it did to the counts and sums behind the figures; cost by the scope `rates` alone, and nothing of a rebase',
        ),
    }),
  )
  .readonly()
  .describe('Why the days are counted differently today: what was sealed and what these add is what is reported now');

export const differingAnswer = z.object({
  costBasis: costBasisAnswer,
  items: z
    .array(
      z.object({
        partner: z.string().nullable(),
        region: z.string().nullable().describe('Null is none, or not asked for by groupBy'),
        figure: z.string(),
        sealed: figure,
        now: figure,
        reasons,
      }),
    )
    .describe('By partner and region'),
  next: nextAnswer,
});

export const changedItemsAnswer = z.object({
  items: z
    .array(
      z.object({
        id: z.string().describe('Ours; of postings the ticket’s'),
        connection: z.string().nullable().describe('The store or helpdesk; null where it is here no longer'),
        number: z.string().nullable().describe("The order's number, or the helpdesk's of the ticket"),
        ticket: z.string().nullable().describe('For `/api/v1/tickets/{id}`; null of orders'),
        reason: z.string(),
        cells: z
          .array(
            z.object({
              partner: z.string().nullable(),
              region: z.string().nullable(),
              facts: z.array(z.object({ name: z.string(), added: value })).readonly(),
            }),
          )
          .readonly()
          .describe('What it adds to each partner and region'),
      }),
    )
    .describe('The newest first'),
  next: nextAnswer,
});
