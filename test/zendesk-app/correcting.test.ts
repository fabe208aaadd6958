import { expect, test } from 'vitest';
import { DeskFault } from '../../zendesk-app/src/desk.ts';
import { ServiceFault } from '../../zendesk-app/src/problem.ts';
import { lookAgainMs } from '../../zendesk-app/src/session.ts';
import { attributionOf, choices, nord, sud, takenBy, ticketOf } from './answers.ts';
import { aside, open, toGermany, toNord, toSud } from './opened.ts';

test('a correction is pending until the service says it, then done', async () => {
  const { session, world, wait } = open();
  await session.read();
  await session.correct(toSud);
  expect(world.writes).toEqual([[{ id: '11', value: 'partner_sud' }]]);
  expect(session.view().correction).toMatchObject({ state: 'pending', isUndo: false });
  await wait();
  expect(session.view().correction?.state).toBe('pending');
  world.answer = takenBy(sud);
  await wait();
  expect(session.view().correction?.state).toBe('done');
  expect(await wait()).toBe(false);
});

test('the service is asked again a few times only: then the correction is late, and not lost', async () => {
  const { session, world, wait } = open();
  await session.read();
  await session.correct(toSud);
  let waits = 0;
  while (await wait()) waits += 1;
  expect(waits).toBe(lookAgainMs.length);
  expect(session.view().correction?.state).toBe('late');
  world.answer = takenBy(sud);
  await session.read();
  expect(session.view().correction?.state).toBe('done');
});

test('undo writes what was there, and is awaited in its turn', async () => {
  const { session, world, wait } = open();
  await session.read();
  await session.correct(toSud);
  world.answer = takenBy(sud);
  await wait();
  await session.undo();
  expect(world.writes.at(-1)).toEqual([{ id: '11', value: 'partner_nord' }]);
  expect(session.view().correction).toMatchObject({ state: 'pending', isUndo: true });
  world.answer = takenBy(nord, '02');
  await wait();
  expect(session.view().correction?.state).toBe('done');
  await session.undo();
  expect(world.writes).toHaveLength(2);
});

test('a second correction does not make the first look undone', async () => {
  const { session, world, wait } = open();
  await session.read();
  await session.correct(toSud);
  await session.correct(toGermany);
  expect(session.view()).toMatchObject({
    earlier: [{ wish: { kind: 'partner' }, state: 'pending' }],
    correction: { wish: { kind: 'region' }, state: 'pending' },
  });
  world.answer = takenBy(sud);
  await wait();
  expect(session.view()).toMatchObject({ earlier: [], correction: { state: 'pending' } });
});

test('corrections work while the service is down, from what the browser kept', async () => {
  const { session, world, memory } = open();
  memory.keepChoices(choices);
  await session.read();
  world.answer = new ServiceFault('unreachable');
  await session.correct(toSud);
  expect(world.writes).toEqual([[{ id: '11', value: 'partner_sud' }]]);
  expect(session.view().correction?.state).toBe('pending');
});

test('what Zendesk refuses is said, and nothing is awaited', async () => {
  const { session, world, wait } = open();
  await session.read();
  world.deskFault = new DeskFault('closed');
  await session.correct(toSud);
  expect(session.view().correction).toMatchObject({ state: 'failed', fault: 'closed' });
  expect(await wait()).toBe(false);
  await session.correct({ kind: 'partner', choice: { code: 'new', name: 'New', values: ['partner_new'] } });
  expect(session.view().correction).toMatchObject({ state: 'failed', fault: 'notAnOption' });
});

test('who takes a choice back to an earlier agent’s is not told "done" by what the service says still', async () => {
  const { session, world, wait } = open({ answer: takenBy(nord) });
  await session.read();
  await session.correct(toSud);
  await session.undo();
  await wait();
  expect(session.view().correction).toMatchObject({ isUndo: true, state: 'pending' });
  world.answer = takenBy(nord, '02');
  await wait();
  expect(session.view().correction?.state).toBe('done');
});

test.each([
  ['"not about an order" after a partner', [toSud, aside], null],
  ['a partner after "not about an order"', [aside, toSud], sud],
] as const)('%s takes its place: nothing stays pending once it is taken in', async (_, wishes, taken) => {
  const { session, world, wait } = open();
  await session.read();
  for (const wish of wishes) await session.correct(wish);
  expect(session.view().earlier).toEqual([]);
  world.answer = takenBy(taken);
  await wait();
  expect(session.view()).toMatchObject({ earlier: [], correction: { state: 'done' } });
});

