import { z } from 'zod';
import { accountName, commonSettings, ticketFieldSettings } from '../settings.ts';

export const settingsSchema = z.object({
  ...commonSettings,
  account: accountName('Account', 'gorgias.com'),
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
  ...ticketFieldSettings,
});

export type GorgiasSettings = z.output<typeof settingsSchema>;

/** Secrets that a delivery may carry; the first is the one given to new integrations. Never an empty one: anybody could send it. */
export const secretsOf = ({ webhookSecret }: Pick<GorgiasSettings, 'webhookSecret'>): string[] =>
  (typeof webhookSecret === 'string' ? [webhookSecret] : webhookSecret).filter((secret) => secret !== '');
