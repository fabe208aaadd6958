import { expect } from 'vitest';
import type { HelpdeskAdapter } from '../../src/helpdesks/port.ts';

/** A delivery of our own making verifies by its own secret alone, concerns no ticket, and is another each time. */
export const provesItself = (adapter: HelpdeskAdapter, settingsWith: (secret: string) => object): void => {
  const now = new Date('2026-03-02T10:00:00Z');
  const settings = (secret: string) => adapter.settings.parse(settingsWith(secret));
  const made = [0, 1].map(() => adapter.selfTest?.(settings('our-own-secret-1'), now));
  const keys = made.map((delivery) => {
    if (!delivery) throw new Error('there is a secret');
    const verify = (secret: string) =>
      adapter.verifyDelivery({
        settings: settings(secret),
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
};
