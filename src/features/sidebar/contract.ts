import { z } from 'zod';

// What the sidebar app of Zendesk and the server agree on. The app takes the types alone: nothing but zod is imported here.
//
// Both routes take `Authorization: Bearer <token>`, HS256, signed by Zendesk's proxy with the connection's shared secret, valid
// for 5 minutes at most and once. A fault answers problem details, whose `type` tells them apart: see SidebarProblem.

const instant = z.string().describe('ISO 8601, in UTC');
const day = z.string().describe('A day in the reporting time zone, YYYY-MM-DD');

export const sidebarMoney = z
  .object({ amount: z.string().describe('Decimal with six places, exact'), currency: z.string().describe('ISO 4217') })
  .describe('Money; never rounded further');
const amount = (what: string) =>
  sidebarMoney.nullable().describe(`${what}; null where it is not known, and always where money is hidden`);

const named = z.object({ code: z.string(), name: z.string() });

const ticketStates = ['attributed', 'direct', 'unattributed', 'not yet known'] as const;
export const orderStatuses = [
  'incomplete',
  'pending',
  'shipped',
  'partially shipped',
  'refunded',
  'cancelled',
  'declined',
  'awaiting payment',
  'awaiting pickup',
  'awaiting shipment',
  'completed',
  'awaiting fulfillment',
  'manual verification required',
  'disputed',
  'partially refunded',
] as const;

const method = z.enum(['person', 'field', 'text', 'recent orders', 'recent orders, region', 'rule', 'unattributed']);

const attribution = z.object({
  shares: z
    .array(
      z.object({
        partner: named.nullable().describe('`direct` is Direct; null: none'),
        region: named.nullable(),
        ppm: z.int().describe('Parts per million; the shares sum to 1,000,000'),
      }),
    )
    .describe('Who bears the ticket, the largest share first'),
  method: method.describe('What decided: `person` also where an agent chose one half alone'),
  confidence: z.enum(['high', 'medium', 'low', 'none']),
  how: z
    .object({ partner: method, region: method })
    .describe('How each half is known; `person` with none: an agent said so; `unattributed`: nothing tells it'),
  reason: z.string().nullable().describe('Contact reason: shipping, return, damage, product, payment or other'),
  order: z
    .object({ number: z.string(), url: z.string().nullable().describe("Its page in the store's control panel") })
    .nullable()
    .describe('The order that decided it; null where none or several did'),
  orderField: z
    .array(z.object({ number: z.string(), known: z.boolean().describe('Whether it is an order here') }))
    .describe('Order numbers in the mapped field, as they were read last'),
  corrected: z
    .object({ by: z.literal('person'), at: instant })
    .nullable()
    .describe('An agent chose partner or region, and when last'),
  pending: z.boolean().describe('A change of the ticket is known here and not yet decided: ask again in some seconds'),
});

const csat = z
  .union([
    z.object({ n: z.int(), needed: z.int().describe('Responses below which no score is shown') }),
    z.object({
      n: z.int(),
      topTwoBox: z.number().describe('Share of the responses that are 4 or 5'),
      low: z.number().describe('Its 95 % Wilson interval'),
      high: z.number(),
      mean: z.number().describe('1 to 5'),
      distribution: z.record(z.string(), z.number()).describe('Responses by score'),
      responseRate: z.number().nullable(),
    }),
  ])
  .describe('As reports answer it: `n` and `needed` alone below 30 responses');

const partnerFigures = z.object({
  partner: named.describe('Whose figures these are'),
  asOf: instant.describe('When these were counted'),
  period: z.object({ from: day, to: day.describe('The last day, inclusive') }),
  notHeld: z
    .array(z.enum(['orders', 'tickets', 'work']))
    .readonly()
    .describe(
      'Of which not all is held on the days of the period: the contact rate rests on orders and tickets, costs on work, and may be far off',
    ),
  costPerTicket: amount('At pooled rates'),
  costMultiple: z
    .number()
    .nullable()
    .describe("The partner's cost per ticket / the account's; null where no pool tells it"),
  costedTickets: z
    .number()
    .describe('Tickets with costed work in the period, by shares: what the cost per ticket rests on'),
  contactRate: z.number().nullable().describe('Tickets per 100 orders'),
  tickets: z.number().describe('Tickets created in the period, by shares'),
  orders: z.number().describe('Orders placed in the period, by shares'),
  csat,
  flags: z.array(z.object({ code: z.enum(['cost_multiple', 'mostly_estimated']), rule: z.string() })),
  trend: z
    .array(z.object({ from: day, to: day, costMultiple: z.number().nullable() }))
    .describe('By whole week from Monday to Sunday, the oldest first; the week that is running is not in it'),
});

