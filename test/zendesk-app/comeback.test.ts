import { expect, test } from 'vitest';
import { ServiceFault } from '../../zendesk-app/src/problem.ts';
import { comeBackMs } from '../../zendesk-app/src/session.ts';
import { choices, ticketOf } from './answers.ts';
import { open } from './opened.ts';

test.each(['unreachable', 'busy'] as const)(
  'bug: a ticket of which nothing was known stayed "%s" until somebody pressed a button',
  async (problem) => {
    const { session, world, wait } = open({ answer: new ServiceFault(problem) });
    await session.read();
    expect(await wait()).toBe(true);
    expect(world.nowMs).toBe(comeBackMs[0]);
    expect(session.view()).toMatchObject({ data: null, problem });
    world.answer = ticketOf();
    expect(await wait()).toBe(true);
    expect(session.view()).toMatchObject({ data: ticketOf(), problem: null });
    expect(await wait()).toBe(false);
  },
);

test('it is asked ever more seldom, and not for ever; what an admin must mend is not asked again', async () => {
  const { session, world, wait } = open({ answer: new ServiceFault('unreachable') });
  await session.read();
  while (await wait());
  expect(world.reads).toBe(1 + comeBackMs.length);
  expect(comeBackMs).toEqual(comeBackMs.toSorted((a, b) => a - b));
  session.shown();
  await new Promise((done) => setImmediate(done));
  expect(world.reads).toBe(2 + comeBackMs.length);
  const refused = open({ answer: new ServiceFault('refused') });
  await refused.session.read();
  expect(await refused.wait()).toBe(false);
});

test('who is not seen asks nothing, and asks when shown', async () => {
  const { session, world, wait } = open({ answer: new ServiceFault('unreachable') });
  await session.read();
  world.isSeen = false;
  expect(await wait()).toBe(true);
  expect(await wait()).toBe(false);
  expect(world.reads).toBe(1);
  Object.assign(world, { isSeen: true, answer: ticketOf() });
  session.shown();
  await new Promise((done) => setImmediate(done));
  expect(session.view()).toMatchObject({ data: ticketOf(), problem: null });
});

test('the fields of a new ticket come by themselves, too', async () => {
  const { session, world, wait } = open({ ticketId: null, keeps: 'draft', answer: new ServiceFault('unreachable') });
  await session.read();
  world.answer = ticketOf();
  expect(await wait()).toBe(true);
  expect(session.view()).toMatchObject({ fields: choices.fields, problem: null });
});
