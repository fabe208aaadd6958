import { describe, expect, it, onTestFinished } from 'vitest';
import { dayMs, secondMs } from '../../../src/core/time.ts';
import { kustomer } from '../../../src/helpdesks/kustomer/index.ts';
import type { CallSeen } from '../../../src/platform/http/client.ts';
import { createKustomerActor } from '../../../src/sandbox/kustomer/actor.ts';
import { createKustomerSandbox, type KustomerSandboxOptions } from '../../../src/sandbox/kustomer/index.ts';
import { jumpingClock } from '../../sandbox/jumping-clock.ts';
import {
  clientOf,
  namedPartners,
  plainTickets,
  plan,
  player,
  pulledAll,
  startReceiver,
  startsAt,
  walkedTwice,
} from '../played.ts';

const start = async (options: Partial<KustomerSandboxOptions> = {}) => {
  const clock = jumpingClock(startsAt.getTime());
  const sandbox = await createKustomerSandbox({ clock, seed: 'flow', ...options });
  onTestFinished(() => sandbox.close());
  const { desk, settings, apiUserId } = sandbox;
  const actor = createKustomerActor({ desk, shop: null, seed: 'flow' });
  const observed: CallSeen[] = [];
  const client = clientOf(kustomer, settings, { clock, apiUserId, observed });
  return { clock, sandbox, desk, actor, client, observed, play: player(actor.act, clock) };
};

