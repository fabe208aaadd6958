import type { HelpdeskAdapter } from '../port.ts';
import { connectGorgias } from './connect.ts';
import { keptHeaders, readDelivery, verifyDelivery } from './deliveries.ts';
import { selfTest } from './self-test.ts';
import { settingsSchema } from './settings.ts';
import { sidebar } from './sidebar.ts';

export const gorgias: HelpdeskAdapter<typeof settingsSchema> = {
  kind: 'gorgias',
  settings: settingsSchema,
  secretKeys: ['apiKey', 'webhookSecret'],
  keptHeaders,
  verifyDelivery,
  readDelivery,
  selfTest,
  sidebar,
  connect: connectGorgias,
};
