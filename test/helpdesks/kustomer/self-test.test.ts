import { expect, it } from 'vitest';
import { kustomer } from '../../../src/helpdesks/kustomer/index.ts';
import { provesItself } from '../self-test.ts';
import { settingsWith } from './support.ts';

it('is a delivery of ours, made by our own token', () => {
  provesItself(kustomer, (webhookToken) => settingsWith({ webhookToken }));
});

it('is none while there is no token', () => {
  expect(kustomer.selfTest?.(settingsWith({ webhookToken: '' }), new Date())).toBeNull();
});
