import { beforeAll, describe, expect, test, vi } from 'vitest';
import { append, type Decision } from '../../../src/features/attribution/index.ts';
import type { SidebarTicket } from '../../../src/features/sidebar/contract.ts';
import { createWorld, nord, type World } from '../reports/world.ts';
import { bigcommerceSettings, directoryOn, secretOf, sidebarApp, zendeskSettings } from './app-world.ts';

const secret = secretOf('a');
const mapped = { partnerFieldId: '11', regionFieldId: '12', reasonFieldId: '13', orderNumberFieldId: '14' };
const agents = ['ada', 'ben', 'cleo'];

/** The world's connection with settings that open, a store, and one process that is asked. */
const settle = async (world: World, settings: Readonly<Record<string, unknown>> = mapped) => {
  const { db, clock, connectionId } = world;
  const directory = directoryOn(db, clock);
  const shop = await directory.connections.create(bigcommerceSettings);
  await db.query("update connection set name = 'parked', webhook_key = 'parked' where id = $1", [connectionId]);
  const made = await directory.connections.create(zendeskSettings('desk', { sidebarSecrets: [secret], ...settings }));
  await db.query(
    `update connection set settings = m.settings, secrets = m.secrets, name = 'real' from connection m where m.id = $2 and connection.id = $1`,
    [connectionId, made.id],
  );
  await db.query('delete from connection where id = $1', [made.id]);
  await directory.importPartners('code,name,aliases\nnord,Nordwind,NW|Nord GmbH\nsud,Sud,', { dryRun: false });
  await directory.importRegions('region,name,countries\nnordics,Nordics,SE|NO\niberia,Iberia,ES', { dryRun: false });
  const served = await sidebarApp(db, clock);
  const ticket = async (externalId: string): Promise<SidebarTicket> => {
    const answer = await served.get(`/sidebar/v1/tickets/${externalId}`, secret);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json();
  };
  /** Digits, as Zendesk has them; the world names tickets its own way. */
  const named = async (id: bigint, externalId: string) => {
    await db.query('update ticket set external_id = $2 where id = $1', [id, externalId]);
    return externalId;
  };
  const decide = async (externalId: string, decision: Partial<Decision>) => {
    const [row] = await db.query<{ id: bigint }>(
      `insert into ticket (connection_id, external_id, first_seen_at, created_at, created_day, snapshot_at) values ($1, $2, $3::timestamptz, $3::timestamptz, ($3::timestamptz)::date, $3::timestamptz)
       on conflict (connection_id, external_id) do update set snapshot_at = excluded.snapshot_at returning id`,
      [connectionId, externalId, clock.now()],
    );
    const whole: Decision = { method: 'text', confidence: 'high', evidence: {}, shares: [share(nord)], ...decision };
    await db.transaction((tx) => append(tx, [{ ticketId: row?.id ?? 0n, decision: whole, decidedAt: clock.now() }]));
    return row?.id ?? 0n;
  };
  /** Figures are counted behind the first answers. */
  const counted = async (externalId: string): Promise<SidebarTicket> => {
    await vi.waitFor(async () => expect((await ticket(externalId)).counting).toBe(false), { timeout: 20_000 });
    return ticket(externalId);
  };
  return { ...served, shop, directory, ticket, named, decide, counted };
};

const share = (
  one: { partner: string | null; region: string | null },
  ppm = 1_000_000,
  country: string | null = null,
) => ({
  ...one,
  country,
  ppm,
});

/**
 * A month of three agents who earn 30, 60 and 90 dollars: each ten minutes on a ticket of Nord, and the dearer the longer on one of
 * Sud. Their pool is 62 dollars: neither Nord's true average nor anybody's wage.
 */
const team = async (world: World, people: readonly string[] = agents) => {
  for (const [at, agent] of people.entries()) {
    await world.agent(agent, 'care');
    await world.rate(String(30 * (at + 1)), '2026-01-01', agent);
  }
  const ids: bigint[] = [];
  for (const [at, agent] of people.entries()) {
    ids.push(await world.ticket({ created: '2026-05-12', work: [[agent, 600, '2026-05-12']] }));
    await world.ticket({
      created: '2026-05-20',
      shares: [{ partner: 'sud', region: 'iberia' }],
      work: [[agent, 100 * (at + 1), '2026-05-20']],
    });
  }
  return ids;
};

const world = await createWorld();
const [first = 0n, , third = 0n] = await team(world);
const desk = await settle(world);
const { db, clock } = world;
const store = (ids: readonly bigint[]) =>
  db.query('update "order" set connection_id = $1 where id = any($2::bigint[])', [desk.shop.id, ids]);

