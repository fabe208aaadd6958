import { afterEach, describe, expect, test } from 'vitest';
import { type BigcommerceSandbox, createBigcommerceSandbox } from '../../src/sandbox/bigcommerce/index.ts';
import { createKustomerActor, type KustomerActor } from '../../src/sandbox/kustomer/actor.ts';
import { attributeNames, createKustomerSandbox, type KustomerSandbox } from '../../src/sandbox/kustomer/index.ts';
import { playScenario } from '../../src/sandbox/play.ts';
import type { TicketUpdateAction } from '../../src/sandbox/scenario/actions.ts';
import { firstOrderId } from '../../src/sandbox/scenario/orders.ts';
import { createScenario, type Scenario } from '../../src/sandbox/scenario.ts';
import { jumpingClock } from './jumping-clock.ts';

const startsAt = new Date('2026-01-05T00:00:00Z');
const scenario = createScenario({ seed: 'demo', startsAt, days: 60, scale: 0.1 });
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Played {
  readonly sandbox: KustomerSandbox;
  readonly shop: BigcommerceSandbox['shop'];
  readonly actor: KustomerActor;
}

const play = async (plan: Scenario = scenario): Promise<Played> => {
  const clock = jumpingClock(startsAt.getTime());
  const sandbox = await createKustomerSandbox({ clock, seed: 'demo', limits: 'off' });
  const store = await createBigcommerceSandbox({ clock, seed: 'demo', firstOrderId, limits: 'off' });
  closers.push(
    () => sandbox.close(),
    () => store.close(),
  );
  const actor = createKustomerActor({ desk: sandbox.desk, shop: store.shop, seed: 'demo' });
  await playScenario({
    scenario: plan,
    act: actor.act,
    clock,
    seed: 'demo',
    signal: new AbortController().signal,
    onTicket: () => undefined,
    endAfterDays: true,
  });
  return { sandbox, shop: store.shop, actor };
};

const playedUpdates = (plan: Scenario): TicketUpdateAction[] =>
  plan.timeline.flatMap((action) => (action.kind === 'update' && action.atMs < plan.endsAtMs ? [action] : []));

describe('the scenario on Kustomer', () => {
  test('becomes conversations, one for each ticket, with its languages, channels, fields and tags', async () => {
    const { sandbox, shop, actor } = await play();
    const { desk } = sandbox;
    expect(desk.conversations.size).toBe(scenario.tickets.length);
    expect(shop.orders.size).toBe(scenario.orders.length);
    for (const ticket of scenario.tickets) {
      const conversation = desk.conversation(actor.conversationOf(ticket.id) ?? '');
      expect(actor.ticketOf(conversation.id)).toBe(ticket.id);
      expect(conversation.createdAtMs).toBe(ticket.atMs);
      expect(desk.customers.get(conversation.customerId)?.email).toBe(ticket.email);
      expect(conversation.messages[0]).toMatchObject({ direction: 'in', text: ticket.body, userId: null });
      expect(conversation.custom.get(attributeNames.orderNumber) ?? null).toBe(ticket.orderNumber);
      expect(conversation.defaultLang?.slice(0, 2) ?? null).toBe(ticket.locale === null ? null : ticket.language);
      const names = conversation.tags.map((id) => desk.tags.get(id)?.name);
      for (const tag of ticket.tags) expect(names).toContain(tag);
    }
    const used = new Set([...desk.conversations.values()].flatMap(({ channels }) => channels));
    expect([...used].toSorted()).toEqual(['chat', 'email', 'facebook', 'form', 'voice']);
  });

  test('holds the planned seconds of each agent, by the second timer exactly', async () => {
    const { sandbox, actor } = await play();
    const wanted = new Map<string, number>();
    const ended = new Set(scenario.timeline.flatMap((action) => (action.kind === 'delete' ? [action.ticketId] : [])));
    for (const { ticketId, author, addSeconds = 0, setTotal } of playedUpdates(scenario)) {
      if (typeof author !== 'number' || addSeconds <= 0 || setTotal !== undefined || ended.has(ticketId)) continue;
      const key = `${actor.conversationOf(ticketId)} ${actor.agentIds[author]}`;
      wanted.set(key, (wanted.get(key) ?? 0) + addSeconds);
    }
    const held = new Map<string, number>();
    for (const { id, sessions, deletedAtMs } of sandbox.desk.conversations.values()) {
      if (deletedAtMs !== null) continue;
      for (const { userId, v1, v2 } of sessions) {
        const seconds = (v2?.handleMs ?? 0) / 1000;
        expect(v1.handleSeconds).toBe(seconds + 5);
        held.set(`${id} ${userId}`, (held.get(`${id} ${userId}`) ?? 0) + seconds);
      }
    }
    expect(held.size).toBeGreaterThan(50);
    expect(held).toEqual(wanted);
  });

  test('ends, reopens, deletes and corrects as planned, and tells some sessions late', async () => {
    const { sandbox, actor } = await play();
    const { desk } = sandbox;
    const all = [...desk.conversations.values()];
    expect(all.some(({ status, endedAtMs }) => status === 'done' && endedAtMs !== null)).toBe(true);
    expect(all.some(({ reopenCount }) => reopenCount > 0)).toBe(true);
    const deleted = scenario.timeline.flatMap((action) =>
      action.kind === 'delete' && action.atMs < scenario.endsAtMs ? [actor.conversationOf(action.ticketId)] : [],
    );
    expect(deleted.length).toBeGreaterThan(0);
    expect(all.filter(({ deletedAtMs }) => deletedAtMs !== null).map(({ id }) => id)).toEqual(deleted.toSorted());
    const named = playedUpdates(scenario).filter(({ names }) => names !== undefined);
    expect(named.length).toBeGreaterThan(0);
    for (const { ticketId, atMs, author, names } of named) {
      const conversation = desk.conversation(actor.conversationOf(ticketId) ?? '');
      const what = names?.by === 'tag' ? 'tags' : 'custom';
      const entries = desk.audits.filter(
        ({ objectId, atMs: at, changes }) => objectId === conversation.id && at === atMs && changes?.attributes[what],
      );
      expect(entries.map(({ by }) => by.userId)).toEqual([actor.agentIds[Number(author)]]);
    }
    const lateness = all.flatMap(({ sessions }) =>
      sessions.map(({ startsAtMs, endsAtMs, v2 }) => endsAtMs - startsAtMs - (v2?.handleMs ?? 0)),
    );
    expect(new Set(lateness)).toEqual(new Set([2_000, 90_000]));
  });

  test('is the same for the same seed', async () => {
    const short = createScenario({ seed: 'demo', startsAt, days: 20, scale: 0.03 });
    const [one, two] = [await play(short), await play(short)];
    const picture = ({ sandbox }: Played) => [...sandbox.desk.conversations.values()];
    expect(picture(one)).toEqual(picture(two));
    expect(one.sandbox.desk.audits).toEqual(two.sandbox.desk.audits);
  });
});
