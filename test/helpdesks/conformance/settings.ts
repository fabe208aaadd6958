import { expect } from 'vitest';
import { settingsForm } from '../../../src/features/directory/index.ts';
import { commonSettings } from '../../../src/helpdesks/settings.ts';
import { keepingChecks } from '../../conformance/settings.ts';
import { type Check, withDesk } from './check.ts';
import type { Harness } from './harness.ts';

export const settingsChecks: readonly Check[] = [
  {
    name: 'every setting can be asked for: it has a title and a description, and some say which account it is',
    run({ adapter }) {
      const form = settingsForm(adapter);
      expect(form.filter(({ key, title, about }) => title === key || about.length < 10)).toEqual([]);
      expect(form.filter(({ identifies }) => identifies).length).toBeGreaterThan(0);
      expect(Object.keys(adapter.settings.shape)).toEqual(expect.arrayContaining(Object.keys(commonSettings)));
    },
  },
  ...keepingChecks<Harness, Check>(withDesk),
  withDesk('settings that mean nothing are refused with their names', ({ settings }, { adapter }) => {
    const faultsOf = (given: object): string[] =>
      (adapter.settings.safeParse(given).error?.issues ?? []).map(({ path }) => String(path[0]));
    expect(faultsOf(settings())).toEqual([]);
    const required = settingsForm(adapter).flatMap(({ key, required: needed }) => (needed ? [key] : []));
    expect(faultsOf({})).toEqual(expect.arrayContaining(required));
    expect(faultsOf(settings({ limitShare: 2 }))).toEqual(['limitShare']);
    expect(faultsOf(settings({ tagPrefix: 'Shop ' }))).toEqual(['tagPrefix']);
    expect(faultsOf(settings({ baseUrl: 'file:///etc/passwd' }))).toEqual(['baseUrl']);
    expect(faultsOf(settings({ reasonValues: { lost: 'weather' } }))).toEqual(['reasonValues']);
  }),
];
