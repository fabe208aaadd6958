import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { dayMs } from '../../src/core/time.ts';
import { createGorgiasActor, type GorgiasActor } from '../../src/sandbox/gorgias/actor.ts';
import { createGorgiasSandbox, type GorgiasSandbox } from '../../src/sandbox/gorgias/index.ts';
import type { PlannedTicket } from '../../src/sandbox/scenario/actions.ts';
import { createScenario, type Scenario } from '../../src/sandbox/scenario.ts';
import { jumpingClock } from './jumping-clock.ts';

const startsAt = new Date('2026-03-02T00:00:00Z');
let scenario: Scenario;
let planned: PlannedTicket;
let open: GorgiasSandbox | undefined;

beforeAll(() => {
  scenario = createScenario({ seed: 'plan', startsAt, days: 20, scale: 0.1 });
  planned = scenario.tickets[0] as PlannedTicket;
});

afterEach(async () => {
  await open?.close();
  open = undefined;
});

const start = async () => {
  const clock = jumpingClock(startsAt.getTime());
  const sandbox = await createGorgiasSandbox({ clock, seed: 'test', limits: 'off' });
  open = sandbox;
  const { desk, fieldIds } = sandbox;
  return { sandbox, desk, actor: createGorgiasActor({ desk, fieldIds }) };
};

/** A ticket of the plan with other traits, opened here. */
const openOne = async (traits: Partial<PlannedTicket> = {}) => {
  const stage = await start();
  const ticket: PlannedTicket = { ...planned, id: 7001, atMs: startsAt.getTime(), followUpOf: null, ...traits };
  stage.actor.act({ kind: 'ticket', atMs: ticket.atMs, ticket });
  const played = stage.actor.ticketOf(7001);
  if (!played) throw new RangeError('the ticket was not opened');
  const update = (more: Omit<Parameters<GorgiasActor['act']>[0] & { kind: 'update' }, 'kind' | 'ticketId' | 'atMs'>) =>
    stage.actor.act({ kind: 'update', ticketId: 7001, atMs: ticket.atMs + 60_000, ...more });
  const tags = () => played.tagIds.map((id) => stage.desk.tags.get(id)?.name);
  return { ...stage, played, update, tags };
};

