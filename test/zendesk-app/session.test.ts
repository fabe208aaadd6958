import { expect, test } from 'vitest';
import { ServiceFault } from '../../zendesk-app/src/problem.ts';
import { createSession, keptChoicesAfterMs, lookAgainMs, patienceMs } from '../../zendesk-app/src/session.ts';
import { choices, sud, takenBy, ticketOf } from './answers.ts';
import { open, toGermany, toSud } from './opened.ts';

test('a ticket that is opened is asked for once', async () => {
  const { session, world, wait } = open();
  expect(session.view()).toMatchObject({ data: null, isReading: true, problem: null });
  await session.read();
  expect(session.view()).toMatchObject({ data: ticketOf(), isReading: false, isRemembered: false, problem: null });
  expect(await wait()).toBe(false);
  expect(world.reads).toBe(1);
});

test('the last known data stand at once, and stay with the reason where the service does not answer', async () => {
  const first = open();
  first.memory.keepTicket(ticketOf());
  const { session, world } = first;
  const again = createSession({ ...sessionParts(first), ticketId: '4711' });
  expect(again.view()).toMatchObject({ data: { ticket: { externalId: '4711' } }, isRemembered: true, isReading: true });
  await session.read();
  world.answer = new ServiceFault('unreachable');
  await session.read();
  expect(session.view()).toMatchObject({ data: ticketOf(), problem: 'unreachable', isReading: false });
  world.answer = ticketOf();
  await session.read();
  expect(session.view().problem).toBeNull();
});

test('a service that never answers is given up, and its answer no longer awaited', async () => {
  const { session, world, wait } = open();
  world.isMute = true;
  void session.read();
  expect(session.view()).toMatchObject({ isReading: true, problem: null });
  expect(await wait()).toBe(true);
  expect(world.nowMs).toBe(patienceMs);
  expect(session.view()).toMatchObject({ isReading: false, problem: 'unreachable' });
});

test('bug: where the browser blocks its storage an answer was taken for none, and choices could not be loaded', async () => {
  const { session, world } = open({ isBlocked: true });
  await session.read();
  expect(session.view()).toMatchObject({ data: ticketOf(), problem: null });
  await expect(session.choices()).resolves.toEqual(choices);
  await session.correct(toSud);
  expect(world.writes).toEqual([[{ id: '11', value: 'partner_sud' }]]);
  expect(session.view().correction).toMatchObject({ state: 'pending', undo: [{ id: '11', value: 'partner_nord' }] });
});

test('without data a failed read says why, and whoever tries again is answered', async () => {
  const { session, world } = open({ answer: new ServiceFault('refused') });
  await session.read();
  expect(session.view()).toMatchObject({ data: null, problem: 'refused' });
  world.answer = ticketOf();
  await session.read();
  expect(session.view()).toMatchObject({ data: ticketOf(), problem: null });
});

test('a ticket that is not known yet is looked for again', async () => {
  const { session, world, wait } = open({
    answer: ticketOf({ ticket: { externalId: '4711', state: 'not yet known' }, attribution: null }),
  });
  await session.read();
  world.answer = ticketOf();
  await wait();
  expect(session.view().data?.ticket.state).toBe('attributed');
  expect(await wait()).toBe(false);
});

test('bug: a partner whose figures were first counted stayed without them until the ticket was opened again', async () => {
  const { session, world, wait } = open({ answer: ticketOf({ counting: true }) });
  await session.read();
  world.answer = ticketOf();
  expect(await wait()).toBe(true);
  expect(world.reads).toBe(2);
  expect(await wait()).toBe(false);
});

test('a ticket that stayed unknown too long is looked for anew when its tab is shown again', async () => {
  const unknown = ticketOf({ ticket: { externalId: '4711', state: 'not yet known' }, attribution: null });
  const { session, world, wait } = open({ answer: unknown });
  await session.read();
  while (await wait());
  expect(world.reads).toBe(1 + lookAgainMs.length);
  session.shown();
  await new Promise((done) => setImmediate(done));
  expect(world.reads).toBe(2 + lookAgainMs.length);
  world.answer = ticketOf();
  expect(await wait()).toBe(true);
  expect(session.view().data?.ticket.state).toBe('attributed');
});

test('who opens the search does not wait for a slow service where there is an older list', async () => {
  const { session, world, memory, wait } = open();
  memory.keepChoices(choices);
  world.isMute = true;
  const asked = session.choices();
  await wait();
  expect(world.nowMs).toBe(keptChoicesAfterMs);
  await expect(asked).resolves.toEqual(choices);
});

test('bug: an older list of choices stayed for as long as the ticket was open', async () => {
  const { session, world, memory, wait } = open();
  memory.keepChoices({ ...choices, partners: [] });
  world.late = [];
  const early = session.choices();
  await wait();
  expect((await early).partners).toEqual([]);
  world.lateChoices?.(choices);
  await new Promise((done) => setImmediate(done));
  expect(await session.choices()).toEqual(choices);
  expect(world.choiceReads).toBe(1);
});

test('bug: a new ticket kept to fields that an admin had replaced', async () => {
  const { fields } = ticketOf();
  const { session, world } = open({
    ticketId: null,
    keeps: 'draft',
    remembered: ticketOf({ fields: { ...fields, partner: '99' } }),
  });
  await session.choices();
  await session.correct(toSud);
  expect(world.writes).toEqual([[{ id: '11', value: 'partner_sud' }]]);
});

