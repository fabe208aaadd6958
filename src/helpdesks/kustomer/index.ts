import type { HelpdeskAdapter } from '../port.ts';
import { connectKustomer } from './client.ts';
import { keptHeaders, readDelivery, verifyDelivery } from './deliveries.ts';
import { selfTest } from './self-test.ts';
import { settingsSchema } from './settings.ts';

export const kustomer: HelpdeskAdapter<typeof settingsSchema> = {
  kind: 'kustomer',
  settings: settingsSchema,
  secretKeys: ['apiKey', 'webhookToken'],
  keptHeaders,
  verifyDelivery,
  readDelivery,
  selfTest,
  connect: connectKustomer,
};
