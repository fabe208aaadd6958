import { z } from 'zod';
import { dayAnswer as day, instantAnswer as instant, moneyAnswer, nextAnswer } from '../../platform/http/answers.ts';
import { daysAnswers, notHeldAnswer } from './held-days.ts';
import { wageAnswer } from './tickets/wages.ts';

const share = (what: string) =>
  z.number().nullable().describe(`${what}, from 0 to 1; null where it would divide by zero`);
const perThing = (what: string) =>
  moneyAnswer.nullable().describe(`${what}; null where it would divide by zero, or where the cost itself is null`);
const partner = z.string().nullable().describe('A code; `direct` is Direct; null is none, or not asked for by groupBy');
const region = z.string().nullable().describe('A code; null is none, or not asked for by groupBy');
const ppm = z.int().describe('Parts per million; the shares of a ticket sum to 1,000,000');

export const costBasisAnswer = z
  .enum(['true', 'pooled'])
  .describe(
    "`true`: at the agents' own rates, by the scope `rates` alone; `pooled`: at the role's pooled rate of the month",
  );

export const csat = z
  .union([
    z.object({ n: z.int(), needed: z.int().describe('Responses below which no score is shown') }),
    z.object({
      n: z.int().describe('Responses given in the period'),
      topTwoBox: z.number().describe('Share of them that are 4 or 5'),
      low: z.number().describe('Its 95 % Wilson interval'),
      high: z.number(),
      mean: z.number().describe('1 to 5'),
      distribution: z.record(z.string(), z.number()).describe('Responses by score'),
      responseRate: share('Of the invitations delivered in the period, the part that was answered'),
    }),
  ])
  .describe('Customers’ answers; `n` and `needed` alone below 30 responses');

export const reportRowAnswer = z.object({
  partner,
  region,
  orders: z
    .number()
    .describe(
      'Counted orders placed in the period, by shares; Incomplete, Cancelled and Declined ones are not counted',
    ),
  returns: z.number().describe('Orders with a refund in the period, by shares'),
  returnRate: z
    .number()
    .nullable()
    .describe('returns / orders; above 1 where more was refunded than ordered in the period'),
  netRevenue: moneyAnswer
    .nullable()
    .describe(
      'After discounts, shipping included, tax out, less refunds made in the period; null where nothing of it has an exchange rate',
    ),
  missing: z
    .enum(['exchange rate'])
    .nullable()
    .describe('Why netRevenue is null: neither its orders nor its refunds have an exchange rate'),
  tickets: z.number().describe('Tickets created in the period, by shares'),
  ticketsWorked: z.number().describe('Tickets with costed work in the period, by shares'),
  contactRate: z.number().nullable().describe('tickets / orders x 100'),
  handledSeconds: z.number().describe('Priced seconds, measured and estimated, after caps and corrections'),
  ahtSeconds: z.number().nullable().describe('handledSeconds / ticketsWorked'),
  supportCost: moneyAnswer.nullable().describe('Null where a part of it has no pool: fewer than three agents worked'),
  costPerTicket: perThing('supportCost / ticketsWorked'),
  costMultiple: z.number().nullable().describe("costPerTicket / the account's"),
  costPerOrder: perThing('supportCost / orders'),
  costShareOfRevenue: z
    .number()
    .nullable()
    .describe('Cost to serve: supportCost / netRevenue; null where netRevenue is not above zero'),
  measuredShare: share('Part of the cost that a clock measured; the rest is estimated'),
  attributedShare: share('Part of the tickets that have a partner or a region'),
  csat,
  cappedEntries: z.int().describe('Work entries of which a part was above the cap, and is not costed'),
  unpricedEntries: z.int().describe('Work entries without a rate or an exchange rate: in no figure'),
  unpricedOrders: z.int().describe('Orders without an exchange rate: in no figure'),
  flags: z
    .array(z.object({ code: z.enum(['cost_multiple', 'mostly_estimated']), rule: z.string().describe('What was met') }))
    .describe('What a person should look at'),
  folded: z
    .object({
      partners: z.array(z.string()).readonly(),
      leastTickets: z.int().describe('Tickets that a partner needs for a row of its own'),
      reason: z.string(),
    })
    .optional()
    .describe('Of the row "*": the partners of the region that it stands for, and why'),
});
export type ReportRow = z.output<typeof reportRowAnswer>;
export type Flag = ReportRow['flags'][number];

