import { type Check, deliveriesOf, withWorld } from './check.ts';
import type { Harness, Optional } from './harness.ts';

/** Whether a check needs what the harness says to be lacking. */
export const isSpared = ({ needs }: Check, { lacks }: Harness): boolean => needs !== undefined && lacks.includes(needs);

const url = 'http://127.0.0.1:9/webhooks/our-own-key-of-sixteen';
const fields = { partners: [{ code: 'nord', name: 'Nord' }], regions: [{ code: 'SE', name: 'Sweden' }] };

/** True where the adapter or its helpdesk does lack it: what is there is held to the checks. */
export const isLacking = async (harness: Harness, what: Optional): Promise<boolean> => {
  const { adapter } = harness;
  if (what === 'sidebar' || what === 'selfTest') return adapter[what] === undefined;
  if (what === 'time of sending') return !harness.tellsTime;
  if (what === 'signed bodies') return harness.proves !== 'body';
  if (what === 'own echoes') return !deliveriesOf(harness).has('ours');
  let isAbsent = false;
  await withWorld(harness, async (world) => {
    const client = world.client();
    if (what === 'partner field') isAbsent = world.desk.partnerOf === undefined;
    else if (what === 'workFeeds') isAbsent = (client.workFeeds ?? []).length === 0;
    else if (what === 'ticket fields') {
      const unmapped = { partnerFieldId: undefined, regionFieldId: undefined, reasonFieldId: undefined };
      const remote = world.client(unmapped).remote;
      const told = [await remote?.plan({ webhookUrl: url, fields }), await remote?.plan({ webhookUrl: url })];
      isAbsent = told[0]?.length === told[1]?.length;
    } else isAbsent = client[what] === undefined;
  });
  return isAbsent;
};
