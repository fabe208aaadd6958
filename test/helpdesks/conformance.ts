import { hold } from '../conformance/check.ts';
import type { Check } from './conformance/check.ts';
import { deliveryChecks } from './conformance/deliveries.ts';
import type { Harness } from './conformance/harness.ts';
import { isLacking } from './conformance/lacking.ts';
import { furtherChecks } from './conformance/more.ts';
import { peopleChecks } from './conformance/people.ts';
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
  people: peopleChecks,
  trouble: troubleChecks,
  walking: walkingChecks,
  writing: writingChecks,
  remote: remoteChecks,
  scores: scoreChecks,
  sidebar: sidebarChecks,
  'what is optional': furtherChecks,
};

/** Holds an adapter to all of it, save what it lacks. */
export const conformance = (harness: Harness): void => hold(families, harness, isLacking);
