import { deliveriesOf } from '../../conformance/check.ts';
import { lacksProof } from '../../conformance/proofs.ts';
import { pullOne, solvedTicket, withWorld } from './check.ts';
import { proving } from './deliveries.ts';
import type { Desk, Harness, Optional } from './harness.ts';

const url = 'http://127.0.0.1:9/webhooks/our-own-key-of-sixteen';
const fields = { partners: [{ code: 'nord', name: 'Nord' }], regions: [{ code: 'SE', name: 'Sweden' }] };

/** What people do at a helpdesk that has it. */
const deeds = {
  'partner field': 'partnerOf',
  assignees: 'assign',
  notes: 'note',
  bots: 'answerAsBot',
  freezing: 'freeze',
} as const satisfies Partial<Record<Optional, keyof Desk>>;

/** True where the adapter or its helpdesk does lack it: what is there is held to the checks. */
export const isLacking = async (harness: Harness, what: Optional): Promise<boolean> => {
  const { adapter } = harness;
  if (what === 'sidebar') return adapter.sidebar === undefined;
  if (what === 'selfTest' || what === 'time of sending' || what === 'signed bodies')
    return lacksProof(proving, harness, what);
  if (what === 'own echoes') return !deliveriesOf(harness).has('ours');
  let isAbsent = false;
  await withWorld(harness, async (world) => {
    const client = world.client();
    if (Object.hasOwn(deeds, what)) isAbsent = world.desk[deeds[what as keyof typeof deeds]] === undefined;
    else if (what === 'clock') {
      const { history } = await pullOne(client, await solvedTicket(world));
      isAbsent = adapter.clock === 'none' && history?.work.length === 0 && !history.closing;
    } else if (what === 'workFeeds') isAbsent = (client.workFeeds ?? []).length === 0;
    else if (what === 'ticket fields') {
      const unmapped = { partnerFieldId: undefined, regionFieldId: undefined, reasonFieldId: undefined };
      const remote = world.client(unmapped).remote;
      const told = [await remote?.plan({ webhookUrl: url, fields }), await remote?.plan({ webhookUrl: url })];
      isAbsent = told[0]?.length === told[1]?.length;
    } else isAbsent = client[what as keyof typeof client] === undefined;
  });
  return isAbsent;
};
