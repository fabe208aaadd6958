import { describe, expect, it, onTestFinished } from 'vitest';
import { gorgias } from '../../../src/helpdesks/gorgias/index.ts';
import type { CallSeen } from '../../../src/platform/http/client.ts';
import { createGorgiasActor } from '../../../src/sandbox/gorgias/actor.ts';
import { createGorgiasSandbox, type GorgiasSandboxOptions } from '../../../src/sandbox/gorgias/index.ts';
import { fewDimensions } from '../../../src/sandbox/gorgias/readings.ts';
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

const start = async (options: Partial<GorgiasSandboxOptions> = {}) => {
  const clock = jumpingClock(startsAt.getTime());
  const sandbox = await createGorgiasSandbox({ clock, seed: 'flow', ...options });
  onTestFinished(() => sandbox.close());
  const { desk, settings, fieldIds } = sandbox;
  const apiUserId = String(sandbox.apiUserId);
  const actor = createGorgiasActor({ desk, fieldIds });
  const observed: CallSeen[] = [];
  const client = clientOf(gorgias, settings, { clock, apiUserId, observed });
  const idOf = (planned: number): string => String(actor.ticketOf(planned)?.id);
  const tagsOf = (id: string) => desk.ticket(Number(id)).tagIds.map((tag) => desk.tags.get(tag)?.name ?? '');
  return { clock, sandbox, desk, actor, apiUserId, client, observed, idOf, tagsOf, play: player(actor.act, clock) };
};