describe('a ticket of a partner', () => {
  let answer: SidebarTicket;
  let decisive: bigint;
  beforeAll(async () => {
    decisive = await world.order({ placed: '2026-05-10', addresses: ['mia'], revenue: 80, statusId: 2 });
    const later = await world.order({
      placed: '2026-05-25',
      addresses: ['mia'],
      refunds: [{ made: '2026-05-28', dollars: 40 }],
      statusId: 14,
    });
    const unfinished = await world.order({ placed: '2026-05-26', addresses: ['mia'], statusId: 0 });
    await world.order({ placed: '2026-05-27', addresses: ['noor'] });
    await store([decisive, later, unfinished]);
    await desk.named(first, '101');
    await db.query("update ticket set requester_hash = 'mia', reason = 'shipping' where id = $1", [first]);
    await desk.decide('101', {
      method: 'text',
      evidence: { orderIds: [String(decisive)] },
      shares: [share(nord, 400_000, 'SE'), share(nord, 600_000, 'NO')],
    });
    answer = await desk.counted('101');
  });

  test('says whose it is and how we know, with the order and its page at the store', async () => {
    const [order] = await db.query<{ number: string; external_id: string }>(
      'select number, external_id from "order" where id = $1',
      [decisive],
    );
    const url = `https://store-abc12.mybigcommerce.com/manage/orders/${order?.external_id}`;
    expect(answer.ticket).toEqual({ externalId: '101', state: 'attributed' });
    expect(answer.attribution).toEqual({
      // Two countries of one region are one bearer.
      shares: [
        { partner: { code: 'nord', name: 'Nordwind' }, region: { code: 'nordics', name: 'Nordics' }, ppm: 1_000_000 },
      ],
      method: 'text',
      confidence: 'high',
      reason: 'shipping',
      order: { number: order?.number, url },
      corrected: null,
      pending: false,
    });
    expect(answer.asOf).toBe('2026-06-01T00:00:00.000Z');
  });

  test('costs what everybody without the permission `rates` is told that it costs', async () => {
    const ask = await world.api();
    const [pooled, own] = await Promise.all(['read', 'read,rates'].map((s) => ask(`/api/v1/tickets/${first}`, s)));
    expect(answer.cost).toEqual({ soFar: pooled?.json().supportCost, measuredShare: 1 });
    expect(answer.cost?.soFar).toEqual({ amount: '10.333333', currency: 'USD' });
    expect(own?.json().supportCost.amount).toBe('5.000000');
  });

  test("shows the partner's figures of 90 days as the report tells them, and a trend by week", async () => {
    const ask = await world.api();
    const rowOf = async (from: string, to: string) =>
      (await ask(`/api/v1/reports/partners?from=${from}&to=${to}`, 'read'))
        .json()
        .rows.find((row: { partner: string }) => row.partner === 'nord');
    const row = await rowOf('2026-03-04', '2026-06-01');
    expect(answer.partner).toMatchObject({
      partner: { code: 'nord', name: 'Nordwind' },
      period: { from: '2026-03-04', to: '2026-06-01' },
      costPerTicket: row.costPerTicket,
      costMultiple: row.costMultiple,
      contactRate: row.contactRate,
      csat: { n: 0, needed: 30 },
      flags: row.flags,
    });
    expect(row.costMultiple).toBeGreaterThan(1);
    const trend = answer.partner?.trend ?? [];
    expect(trend).toHaveLength(14);
    expect([trend[0]?.from, trend[0]?.to, trend.at(-1)?.from]).toEqual(['2026-03-04', '2026-03-08', '2026-06-01']);
    for (const { from, to, costMultiple } of trend)
      expect(costMultiple, from).toBe((await rowOf(from, to))?.costMultiple ?? null);
    expect(trend.filter(({ costMultiple }) => costMultiple !== null)).toMatchObject([{ from: '2026-05-11' }]);
  });

  test("shows the requester's latest orders with what went back, and no order of others or that was never finished", () => {
    expect(answer.customer.orders).toMatchObject([
      {
        placedAt: '2026-05-25T10:00:00.000Z',
        status: 'partially refunded',
        total: { amount: '100.000000', currency: 'USD' },
        refunds: [{ amount: { amount: '40.000000', currency: 'USD' }, madeAt: '2026-05-28T10:00:00.000Z' }],
      },
      { status: 'shipped', total: { amount: '80.000000' }, refunds: [] },
    ]);
    for (const { url } of answer.customer.orders)
      expect(url).toMatch(/^https:\/\/store-abc12\.mybigcommerce\.com\/manage/);
  });

  test('names the fields by which an agent corrects, and how "not about an order" is said', () => {
    expect(answer.fields).toEqual({
      partner: '11',
      region: '12',
      reason: '13',
      orderNumber: '14',
      notAboutAnOrder: { empty: ['11', '12'] },
    });
  });

  test('is shown without any amount where the account hides money, and multiples remain', async () => {
    const set = (value: string) =>
      db.query(
        `insert into setting (key, value, updated_at) values ('sidebarMoney', $1::jsonb, now()) on conflict (key) do update set value = excluded.value`,
        [JSON.stringify(value)],
      );
    await set('hidden');
    clock.advance(5001);
    const hidden = await desk.ticket('101');
    expect(hidden.money).toBe('hidden');
    expect(JSON.stringify(hidden)).not.toMatch(/amount":"|currency/);
    expect(hidden.cost).toEqual({ soFar: null, measuredShare: 1 });
    expect(hidden.partner?.costMultiple).toBe(answer.partner?.costMultiple);
    expect(hidden.customer.orders).toHaveLength(2);
    await set('shown');
    clock.advance(5001);
    expect((await desk.ticket('101')).money).toBe('shown');
  });

  test('of a partner with 30 answers has a score with its interval', async () => {
    for (let n = 0; n < 30; n += 1)
      await world.invitation({ sent: '2026-05-01', answer: [n < 24 ? 5 : 1, '2026-05-02'] });
    clock.advance(5 * 60_000 + 1);
    await expect
      .poll(async () => (await desk.ticket('101')).partner?.csat, { timeout: 20_000 })
      .toMatchObject({ n: 30, topTwoBox: 0.8, low: expect.closeTo(0.627, 3), high: expect.closeTo(0.905, 3) });
  });
});

