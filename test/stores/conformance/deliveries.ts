import { expect } from 'vitest';
import { expectRefused, type Proving, proofChecks, secret } from '../../conformance/proofs.ts';
import { type Check, telling, verify } from './check.ts';
import type { Harness } from './harness.ts';

/** How stores are asked. */
export const proving: Proving<Harness> = {
  telling,
  verify,
  readAgain({ adapter, settings, withSecrets }, body, headers) {
    const parsed = adapter.settings.parse({ ...settings, ...withSecrets([]) });
    return adapter.readDelivery({ settings: parsed, headers, body: Buffer.from(body) });
  },
  nothing: { changed: null },
};

export const deliveryChecks: readonly Check[] = [
  {
    name: 'a proven delivery names the order or the customer that is to be read again',
    run(harness) {
      for (const [name, body] of telling(harness)) {
        const result = verify(harness, body);
        if (result.outcome !== 'verified') throw new Error(`a delivery is ${result.outcome}`);
        const { deliveryKey, eventType, changed } = result.delivery;
        expect(deliveryKey).toMatch(/^[\x21-\x7e]{1,200}$/);
        expect(eventType).toMatch(/^[\x21-\x7e]{1,128}$/);
        expect(changed?.what).toBe(name.includes('customer') ? 'customer' : 'order');
        expect(body).toContain(changed?.externalId);
      }
    },
  },
  ...proofChecks(proving),
  {
    name: "another store's delivery is refused, whatever proves it",
    needs: 'store named in deliveries',
    run(harness) {
      for (const [, body] of telling(harness)) {
        const foreign = harness.ofAnother?.(body) ?? body;
        expect(foreign).not.toBe(body);
        expectRefused(verify(harness, foreign, { headers: harness.sign(foreign, secret, harness.sentAt) }));
      }
    },
  },
];
