import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { agents } from '../../src/sandbox/scenario/marketplace.ts';
import { jumpingClock } from './jumping-clock.ts';

const startsAt = new Date('2026-01-05T00:00:00Z');
const story = { seed: 'three', startsAt, days: 30, scale: 0.2, limits: 'off' } as const;

let sandbox: Sandbox;

beforeAll(async () => {
  const clock = jumpingClock(startsAt.getTime());
  sandbox = await createSandbox({ ...story, clock, helpdesks: ['zendesk', 'gorgias', 'kustomer'] });
  await sandbox.play({ signal: new AbortController().signal, endAfterDays: true });
});
afterAll(() => sandbox.close());

const homesOf = (plannedId: number): string[] =>
  sandbox.helpdesks.flatMap(({ kind, planned }) =>
    [...planned.values()].filter(({ id }) => id === plannedId).map(() => kind),
  );

test('each planned ticket is opened once, and each helpdesk has a fair part', () => {
  for (const { id } of sandbox.scenario.tickets) expect(homesOf(id)).toHaveLength(1);
  for (const { planned } of sandbox.helpdesks)
    expect(planned.size).toBeGreaterThan(sandbox.scenario.tickets.length / 5);
  expect(sandbox.zendesk.desk.tickets.size).toBe(sandbox.helpdesks[0]?.planned.size);
  expect(sandbox.gorgias.desk.tickets.size).toBe(sandbox.helpdesks[1]?.planned.size);
});

test('follow-ups and merged tickets are where their elders are', () => {
  const { tickets, timeline } = sandbox.scenario;
  const pairs = [
    ...tickets.flatMap(({ id, followUpOf }) => (followUpOf === null ? [] : [[id, followUpOf] as const])),
    ...timeline.flatMap((action) => (action.kind === 'merge' ? [[action.ticketId, action.intoId] as const] : [])),
  ];
  expect(pairs.length).toBeGreaterThan(5);
  for (const [one, other] of pairs) expect(homesOf(one)).toEqual(homesOf(other));
});

test('orders are placed once', () => {
  expect(sandbox.bigcommerce.shop.orders.size).toBe(sandbox.scenario.orders.length);
});

test('agents and their own rates are given for every connection', () => {
  const { inputs } = sandbox;
  const known = inputs.agents.trim().split('\n').slice(1);
  expect(known).toHaveLength(3 * agents.length);
  for (const { settings, agentIds } of sandbox.helpdesks)
    for (const [index, { hourly, role }] of agents.entries()) {
      expect(known).toContain(`${settings.name},${agentIds[index]},${role}`);
      if (hourly) expect(inputs.rates).toContain(`agent,${settings.name}:${agentIds[index]},${hourly.amount}`);
    }
  expect(new Set(sandbox.helpdesks.map(({ settings }) => settings.name)).size).toBe(3);
});

test('a helpdesk that does not play cannot be mistaken for one that is empty', async () => {
  const alone = await createSandbox({ ...story, scale: 0.01, clock: jumpingClock(0), helpdesks: ['kustomer'] });
  try {
    expect(() => alone.zendesk).toThrow(RangeError);
    expect(() => alone.history).toThrow(RangeError);
    expect(alone.kustomer.settings.name).toBe('kustomer');
  } finally {
    await alone.close();
  }
});
