import { describe, expect, it } from 'vitest';
import { zendesk } from '../../../src/helpdesks/zendesk/index.ts';
import { publicTestingSecret } from '../../../src/helpdesks/zendesk/settings.ts';

const least = { name: 'Desk', subdomain: 'loom', email: 'a@example.com', apiToken: 't', webhookSecrets: ['s'] };
const faultsOf = (more: object) =>
  zendesk.settings.safeParse({ ...least, ...more }).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('settings', () => {
  it('fill in what is optional', () => {
    expect(zendesk.settings.parse(least)).toEqual({
      ...least,
      sidebarSecrets: [],
      tagPrefix: '',
      aiAgentIds: [],
      voiceClock: 'add',
      engagementClock: 'off',
      reasonValues: {},
      limitShare: 0.5,
      surveyDelayMinutes: 0,
    });
  });

  it('take field ids as numbers or text and keep them as text', () => {
    const parsed = zendesk.settings.parse({
      ...least,
      totalTimeFieldId: 8_447_346_621_310,
      partnerFieldId: ' 360000000001 ',
    });
    expect(parsed).toMatchObject({ totalTimeFieldId: '8447346621310', partnerFieldId: '360000000001' });
  });

  it.each([
    ['the public testing secret alone', { webhookSecrets: [publicTestingSecret] }, 'webhookSecrets.0'],
    ['the public testing secret behind a good one', { webhookSecrets: ['s', publicTestingSecret] }, 'webhookSecrets.1'],
    ['the public testing secret between blanks', { webhookSecrets: [` ${publicTestingSecret}\n`] }, 'webhookSecrets.0'],
    ['an empty secret', { webhookSecrets: ['s', ''] }, 'webhookSecrets.1'],
    ['a secret of blanks', { webhookSecrets: ['  '] }, 'webhookSecrets.0'],
    ['a whole address as subdomain', { subdomain: 'loom.zendesk.com' }, 'subdomain'],
    ['a field id that is no number', { reasonFieldId: 'reason' }, 'reasonFieldId'],
    ['a field id that lost digits', { reasonFieldId: 2 ** 60 }, 'reasonFieldId'],
    ['a tag prefix that Zendesk would split', { tagPrefix: 'my tags' }, 'tagPrefix'],
    ['a pattern that is no regular expression', { orderNumberPattern: 'LX-(' }, 'orderNumberPattern'],
    ['a base address that is no web address', { baseUrl: 'ftp://example.com' }, 'baseUrl'],
    ['a shop name of two lines', { shopName: 'Nord\r\nBcc: all@example.com' }, 'shopName'],
    ['an empty shop name', { shopName: ' ' }, 'shopName'],
    ['an unknown reason', { reasonValues: { x: 'weather' } }, 'reasonValues.x'],
    ['a share of nothing', { limitShare: 0 }, 'limitShare'],
  ])('refuse %s', (_what, more, field) => {
    expect(faultsOf(more)).toEqual([field]);
  });

  it('never print a secret in a fault', () => {
    const error = zendesk.settings.safeParse({ ...least, webhookSecrets: [publicTestingSecret] }).error;
    expect(error?.message).toContain('public testing secret');
    expect(error?.message).not.toContain(publicTestingSecret);
  });

  it('name all secret keys', () => {
    expect(zendesk.secretKeys).toEqual(['apiToken', 'webhookSecrets', 'sidebarSecrets']);
  });
});
