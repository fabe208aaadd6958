import { expect } from 'vitest';
import { settingsForm } from '../../../src/features/directory/index.ts';
import { keepingChecks } from '../../conformance/settings.ts';
import { type Check, withShop } from './check.ts';
import type { Harness } from './harness.ts';

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
  ...keepingChecks<Harness, Check>(withShop),
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
