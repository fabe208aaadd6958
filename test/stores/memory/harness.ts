import type { StoreAdapter } from '../../../src/stores/port.ts';
import { signatureOf } from '../../helpdesks/memory/deliveries.ts';
import type { Harness } from '../conformance.ts';
import { memory } from './index.ts';
import { startMemoryShop } from './shop.ts';

export const harness: Harness = {
  adapter: memory as unknown as StoreAdapter,
  lacks: [],
  fixtures: new URL('./fixtures/', import.meta.url),
  sentAt: new Date('2026-03-02T09:05:00Z'),
  settings: { name: 'loom', shop: 'loom', apiKey: 'key' },
  withSecrets: (secrets) => ({ webhookSecrets: secrets }),
  sign: signatureOf,
  ofAnother: (body) => body.replace(/"shop": ?"loom"/, '"shop":"other"'),
  indispensable: ['placed_at', 'lines'],
  startShop: startMemoryShop,
};