describe('the marketplace on Kustomer', () => {
  it.each([
    ['as it comes', {}],
    ['with the newer timer alone, newest messages first', { timers: 'v2', messageOrder: 'newest first' }],
    ['with the older timer alone', { timers: 'v1' }],
  ] as const)('is walked while it moves, and pulled as it was played, %s', async (_, open) => {
    const { clock, sandbox, desk, actor, client, observed, play } = await start({ open });
    await play.some(900);
    const latest = await walkedTwice(client, clock, () => play.some(20));
    for (const one of desk.conversations.values())
      expect(latest.get(one.id)?.updatedAt.getTime()).toBe(one.updatedAtMs);

    await play.rest();
    const planned = plainTickets();
    const ids = planned.map(({ id }) => actor.conversationOf(id) ?? '');
    const found = await client.discover?.();
    expect(found?.settings).toEqual({ timesVersion: 'timers' in open ? open.timers : 'v2' });
    const { settings, apiUserId } = sandbox;
    const knowing = clientOf(kustomer, { ...settings, ...found?.settings }, { clock, apiUserId, observed });
    const pulled = await pulledAll(knowing, ids);
    expect(pulled.size).toBe(planned.length);
    expect(planned.length).toBeGreaterThan(30);
    const timer = found?.settings.timesVersion;
    for (const { id, email, orderNumber, subject, body } of planned) {
      const one = desk.conversation(actor.conversationOf(id) ?? '');
      const ticket = pulled.get(one.id);
      expect(ticket).toMatchObject({ subject, firstMessage: body, orderNumber, requester: { email } });
      expect(ticket?.tags).toEqual(one.tags.map((tag) => desk.tags.get(tag)?.name));
      expect(ticket?.status).toBe(
        one.status === 'done'
          ? one.endedAtMs === null
            ? 'solved'
            : 'closed'
          : one.status === 'open'
            ? 'open'
            : 'pending',
      );
      const told = (ticket?.history?.work ?? []).map(({ agentId, rawSeconds }) => `${agentId} ${rawSeconds}`);
      const played = one.sessions.flatMap(({ v1, v2, userId }) =>
        timer === 'v1'
          ? [`${userId} ${v1.handleSeconds}`]
          : v2
            ? [`${userId} ${Math.round(v2.handleMs / secondMs)}`]
            : [],
      );
      expect(told.toSorted()).toEqual(played.toSorted());
    }
    const named = namedPartners();
    const heard = planned.filter(({ id }) => named.has(id));
    expect(heard.length).toBeGreaterThan(0);
    for (const { id } of heard) {
      const choice = pulled.get(actor.conversationOf(id) ?? '')?.history?.choices?.partner.at(-1);
      const { partner, by } = named.get(id) ?? {};
      expect(choice).toMatchObject(by === 'field' ? { source: 'field', value: partner } : { added: [partner] });
      expect(actor.agentIds).toContain(choice?.by);
    }
    // Limits were on, and half of them was enough.
    expect(observed.filter(({ status }) => status === 429)).toEqual([]);
    expect(observed.length).toBeGreaterThan(planned.length * 2);
  });

  it.each(['list', 'object'] as const)(
    'takes tags and fields whose body is %s, and their echoes are ignored',
    async (tagsBody) => {
      const { clock, sandbox, actor, client, play, desk } = await start({
        open: { tagsBody },
        faults: { duplicateRate: 0.3, reorderRate: 0.3 },
      });
      const receiver = await startReceiver(clock);
      onTestFinished(receiver.close);
      const made = await client.remote?.make({ webhookUrl: receiver.url });
      const settings = { ...sandbox.settings, ...made?.settings };
      await play.some(40);
      await sandbox.idle();
      const before = receiver.delivered.length;
      const [id = ''] = plan.tickets.flatMap((ticket) => actor.conversationOf(ticket.id) ?? []);
      const ours = clientOf(kustomer, settings, { clock, apiUserId: sandbox.apiUserId });
      for (let time = 0; time < 2; time += 1)
        await ours.changeTags(id, { add: ['partner_nord', 'region_se'], remove: [] });
      await ours.changeTags(id, { add: ['partner_sud'], remove: ['partner_nord'] });
      await sandbox.idle();

      const said = receiver.verified(kustomer, settings, sandbox.apiUserId);
      expect(said.filter(({ outcome }) => outcome !== 'verified')).toEqual([]);
      const deliveries = said.flatMap((one) => (one.outcome === 'verified' ? [one.delivery] : []));
      expect(before).toBeGreaterThan(40);
      const [others, echoes] = [deliveries.slice(0, before), deliveries.slice(before)];
      expect(others.some(({ urgency }) => urgency === 'now with audits')).toBe(true);
      expect(echoes.length).toBeGreaterThan(0);
      expect(
        echoes.filter(({ urgency, ticketExternalId }) => ticketExternalId !== null && urgency !== 'ignore'),
      ).toEqual([]);
      // Doubled deliveries have the key of the first.
      expect(new Set(deliveries.map(({ deliveryKey }) => deliveryKey)).size).toBeLessThan(deliveries.length);
      const names = desk.conversation(id).tags.map((tag) => desk.tags.get(tag)?.name);
      expect(names).toEqual(expect.arrayContaining(['partner_sud', 'region_se']));
      expect(names).not.toContain('partner_nord');
      expect(desk.conversation(id).custom.get(sandbox.settings.partnerFieldId)).toBe('sud');
      const [pulled] = (await ours.pullTickets([{ externalId: id, withHistory: 'yes' }])).tickets;
      expect(pulled?.history?.choices?.partner.filter(({ by }) => by === sandbox.apiUserId)).toEqual([]);
    },
  );

  it('keeps within a plan of 300 calls and 100 searches a minute, however the reset is told', async () => {
    for (const resetAs of ['instant', 'seconds left'] as const) {
      const { client, observed, play, actor, clock } = await start({
        limits: { perMinute: 300, searchesPerMinute: 100, resetAs },
      });
      await play.rest();
      const startMs = clock.now().getTime();
      const ids = plainTickets().map(({ id }) => actor.conversationOf(id) ?? '');
      expect((await pulledAll(client, [...ids, ...ids])).size).toBe(ids.length);
      expect(observed.filter(({ status }) => status === 429)).toEqual([]);
      const minutes = Math.ceil((clock.now().getTime() - startMs) / 60_000);
      expect(observed.length).toBeLessThanOrEqual(150 * (minutes + 1));
      expect(observed.length).toBeGreaterThan(150 * 2);
      expect(clock.now().getTime() - startMs).toBeLessThan(dayMs);
    }
  });
});
