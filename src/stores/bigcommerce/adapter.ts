import type { StoreAdapter } from '../port.ts';
import { createBigcommerceApi } from './api.ts';
import { createBigcommerceClient } from './client.ts';
import { keptHeaders, readDelivery, selfTest, verifyDelivery } from './deliveries.ts';
import { bigcommerceSecretKeys, bigcommerceSettings } from './settings.ts';

/** BigCommerce: orders from its V2 API, refunds, metafields and webhooks from V3. */
export const bigcommerce: StoreAdapter<typeof bigcommerceSettings> = {
  kind: 'bigcommerce',
  settings: bigcommerceSettings,
  secretKeys: bigcommerceSecretKeys,
  keptHeaders,
  verifyDelivery,
  readDelivery,
  selfTest,
  // As the control panel's own address bar shows it; who is not signed in is asked to, and led there.
  orderPage: ({ storeHash }, id) =>
    `https://store-${storeHash}.mybigcommerce.com/manage/orders/${encodeURIComponent(id)}`,
  connect: (settings, deps) =>
    createBigcommerceClient({
      api: createBigcommerceApi(settings, deps),
      clock: deps.clock,
      storeHash: settings.storeHash,
      headerSecrets: settings.webhookHeaderSecret,
    }),
};
