import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/features/attribution/index.ts';
import type { SidebarTicket } from '../../../src/features/sidebar/contract.ts';
import { createWorld, nord } from '../reports/world.ts';
import { settle, share, team } from './ticket-world.ts';

const world = await createWorld();
await team(world);
const desk = await settle(world);
const { db } = world;

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
        partners: [],
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

  test('bug: an order number in its field that names no order was told by nobody', async () => {
    const known = await world.order({ placed: '2026-05-01' });
    await db.query(`update "order" set number = 'DE-7', external_number = 'M-9' where id = $1`, [known]);
    const id = await desk.decide('335', {});
    await db.query("update ticket set order_numbers = '{99999,de-7,m-9}' where id = $1", [id]);
    expect((await desk.ticket('335')).attribution?.orderField).toEqual([
      { number: '99999', known: false },
      { number: 'de-7', known: true },
      { number: 'm-9', known: true },
    ]);
  });

  test('whose work has no rate yet tells no cost, which is not the same as none', async () => {
    await db.query("delete from rate where key like '%:cleo'");
    const id = await world.ticket({ created: '2026-05-30', work: [['dora', 600, '2026-05-30']] });
    await desk.named(id, '340');
    expect((await desk.ticket('340')).cost).toEqual({ soFar: null, measuredShare: null, lacks: 'rate' });
    await desk.decide('341', {});
    expect((await desk.ticket('341')).cost).toEqual({
      soFar: { amount: '0.000000', currency: 'USD' },
      measuredShare: null,
      lacks: null,
    });
  });

  test('bug: work without a rate beside work that has one was left out of the cost without a word', async () => {
    const id = await world.ticket({
      created: '2026-05-30',
      work: [
        ['ada', 600, '2026-05-30'],
        ['dora', 600, '2026-05-30'],
      ],
    });
    await desk.named(id, '342');
    expect((await desk.ticket('342')).cost).toEqual({
      soFar: { amount: expect.stringMatching(/^[1-9]/), currency: 'USD' },
      measuredShare: 1,
      lacks: 'rate',
    });
  });
});

const sud = { partner: 'sud', region: 'iberia' };

test('of a ticket that several partners bear the figures of each are told, the largest share first', async () => {
  await desk.decide('401', {
    shares: [share(nord, 300_000), share({ partner: 'direct', region: null }, 100_000), share(sud, 600_000)],
  });
  const codesOf = ({ partners }: SidebarTicket) => partners.map(({ partner }) => partner.code);
  const answer = await desk.counted('401');
  expect(codesOf(answer)).toEqual(['sud', 'nord', 'direct']);
  await desk.decide('402', { shares: [share(nord)] });
  expect((await desk.ticket('402')).partners).toEqual([answer.partners[1]]);
  // By all of its regions together; and a partner without figures in the period has none.
  await desk.decide('403', {
    shares: [
      share(sud, 400_000),
      share(nord, 300_000),
      share({ partner: 'nord', region: 'iberia' }, 200_000),
      share({ partner: 'west', region: null }, 100_000),
    ],
  });
  const answered = await desk.ticket('403');
  expect([codesOf(answered), answered.counting]).toEqual([['nord', 'sud'], false]);
});

const half = { by: 'agent-77', sourceKey: 'audit:1', at: '2026-05-30T08:00:00.000Z' };
test.each<[string, Partial<Decision>, { partner: string; region: string }]>([
  ['an order', { method: 'text' }, { partner: 'text', region: 'text' }],
  [
    'a rule that names a region',
    { method: 'rule', shares: [share({ partner: null, region: 'iberia' })] },
    { partner: 'unattributed', region: 'rule' },
  ],
  [
    'an agent who chose the partner, and recent orders',
    { method: 'person', evidence: { partner: half, below: { method: 'recent orders, region' } } },
    { partner: 'person', region: 'recent orders, region' },
  ],
  [
    'an agent who said no partner, and an order',
    {
      method: 'person',
      evidence: { partner: half, below: { method: 'field' } },
      shares: [share({ partner: null, region: 'iberia' })],
    },
    { partner: 'person', region: 'field' },
  ],
  [
    'an agent who chose the region alone',
    { method: 'person', evidence: { region: half }, shares: [share({ partner: null, region: 'iberia' })] },
    { partner: 'unattributed', region: 'person' },
  ],
])('how each half is known is told apart: by %s', async (name, decision, how) => {
  const id = String(500 + name.length);
  await desk.decide(id, decision);
  expect((await desk.ticket(id)).attribution?.how).toEqual(how);
});