const customerOrder = z.object({
  number: z.string(),
  url: z.string().nullable().describe("Its page in the store's control panel"),
  placedOn: day,
  status: z.enum(orderStatuses).nullable().describe('Null: one that is not known here'),
  total: amount('After discounts, shipping included, tax out, in the currency of the order'),
  refunds: z.array(z.object({ amount: amount('Tax out'), madeOn: day })).describe('The latest first'),
});

const mappedFields = z
  .object({
    partner: z.string().nullable(),
    region: z.string().nullable(),
    reason: z.string().nullable(),
    orderNumber: z.string().nullable(),
    notAboutAnOrder: z
      .object({
        empty: z
          .array(z.string())
          .describe(
            'Ids of the fields to be emptied. Zendesk notes no change where a field is empty already: fill it with a choice and empty it then',
          ),
      })
      .nullable()
      .describe('How "not about an order" is said; null where no field is mapped'),
  })
  .describe("Ids of the mapped ticket fields, for corrections through the agent's own session; null: none is mapped");

/** GET /sidebar/v1/tickets/{externalId}; a ticket that is not known yet, or is another connection's, is `not yet known`. */
export const sidebarTicketAnswer = z.object({
  asOf: instant,
  ticket: z.object({ externalId: z.string(), state: z.enum(ticketStates) }),
  attribution: attribution.nullable().describe('Null while the state is `not yet known`'),
  money: z.enum(['shown', 'hidden']).describe('Hidden: every amount is null, multiples remain'),
  cost: z
    .object({
      soFar: amount("This ticket's cost so far, at pooled rates"),
      measuredShare: z.number().nullable().describe('Part of it that a clock measured; null without cost'),
      lacks: z
        .enum(['rate', 'pool'])
        .nullable()
        .describe(
          'Why not all work is in it: some has no rate or exchange rate yet; or (then there is no cost) too few people share the work for a rate that gives no wage away',
        ),
    })
    .nullable()
    .describe('Null of a ticket that is not known here, and while rates are first counted'),
  partners: z
    .array(partnerFigures)
    .describe(
      'Of the partners that bear the ticket, the largest share first; without those of which the period has no figures, and empty while figures are first counted',
    ),
  counting: z
    .boolean()
    .describe('Some of the figures here are counted for the first time and still lacking: ask again in some seconds'),
  customer: z.object({ orders: z.array(customerOrder).describe('5 at most, the latest first') }),
  fields: mappedFields,
});

const choice = named.extend({
  values: z
    .array(z.string())
    .describe(
      'What the mapped field says it with, best first: of a drop-down take the first that is an option of it; a text field takes the code',
    ),
});

/** GET /sidebar/v1/choices: what a correction may name, by name, and where it is written. Direct is among the partners. */
export const sidebarChoicesAnswer = z.object({
  partners: z.array(choice.extend({ aliases: z.array(z.string()) })),
  regions: z
    .array(
      choice.extend({
        countries: z.array(z.string()).describe('ISO 3166 codes of those it holds'),
        aliases: z.array(z.string()).describe('What else people call these countries: "USA", "UK"'),
      }),
    )
    .describe(
      'The groups, and after them each country that is in none and so its own region: its name is its code, which readers have a word for',
    ),
  reasons: z.array(choice),
  fields: mappedFields,
});

export type SidebarMoney = z.output<typeof sidebarMoney>;
export type SidebarTicket = z.output<typeof sidebarTicketAnswer>;
export type SidebarChoices = z.output<typeof sidebarChoicesAnswer>;
export type SidebarTicketState = (typeof ticketStates)[number];

/** Of problem details. `limit` and `unavailable` come with the header Retry-After, in seconds. */
export interface SidebarProblem {
  readonly type: `urn:deskledger:problem:${
    | 'unauthorized'
    | 'invalid_input'
    | 'not_found'
    | 'limit'
    | 'unavailable'
    | 'unexpected'}`;
  readonly title: string;
  readonly status: number;
  /** What is wrong and what to do next, for a person. */
  readonly detail: string;
}
