import { expect, test } from 'vitest';
import { gorgias } from '../../../src/helpdesks/gorgias/index.ts';

const now = new Date('2026-03-02T10:00:00Z');
const settingsWith = (secret: string) =>
  gorgias.settings.parse({
    name: 'main',
    account: 'acme',
    email: 'api@example.com',
    apiKey: 'key',
    webhookSecret: secret,
  });

test('a delivery of our own making verifies by its own secret alone, concerns no ticket, and is another each time', () => {
  const made = [0, 1].map(() => gorgias.selfTest?.(settingsWith('our-own-secret-1'), now));
  const keys = made.map((delivery) => {
    if (!delivery) throw new Error('there is a secret');
    const verify = (secret: string) =>
      gorgias.verifyDelivery({
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
  expect(gorgias.selfTest?.(settingsWith(''), now)).toBeNull();
});