/** Of a report at constant currency. */
export const fxDayAnswer = day
  .optional()
  .describe('At the exchange rates of this day; absent: each amount at those of its own');

export const partnersAnswer = z.object({
  from: day,
  to: day.describe('The last day, inclusive'),
  groupBy: z.array(z.enum(['partner', 'region'])).readonly(),
  currency: z.string(),
  timeZone: z.string(),
  costBasis: costBasisAnswer,
  fxDay: fxDayAnswer,
  partial: daysAnswers.partial.optional(),
  held: daysAnswers.held.optional(),
  rows: z
    .array(reportRowAnswer)
    .readonly()
    .describe('Dearest first; Direct and Unattributed are always there where partners are asked for'),
  total: reportRowAnswer.describe('The sum of the rows, exactly'),
  seal: z
    .object({
      id: z.int(),
      kind: z.enum(['week', 'month']),
      revision: z.int(),
      asOf: instant,
      sealedBy: z.string(),
      notHeld: notHeldAnswer
        .readonly()
        .optional()
        .describe('Of which not all was held when it was made; absent of seals made before it was kept'),
    })
    .optional()
    .describe('The seal that the figures are as of; absent: as of now'),
  payroll: z
    .object({
      month: z.string().describe('YYYY-MM'),
      costed: moneyAnswer,
      paid: moneyAnswer.nullable(),
      difference: moneyAnswer.nullable(),
      utilisation: z.number().nullable(),
    })
    .optional()
    .describe(
      'What tickets cost against what the team was paid: of a whole month, by the scope `rates`; as of a seal what it holds was costed, of what is told of the pay now',
    ),
});

/** Of partners and regions in a ticket, the largest share first. */
export const ticketShares = z.array(z.object({ partner: z.string().nullable(), region: z.string().nullable(), ppm }));

export const ticketsAnswer = z.object({
  costBasis: costBasisAnswer,
  fxDay: fxDayAnswer,
  items: z
    .array(
      z.object({
        id: z.string().describe('Ours, for `/api/v1/tickets/{id}`'),
        connection: z.string(),
        externalId: z.string().describe("The helpdesk's own number"),
        createdAt: instant.nullable(),
        status: z.string().nullable(),
        channel: z.string().nullable(),
        language: z.string().nullable().describe('BCP 47'),
        reason: z.string().nullable().describe('shipping, return, damage, product, payment or other'),
        method: z.string().nullable().describe('How the partner was found: person, field, text, recent orders ...'),
        confidence: z.string().nullable(),
        shares: ticketShares,
        handledSeconds: z.number().describe('The part that falls into the asked cell and period'),
        supportCost: moneyAnswer.nullable().describe('The same of the cost: the parts add up to the report'),
        cellPpm: ppm.describe("The part of the ticket, in millionths, that is the asked cell's"),
      }),
    )
    .describe('Newest first; of a period those created in it, then those only worked on in it'),
  next: nextAnswer,
});
export type TicketItem = z.output<typeof ticketsAnswer>['items'][number];

const evidence = z.unknown().describe('Ids and numbers that the decision rests on, never text');
const ruleBehind = z.object({
  rule: z.int().describe('Its place in `/api/v1/mapping-rules`, from 1'),
  place: z.string().describe('What it reads of an order'),
});
const orders = z
  .array(
    z.object({
      id: z.string(),
      number: z.string().describe('As the shop shows it'),
      externalNumber: z.string().nullable().describe("A marketplace's own number for the same order"),
      store: z.string(),
      placedAt: instant,
      rules: z
        .object({
          partner: ruleBehind.nullable().describe('Null: no rule yields one, so it is Direct'),
          country: ruleBehind.nullable().describe('Null: that of its address'),
        })
        .nullable()
        .describe('The mapping rules that gave its partner and country; null where it is about to be decided again'),
    }),
  )
  .describe('The orders that the evidence names');

