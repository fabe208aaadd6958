import { z } from 'zod';
import { instantAnswer, moneyAnswer, nextAnswer } from '../../../platform/http/answers.ts';
import { ticketShares } from '../answers.ts';

/** What is listed: work that waits for a person or did, that was cut, that takes back, or that has no price yet. */
export const workStates = ['held', 'capped', 'correction', 'unpriced'] as const;

const workItem = z.object({
  id: z.string().describe('For `/api/v1/work/{id}/decision`'),
  ticket: z.object({
    id: z.string(),
    connection: z.string(),
    externalId: z.string().describe("The helpdesk's own number"),
  }),
  shares: ticketShares.describe('Who bears the ticket by its attribution of now; empty: not attributed yet'),
  agent: z.string().nullable().describe("The helpdesk's id"),
  agentKey: z
    .string()
    .nullable()
    .describe("The same as figures by agent name it: the connection's id and the helpdesk's"),
  agentName: z.string().nullable(),
  clock: z.string().describe('What measured it'),
  channel: z.string().nullable(),
  measured: z.boolean().describe('False: estimated'),
  workedAt: instantAnswer,
  rawSeconds: z.number().describe('Negative: a correction'),
  costedSeconds: z.number(),
  cappedSeconds: z.number().describe('Above the cap, kept and not costed'),
  untakenSeconds: z.number().describe('Of a correction, what nothing was left to take from'),
  state: z.string().describe('costed, held, kept or replaced'),
  decision: z.string().nullable().describe('accept or reject; null: nobody decided'),
  decidedBy: z.string().nullable().describe('Who decided last'),
  decidedAt: instantAnswer.nullable().describe('When; in UTC'),
  unpriced: z.string().nullable().describe('Why there is no cost: no rate, no fx'),
  group: z
    .object({ id: z.string().describe('Its first entry'), tickets: z.int().describe('How many it touches') })
    .nullable()
    .describe('Of held work, and of what was held until a person decided: the bulk edit that it is part of'),
  cost: moneyAnswer
    .optional()
    .describe('By the scope `rates` and with the setting agentFigures alone: it stands beside the agent'),
});
/** One work entry. Seconds are whole. */
export type WorkItem = z.output<typeof workItem>;

export const workAnswer = z.object({
  state: z.enum(workStates),
  items: z.array(workItem).describe('What came last first'),
  next: nextAnswer,
});
export type WorkPage = z.output<typeof workAnswer>;
