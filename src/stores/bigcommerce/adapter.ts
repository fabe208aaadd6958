import type { StoreAdapter } from '../port.ts';
import { createBigcommerceApi } from './api.ts';
import { createBigcommerceClient } from './client.ts';
import { bigcommerceSecretKeys, bigcommerceSettings } from './settings.ts';

/** BigCommerce: orders from its V2 API, refunds and metafields from V3. */
export const bigcommerce: StoreAdapter<typeof bigcommerceSettings> = {
  kind: 'bigcommerce',
  settings: bigcommerceSettings,
  secretKeys: bigcommerceSecretKeys,
  connect: (settings, deps) =>
    createBigcommerceClient({ api: createBigcommerceApi(settings, deps), storeHash: settings.storeHash }),
};
