import { describe, expect, it } from 'vitest';
import { kustomer } from '../../../src/helpdesks/kustomer/index.ts';

const least = { name: 'Desk', org: 'loom', apiKey: 'k' };
const faultsOf = (more: object) =>
  kustomer.settings.safeParse({ ...least, ...more }).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('settings', () => {
  it('fill in what is optional; without a token nothing is accepted yet', () => {
    expect(kustomer.settings.parse(least)).toEqual({
      ...least,
      webhookToken: [],
      tagPrefix: '',
      reasonValues: {},
      limitShare: 0.5,
      surveyDelayMinutes: 0,
    });
  });

  it.each([
    ['""', '', []],
    ['one token', ' t ', ['t']],
    ['two for a rotation', ['t', 'u'], ['t', 'u']],
  ])('take %s as webhook token, and what they made of it again', (_what, webhookToken, kept) => {
    const parsed = kustomer.settings.parse({ ...least, webhookToken });
    expect(parsed).toMatchObject({ webhookToken: kept });
    expect(kustomer.settings.parse(parsed)).toEqual(parsed);
  });

  it.each([
    ['an empty token among others', { webhookToken: ['t', ' '] }, 'webhookToken'],
    ['a whole address as org', { org: 'loom.kustomerapp.com' }, 'org'],
    ['an attribute without its type', { orderNumberFieldId: 'orderNumber' }, 'orderNumberFieldId'],
    ['a number as partner', { partnerFieldId: 'partnerNum' }, 'partnerFieldId'],
    ['a timer that does not exist', { timesVersion: 'v3' }, 'timesVersion'],
    ['an unknown reason', { reasonValues: { x: 'weather' } }, 'reasonValues.x'],
  ])('refuse %s', (_what, more, field) => {
    expect(faultsOf(more).map((path) => path.split('.').slice(0, field.split('.').length).join('.'))).toEqual([field]);
  });

  it('name all secret keys', () => {
    expect(kustomer.secretKeys).toEqual(['apiKey', 'webhookToken']);
  });
});
