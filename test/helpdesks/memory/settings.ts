import { z } from 'zod';
import { commonSettings } from '../../../src/helpdesks/settings.ts';

const field = (title: string) =>
  z
    .string()
    .optional()
    .meta({ title, description: `Name of the ticket field: ${title.toLowerCase()}.` });

export const settingsSchema = z.object({
  ...commonSettings,
  account: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .meta({ title: 'Account', description: 'The first part of the address.', identifies: true }),
  apiKey: z.string().trim().min(1, 'is empty').meta({ title: 'API key', description: 'Settings > API > New key.' }),
  webhookSecrets: z
    .array(z.string().trim().min(1, 'is empty'))
    .max(10)
    .default([])
    .meta({ title: 'Signing secrets', description: 'Of the webhook; set when we make it. Two during a rotation.' }),
  orderNumberFieldId: field('Field of the order number'),
  partnerFieldId: field('Field of the partner'),
  reasonFieldId: field('Field of the reason'),
});
export type Settings = z.output<typeof settingsSchema>;
