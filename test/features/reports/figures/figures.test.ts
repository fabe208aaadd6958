import { beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { figureDimensions } from '../../../../src/features/reports/facts/fact-statements.ts';
import type { figuresAnswer } from '../../../../src/features/reports/figures/answers.ts';
import { type Asked, asking, may } from '../asking.ts';
import { createWorld, nobody, nord, sud, type World } from '../world.ts';

type Answer = z.output<typeof figuresAnswer>;
type Row = Answer['rows'][number];

let world: World;
let asked: Asked;
const figures = (query = ''): Promise<Answer> => asked.get(`/api/v1/reports/figures?${may}${query}`);
const of = (rows: readonly Row[], key: Partial<Row>): Row => {
  const found = rows.filter((row) => Object.entries(key).every(([name, value]) => row[name as keyof Row] === value));
  expect(found).toHaveLength(1);
  return found[0] as Row;
};
const dollars = (amount: string) => ({ amount, currency: 'USD' });

beforeAll(async () => {
  world = await createWorld();
  asked = await asking(world, 'read,rates');
  await world.setting('agentFigures', true);
  await world.rate('36.00');
  await world.rate('72.00', '2026-01-01', 'ben');
  const april = await world.order({ placed: '2026-04-20', customerId: 'c1', revenue: 50 });
  const first = await world.order({
    placed: '2026-05-03',
    revenue: 90,
    discount: 10,
    coupons: 1,
    country: 'SE',
    customerId: 'c1',
  });
  await world.order({ placed: '2026-05-04', revenue: 300, country: 'NO', region: 'norway', addresses: ['x', 'y'] });
  await world.order({ placed: '2026-05-10', shares: [sud], revenue: 30, country: 'ES', addresses: ['y', 'z'] });
  await world.order({ placed: '2026-05-11', shares: [sud], revenue: null, country: 'PT' });
  await world.order({
    placed: '2026-05-17',
    shares: [
      { ...nord, ppm: 700_000 },
      { ...sud, ppm: 300_000 },
    ],
    country: 'SE',
    revenue: 60,
    discount: 0.000001,
    refunds: [{ made: '2026-05-18', dollars: 60 }],
  });
  await world.order({ placed: '2026-05-20', statusId: 5, revenue: 1000, coupons: 3 });
  await world.ticket({
    created: '2026-05-05',
    channel: 'email',
    language: 'de',
    reason: 'return',
    orders: [april, first],
    work: [
      ['ada', 600, '2026-05-05'],
      ['ben', 300, '2026-05-06'],
    ],
  });
  await world.ticket({ created: '2026-06-02', reason: 'return', orders: [first], work: [['ada', 60, '2026-06-02']] });
  await world.ticket({
    created: '2026-05-06',
    channel: 'chat',
    reason: 'damage',
    orders: [april],
    shares: [sud],
    work: [['ada', 100, '2026-05-06']],
  });
  await world.ticket({ created: '2026-05-07', shares: [nobody], work: [['ada', 1, '2026-05-10']] });
  await world.ticket({ created: '2026-04-07', work: [['ada', 200, '2026-04-08']] });
});

describe('GET /api/v1/reports/figures', () => {
  test('tells what orders brought, with discounts, high value, markets and buyers who came back', async () => {
    const { rows, total, highValue, lacking } = await figures();
    expect(lacking).toEqual([]);
    // 90 + 300 + 30 + 60 of four priced orders; twice their average.
    expect(highValue).toEqual(dollars('240.000000'));
    expect(of(rows, { partner: 'nord' })).toMatchObject({
      orders: 2.7,
      grossRevenue: dollars('442.000001'),
      discounts: dollars('10.000001'),
      netRevenue: dollars('390.000000'),
      averageBasket: dollars('160.000000'),
      discountRedemptionRate: 0.37037,
      highValueShare: 0.37037,
      topMarketShare: 0.62963,
      topMarket: 'nordics',
      returns: 0.7,
      returnsValue: dollars('42.000000'),
      // Buyers: c1 (again) and x; the shared order has no address.
      repeatPurchaseRate: 0.5,
      tickets: 1,
      contactRate: 37.037037,
      cohortTickets: 2,
      contactRateCohort: 74.074074,
      coverage: { pricedOrdersShare: 1, knownBuyersShare: 0.740741, ticketsWithOrderShare: 1, reasonKnownShare: 1 },
    });
    expect(of(rows, { partner: 'sud' })).toMatchObject({
      orders: 2.3,
      averageBasket: dollars('36.923077'),
      highValueShare: 0,
      // "y" had bought before, at another partner.
      repeatPurchaseRate: 1,
      cohortTickets: 0,
      unpricedOrders: 1,
      coverage: { pricedOrdersShare: 0.565217 },
    });
    expect(total).toMatchObject({
      orders: 5,
      grossRevenue: dollars('490.000001'),
      discounts: dollars('10.000001'),
      returns: 1,
      cohortTickets: 2,
      contactRate: 60,
    });
    expect(rows.map(({ partner }) => partner)).toEqual(['nord', 'sud', null, 'direct']);
  });

  test.each([
    'partner',
    'region',
    'country',
    'channel',
    'language',
    'reason',
    'agent',
    'day',
    'week',
    'month',
    'partner,region',
    'partner,reason',
    'agent,day',
    'region,language,week',
  ])('by %s the rows add up to the total', async (groupBy) => {
    const { rows, total, lacking } = await figures(`&groupBy=${groupBy}`);
    const known = (side: 'orders' | 'tickets') => !lacking.includes(side);
    const micros = (row: Row, name: 'supportCost' | 'grossRevenue' | 'netRevenue' | 'returnsValue' | 'discounts') => {
      if (row[name] !== null) return BigInt((row[name] as { amount: string }).amount.replace('.', ''));
      // Nothing of the row has an exchange rate.
      expect(row, name).toMatchObject({ unpricedOrders: 1, coverage: { pricedOrdersShare: 0 } });
      return 0n;
    };
    const adds = (name: 'supportCost' | 'grossRevenue' | 'netRevenue' | 'returnsValue' | 'discounts') =>
      expect(
        rows.reduce((sum, row) => sum + micros(row, name), 0n),
        name,
      ).toBe(micros(total, name));
    const counts = (name: 'ticketsWorked' | 'handledSeconds' | 'orders' | 'returns' | 'tickets' | 'cohortTickets') =>
      expect(Math.round(rows.reduce((sum, row) => sum + Number(row[name]) * 1e6, 0)), name).toBe(
        Math.round(Number(total[name]) * 1e6),
      );
    adds('supportCost');
    counts('ticketsWorked');
    counts('handledSeconds');
    if (known('orders')) {
      for (const name of ['grossRevenue', 'netRevenue', 'returnsValue', 'discounts'] as const) adds(name);
      counts('orders');
      counts('returns');
    } else for (const row of rows) expect(row).toMatchObject({ orders: null, netRevenue: null, returnRate: null });
    if (known('tickets')) {
      counts('tickets');
      counts('cohortTickets');
    } else for (const row of rows) expect(row).toMatchObject({ tickets: null, contactRate: null });
    expect(rows.length).toBeGreaterThan(0);
    const { partner, ...whole } = (await figures()).total;
    expect(total).toEqual({
      ...Object.fromEntries(groupBy.split(',').map((dimension) => [dimension, null])),
      ...whole,
    });
    expect(total.supportCost).toEqual(dollars('13.010000'));
  });

  test('holds tickets of a reason against the orders around it', async () => {
    const { rows } = await figures('&groupBy=partner,reason');
    const returned = of(rows, { partner: 'nord', reason: 'return' });
    expect(returned).toMatchObject({ orders: null, contactRate: 37.037037, costPerOrder: dollars('4.444444') });
    // 12.00 of 390.00.
    expect(returned.costShareOfRevenue).toBe(0.030769);
  });

  test('by agent and day each row has its part of a ticket that several worked on', async () => {
    const { rows, agents } = await figures('&groupBy=agent,day&partner=nord');
    expect(rows.map(({ agent, day, ticketsWorked, supportCost }) => [agent, day, ticketsWorked, supportCost])).toEqual([
      [`${world.connectionId}:ada`, '2026-05-05', 0.666667, dollars('6.000000')],
      [`${world.connectionId}:ben`, '2026-05-06', 0.333333, dollars('6.000000')],
    ]);
    expect(agents).toEqual({});
  });

  test('one partner alone is held against the whole account', async () => {
    const all = await figures();
    const { rows, total } = await figures('&groupBy=partner&partner=sud');
    expect(rows).toEqual([of(all.rows, { partner: 'sud' })]);
    expect(total).toMatchObject({ orders: 2.3, costMultiple: rows[0]?.costMultiple });
    expect((await figures('&groupBy=region&partner=none')).total).toMatchObject({ tickets: 1, orders: 0 });
  });

  test('what an order of high value is can be said', async () => {
    const { total, highValue } = await figures('&highValue=90');
    expect(highValue).toEqual(dollars('90.000000'));
    expect(total.highValueShare).toBe(0.5);
    await world.setting('highValueOrder', '31');
    expect(await figures()).toMatchObject({ highValue: dollars('31.000000'), total: { highValueShare: 0.75 } });
    await world.setting('highValueOrder', null);
    expect((await figures()).highValue).toEqual(dollars('240.000000'));
  });

  test('says what each figure is and what it rests on, for all that a row holds', async () => {
    const { figures: defined } = await asked.get('/api/v1/reports/definitions');
    const { total } = await figures('&compare=previous');
    const names = defined.map(({ name }: { name: string }) => name);
    expect([...names, 'coverage', 'partial', 'notHeld']).toEqual(Object.keys(total.previous ?? {}));
    expect(Object.keys(total)).toEqual(expect.arrayContaining(names));
    const named = new Set(defined.flatMap(({ coverages }: { coverages: readonly string[] }) => coverages));
    // What `why-dear` rests on are no figures here.
    const others = ['reasonKnownShare', 'languageKnownShare'];
    expect([...named, ...others].toSorted()).toEqual(Object.keys(total.coverage).toSorted());
    expect(defined).toContainEqual({
      name: 'contactRateCohort',
      unit: 'rate',
      of: 'tickets',
      coverages: ['ticketsWithOrderShare'],
      is: expect.stringMatching(/^Cohort: /),
      rests: ['tickets', 'orders'],
      notTold: [{ dimension: 'agent', why: expect.stringContaining('created by a customer') }],
    });
  });

  test('bug: the definition of a contact rate told how it is held by agent, by whom none is told', async () => {
    const { figures: defined } = await asked.get('/api/v1/reports/definitions');
    const held = defined.flatMap(
      ({ name, is, notTold }: { name: string; is: string; notTold: { dimension: string }[] }) => {
        const by = /; by ([a-z, ]+), which orders do not know/.exec(is)?.[1]?.split(/, | or /);
        return by?.map((dimension) => [name, dimension, notTold.some((no) => no.dimension === dimension)]) ?? [];
      },
    );
    expect(held.filter(([, , isNotTold]: unknown[]) => isNotTold)).toEqual([]);
    expect(held).toContainEqual(['costPerOrder', 'agent', false]);
  });

  test.each([...figureDimensions, 'partner,reason', 'agent,day', 'partner,region,week'])(
    'by %s the answer and the definitions say which figures it does not tell, and why',
    async (groupBy) => {
      const { figures: defined } = await asked.get('/api/v1/reports/definitions');
      const { rows, notTold } = await figures(`&groupBy=${groupBy}`);
      const by = groupBy.split(',');
      const right = defined.flatMap((one: { name: string; notTold: { dimension: string; why: string }[] }) =>
        one.notTold.filter(({ dimension }) => by.includes(dimension)).map((told) => ({ ...told, figure: one.name })),
      );
      const told = notTold.flatMap(({ figures: names, ...one }) => names.map((figure) => ({ ...one, figure })));
      const sorted = (all: object[]) => all.map((one) => JSON.stringify(Object.entries(one).toSorted())).toSorted();
      expect(sorted(told)).toEqual(sorted(right));
      expect(rows.length).toBeGreaterThan(0);
      const untold = new Set(told.map(({ figure }) => figure));
      for (const { name } of defined) {
        const values = rows.map((row) => row[name as keyof Row]);
        if (untold.has(name)) for (const value of values) expect(value, name).toBeNull();
        // Nobody said what partnerships bring, nor was anybody asked for a score.
        else if (!['benefits', 'netGain', 'roi', 'csatTopTwoBox'].includes(name))
          expect(
            values.some((value) => value !== null),
            name,
          ).toBe(true);
      }
    },
  );

  test('bug: the largest market’s part bore no word of orders of no region', async () => {
    const bare = await createWorld();
    const { get } = await asking(bare, 'read,rates');
    await bare.order({ placed: '2026-05-03' });
    await bare.order({ placed: '2026-05-04', shares: [{ partner: 'nord', region: null }] });
    await bare.order({ placed: '2026-05-04', shares: [{ partner: 'sud', region: null }] });
    const { rows, total }: Answer = await get(`/api/v1/reports/figures?${may}`);
    expect(of(rows, { partner: 'nord' })).toMatchObject({ topMarketShare: 0.5, coverage: { regionKnownShare: 0.5 } });
    expect(of(rows, { partner: 'sud' })).toMatchObject({ topMarketShare: null, coverage: { regionKnownShare: 0 } });
    expect(total).toMatchObject({ topMarket: 'nordics', coverage: { regionKnownShare: 0.333333 } });
  });

  test('bug: a cost to serve by reason bore no word of orders around it that have no exchange rate', async () => {
    const { rows } = await figures('&groupBy=partner,reason');
    expect(of(rows, { partner: 'sud', reason: 'damage' })).toMatchObject({
      grossRevenue: null,
      costShareOfRevenue: expect.any(Number),
      coverage: { pricedOrdersShare: 0.565217, regionKnownShare: null },
    });
  });

  test('figures by agent need the scope `rates` and the account’s consent', async () => {
    const api = await world.api();
    await world.setting('agentFigures', false);
    const { status, json } = await api(`/api/v1/reports/figures?${may}&groupBy=agent`);
    expect([status, json().detail]).toEqual([403, expect.stringContaining('agentFigures')]);
    await world.setting('agentFigures', true);
    expect((await api(`/api/v1/reports/figures?${may}&groupBy=agent`, 'read')).status).toBe(403);
    expect((await api(`/api/v1/reports/figures?${may}&groupBy=reason`, 'read')).json()).toMatchObject({
      costBasis: 'pooled',
      total: { supportCost: null, costPerTicket: null, handledSeconds: 1001 },
    });
  });

  test('comes in pages that lead on from one another, and whole as a table', async () => {
    const whole = await figures('&groupBy=reason');
    const rows: Row[] = [];
    let next: string | null = null;
    do {
      const page: Answer = await figures(`&groupBy=reason&limit=1${next === null ? '' : `&after=${next}`}`);
      expect(page.total).toEqual(whole.total);
      rows.push(...page.rows);
      next = page.next;
    } while (next !== null);
    expect(rows).toEqual(whole.rows);
    const lines = (await asked.csv(`/api/v1/reports/figures?${may}&groupBy=reason&format=csv`)).trimEnd().split('\r\n');
    expect(lines.map((line) => line.split(',')[0])).toEqual(['reason', 'return', 'damage', '', 'total']);
    expect(lines[0]).toContain(',currency,orders,grossRevenue,');
  });

  test.each([
    ['&groupBy=colour', 'groupBy'],
    ['&groupBy=partner,partner', 'groupBy'],
    ['&groupBy=partner,region,reason,day', 'groupBy'],
    ['&baselineFrom=2026-01-01', 'baselineTo'],
    ['&baselineFrom=2026-02-01&baselineTo=2026-01-01', 'baselineTo'],
    ['&highValue=many', 'highValue'],
    // A week of one month would be held against one that lies in two: rows showed that no day is in.
    ['&groupBy=week,month&compare=previous', 'groupBy'],
    ['&groupBy=month,partner,week&baselineFrom=2026-01-01&baselineTo=2026-01-31', 'groupBy'],
    ['&after=nonsense', 'after'],
    ['&partner=nobody', 'partner'],
  ])('says which field of %s is wrong', async (query, field) => {
    const api = await world.api();
    const { status, json } = await api(`/api/v1/reports/figures?${may}${query}`);
    expect(status).toBe(400);
    expect(json().errors).toMatchObject([{ field }]);
  });
});
