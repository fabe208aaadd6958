import { z } from 'zod';
import { commonSettings } from '../settings.ts';

/** Ids of custom field definitions; they are text from here on. */
const fieldId = z
  .union([
    z
      .string()
      .trim()
      .regex(/^\d{1,20}$/, 'write the id as digits'),
    z.int().positive(),
  ])
  .transform(String);

export const settingsSchema = z.object({
  ...commonSettings,
  account: z
    .string()
    .trim()
    .toLowerCase()
    .regex(
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
      'write the first part of the address alone: "acme" for acme.gorgias.com',
    ),
  /** The user whose API key is used: one of its own, for what it changes counts as ours. */
  email: z.string().trim().pipe(z.email()),
  apiKey: z.string().trim().min(1),
  /** Sent back to us in a header of our HTTP integration. Several during a rotation; empty until the integration exists, and nothing is accepted until then. */
  webhookSecret: z.union([z.string().trim(), z.array(z.string().trim().min(1)).max(10)]).default(''),
  orderNumberFieldId: fieldId.optional(),
  partnerFieldId: fieldId.optional(),
  regionFieldId: fieldId.optional(),
  reasonFieldId: fieldId.optional(),
});

export type GorgiasSettings = z.output<typeof settingsSchema>;

/** Secrets that a delivery may carry; the first is the one given to new integrations. Never an empty one: anybody could send it. */
export const secretsOf = ({ webhookSecret }: Pick<GorgiasSettings, 'webhookSecret'>): string[] =>
  (typeof webhookSecret === 'string' ? [webhookSecret] : webhookSecret).filter((secret) => secret !== '');
