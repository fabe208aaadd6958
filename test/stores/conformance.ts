import { describe, it } from 'vitest';
import type { Check } from './conformance/check.ts';
import { deliveryChecks } from './conformance/deliveries.ts';
import type { Harness } from './conformance/harness.ts';
import { readingChecks } from './conformance/reading.ts';
import { remoteChecks } from './conformance/remote.ts';
import { settingsChecks } from './conformance/settings.ts';
import { troubleChecks } from './conformance/trouble.ts';
import { walkingChecks } from './conformance/walking.ts';

export type { Harness, NewOrder, Shop } from './conformance/harness.ts';

/** What every adapter of a store keeps, by what it is about. */
export const families: Readonly<Record<string, readonly Check[]>> = {
  settings: settingsChecks,
  deliveries: deliveryChecks,
  reading: readingChecks,
  walking: walkingChecks,
  trouble: troubleChecks,
  remote: remoteChecks,
};

/** Holds an adapter to all of it; a check that its vendor makes impossible is skipped by name. */
export const conformance = (harness: Harness): void => {
  describe.each(Object.entries(families))(`${harness.adapter.kind}: %s`, (_, checks) => {
    for (const { name, spared, run } of checks) {
      const reason = spared?.(harness) ?? null;
      if (reason === null) it(name, () => run(harness));
      else it.skip(`${name} (${reason})`);
    }
  });
};
