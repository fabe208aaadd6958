import { expect, test } from 'vitest';
import { kustomer } from '../../../src/helpdesks/kustomer/index.ts';

const now = new Date('2026-03-02T10:00:00Z');
const settingsWith = (secret: string) =>
  kustomer.settings.parse({ name: 'main', org: 'acme', apiKey: 'key', webhookToken: secret });

test('a delivery of our own making verifies by its own secret alone, concerns no ticket, and is another each time', () => {
  const made = [0, 1].map(() => kustomer.selfTest?.(settingsWith('our-own-secret-1'), now));
  const keys = made.map((delivery) => {
    if (!delivery) throw new Error('there is a secret');
    const verify = (secret: string) =>
      kustomer.verifyDelivery({
        settings: settingsWith(secret),
        apiUserId: null,
        headers: delivery.headers,
        body: Buffer.from(delivery.body),
        now,
      });
    expect(verify('another-secret-2')).toMatchObject({ outcome: 'refused', status: 401 });
    const verified = verify('our-own-secret-1');
    expect(verified).toMatchObject({ outcome: 'verified', delivery: { ticketExternalId: null, urgency: 'ignore' } });
    return verified.outcome === 'verified' ? verified.delivery.deliveryKey : '';
  });
  expect(new Set(keys).size).toBe(2);
  expect(kustomer.selfTest?.(settingsWith(''), now)).toBeNull();
});