test('where a second correction fails the first still stands, and is looked for until it is taken in', async () => {
  const { session, world, wait } = open();
  await session.read();
  await session.correct(toSud);
  world.deskFault = new DeskFault('failed');
  await session.correct(toNord);
  expect(session.view()).toMatchObject({
    correction: { state: 'failed' },
    earlier: [{ wish: toSud, state: 'pending' }],
  });
  world.answer = takenBy(sud);
  expect(await wait()).toBe(true);
  expect(session.view().earlier).toEqual([]);
});

test('a correction that is asked for while another is written waits for its turn', async () => {
  const { session, world } = open();
  await session.read();
  const first = session.correct(toSud);
  const second = session.correct({ kind: 'orderNumber', number: '1002' });
  await Promise.all([first, second]);
  expect(world.writes).toEqual([[{ id: '11', value: 'partner_sud' }], [{ id: '14', value: '1002' }]]);
  expect(session.view()).toMatchObject({
    correction: { wish: { kind: 'orderNumber' }, state: 'pending', expected: { orderNumber: '1002' } },
    earlier: [{ wish: toSud, state: 'pending' }],
  });
});

test('undo leaves alone what somebody has changed since, and says so', async () => {
  const { session, world } = open();
  await session.read();
  await session.correct(toSud);
  world.held['11'] = 'partner_west';
  await session.undo();
  expect(world.writes).toHaveLength(1);
  expect(session.view().correction).toMatchObject({ state: 'done', fault: 'changedSince', undo: [] });
});

test('an undo that Zendesk refuses leaves the correction standing, and can be tried again', async () => {
  const { session, world, wait } = open();
  await session.read();
  await session.correct(toSud);
  world.deskFault = new DeskFault('failed');
  await session.undo();
  expect(session.view().correction).toMatchObject({ isUndo: false, state: 'pending', fault: 'failed' });
  expect(session.view().correction?.undo).toHaveLength(1);
  world.answer = takenBy(sud);
  await wait();
  expect(session.view().correction?.state).toBe('done');
});

test('a Zendesk that never answers is given up, so that the agent can go on', async () => {
  const { session, world, wait } = open();
  await session.read();
  world.isDeskMute = true;
  const asked = session.correct(toSud);
  await new Promise((done) => setImmediate(done));
  expect(session.view().correction?.state).toBe('saving');
  expect(await wait()).toBe(true);
  await asked;
  expect(session.view().correction).toMatchObject({ state: 'failed', fault: 'failed' });
});

test('a correction that was awaited too long is asked for when the tab is shown again', async () => {
  const { session, world, wait } = open();
  await session.read();
  await session.correct(toSud);
  while (await wait());
  world.answer = takenBy(sud);
  session.shown();
  await new Promise((done) => setImmediate(done));
  expect(session.view().correction?.state).toBe('done');
});

test('undo of an order number writes the one that the field held, and waits until it is read', async () => {
  const { session, world, wait } = open({ answer: new ServiceFault('unreachable'), remembered: ticketOf() });
  await session.read();
  expect(session.view()).toMatchObject({ isRemembered: true, data: { attribution: { order: null } } });
  world.held['14'] = '1001';
  await session.correct({ kind: 'orderNumber', number: '1002' });
  await session.undo();
  world.answer = ticketOf({ attribution: attributionOf({ orderField: [{ number: '1002', known: true }] }) });
  await wait();
  expect(session.view().correction).toMatchObject({ isUndo: true, state: 'pending' });
  world.answer = ticketOf({ attribution: attributionOf({ orderField: [{ number: '1001', known: true }] }) });
  await wait();
  expect(session.view().correction).toMatchObject({ isUndo: true, state: 'done' });
});

test('an undo that Zendesk took without an answer is not called a change by somebody else', async () => {
  const { session, world, wait } = open();
  await session.read();
  await session.correct(toSud);
  Object.assign(world, {
    ...{ deskFault: new DeskFault('failed'), deskFails: 1, deskTakesUnsaid: true, deskIsBlind: true },
    ...{ answer: takenBy(nord, '02') },
  });
  await session.undo();
  expect(session.view().correction).toMatchObject({ isUndo: false, fault: 'failed' });
  // It is read before the agent tries again.
  await session.read();
  await session.undo();
  expect(session.view().correction).toMatchObject({ isUndo: true, state: 'pending', fault: null });
  await wait();
  expect(session.view().correction?.state).toBe('done');
});

test('a screen that fails once does not block the corrections after it', async () => {
  const { session, world } = open();
  await session.read();
  let fails = 1;
  session.subscribe(() => {
    if (fails-- > 0) throw new Error('the screen failed');
  });
  await expect(session.correct(toSud)).rejects.toThrow('the screen failed');
  await session.correct(toSud);
  expect(world.writes).toEqual([[{ id: '11', value: 'partner_sud' }]]);
});
