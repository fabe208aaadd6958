import { beforeAll, describe, expect, test } from 'vitest';
import type { SidebarTicket } from '../../../src/features/sidebar/contract.ts';
import { createWorld, nord } from '../reports/world.ts';
import { secret, settle, share, team } from './ticket-world.ts';

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
      how: { partner: 'text', region: 'text' },
      reason: 'shipping',
      order: { number: order?.number, url },
      orderField: [],
      corrected: null,
      pending: false,
    });
    expect(answer.asOf).toBe('2026-06-01T00:00:00.000Z');
  });

  test('costs what everybody without the permission `rates` is told that it costs', async () => {
    const ask = await world.api();
    const [pooled, own] = await Promise.all(['read', 'read,rates'].map((s) => ask(`/api/v1/tickets/${first}`, s)));
    expect(answer.cost).toEqual({ soFar: pooled?.json().supportCost, measuredShare: 1, lacks: null });
    expect(answer.cost?.soFar).toEqual({ amount: '10.333333', currency: 'USD' });
    expect(own?.json().supportCost.amount).toBe('5.000000');
  });

  test("shows the partner's figures of 90 days as the report tells them, and a trend by whole week", async () => {
    const ask = await world.api();
    const rowOf = async (from: string, to: string) =>
      (await ask(`/api/v1/reports/partners?from=${from}&to=${to}`, 'read'))
        .json()
        .rows.find((row: { partner: string }) => row.partner === 'nord');
    const row = await rowOf('2026-03-04', '2026-06-01');
    expect(answer.partners).toMatchObject([
      {
        partner: { code: 'nord', name: 'Nordwind' },
        period: { from: '2026-03-04', to: '2026-06-01' },
        costPerTicket: row.costPerTicket,
        costMultiple: row.costMultiple,
        contactRate: row.contactRate,
        costedTickets: row.ticketsWorked,
        tickets: row.tickets,
        orders: row.orders,
        csat: { n: 0, needed: 30 },
        flags: row.flags,
      },
    ]);
    expect(row.costMultiple).toBeGreaterThan(1);
    const trend = answer.partners[0]?.trend ?? [];
    expect(trend).toHaveLength(12);
    expect([trend[0]?.from, trend[0]?.to, trend.at(-1)?.to]).toEqual(['2026-03-09', '2026-03-15', '2026-05-31']);
    for (const { from, to, costMultiple } of trend)
      expect(costMultiple, from).toBe((await rowOf(from, to))?.costMultiple ?? null);
    expect(trend.filter(({ costMultiple }) => costMultiple !== null)).toMatchObject([{ from: '2026-05-11' }]);
  });

  test("shows the requester's latest orders with what went back, and no order of others or that was never finished", () => {
    expect(answer.customer.orders).toMatchObject([
      {
        placedOn: '2026-05-25',
        status: 'partially refunded',
        total: { amount: '100.000000', currency: 'USD' },
        refunds: [{ amount: { amount: '40.000000', currency: 'USD' }, madeOn: '2026-05-28' }],
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
    expect(hidden.cost).toEqual({ soFar: null, measuredShare: 1, lacks: null });
    expect(hidden.partners[0]?.costMultiple).toBe(answer.partners[0]?.costMultiple);
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
      .poll(async () => (await desk.ticket('101')).partners[0]?.csat, { timeout: 20_000 })
      .toMatchObject({ n: 30, topTwoBox: 0.8, low: expect.closeTo(0.627, 3), high: expect.closeTo(0.905, 3) });
  });
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
    expect(poor.partners).toEqual(rich.partners);
  });

  test('no answer names an agent, a time of work, a rate or a role', async () => {
    const answers = [await desk.counted('101'), (await desk.get('/sidebar/v1/choices', secret)).json()];
    // BEN is Benin.
    expect(JSON.stringify(answers)).not.toMatch(/[Aa]da|[Bb]en|[Cc]leo|care\b/);
    expect(JSON.stringify(answers)).not.toMatch(/hourly|agent/i);
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
    expect(answer.cost).toEqual({ soFar: null, measuredShare: null, lacks: 'pool' });
    expect(answer.partners).toMatchObject([{ costPerTicket: null, costMultiple: null, contactRate: null }]);
    expect(answer.partners[0]?.trend.filter(({ costMultiple }) => costMultiple !== null)).toEqual([]);
  });
});
