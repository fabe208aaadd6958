import { describe, expect, it } from 'vitest';
import { gorgias } from '../../../src/helpdesks/gorgias/index.ts';
import { secretsOf, settingsSchema } from '../../../src/helpdesks/gorgias/settings.ts';

const least = { name: 'Desk', account: 'Loom', email: 'a@example.com', apiKey: 'key' };

describe('settings', () => {
  it('ask for little, and mean the same when read again', () => {
    const settings = settingsSchema.parse(least);
    expect(settings).toMatchObject({ account: 'loom', webhookSecret: '', tagPrefix: '', limitShare: 0.5 });
    expect(settingsSchema.parse(settings)).toEqual(settings);
    const rotated = settingsSchema.parse({ ...least, webhookSecret: ['old', 'new'], partnerFieldId: 12 });
    expect(rotated.partnerFieldId).toBe('12');
    expect(settingsSchema.parse(rotated)).toEqual(rotated);
  });

  it('hold no secret that is empty', () => {
    expect(secretsOf({ webhookSecret: '' })).toEqual([]);
    expect(secretsOf({ webhookSecret: 'one' })).toEqual(['one']);
    expect(secretsOf({ webhookSecret: ['one', 'two'] })).toEqual(['one', 'two']);
    expect(settingsSchema.safeParse({ ...least, webhookSecret: [''] }).success).toBe(false);
  });

  it.each(['loom.gorgias.com', 'https://loom', 'evil.example/', ''])('refuse %j as an account', (account) => {
    expect(settingsSchema.safeParse({ ...least, account }).success).toBe(false);
  });

  it('name what is encrypted at rest', () => {
    const shape = Object.keys(settingsSchema.shape);
    expect(gorgias.secretKeys).toEqual(['apiKey', 'webhookSecret']);
    expect(shape).toEqual(expect.arrayContaining([...gorgias.secretKeys]));
  });
});
