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
    )
    .meta({
      title: 'Account',
      description: 'The first part of the address: "acme" for acme.gorgias.com.',
      identifies: true,
    }),
  /** The user whose API key is used: one of its own, for what it changes counts as ours. */
  email: z.string().trim().pipe(z.email()).meta({
    title: 'E-mail',
    description: 'Of the user who made the key; best a user of its own, for what it changes counts as ours.',
  }),
  apiKey: z
    .string()
    .trim()
    .min(1, 'is empty')
    .meta({ title: 'API key', description: 'Settings > REST API > Create API key, as an administrator.' }),
  /** Sent back to us in a header of our HTTP integration. Several during a rotation; empty until the integration exists, and nothing is accepted until then. */
  webhookSecret: z
    .union([z.string().trim(), z.array(z.string().trim().min(1)).max(10)])
    .default('')
    .meta({
      title: 'Webhook secret',
      description: 'What our HTTP integration sends along; set when we make it. A list of two during a rotation.',
    }),
  orderNumberFieldId: fieldId
    .optional()
    .meta({ title: 'Field of the order number', description: 'Ticket field that holds an order number.' }),
  partnerFieldId: fieldId.optional().meta({
    title: 'Field of the partner',
    description: 'Ticket field by which people correct what we found; `--fields` makes it.',
  }),
  regionFieldId: fieldId.optional().meta({
    title: 'Field of the region',
    description: 'Ticket field by which people correct what we found; `--fields` makes it.',
  }),
  reasonFieldId: fieldId.optional().meta({
    title: 'Field of the reason',
    description: 'Ticket field by which people correct what we found; `--fields` makes it.',
  }),
});

export type GorgiasSettings = z.output<typeof settingsSchema>;

/** Secrets that a delivery may carry; the first is the one given to new integrations. Never an empty one: anybody could send it. */
export const secretsOf = ({ webhookSecret }: Pick<GorgiasSettings, 'webhookSecret'>): string[] =>
  (typeof webhookSecret === 'string' ? [webhookSecret] : webhookSecret).filter((secret) => secret !== '');
