import { expect, test } from 'vitest';
import { DeskFault } from '../../zendesk-app/src/desk.ts';
import { ServiceFault } from '../../zendesk-app/src/problem.ts';
import { takenBy, ticketOf } from './answers.ts';
import { aside, open, toNord } from './opened.ts';

test('half a correction is taken back: what was filled to be emptied is not left standing', async () => {
  const { session, world } = open();
  world.held['12'] = null;
  await session.read();
  Object.assign(world, { deskFault: new DeskFault('closed'), deskTakes: 1, deskFails: 1 });
  await session.correct(aside);
  expect(world.writes).toEqual([
    [{ id: '12', value: 'region_se' }],
    [
      { id: '11', value: 'partner_nord' },
      { id: '12', value: 'region_se' },
    ],
  ]);
  expect(session.view().correction).toMatchObject({ state: 'failed', fault: 'closed', undo: [] });
});

test('where the way back from half a correction fails too, the agent has it', async () => {
  const { session, world } = open();
  world.held['11'] = null;
  await session.read();
  Object.assign(world, { deskFault: new DeskFault('failed'), deskTakes: 1, deskIsBlind: true });
  await session.correct(aside);
  expect(session.view().correction).toMatchObject({ state: 'failed', undo: [{ id: '11', value: 'partner_nord' }, {}] });
  world.deskFault = null;
  await session.undo();
  expect(world.writes.at(-1)).toEqual([
    { id: '11', value: 'partner_nord' },
    { id: '12', value: 'region_se' },
  ]);
});

test('an emptied field that cannot be filled again is for the agent to fill', async () => {
  const { session, world } = open();
  await session.read();
  Object.assign(world, { deskFault: new DeskFault('failed'), deskTakes: 1 });
  await session.correct(toNord);
  expect(world.held['11']).toBeNull();
  world.deskFault = null;
  await session.undo();
  expect(world.writes.at(-1)).toEqual([{ id: '11', value: 'partner_nord' }]);
});

test('"not about an order" needs no list of choices, so that it works while the service is down', async () => {
  const { session, world } = open();
  await session.read();
  world.answer = new ServiceFault('unreachable');
  await session.correct(aside);
  expect(world.writes).toEqual([
    [
      { id: '11', value: null },
      { id: '12', value: null },
    ],
  ]);
  expect(session.view().correction?.state).toBe('pending');
});

/** Nobody has told the choices, and the shown partner and region have no word: what was empty cannot be given back. */
const openBlind = async () => {
  const opened = open({ answer: new ServiceFault('unreachable'), remembered: ticketOf() });
  Object.assign(opened.world.held, { '11': null, '12': null });
  await opened.session.read();
  return opened;
};
const filled = [
  { id: '11', value: 'partner_nord' },
  { id: '12', value: 'partner_nord' },
];
const emptied = filled.map(({ id }) => ({ id, value: null }));

test('a filler that no word gives back is emptied as was meant, not left standing as an agent’s choice', async () => {
  const { session, world } = await openBlind();
  Object.assign(world, { deskFault: new DeskFault('failed'), deskTakes: 1, deskFails: 1 });
  await session.correct(aside);
  expect(world.writes).toEqual([filled, emptied]);
  expect(session.view().correction).toMatchObject({ state: 'pending', expected: { partner: null }, undo: [] });
});

test('where a filler cannot be emptied either, the agent can do so', async () => {
  const { session, world, wait } = await openBlind();
  Object.assign(world, { deskFault: new DeskFault('closed'), deskTakes: 1 });
  await session.correct(aside);
  expect(world.writes).toEqual([filled]);
  expect(session.view().correction).toMatchObject({ state: 'failed', fault: 'closed', undo: emptied });
  Object.assign(world, { deskFault: null, answer: takenBy(null) });
  await session.undo();
  expect(world.writes.at(-1)).toEqual(emptied);
  await wait();
  expect(session.view().correction).toMatchObject({ isUndo: true, state: 'done' });
});

test('a step that Zendesk took without an answer is a step that was taken', async () => {
  const { session, world } = open();
  world.held['12'] = null;
  await session.read();
  Object.assign(world, { deskFault: new DeskFault('failed'), deskFails: 1, deskTakesUnsaid: true });
  await session.correct(aside);
  expect(world.writes).toEqual([[{ id: '12', value: 'region_se' }], emptied]);
  expect(session.view().correction).toMatchObject({ state: 'pending', fault: null });
});

test('a first step that may have been taken is taken back where Zendesk does not say', async () => {
  const { session, world } = open();
  world.held['12'] = null;
  await session.read();
  Object.assign(world, { deskFault: new DeskFault('failed'), deskFails: 1, deskTakesUnsaid: true, deskIsBlind: true });
  await session.correct(aside);
  const back = [
    { id: '11', value: 'partner_nord' },
    { id: '12', value: 'region_se' },
  ];
  expect(world.writes).toEqual([[{ id: '12', value: 'region_se' }], back]);
  expect(session.view().correction).toMatchObject({ state: 'failed', fault: 'failed', undo: [] });
});

test('a first step in doubt that has no way back is written again and brought to its end', async () => {
  const { session, world } = await openBlind();
  Object.assign(world, { deskFault: new DeskFault('failed'), deskFails: 1, deskIsBlind: true });
  await session.correct(aside);
  expect(world.writes).toEqual([filled, emptied]);
  expect(session.view().correction).toMatchObject({ state: 'pending', expected: { partner: null } });
});

test('what an agent has confirmed is not said to be undone', async () => {
  const { session, world } = open();
  await session.read();
  await session.correct(toNord);
  expect(session.view().correction).toMatchObject({ state: 'pending', undo: [] });
  await session.undo();
  expect(world.writes).toHaveLength(2);
  expect(session.view().correction?.isUndo).toBe(false);
});

test('of a first step that Zendesk did not take nothing is taken back', async () => {
  const { session, world } = open();
  world.held['12'] = null;
  await session.read();
  Object.assign(world, { deskFault: new DeskFault('failed'), deskFails: 1 });
  await session.correct(aside);
  expect(world.writes).toEqual([]);
  expect(session.view().correction).toMatchObject({ state: 'failed', undo: [] });
});
