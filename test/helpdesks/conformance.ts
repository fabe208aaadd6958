import { describe, expect, it } from 'vitest';
import type { Check } from './conformance/check.ts';
import { deliveryChecks } from './conformance/deliveries.ts';
import type { Harness } from './conformance/harness.ts';
import { isLacking, isSpared } from './conformance/lacking.ts';
import { furtherChecks } from './conformance/more.ts';
import { pullingChecks } from './conformance/pulling.ts';
import { remoteChecks } from './conformance/remote.ts';
import { scoreChecks } from './conformance/scores.ts';
import { settingsChecks } from './conformance/settings.ts';
import { sidebarChecks } from './conformance/sidebar.ts';
import { troubleChecks } from './conformance/trouble.ts';
import { walkingChecks } from './conformance/walking.ts';
import { writingChecks } from './conformance/writing.ts';

export type { Desk, Harness, NewTicket, Optional } from './conformance/harness.ts';

/** What every adapter keeps, by what it is about. */
export const families: Readonly<Record<string, readonly Check[]>> = {
  settings: settingsChecks,
  deliveries: deliveryChecks,
  pulling: pullingChecks,
  trouble: troubleChecks,
  walking: walkingChecks,
  writing: writingChecks,
  remote: remoteChecks,
  scores: scoreChecks,
  sidebar: sidebarChecks,
  'what is optional': furtherChecks,
};

/** Holds an adapter to all of it, save what it lacks: that it does is a test of its own, and none is skipped. */
export const conformance = (harness: Harness): void => {
  describe.each(Object.entries(families))(`${harness.adapter.kind}: %s`, (_, checks) => {
    for (const check of checks) if (!isSpared(check, harness)) it(check.name, () => check.run(harness));
    const spared = checks.filter((check) => isSpared(check, harness));
    if (spared.length > 0)
      it(`is not held to: ${spared.map(({ name, needs }) => `${name} (it lacks ${needs})`).join('; ')}`, async () => {
        for (const what of new Set(spared.flatMap(({ needs }) => needs ?? [])))
          expect(await isLacking(harness, what), what).toBe(true);
      });
  });
};
