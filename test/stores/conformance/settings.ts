import { expect } from 'vitest';
import { settingsForm } from '../../../src/features/directory/index.ts';
import { type Check, secret, withShop } from './check.ts';

export const settingsChecks: readonly Check[] = [
  {
    name: 'every setting can be asked for: it has a title and a description, and some say which store it is',
    run({ adapter }) {
      const form = settingsForm(adapter);
      expect(form.filter(({ key, title, about }) => title === key || about.length < 10)).toEqual([]);
      expect(form.filter(({ identifies }) => identifies).length).toBeGreaterThan(0);
      expect(Object.keys(adapter.settings.shape)).toEqual(expect.arrayContaining(['name', 'baseUrl']));
    },
  },
  withShop(
    'settings are stored as they were read, and read again the same',
    ({ settings }, { adapter, withSecrets }) => {
      for (const given of [settings(), { ...settings(), ...withSecrets([secret, `${secret}-2`]) }]) {
        const once = adapter.settings.parse(given);
        expect(adapter.settings.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
      }
    },
  ),
  withShop('every secret among the settings is encrypted at rest', ({ settings }, { adapter, withSecrets }) => {
    expect(adapter.secretKeys.filter((key) => !(key in adapter.settings.shape))).toEqual([]);
    const given = adapter.settings.parse({ ...settings(), ...withSecrets([secret]) });
    const open = Object.entries(given).filter(([key]) => !adapter.secretKeys.includes(key));
    expect(JSON.stringify(open)).not.toContain(secret);
    expect(open.filter(([key]) => /token|secret|password|apiKey/i.test(key))).toEqual([]);
    expect(adapter.secretKeys.length).toBeGreaterThanOrEqual(2);
  }),
  withShop('settings that mean nothing are refused with their names', ({ settings }, { adapter }) => {
    const faultsOf = (given: object): string[] =>
      (adapter.settings.safeParse(given).error?.issues ?? []).map(({ path }) => String(path[0]));
    expect(faultsOf(settings())).toEqual([]);
    const required = settingsForm(adapter).flatMap(({ key, required: needed }) => (needed ? [key] : []));
    expect(required.length).toBeGreaterThan(1);
    expect(faultsOf({})).toEqual(expect.arrayContaining(required));
    expect(faultsOf(settings({ baseUrl: 'file:///etc/passwd' }))).toEqual(['baseUrl']);
  }),
];
