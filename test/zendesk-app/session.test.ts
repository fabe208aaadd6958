import { expect, test } from 'vitest';
import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { type Desk, DeskFault } from '../../zendesk-app/src/desk.ts';
import { createMemory } from '../../zendesk-app/src/memory.ts';
import { ServiceFault } from '../../zendesk-app/src/problem.ts';
import { createSession, keptChoicesAfterMs, lookAgainMs, patienceMs } from '../../zendesk-app/src/session.ts';
import { choices, nord, sud, takenBy, ticketOf } from './answers.ts';

const [, sudChoice] = choices.partners;
const [, germany] = choices.regions;
if (!sudChoice || !germany) throw new Error('a partner and a region are needed');
const toSud = { kind: 'partner', choice: sudChoice } as const;

/** An opened ticket whose service, desk and clock are played by the test. */
const open = (
  start: {
    answer?: SidebarTicket | ServiceFault;
    ticketId?: string | null;
    keeps?: Desk['keeps'];
    /** What an earlier opening was told. */
    remembered?: SidebarTicket;
  } = {},
) => {
  const kept = new Map<string, string>();
  const store = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const world = {
    answer: (start.answer ?? ticketOf()) as SidebarTicket | ServiceFault,
    isMute: false,
    /** Answers of the service that come when the test lets them. */
    late: null as ((answer: SidebarTicket | ServiceFault) => void)[] | null,
    deskFault: null as DeskFault | null,
    /** Writes that Zendesk takes before it fails. */
    deskTakes: 0,
    /** How often it fails then. */
    deskFails: Number.POSITIVE_INFINITY,
    /** Of writes that fail, what Zendesk takes all the same: its answer is what is lost. */
    deskTakesUnsaid: false,
    /** Whether the read after a write that failed fails too. */
    deskIsBlind: false,
    mustFail: false,
    isDeskMute: false,
    reads: 0,
    choiceReads: 0,
    writes: [] as unknown[],
    nowMs: 0,
    timers: [] as { atMs: number; act: () => void }[],
    held: { '11': 'partner_nord', '12': 'region_se', '14': null } as Record<string, string | null>,
  };
  const told = <Value>(answer: Value | ServiceFault): Promise<Value> =>
    answer instanceof ServiceFault ? Promise.reject(answer) : Promise.resolve(answer);
  const memory = createMemory(store, { installation: '9', nowMs: () => world.nowMs });
  if (start.remembered) memory.keepTicket(start.remembered);
  const session = createSession({
    ticketId: start.ticketId === undefined ? '4711' : start.ticketId,
    memory,
    service: {
      ticket: () => {
        world.reads += 1;
        if (world.late) {
          const { late } = world;
          return new Promise<SidebarTicket | ServiceFault>((resolve) => late.push(resolve)).then(told);
        }
        return world.isMute ? new Promise(() => {}) : told(world.answer);
      },
      choices: () => {
        world.choiceReads += 1;
        if (world.isMute) return new Promise(() => {});
        return told(world.answer instanceof ServiceFault ? world.answer : choices);
      },
    },
    desk: {
      keeps: start.keeps ?? 'saved',
      fields: async (ids) => {
        const isAway = world.mustFail;
        world.mustFail = false;
        if (isAway) throw new DeskFault('failed');
        return new Map(
          ids.map((id) => [
            id,
            { value: world.held[id] ?? null, options: ['partner_nord', 'partner_sud', 'region_se', 'region_de'] },
          ]),
        );
      },
      write: async (changes) => {
        if (world.isDeskMute) return new Promise(() => {});
        const isRefused = world.deskFault !== null && world.deskTakes === 0 && world.deskFails-- > 0;
        world.deskTakes = Math.max(0, world.deskTakes - 1);
        if (!isRefused || world.deskTakesUnsaid) {
          world.writes.push(changes);
          for (const { id, value } of changes) world.held[id] = value;
        }
        world.mustFail = isRefused && world.deskIsBlind;
        if (isRefused && world.deskFault) throw world.deskFault;
      },
    },
    clock: {
      nowMs: () => world.nowMs,
      after(ms, act) {
        const timer = { atMs: world.nowMs + ms, act };
        world.timers.push(timer);
        return () => {
          world.timers = world.timers.filter((one) => one !== timer);
        };
      },
    },
  });
  /** Lets the next timer fire and what it starts come to an end. */
  const wait = async (): Promise<boolean> => {
    const [next] = world.timers.toSorted((a, b) => a.atMs - b.atMs);
    if (!next) return false;
    world.timers = world.timers.filter((one) => one !== next);
    world.nowMs = next.atMs;
    next.act();
    await new Promise((done) => setImmediate(done));
    return true;
  };
  return { session, world, wait, memory, kept };
};

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

test('without data a failed read says why, and whoever tries again is answered', async () => {
  const { session, world } = open({ answer: new ServiceFault('refused') });
  await session.read();
  expect(session.view()).toMatchObject({ data: null, problem: 'refused' });
  world.answer = ticketOf();
  await session.read();
  expect(session.view()).toMatchObject({ data: ticketOf(), problem: null });
});

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
  await session.correct({ kind: 'region', choice: germany });
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
  await session.correct({ kind: 'region', choice: germany });
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

const aside = { kind: 'notAboutAnOrder' } as const;

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
  await session.correct({ kind: 'partner', choice: choices.partners[0] ?? sudChoice });
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
  await session.correct({ kind: 'partner', choice: choices.partners[0] ?? sudChoice });
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

test('of a remembered ticket the order is not known, and undo of an order number waits for none in particular', async () => {
  const { session, world, wait } = open({ answer: new ServiceFault('unreachable'), remembered: ticketOf() });
  await session.read();
  expect(session.view()).toMatchObject({ isRemembered: true, data: { attribution: { order: null } } });
  world.held['14'] = '1001';
  await session.correct({ kind: 'orderNumber', number: '1002' });
  await session.undo();
  world.answer = ticketOf();
  await wait();
  expect(session.view().correction).toMatchObject({ isUndo: true, state: 'done' });
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
  await session.correct({ kind: 'partner', choice: choices.partners[0] ?? sudChoice });
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

function sessionParts({ memory }: ReturnType<typeof open>) {
  return {
    memory,
    service: { ticket: () => Promise.resolve(ticketOf()), choices: () => Promise.resolve(choices) },
    desk: { keeps: 'saved' as const, fields: () => Promise.resolve(new Map()), write: () => Promise.resolve() },
    clock: { nowMs: () => 0, after: () => () => {} },
  };
}
