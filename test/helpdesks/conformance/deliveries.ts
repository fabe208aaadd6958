import { expect } from 'vitest';
import { deliveriesOf } from '../../conformance/check.ts';
import { type Proving, proofChecks } from '../../conformance/proofs.ts';
import { type Check, ticketDeliveries, verify } from './check.ts';
import type { Harness } from './harness.ts';

/** How helpdesks are asked. */
export const proving: Proving<Harness> = {
  telling: ticketDeliveries,
  verify,
  readAgain({ adapter, settings, withSecrets, apiUserId }, body, headers) {
    const parsed = adapter.settings.parse({ ...settings, ...withSecrets([]) });
    return adapter.readDelivery({ settings: parsed, apiUserId, headers, body: Buffer.from(body) });
  },
  nothing: { ticketExternalId: null, urgency: 'ignore' },
};

const heeded = ['now', 'now with audits', 'later'];

export const deliveryChecks: readonly Check[] = [
  {
    name: 'a proven delivery names its ticket',
    run(harness) {
      for (const [, body] of ticketDeliveries(harness)) {
        const result = verify(harness, body);
        if (result.outcome !== 'verified') throw new Error(`a delivery is ${result.outcome}`);
        const { deliveryKey, eventType, ticketExternalId, urgency } = result.delivery;
        expect(deliveryKey).toMatch(/^[\x21-\x7e]{1,200}$/);
        expect(eventType).toMatch(/^[\x21-\x7e]{1,128}$/);
        expect(body).toContain(ticketExternalId);
        expect(heeded).toContain(urgency);
      }
    },
  },
  ...proofChecks(proving),
  {
    name: 'a delivery under the proof of another account is told from noise, so that somebody is told',
    run(harness) {
      const isForeign = (body: string, headers: Readonly<Record<string, string>>): boolean => {
        const result = verify(harness, body, { headers });
        expect(result.outcome).toBe('refused');
        return result.outcome === 'refused' && result.foreign !== undefined;
      };
      for (const [, body] of ticketDeliveries(harness)) {
        expect(isForeign(body, harness.sign(body, 'of another account', harness.sentAt))).toBe(true);
        expect(isForeign(body, {})).toBe(false);
      }
    },
  },
  {
    name: 'an echo of our own write is ignored, the same by anybody else is not',
    needs: 'own echoes',
    run(harness) {
      const body = deliveriesOf(harness).get('ours') ?? '';
      const urgencyFor = (by: string | null) => {
        const result = verify(harness, body, { by });
        return result.outcome === 'verified' ? result.delivery.urgency : result.outcome;
      };
      expect(urgencyFor(harness.apiUserId)).toBe('ignore');
      expect(heeded).toContain(urgencyFor('987654321'));
      expect(heeded).toContain(urgencyFor(null));
    },
  },
];
