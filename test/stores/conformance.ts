import { hold } from '../conformance/check.ts';
import type { Check } from './conformance/check.ts';
import { deliveryChecks } from './conformance/deliveries.ts';
import type { Harness } from './conformance/harness.ts';
import { isLacking } from './conformance/lacking.ts';
import { readingChecks } from './conformance/reading.ts';
import { remoteChecks } from './conformance/remote.ts';
import { settingsChecks } from './conformance/settings.ts';
import { troubleChecks } from './conformance/trouble.ts';
import { walkingChecks } from './conformance/walking.ts';

export type { Harness, NewOrder, Optional, Shop } from './conformance/harness.ts';

/** What every adapter of a store keeps, by what it is about. */
export const families: Readonly<Record<string, readonly Check[]>> = {
  settings: settingsChecks,
  deliveries: deliveryChecks,
  reading: readingChecks,
  walking: walkingChecks,
  trouble: troubleChecks,
  remote: remoteChecks,
};

/** Holds an adapter to all of it, save what it lacks. */
export const conformance = (harness: Harness): void => hold(families, harness, isLacking);
