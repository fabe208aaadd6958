import { z } from 'zod';
import { dayAnswer } from '../../platform/http/answers.ts';

const share = (what: string) => z.number().describe(`${what}, from 0 to 1`);
const gives = z.enum(['partner', 'country']);
const place = z.string().describe('Where on an order it stands, in words');

const mappingRule = z.object({
  gives,
  store: z
    .string()
    .optional()
    .describe("The store, by its connection's name, whose orders alone it reads; absent: every store's"),
  from: z
    .object({
      place: z.string().describe('metafield, form_field, channel, line_brand, store ...'),
      namespace: z.string().optional().describe('Of a metafield, with `key`'),
      key: z.string().optional(),
      name: z.string().optional().describe("Of a form's, a customer's or a product's field"),
      of: z.enum(['billing', 'shipping']).optional().describe('Of a form field; absent: billing, else shipping'),
      separator: z.string().optional().describe('Of a SKU: its prefix ends before it'),
      pattern: z.string().optional().describe('What of the text is taken; absent: all of it'),
    })
    .describe('Where a rule looks'),
  values: z.record(z.string(), z.string()).describe('Raw value to code; a value that is not listed stands for itself'),
});

export const mappingRulesAnswer = z.object({ rules: z.array(mappingRule).readonly() });

const condition = z
  .object({
    brandId: z.string().optional(),
    inbox: z.string().optional(),
    organizationId: z.string().optional(),
    formId: z.string().optional(),
    tag: z.string().optional(),
  })
  .describe('What a ticket must have, all of it');

export const ticketRulesAnswer = z.object({
  rules: z.array(
    z.object({
      when: condition,
      partner: z.string().nullable().describe('A code; null: the rule gives none'),
      region: z.string().nullable(),
    }),
  ),
});

export const unmappedAnswer = z.object({
  items: z
    .array(
      z.object({
        gives,
        place,
        store: z.string().describe('Whose orders they are'),
        value: z.string(),
        orders: z.int().describe('How many have it'),
        lastDay: dayAnswer.describe('The last day on which one was placed'),
      }),
    )
    .describe('The most frequent first'),
});

export const coverageAnswer = z.object({
  orders: z.int().describe('The latest counted ones, at most as many as asked for'),
  withPartner: z.int().describe('Of a partner that a rule names, Direct among them'),
  byDefault: z.int().describe('No rule yielded a value: taken for Direct'),
  unmapped: z.int().describe('A rule yielded a value that names nobody, for some part of the order at least'),
  withCountry: z.int(),
  partnerShare: share('withPartner / orders').nullable(),
  countryShare: share('withCountry / orders').nullable(),
  rules: z
    .array(
      z.object({
        rule: z.int().describe('From 1, as in the file'),
        gives,
        store: z.string().nullable().describe("Whose orders alone it reads; null: every store's"),
        place,
        decided: z.int().describe('Orders that it decided'),
        unmapped: z.int().describe('Those of them whose value is not mapped'),
      }),
    )
    .readonly(),
});

export const mappingSuggestionsAnswer = z.object({
  stores: z
    .array(
      z.object({
        store: z.string(),
        orders: z.int().describe('How many were looked at'),
        suggestions: z
          .array(
            z.object({
              place,
              rule: mappingRule.describe('To be completed by a person'),
              carriedShare: share('Part of the orders with any value there'),
              knownShare: share('Part of the orders with a value that names a known partner or a country'),
              distinctValues: z.int(),
              unknownValues: z
                .array(z.object({ value: z.string(), name: z.string().nullable(), orders: z.int() }))
                .readonly()
                .describe('Values that name nobody known, the most frequent first, where they look like names'),
              because: z.enum(['values are known', 'its name says so', 'few values repeat']),
            }),
          )
          .readonly()
          .describe('The best first'),
        obstacle: z.string().nullable().describe('Why nothing could be looked at'),
      }),
    )
    .readonly(),
});

export const ticketSuggestionsAnswer = z.object({
  items: z
    .array(
      z.object({
        words: z.string().describe('What agents did, and the advice, for a person'),
        rule: z.object({ when: condition, partner: z.string().optional(), region: z.string().optional() }),
        tickets: z.int().describe('Of the condition, that no order decides'),
        moved: z.int().describe('Those of them that agents moved'),
        agreeing: z.int().describe('Those moved to just this'),
        examples: z.array(z.string()).readonly().describe('Ids for `/api/v1/tickets/{id}`, the newest first'),
      }),
    )
    .readonly()
    .describe('The most often first'),
});

/** What a change of rules, partners or regions does to the list itself, and the job that carries it on. */
export const changeAnswer = z.object({
  report: z
    .object({
      what: z.string(),
      rows: z.int(),
      added: z.int(),
      changed: z.int(),
      unchanged: z.int(),
      removed: z.int(),
      dryRun: z.boolean(),
      preview: z
        .array(z.record(z.string(), z.string()))
        .readonly()
        .describe('The first rows as they were understood, by column'),
      warnings: z.array(z.string()).readonly(),
    })
    .describe('What changes in the list itself'),
  job: z.string().describe('For `/api/v1/jobs/{id}`'),
});
