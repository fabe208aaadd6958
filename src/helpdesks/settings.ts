import { z } from 'zod';
import { notSafePattern, safePattern } from '../platform/safe-pattern.ts';

/** Why people write in, as reports group it. */
export const contactReasons = ['shipping', 'return', 'damage', 'product', 'payment', 'other'] as const;
export type ContactReason = (typeof contactReasons)[number];

/** Settings that name the fields of a ticket, or attributes, which we read and mirror. */
export const fieldSettingNames = ['orderNumberFieldId', 'partnerFieldId', 'regionFieldId', 'reasonFieldId'] as const;

/** An id of a field that the helpdesk writes as a number: it may outgrow what JavaScript counts, and is text from here on. */
export const fieldId = z
  .union([
    z
      .string()
      .trim()
      .regex(/^\d{1,20}$/, 'write the id as digits'),
    z.int().positive(),
  ])
  .transform(String);

const correctingField = 'Ticket field by which people correct what we found; `--fields` makes it.';

/** The fields of helpdesks that name them by such ids. */
export const ticketFieldSettings = {
  orderNumberFieldId: fieldId
    .optional()
    .meta({ title: 'Field of the order number', description: 'Ticket field that holds an order number.' }),
  partnerFieldId: fieldId.optional().meta({ title: 'Field of the partner', description: correctingField }),
  regionFieldId: fieldId.optional().meta({ title: 'Field of the region', description: correctingField }),
  reasonFieldId: fieldId.optional().meta({ title: 'Field of the reason', description: correctingField }),
} as const satisfies Record<(typeof fieldSettingNames)[number], z.ZodType>;

/** Which account it is, where the vendor gives each a host of its own. */
export const accountName = (title: string, domain: string) =>
  z
    .string()
    .trim()
    .toLowerCase()
    .regex(
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
      `write the first part of the address alone: "acme" for acme.${domain}`,
    )
    .meta({ title, description: `The first part of the address: "acme" for acme.${domain}.`, identifies: true });

/** Settings that mean the same on every helpdesk; an adapter spreads them into its own schema. */
export const commonSettings = {
  name: z.string().trim().min(1).max(100).meta({ title: 'Name', description: 'What the connection is called here.' }),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional()
    .meta({
      title: 'Address',
      description: "Another address than the vendor's, for tests; needs `ALLOW_PRIVATE_UPSTREAMS`.",
    }),
  /** Numbers that texts name beside those after "#" or a word for order; its first group, else the whole match, is the number. */
  orderNumberPattern: z
    .string()
    .min(1)
    .max(200)
    .refine((source) => safePattern(source) !== null, notSafePattern)
    .optional()
    .meta({
      title: 'Pattern of order numbers',
      description:
        'Numbers that texts name beside "#1001" and "order 1001": a regular expression (RE2) whose first group is the number.',
    }),
  tagPrefix: z
    .string()
    .regex(
      /^[a-z0-9_]{0,40}$/,
      'use lower-case letters, digits and _ alone: helpdesks split or change tags at other characters',
    )
    .default('')
    .meta({ title: 'Tag prefix', description: 'What our tags begin with, before `partner_` and `region_`.' }),
  /** Which contact reason a value of the reason field, a form id or a tag stands for. */
  reasonValues: z
    .record(z.string(), z.enum(contactReasons))
    .default({})
    .meta({
      title: 'Contact reasons',
      description: `What values of the reason field, form ids or tags stand for: one of ${contactReasons.join(', ')}.`,
    }),
  /** How much of each quota we use; the rest stays with the agents and other programs. */
  limitShare: z.number().gt(0).max(1).default(0.5).meta({
    title: 'Share of the limit',
    description: "Part of the account's call limits that we use at most, 0 to 1.",
  }),
  /** Whom surveys speak for: sender, subject, question and page name it. Without it they say "our customer service". */
  shopName: z
    .string()
    .trim()
    .min(1)
    .max(80)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must be one line of plain text')
    .optional()
    .meta({ title: 'Shop name', description: 'Whom surveys speak for: sender, subject and page name it.' }),
  /** Minutes between a ticket's solving and its survey; after 7 days none may go, and one day is for outages. */
  surveyDelayMinutes: z
    .int()
    .min(0)
    .max(6 * 24 * 60)
    .default(0)
    .meta({ title: 'Survey delay', description: "Minutes between a ticket's solving and its survey." }),
} as const;
