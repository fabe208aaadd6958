import type { HelpdeskAdapter } from '../port.ts';
import { connectGorgias } from './connect.ts';
import { keptHeaders, readDelivery, verifyDelivery } from './deliveries.ts';
import { settingsSchema } from './settings.ts';

export const gorgias: HelpdeskAdapter<typeof settingsSchema> = {
  kind: 'gorgias',
  settings: settingsSchema,
  secretKeys: ['apiKey', 'webhookSecret'],
  keptHeaders,
  verifyDelivery,
  readDelivery,
  connect: connectGorgias,
};
