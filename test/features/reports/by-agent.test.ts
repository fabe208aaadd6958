import { beforeAll, describe, expect, test } from 'vitest';
import { createWorld, type World } from './world.ts';

const may = 'from=2026-05-01&to=2026-05-31';

let world: World;
let ask: Awaited<ReturnType<World['api']>>;
let ticket = 0n;

beforeAll(async () => {
  world = await createWorld();
  ask = await world.api();
  await world.rate('36.00');
  await world.rate('72.00', '2026-03-01', 'ada');
  ticket = await world.ticket({ created: '2026-05-05', work: [['ada', 600, '2026-05-05']] });
});

/** What of single people each answer tells, by the setting and who asks. */
const told = async (scopes: string) => {
  const detail = await ask(`/api/v1/tickets/${ticket}`, scopes);
  const exported = await ask(`/api/v1/exports/tickets?${may}`, scopes);
  const [entry] = detail.json().work;
  const [part] = exported.json().items[0].work;
  return {
    proof: [entry.agent, entry.postings[0].cost?.amount, entry.postings[0].rate?.key],
    exported: [part.agent, part.parts[0].cost?.amount, part.parts[0].rate?.key],
    figures: (await ask(`/api/v1/reports/figures?${may}&groupBy=agent`, scopes)).status,
  };
};

describe.each([false, true])('with the setting agentFigures %s', (agentFigures) => {
  beforeAll(() => world.setting('agentFigures', agentFigures));

  test('who may not see rates sees no money of a person', async () =>
    expect(await told('read')).toEqual({
      proof: ['ada', undefined, undefined],
      exported: [undefined, undefined, undefined],
      figures: 403,
    }));

  test('who may sees that of one ticket, and of many where the setting says so', async () =>
    expect(await told('read,rates')).toEqual({
      proof: ['ada', '12.000000', 'desk:ada'],
      exported: agentFigures ? ['ada', '12.000000', 'desk:ada'] : [undefined, '12.000000', null],
      figures: agentFigures ? 200 : 403,
    }));
});
