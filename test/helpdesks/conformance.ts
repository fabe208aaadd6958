import { describe, it } from 'vitest';
import type { Check } from './conformance/check.ts';
import { deliveryChecks } from './conformance/deliveries.ts';
import type { Harness } from './conformance/harness.ts';
import { furtherChecks } from './conformance/more.ts';
import { pullingChecks } from './conformance/pulling.ts';
import { remoteChecks } from './conformance/remote.ts';
import { scoreChecks } from './conformance/scores.ts';
import { settingsChecks } from './conformance/settings.ts';
import { sidebarChecks } from './conformance/sidebar.ts';
import { troubleChecks } from './conformance/trouble.ts';
import { walkingChecks } from './conformance/walking.ts';
import { writingChecks } from './conformance/writing.ts';

export type { Desk, Harness, NewTicket } from './conformance/harness.ts';

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
