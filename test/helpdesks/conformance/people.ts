import { expect } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import type { Touch } from '../../../src/helpdesks/port.ts';
import { present, thrownBy } from '../../conformance/check.ts';
import { type Check, openTicket, pullOne, solvedTicket, type World, withDesk } from './check.ts';

const touchesOf = async (world: World, id: string): Promise<readonly Touch[]> => {
  await world.clock.sleep(60_000);
  return (await pullOne(world.client(), id)).history?.touches ?? [];
};

/** Who did what on a ticket: whom cost is booked to, and what is nobody's work. */
export const peopleChecks: readonly Check[] = [
  withDesk('whoever worked on a ticket is named, and its customer is not', async (world) => {
    const externalId = await solvedTicket(world);
    const { tickets, agents } = await world.client().pullTickets([{ externalId, withHistory: 'yes' }]);
    const { history, requester } = tickets[0] ?? {};
    const { work = [], touches = [], closing } = history ?? {};
    const worked = [...work, ...touches, ...(closing?.workers ?? [])].map(({ agentId }) => agentId);
    const named = agents.map((agent): string | null => agent.externalId);
    expect(worked.length).toBeGreaterThan(0);
    expect(worked.filter((one) => !named.includes(one))).toEqual([]);
    expect(named).not.toContain(requester?.id);
  }),
  withDesk(
    'the agent who has a ticket is told',
    async (world) => {
      const { desk, client, clock } = world;
      const assign = present(desk.assign, 'assignees');
      const id = await openTicket(world);
      expect((await pullOne(client(), id, 'no')).assigneeId).toBeNull();
      desk.reply(id);
      await clock.sleep(60_000);
      assign(id);
      const [reply] = await touchesOf(world, id);
      const { assigneeId } = await pullOne(client(), id, 'no');
      expect(assigneeId).not.toBeNull();
      expect(assigneeId).toBe(reply?.agentId);
    },
    'assignees',
  ),
  withDesk(
    'a note among colleagues is no answer to the customer',
    async (world) => {
      const note = present(world.desk.note, 'notes');
      const id = await openTicket(world);
      world.desk.reply(id);
      await world.clock.sleep(60_000);
      note(id);
      const touches = await touchesOf(world, id);
      expect(touches.map(({ kind }) => kind)).toEqual(['public_reply', 'internal_note']);
    },
    'notes',
  ),
  withDesk(
    'what a bot answers is no work of an agent',
    async (world) => {
      const answerAsBot = present(world.desk.answerAsBot, 'bots');
      const id = await openTicket(world);
      answerAsBot(id);
      await world.clock.sleep(60_000);
      world.desk.reply(id);
      const byAgents = (await touchesOf(world, id)).filter(({ actor = 'agent' }) => actor === 'agent');
      expect(byAgents).toHaveLength(1);
    },
    'bots',
  ),
  withDesk('what our own user writes is nobody’s work', async (world) => {
    const id = await openTicket(world);
    world.desk.answerAsUs(id);
    await world.clock.sleep(60_000);
    world.desk.reply(id);
    const by = (await touchesOf(world, id)).map(({ agentId }) => agentId);
    expect(by).toHaveLength(1);
    expect(by).not.toContain(world.desk.apiUserId);
  }),
  withDesk('a person’s choice of the region is told as that of the partner is', async (world) => {
    const id = await openTicket(world);
    world.desk.tag(id, 'region_se');
    await world.clock.sleep(60_000);
    const { partner = [], region = [] } = (await pullOne(world.client(), id)).history?.choices ?? {};
    expect(region).toMatchObject([{ source: 'tag', added: ['se'], removed: [] }]);
    expect(region[0]?.by).not.toBe(world.desk.apiUserId);
    expect(partner).toEqual([]);
  }),
  withDesk(
    'a ticket that takes no tags any more is told as closed and frozen, and refuses them',
    async (world) => {
      const freeze = present(world.desk.freeze, 'freezing');
      const id = await solvedTicket(world);
      expect((await pullOne(world.client(), id, 'no')).frozen).toBe(false);
      freeze(id);
      await world.clock.sleep(60_000);
      expect(await pullOne(world.client(), id, 'no')).toMatchObject({ status: 'closed', frozen: true });
      const error = await thrownBy(world.client().changeTags(id, { add: ['partner_nord'], remove: [] }));
      expect(error).toBeInstanceOf(UpstreamError);
      expect(error).toMatchObject({ status: 422, retryable: false });
    },
    'freezing',
  ),
];