describe('the state of a ticket', () => {
  const none = { partner: null, region: null };
  test.each<[string, SidebarTicket['ticket']['state'], Partial<Decision>]>([
    ['of Direct', 'direct', { shares: [share({ partner: 'direct', region: 'nordics' })] }],
    ['of nobody', 'unattributed', { method: 'unattributed', confidence: 'none', shares: [share(none)] }],
    ['of a region alone', 'attributed', { shares: [share({ partner: null, region: 'iberia' })] }],
    [
      'of Direct and a partner',
      'attributed',
      { shares: [share({ partner: 'direct', region: null }, 700_000), share(nord, 300_000)] },
    ],
    ['that an agent said to be of no partner', 'unattributed', { method: 'person', shares: [share(none)] }],
  ])('%s is %s', async (name, state, decision) => {
    const id = String(200 + name.length);
    await desk.decide(id, decision);
    expect((await desk.ticket(id)).ticket).toEqual({ externalId: id, state });
  });

  test('that is not known here, or not yet decided, is not yet known, and says what can be said', async () => {
    await db.query("insert into ticket (connection_id, external_id, first_seen_at) values ($1, '301', now())", [
      world.connectionId,
    ]);
    for (const id of ['300', '301'])
      expect(await desk.ticket(id)).toMatchObject({
        ticket: { externalId: id, state: 'not yet known' },
        attribution: null,
        partner: null,
        customer: { orders: [] },
        fields: { partner: '11' },
      });
    expect((await desk.ticket('300')).cost).toBeNull();
  });

  test('that an agent corrected says when, and not who', async () => {
    const at = '2026-05-30T08:00:00.000Z';
    const half = { by: 'agent-77', sourceKey: 'audit:1', at };
    await desk.decide('310', {
      method: 'person',
      evidence: { partner: half, region: { ...half, at: '2026-05-29T08:00:00.000Z' } },
    });
    const answer = await desk.ticket('310');
    expect(answer.attribution?.corrected).toEqual({ by: 'person', at });
    expect(JSON.stringify(answer)).not.toMatch(/agent-77|audit/);
  });

  test('is pending while a change of it is known and not yet decided, and not while work waits for its hour', async () => {
    const id = await desk.decide('320', {});
    const pending = async (change: string) => {
      await db.query(
        'update ticket set due_at = null, deep_due_at = null, stale_since = null, quarantined_at = null where id = $1',
        [id],
      );
      await db.query(`update ticket set ${change} where id = $1`, [id]);
      return (await desk.ticket('320')).attribution?.pending;
    };
    expect(await pending("due_at = '2026-06-02'")).toBe(true);
    expect(await pending("stale_since = '2026-05-31'")).toBe(true);
    expect(await pending("due_at = '2026-06-02', quarantined_at = now()")).toBe(false);
    expect(desk.looks).not.toContain(id);
    expect(await pending("deep_due_at = '2026-06-02'")).toBe(false);
    // Somebody looks: what waits is read now.
    expect(desk.looks).toContain(id);
  });

  test('decided by several orders names none of them', async () => {
    const ids = [await world.order({ placed: '2026-05-01' }), await world.order({ placed: '2026-05-02' })];
    await desk.decide('330', { method: 'recent orders', evidence: { orderIds: ids.map(String) } });
    expect((await desk.ticket('330')).attribution?.order).toBeNull();
    // Of a store that is not connected any more there is no page.
    await desk.decide('331', { method: 'field', evidence: { orderIds: [String(ids[0])] } });
    expect((await desk.ticket('331')).attribution?.order).toEqual({ number: expect.any(String), url: null });
  });

  test('whose work has no rate yet tells no cost, which is not the same as none', async () => {
    await db.query("delete from rate where key like '%:cleo'");
    const id = await world.ticket({ created: '2026-05-30', work: [['dora', 600, '2026-05-30']] });
    await desk.named(id, '340');
    expect((await desk.ticket('340')).cost).toEqual({ soFar: null, measuredShare: null });
    await desk.decide('341', {});
    expect((await desk.ticket('341')).cost).toEqual({
      soFar: { amount: '0.000000', currency: 'USD' },
      measuredShare: null,
    });
  });
});

