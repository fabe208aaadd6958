import type { HelpdeskAdapter } from '../port.ts';
import { connectZendesk } from './client.ts';
import { keptHeaders, readDelivery, verifyDelivery } from './deliveries.ts';
import { settingsSchema } from './settings.ts';
import { selfTest } from './test-event.ts';

export const zendesk: HelpdeskAdapter<typeof settingsSchema> = {
  kind: 'zendesk',
  settings: settingsSchema,
  secretKeys: ['apiToken', 'webhookSecrets', 'sidebarSecrets'],
  sidebarApp: { secretSetting: 'sidebarSecrets', secrets: ({ sidebarSecrets }) => sidebarSecrets },
  keptHeaders,
  verifyDelivery,
  readDelivery,
  selfTest,
  connect: connectZendesk,
};
