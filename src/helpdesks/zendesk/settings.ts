import { z } from 'zod';

/**
 * The secret that Zendesk's documentation publishes for test requests of webhooks that do not exist yet
 * (https://developer.zendesk.com/documentation/webhooks/verifying/): whoever accepts it accepts everybody.
 */
export const publicTestingSecret = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==';

/** Why people write in, as reports group it. */
export const contactReasons = ['shipping', 'return', 'damage', 'product', 'payment', 'other'] as const;
export type ContactReason = (typeof contactReasons)[number];

/** Zendesk's ids outgrow 32 bits; they are text from here on. */
const fieldId = z
  .union([
    z
      .string()
      .trim()
      .regex(/^\d{1,20}$/, 'write the id as digits'),
    z.int().positive(),
  ])
  .transform(String);

const webhookSecret = z
  .string()
  .trim()
  .min(1, 'is empty; copy the signing secret that Zendesk shows for the webhook')
  .refine(
    (secret) => secret !== publicTestingSecret,
    "is Zendesk's public testing secret, with which anybody can sign; copy the webhook's own",
  );

/** The flags are those with which texts are searched. */
const isPattern = (source: string): boolean => {
  try {
    return new RegExp(source, 'giu').flags === 'giu';
  } catch {
    return false;
  }
};

export const settingsSchema = z.object({
  name: z.string().trim().min(1).max(100),
  subdomain: z
    .string()
    .trim()
    .toLowerCase()
    .regex(
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
      'write the first part of the address alone: "acme" for acme.zendesk.com',
    ),
  /** The user whose token is used: one of its own, for what it changes counts as ours. */
  email: z.string().trim().pipe(z.email()),
  apiToken: z.string().trim().min(1),
  /** Two during a rotation; none until the webhook exists, and nothing is accepted until then. */
  webhookSecrets: z.array(webhookSecret).max(10).default([]),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** The Time Tracking app's "Total time spent (sec)". */
  totalTimeFieldId: fieldId.optional(),
  orderNumberFieldId: fieldId.optional(),
  partnerFieldId: fieldId.optional(),
  regionFieldId: fieldId.optional(),
  reasonFieldId: fieldId.optional(),
  /** Numbers that texts name beside those after "#" or a word for order; its first group, else the whole match, is the number. */
  orderNumberPattern: z
    .string()
    .min(1)
    .max(200)
    .refine(isPattern, 'is not a regular expression; write it as in JavaScript, e.g. "LX-(\\d{4,9})"')
    .optional(),
  tagPrefix: z
    .string()
    .regex(/^[a-z0-9_]{0,40}$/, 'use lower-case letters, digits and _ alone: Zendesk splits tags at other characters')
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
});

export type ZendeskSettings = z.output<typeof settingsSchema>;