test('choices hold every partner, region and reason with the values that say it', async () => {
  const choices = (await desk.get('/sidebar/v1/choices', secret)).json();
  expect(choices.partners).toEqual([
    { code: 'direct', name: 'Direct', aliases: [], values: ['partner_direct', 'direct'] },
    {
      code: 'nord',
      name: 'Nordwind',
      aliases: ['NW', 'Nord GmbH'],
      values: ['partner_nord', 'nord', 'NW', 'Nord GmbH'],
    },
    { code: 'sud', name: 'Sud', aliases: [], values: ['partner_sud', 'sud'] },
  ]);
  expect(choices.regions).toEqual([
    { code: 'iberia', name: 'Iberia', values: ['region_iberia', 'iberia'] },
    { code: 'nordics', name: 'Nordics', values: ['region_nordics', 'nordics'] },
  ]);
  expect(choices.reasons.map(({ code }: { code: string }) => code)).toEqual([
    ...['shipping', 'return', 'damage', 'product', 'payment', 'other'],
  ]);
});

test('values carry the prefix of the connection, and those that its reasons were mapped from', async () => {
  const other = await createWorld();
  const own = await settle(other, {
    tagPrefix: 'dl_',
    partnerFieldId: '11',
    reasonValues: { form_9: 'return', dl_reason_return: 'return' },
  });
  const choices = (await own.get('/sidebar/v1/choices', secret)).json();
  expect(choices.partners[1].values.slice(0, 2)).toEqual(['dl_partner_nord', 'nord']);
  expect(choices.reasons[1]).toEqual({
    code: 'return',
    name: 'Return',
    values: ['dl_reason_return', 'form_9', 'return'],
  });
  const fields = {
    partner: '11',
    region: null,
    reason: null,
    orderNumber: null,
    notAboutAnOrder: { empty: ['11'] },
  };
  expect((await own.ticket('1')).fields).toEqual(fields);
  // A ticket that is being written asks for no ticket.
  expect(choices.fields).toEqual(fields);
});

describe('no wage can be worked out (RULES section 10)', () => {
  const keysIn = (value: unknown): string[] =>
    value === null || typeof value !== 'object'
      ? []
      : Object.entries(value).flatMap(([key, inner]) => [key, ...keysIn(inner)]);

  test('the same time costs the same, whoever worked and whatever they earn', async () => {
    await desk.named(third, '103');
    const [poor, rich] = [await desk.ticket('101'), await desk.ticket('103')];
    expect(poor.cost).toEqual(rich.cost);
    expect(poor.partner).toEqual(rich.partner);
  });

  test('no answer names an agent, a time of work, a rate or a role', async () => {
    const answers = [await desk.counted('101'), (await desk.get('/sidebar/v1/choices', secret)).json()];
    expect(JSON.stringify(answers)).not.toMatch(/ada|ben|cleo|care\b|hourly|agent/i);
    const keys = [...new Set(keysIn(answers))];
    expect(keys.filter((key) => /agent|seconds|hour|wage|role|author|assignee|posting|work/i.test(key))).toEqual([]);
    expect(keys.filter((key) => /rate/i.test(key) && !['contactRate', 'responseRate'].includes(key))).toEqual([]);
    expect(keys).toContain('contactRate');
  });

  test('of a team that is too small for a pool no money is told, and no multiple of it', async () => {
    const small = await createWorld();
    const [id = 0n] = await team(small, ['ada', 'ben']);
    const own = await settle(small);
    await own.named(id, '1');
    const answer = await own.counted('1');
    expect(answer.cost).toEqual({ soFar: null, measuredShare: null });
    expect(answer.partner).toMatchObject({ costPerTicket: null, costMultiple: null, contactRate: null });
    expect(answer.partner?.trend.filter(({ costMultiple }) => costMultiple !== null)).toEqual([]);
  });
});
