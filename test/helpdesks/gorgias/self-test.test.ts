import { expect, it } from 'vitest';
import { gorgias } from '../../../src/helpdesks/gorgias/index.ts';
import { provesItself } from '../self-test.ts';
import { settingsWith } from './support.ts';

it('is a delivery of ours, made by our own secret', () => {
  provesItself(gorgias, (webhookSecret) => settingsWith({ webhookSecret }));
});

it('is none while there is no secret', () => {
  expect(gorgias.selfTest?.(settingsWith({ webhookSecret: '' }), new Date())).toBeNull();
});
