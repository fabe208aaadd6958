import { z } from 'zod';
import { notSafePattern, safePattern } from '../platform/safe-pattern.ts';

/** Why people write in, as reports group it. */
export const contactReasons = ['shipping', 'return', 'damage', 'product', 'payment', 'other'] as const;
export type ContactReason = (typeof contactReasons)[number];

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