describe('the marketplace on Gorgias', () => {
  it.each([
    ['as it comes', {}],
    [
      'with numbers as text, plain keys and fields in lists',
      { statsNumbers: 'text', bracketKeys: false, fieldsInList: true },
    ],
    ['with statistics by the day of creation', { statsPeriod: 'createdDatetime' }],
    ['with snoozed tickets closed', { snoozeCloses: true }],
    ['with statistics that know no tickets', { statsDimensions: fewDimensions }],
  ] as const)('is walked while it moves, and pulled as it was played, %s', async (_, readings) => {
    const { clock, desk, actor, client, observed, idOf, tagsOf, play } = await start({ readings });
    await play.some(900);
    const latest = await walkedTwice(client, clock, () => play.some(20));
    // Several pages, so that tickets moved between them.
    expect(desk.tickets.size).toBeGreaterThan(200);
    for (const { id, updatedAtMs } of desk.tickets.values())
      expect(latest.get(String(id))?.updatedAt.getTime()).toBe(updatedAtMs);

    await play.rest();
    const planned = plainTickets();
    const pulled = await pulledAll(
      client,
      planned.map(({ id }) => idOf(id)),
    );
    expect(pulled.size).toBe(planned.length);
    let closings = 0;
    for (const { id, email, orderNumber, subject, body, language } of planned) {
      const one = desk.ticket(Number(idOf(id)));
      const ticket = pulled.get(idOf(id));
      expect(ticket).toMatchObject({ subject, firstMessage: body, orderNumber, requester: { email }, language });
      expect(ticket?.tags).toEqual(tagsOf(idOf(id)));
      const asleep = one.snoozeUntilMs !== null && one.snoozeUntilMs > clock.now().getTime();
      const closed = one.status === 'closed' && !asleep;
      expect(ticket?.status).toBe(asleep ? 'pending' : closed ? 'solved' : 'open');
      const seconds = one.work.reduce((sum, work) => sum + work.seconds, 0);
      const { closing } = ticket?.history ?? {};
      if ('statsDimensions' in readings) expect(closing).toBeUndefined();
      else if (!closed) expect(closing ?? null).toBeNull();
      else if (seconds > 0) {
        closings += 1;
        expect(closing?.totalSeconds).toBe(seconds);
        expect(closing?.workers.map(({ agentId }) => Number(agentId))).toEqual(
          expect.arrayContaining([
            ...new Set(one.messages.flatMap((m) => (m.fromAgent && m.ruleId === null ? [m.senderId] : []))),
          ]),
        );
      }
    }
    if (!('statsDimensions' in readings)) expect(closings).toBeGreaterThan(20);
    const named = namedPartners();
    const heard = planned.filter(({ id }) => named.has(id));
    expect(heard.length).toBeGreaterThan(0);
    for (const { id } of heard) {
      const { partner, by } = named.get(id) ?? {};
      const choice = pulled.get(idOf(id))?.history?.choices?.partner.at(-1);
      expect(choice).toMatchObject(by === 'field' ? { source: 'field', value: partner } : { added: [partner] });
      expect(actor.agentIds).toContain(Number(choice?.by));
    }
    // Limits were on, and half of them was enough.
    expect(observed.filter(({ status }) => status === 429)).toEqual([]);
  });

  it.each([
    ['our own form', undefined],
    ['the whole context', '{{context}}' as const],
    ['an encoded form', 'urlencoded' as const],
  ])('takes deliveries with %s, doubled and out of order', async (_, form) => {
    const { clock, sandbox, apiUserId, play, desk } = await start({ faults: { duplicateRate: 0.3, reorderRate: 0.3 } });
    const receiver = await startReceiver(clock);
    onTestFinished(receiver.close);
    const webhookSecret =
      form === undefined
        ? (await clientOf(gorgias, sandbox.settings, { clock, apiUserId }).remote?.make({ webhookUrl: receiver.url }))
            ?.settings.webhookSecret
        : sandbox.subscribe(
            receiver.url,
            form === 'urlencoded' ? { contentType: 'application/x-www-form-urlencoded' } : { form },
          );
    await play.some(60);
    await sandbox.idle();
    const said = receiver.verified(gorgias, { ...sandbox.settings, webhookSecret }, apiUserId);
    expect(said.filter(({ outcome }) => outcome !== 'verified')).toEqual([]);
    const deliveries = said.flatMap((one) => (one.outcome === 'verified' ? [one.delivery] : []));
    expect(deliveries.length).toBeGreaterThan(100);
    expect(new Set(deliveries.map(({ ticketExternalId }) => ticketExternalId))).toEqual(
      new Set([...desk.tickets.keys()].map(String)),
    );
    expect(new Set(deliveries.map(({ deliveryKey }) => deliveryKey)).size).toBeLessThan(deliveries.length);
    expect(deliveries.some(({ urgency }) => urgency === 'now with audits')).toBe(true);
    if (form === undefined)
      for (const { body } of receiver.delivered)
        for (const { email } of plan.tickets) expect(body.includes(email)).toBe(false);
  });

  it('takes tags and fields beside those of others, and does not hear itself', async () => {
    const { clock, sandbox, apiUserId, client, desk, idOf, tagsOf, play } = await start();
    await play.some(60);
    const [first] = plainTickets();
    const id = idOf(first?.id ?? 0);
    const before = tagsOf(id).filter((tag) => !tag.startsWith('partner_'));
    for (let time = 0; time < 2; time += 1)
      await client.changeTags(id, { add: ['partner_nord', 'region_se'], remove: [] });
    await client.changeTags(id, { add: ['partner_sud'], remove: ['partner_nord'] });
    expect(tagsOf(id)).toEqual(expect.arrayContaining([...before, 'partner_sud', 'region_se']));
    expect(tagsOf(id)).not.toContain('partner_nord');
    expect(desk.ticket(Number(id)).fields.get(sandbox.fieldIds.partner)).toBe('sud');
    await clock.sleep(60_000);
    const [pulled] = (await client.pullTickets([{ externalId: id, withHistory: 'yes' }])).tickets;
    expect(pulled?.history?.choices?.partner.filter(({ by }) => by === apiUserId)).toEqual([]);
    expect(pulled?.history?.choices?.partner.filter((one) => one.source === 'field' && one.value === 'sud')).toEqual(
      [],
    );
  });

  it('keeps within half of a bucket of 40 that other apps draw from as well', async () => {
    const { client, observed, play, idOf, clock, sandbox } = await start();
    await play.rest();
    const ids = plainTickets().map(({ id }) => idOf(id));
    const startMs = clock.now().getTime();
    sandbox.spend(30);
    expect((await pulledAll(client, ids)).size).toBe(ids.length);
    expect(observed.filter(({ status }) => status === 429)).toEqual([]);
    const windows = Math.ceil((clock.now().getTime() - startMs) / 20_000);
    expect(observed.length).toBeLessThanOrEqual(20 * (windows + 1));
    expect(observed.length).toBeGreaterThan(ids.length * 2);
  });
});
