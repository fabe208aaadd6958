import { lacksProof } from '../../conformance/proofs.ts';
import { withWorld } from './check.ts';
import { proving } from './deliveries.ts';
import type { Harness, Optional } from './harness.ts';

/** True where the adapter or its store does lack it: what is there is held to the checks. */
export const isLacking = async (harness: Harness, what: Optional): Promise<boolean> => {
  if (what === 'store named in deliveries') return harness.ofAnother === undefined;
  if (what !== 'count' && what !== 'remote') return lacksProof(proving, harness, what);
  let isAbsent = false;
  await withWorld(harness, ({ client }) => {
    isAbsent = client()[what] === undefined;
  });
  return isAbsent;
};
