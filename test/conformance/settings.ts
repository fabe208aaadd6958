import { expect } from 'vitest';
import type { z } from 'zod';
import type { CheckOf } from './check.ts';
import { secret } from './proofs.ts';

interface SettingsHarness {
  readonly adapter: { readonly settings: z.ZodObject; readonly secretKeys: readonly string[] };
  withSecrets(secrets: readonly string[]): object;
}

/** What every adapter keeps of its settings; `withAccount` makes a check that has an account to connect to. */
export const keepingChecks = <Harness extends SettingsHarness, Check extends CheckOf<Harness>>(
  withAccount: (
    name: string,
    work: (world: { settings(more?: object): Record<string, unknown> }, harness: Harness) => void,
  ) => Check,
): readonly Check[] => [
  withAccount(
    'settings are stored as they were read, and read again the same',
    ({ settings }, { adapter, withSecrets }) => {
      for (const given of [settings(), { ...settings(), ...withSecrets([secret, `${secret}-2`]) }]) {
        const once = adapter.settings.parse(given);
        expect(adapter.settings.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
      }
    },
  ),
  withAccount('every secret among the settings is encrypted at rest', ({ settings }, { adapter, withSecrets }) => {
    expect(adapter.secretKeys.filter((key) => !(key in adapter.settings.shape))).toEqual([]);
    const given = adapter.settings.parse({ ...settings(), ...withSecrets([secret]) });
    const open = Object.entries(given).filter(([key]) => !adapter.secretKeys.includes(key));
    expect(JSON.stringify(open)).not.toContain(secret);
    expect(open.filter(([key]) => /token|secret|password|apiKey/i.test(key) && !/fieldId$/i.test(key))).toEqual([]);
    expect(adapter.secretKeys.length).toBeGreaterThanOrEqual(2);
  }),
];
