import { expect, it } from 'vitest';
import { zendesk } from '../../../src/helpdesks/zendesk/index.ts';
import { provesItself } from '../self-test.ts';
import { settingsWith } from './support.ts';

it('is a delivery of ours, made by our own secret', () => {
  provesItself(zendesk, (secret) => settingsWith({ webhookSecrets: [secret] }));
});

it('is none while there is no secret', () => {
  expect(zendesk.selfTest?.(settingsWith({ webhookSecrets: [] }), new Date())).toBeNull();
});
