import { z } from 'zod';
import { commonSettings } from '../settings.ts';

/**
 * The secret that Zendesk's documentation publishes for test requests of webhooks that do not exist yet
 * (https://developer.zendesk.com/documentation/webhooks/verifying/): whoever accepts it accepts everybody.
 */
export const publicTestingSecret = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==';

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

export const settingsSchema = z.object({
  ...commonSettings,
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
  /** The Time Tracking app's "Total time spent (sec)". */
  totalTimeFieldId: fieldId.optional(),
  orderNumberFieldId: fieldId.optional(),
  partnerFieldId: fieldId.optional(),
  regionFieldId: fieldId.optional(),
  reasonFieldId: fieldId.optional(),
});

export type ZendeskSettings = z.output<typeof settingsSchema>;