describe('one planned action', () => {
  test('opens a ticket with its customer, language, order number and reason', async () => {
    const { played, desk, sandbox, tags } = await openOne({
      channel: 'web',
      language: 'sv',
      locale: 'sv',
      orderNumber: '40001',
      reason: 'return',
      reasonInField: true,
      tags: ['gulf_desk'],
    });
    expect(played).toMatchObject({ channel: 'contact_form', language: 'sv', status: 'open', fromAgent: false });
    expect(desk.customers.get(played.customerId)).toMatchObject({ email: planned.email, language: 'sv' });
    expect(Object.fromEntries(played.fields)).toEqual({
      [sandbox.fieldIds.orderNumber]: '40001',
      [sandbox.fieldIds.reason]: 'return',
    });
    expect(tags()).toEqual(['gulf_desk']);
  });

  test('answers with seconds, sleeps while pending, closes when solved, and opens again', async () => {
    const { played, update, actor } = await openOne({ channel: 'email' });
    update({ author: 0, comment: { text: 'Reply', public: true }, status: 'pending', assign: true, addSeconds: 90 });
    expect(played).toMatchObject({
      status: 'open',
      assigneeId: actor.agentIds[0],
      snoozeUntilMs: startsAt.getTime() + 60_000 + 3 * dayMs,
      work: [{ userId: actor.agentIds[0], seconds: 90 }],
    });
    update({ author: 'requester', comment: { text: 'Thanks', public: true }, status: 'open' });
    expect(played.snoozeUntilMs).toBeNull();
    update({ author: 1, comment: { text: 'Solved', public: true }, status: 'solved', addSeconds: 30 });
    expect(played.status).toBe('closed');
    update({ author: 'automation', status: 'closed' });
    update({ author: 'requester', comment: { text: 'Again', public: true }, status: 'open' });
    expect(played).toMatchObject({ status: 'open', closedAtMs: null });
  });

  test('takes back no more seconds than there are, and sets no total', async () => {
    const { played, update } = await openOne({ channel: 'email' });
    update({ author: 0, comment: { text: 'Reply', public: true }, addSeconds: 60 });
    update({ author: 0, addSeconds: -300 });
    update({ author: 0, setTotal: 1800 });
    expect(played.work.map(({ seconds }) => seconds)).toEqual([60, -60]);
  });

  test('leaves a trace when an agent only spends time', async () => {
    const { played, update } = await openOne({ channel: 'email' });
    const before = played.events.length;
    update({ author: 0, addSeconds: 60 });
    expect(played.events.slice(before).map(({ type }) => type)).toEqual(['ticket-updated']);
  });

  test('turns the first talk on the phone into a call', async () => {
    const { played, update, desk, actor } = await openOne({ channel: 'voice' });
    update({ author: 0, comment: { text: 'Talk', public: true }, addSeconds: 200 });
    update({ author: 0, comment: { text: 'More', public: true }, addSeconds: 20 });
    expect(desk.calls.rows).toMatchObject([{ ticketId: played.id, userId: actor.agentIds[0], seconds: 200 }]);
    expect(played.work.map(({ seconds }) => seconds)).toEqual([20]);
  });

  test('corrects the partner by tag and by field', async () => {
    const { played, update, tags, sandbox, desk, actor } = await openOne({ tags: [], reasonInField: true });
    desk.act(played.id, { atMs: 0, userId: sandbox.apiUserId, values: { addTags: ['partner_nordhem'] } });
    update({ author: 2, names: { partner: 'sudcasa', by: 'tag' } });
    expect(tags()).toEqual(['partner_sudcasa']);
    expect(played.events.filter(({ type }) => type.startsWith('ticket-tags')).map(({ userId }) => userId)).toEqual([
      sandbox.apiUserId,
      actor.agentIds[2],
      actor.agentIds[2],
    ]);
    update({ author: 2, names: { partner: 'lumiere', by: 'field' } });
    expect(played.fields.get(sandbox.fieldIds.partner)).toBe('lumiere');
  });

  test('puts into the trash, after which nothing happens to the ticket', async () => {
    const { played, actor, update } = await openOne();
    actor.act({ kind: 'delete', atMs: startsAt.getTime(), ticketId: 7001, author: 0 });
    expect(played.trashedAtMs).not.toBeNull();
    const before = played.events.length;
    update({ author: 0, comment: { text: 'Late', public: true }, status: 'solved' });
    expect(played.events).toHaveLength(before);
  });
});

describe('the whole marketplace', () => {
  const play = async () => {
    const stage = await start();
    for (const action of scenario.timeline) stage.actor.act(action);
    return stage;
  };

  test('is played: every ticket, merges and deletions in the trash, the rest closed or waiting', async () => {
    const { desk, actor } = await play();
    expect(scenario.tickets.length).toBeGreaterThan(100);
    expect(desk.tickets.size).toBe(scenario.tickets.length);
    for (const { id, language } of scenario.tickets) expect(actor.ticketOf(id)?.language).toBe(language);
    const gone = scenario.timeline.filter(({ kind }) => kind === 'merge' || kind === 'delete');
    expect(gone.length).toBeGreaterThan(2);
    const all = [...desk.tickets.values()];
    expect(all.filter(({ trashedAtMs }) => trashedAtMs !== null)).toHaveLength(gone.length);
    expect(all.filter(({ mergedInto }) => mergedInto !== null).length).toBeGreaterThan(0);
    expect(all.filter(({ status }) => status === 'closed').length).toBeGreaterThan(all.length * 0.9);
    expect(desk.calls.rows.length).toBeGreaterThan(0);
    for (const { work } of all) expect(work.reduce((sum, { seconds }) => sum + seconds, 0)).toBeGreaterThanOrEqual(0);
    const times = desk.events.rows.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('is the same for the same seed', async () => {
    const told = async () => {
      const { desk } = await play();
      const events = JSON.stringify(desk.events.rows);
      await open?.close();
      return events;
    };
    expect(await told()).toBe(await told());
  });
});