test('a ticket that is closed is asked for no more', async () => {
  const { session, world, wait } = open({ answer: ticketOf({ counting: true }) });
  world.late = [];
  const asked = session.read();
  session.stop();
  world.late[0]?.(ticketOf({ counting: true }));
  await asked;
  expect(await wait()).toBe(false);
  world.late = null;
  await session.correct(toSud);
  expect(await wait()).toBe(false);
});

test('choices are loaded once per opening, and again after a failure', async () => {
  const { session, world } = open({ answer: new ServiceFault('unreachable') });
  await expect(session.choices()).rejects.toThrow(ServiceFault);
  world.answer = ticketOf();
  await session.choices();
  await session.choices();
  expect(world.choiceReads).toBe(2);
});

test('in a new ticket each choice stays in the form, and nothing is read', async () => {
  const { session, world, wait } = open({ ticketId: null, keeps: 'draft', remembered: ticketOf() });
  expect(session.view().isReading).toBe(false);
  await session.read();
  expect(world.choiceReads).toBe(0);
  await session.correct(toSud);
  await session.correct(toGermany);
  expect(session.view()).toMatchObject({ earlier: [{ state: 'draft' }], correction: { state: 'draft' } });
  expect(world.reads).toBe(0);
  expect(await wait()).toBe(false);
});

test('bug: in a browser that remembers nothing no field of a new ticket could be filled', async () => {
  const { session, world, memory } = open({ ticketId: null, keeps: 'draft' });
  expect(session.view()).toMatchObject({ fields: null, isReading: true });
  await session.read();
  expect(session.view()).toMatchObject({ fields: choices.fields, isReading: false, problem: null });
  await session.correct(toSud);
  expect(world.writes).toEqual([[{ id: '11', value: 'partner_sud' }]]);
  session.shown();
  await session.read();
  expect([world.choiceReads, world.reads]).toEqual([1, 0]);
  expect(memory.fields()).toEqual(choices.fields);
});

test('the fields of a new ticket are asked for again after a failure, and where none was mapped before', async () => {
  const { session, world } = open({ ticketId: null, keeps: 'draft', answer: new ServiceFault('unreachable') });
  await session.read();
  expect(session.view()).toMatchObject({ fields: null, isReading: false, problem: 'unreachable' });
  world.answer = ticketOf();
  await session.read();
  expect(session.view()).toMatchObject({ fields: choices.fields, problem: null });
  const unmapped = { partner: null, region: null, reason: null, orderNumber: null, notAboutAnOrder: null };
  const later = open({ ticketId: null, keeps: 'draft', remembered: ticketOf({ fields: unmapped }) });
  expect(later.session.view().fields).toEqual(unmapped);
  await later.session.read();
  expect(later.session.view().fields).toEqual(choices.fields);
});

test('a tab that comes to the front is read anew after a quarter of an hour, and not before', async () => {
  const { session, world } = open();
  await session.read();
  world.nowMs += 14 * 60_000;
  session.shown();
  expect(world.reads).toBe(1);
  world.nowMs += 2 * 60_000;
  session.shown();
  expect(world.reads).toBe(2);
});

test('a tab that comes to the front after a read that failed is read anew at once', async () => {
  const { session, world } = open();
  await session.read();
  world.answer = new ServiceFault('unreachable');
  await session.read();
  world.answer = takenBy(sud);
  session.shown();
  await new Promise((done) => setImmediate(done));
  expect(session.view()).toMatchObject({ data: takenBy(sud), problem: null });
});

test('an answer that was overtaken by a later one is not shown over it', async () => {
  const { session, world } = open();
  world.late = [];
  const slow = session.read();
  const quick = session.read();
  world.late[1]?.(takenBy(sud));
  await quick;
  world.late[0]?.(ticketOf());
  await slow;
  expect(session.view()).toMatchObject({ data: takenBy(sud), isReading: false, problem: null });
});

test('bug: a service that did not answer was not said to be away while it was asked once more', async () => {
  const { session, world } = open({ remembered: ticketOf() });
  world.late = [];
  const slow = session.read();
  const again = session.read();
  world.late[0]?.(new ServiceFault('unreachable'));
  await slow;
  expect(session.view()).toMatchObject({ isRemembered: true, isReading: true, problem: 'unreachable' });
  world.late[1]?.(ticketOf());
  await again;
  expect(session.view()).toMatchObject({ isRemembered: false, isReading: false, problem: null });
});

test('a slow failure does not take the place of a later answer', async () => {
  const { session, world } = open();
  world.late = [];
  const slow = session.read();
  const quick = session.read();
  world.late[1]?.(ticketOf());
  await quick;
  world.late[0]?.(new ServiceFault('unreachable'));
  await slow;
  expect(session.view()).toMatchObject({ data: ticketOf(), isReading: false, problem: null });
});

function sessionParts({ memory }: ReturnType<typeof open>) {
  return {
    memory,
    service: { ticket: () => Promise.resolve(ticketOf()), choices: () => Promise.resolve(choices) },
    desk: { keeps: 'saved' as const, fields: () => Promise.resolve(new Map()), write: () => Promise.resolve() },
    clock: { nowMs: () => 0, after: () => () => {} },
  };
}

test('a mapped field is as Zendesk tells it now; where none is mapped there is none', async () => {
  const { session } = open();
  await session.read();
  expect((await session.field('partner'))?.options).toEqual(expect.arrayContaining(['partner_nord']));
  const unmapped = open({ answer: ticketOf({ fields: { ...ticketOf().fields, region: null } }) });
  await unmapped.session.read();
  expect(await unmapped.session.field('region')).toBeNull();
});