const posting = z.object({
  id: z.string(),
  revision: z.int().describe('Odd ones post, even ones take back'),
  share: z.int(),
  reverses: z.string().nullable().describe('The posting that this one takes back, whole'),
  partner: z.string().nullable(),
  region: z.string().nullable(),
  seconds: z.number(),
  workedAt: instant,
  postedAt: instant.describe('When we knew'),
  cause: z.string(),
  cost: moneyAnswer.optional().describe('This and what follows: by the scope `rates` alone'),
  native: moneyAnswer.optional().describe("In the rate's currency"),
  rate: z
    .object({ hourly: moneyAnswer, scope: z.string(), key: z.string(), validFrom: day, wage: wageAnswer })
    .optional()
    .describe('As frozen when the cost was posted'),
  fx: z
    .object({ numerator: z.string(), denominator: z.string(), date: day.nullable() })
    .optional()
    .describe('The exact exchange rate as a fraction, and its day; with fxDay those of that day'),
});

const work = z.object({
  id: z.string(),
  sourceKey: z.string().describe('Stable at the helpdesk'),
  agent: z
    .string()
    .nullable()
    .describe(
      "The helpdesk's id. One ticket's proof says who worked, and by the scope `rates` at what cost, whatever the setting agentFigures says",
    ),
  agentName: z.string().nullable(),
  role: z.string().nullable().describe('On the day of the work'),
  clock: z.string().describe('What measured it'),
  measured: z.boolean(),
  actor: z.string(),
  channel: z.string().nullable(),
  rawSeconds: z.number().describe('Negative: a correction'),
  costedSeconds: z.number(),
  cappedSeconds: z.number().describe('Above the cap, kept and not costed'),
  untakenSeconds: z.number().describe('Of a correction, what nothing was left to take from'),
  state: z.string().describe('costed, held, kept or replaced'),
  decision: z.string().nullable().describe("A person's on held work or on a correction: accept or reject"),
  decidedBy: z.string().nullable(),
  decidedAt: instant.nullable(),
  capDecision: z.string().nullable().describe("A person's on what lies above the cap"),
  capDecidedBy: z.string().nullable(),
  capDecidedAt: instant.nullable(),
  unpriced: z.string().nullable().describe('Why there is no cost: no rate, no fx'),
  workedAt: instant,
  postings: z.array(posting),
});

export const ticketAnswer = z.object({
  id: z.string(),
  connection: z.string(),
  externalId: z.string(),
  createdAt: instant.nullable(),
  solvedAt: instant.nullable(),
  status: z.string().nullable(),
  channel: z.string().nullable(),
  language: z.string().nullable(),
  languageReason: z.string().nullable(),
  reason: z.string().nullable(),
  attribution: z.object({
    method: z.string().nullable(),
    confidence: z.string().nullable(),
    evidence,
    orders,
    version: z.int().nullable(),
    shares: z.array(
      z.object({ partner: z.string().nullable(), region: z.string().nullable(), country: z.string().nullable(), ppm }),
    ),
  }),
  work: z.array(work),
  handledSeconds: z.number().nullable(),
  supportCost: moneyAnswer.nullable(),
  costBasis: costBasisAnswer,
  costIs: z.string(),
  fxDay: fxDayAnswer,
  tags: z.array(z.object({ tag: z.string(), wanted: z.boolean(), state: z.string(), error: z.string().nullable() })),
  survey: z
    .object({
      state: z.string(),
      sentAt: instant.nullable(),
      language: z.string(),
      languageReason: z.string(),
      score: z.int().nullable(),
      givenAt: instant.nullable(),
    })
    .nullable(),
  history: z
    .array(
      z.object({
        version: z.int(),
        method: z.string(),
        confidence: z.string(),
        evidence,
        orders,
        shares: ticketShares.nullable(),
        decidedAt: instant,
      }),
    )
    .describe('Every version of the attribution, oldest first'),
});
