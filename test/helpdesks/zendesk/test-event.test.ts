import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { zendesk } from '../../../src/helpdesks/zendesk/index.ts';
import { settingsWith } from './support.ts';

describe('selfTest', () => {
  it('is a delivery of ours that verifies, and no other secret makes it', () => {
    const now = new Date('2026-03-01T10:00:00Z');
    const settings = settingsWith();
    const made = zendesk.selfTest?.(settings, now);
    if (!made) throw new Error('there is a secret');
    const verify = (secret: string) =>
      zendesk.verifyDelivery({
        settings: settingsWith({ webhookSecrets: [secret] }),
        apiUserId: null,
        headers: made.headers,
        body: Buffer.from(made.body),
        now,
      });
    expect(verify(settings.webhookSecrets[0] ?? '')).toMatchObject({
      outcome: 'verified',
      delivery: { urgency: 'ignore' },
    });
    expect(verify(createHmac('sha256', 'x').digest('hex'))).toMatchObject({ outcome: 'refused', status: 401 });
    expect(zendesk.selfTest?.(settingsWith({ webhookSecrets: [] }), now)).toBeNull();
  });
});
