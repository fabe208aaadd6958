import { z } from 'zod';

/** Why people write in, as reports group it. */
export const contactReasons = ['shipping', 'return', 'damage', 'product', 'payment', 'other'] as const;
export type ContactReason = (typeof contactReasons)[number];

/** The flags are those with which texts are searched. */
const isPattern = (source: string): boolean => {
  try {
    return new RegExp(source, 'giu').flags === 'giu';
  } catch {
    return false;
  }
};

/** Settings that mean the same on every helpdesk; an adapter spreads them into its own schema. */
export const commonSettings = {
  name: z.string().trim().min(1).max(100),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** Numbers that texts name beside those after "#" or a word for order; its first group, else the whole match, is the number. */
  orderNumberPattern: z
    .string()
    .min(1)
    .max(200)
    .refine(isPattern, 'is not a regular expression; write it as in JavaScript, e.g. "LX-(\\d{4,9})"')
    .optional(),
  tagPrefix: z
    .string()
    .regex(
      /^[a-z0-9_]{0,40}$/,
      'use lower-case letters, digits and _ alone: helpdesks split or change tags at other characters',
    )
    .default(''),
  /** Which contact reason a value of the reason field, a form id or a tag stands for. */
  reasonValues: z.record(z.string(), z.enum(contactReasons)).default({}),
  /** How much of each quota we use; the rest stays with the agents and other programs. */
  limitShare: z.number().gt(0).max(1).default(0.5),
  /** Whom surveys speak for: sender, subject, question and page name it. Without it they say "our customer service". */
  shopName: z
    .string()
    .trim()
    .min(1)
    .max(80)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must be one line of plain text')
    .optional(),
  /** Minutes between a ticket's solving and its survey; after 7 days none may go, and one day is for outages. */
  surveyDelayMinutes: z
    .int()
    .min(0)
    .max(6 * 24 * 60)
    .default(0),
} as const;
