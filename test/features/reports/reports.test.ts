import { beforeAll, describe, expect, test } from 'vitest';
import { foldRollups } from '../../../src/features/costing/index.ts';
import { partnerReport, rollupDifferences } from '../../../src/features/reports/index.ts';
import { createWorld, nobody, nord, sud, type World } from './world.ts';

let world: World;
let api: Awaited<ReturnType<World['api']>>;
const period = 'from=2026-05-01&to=2026-05-31';

beforeAll(async () => {
  world = await createWorld();
  api = await world.api();
  await world.rate('36.00');
  await world.ticket({ created: '2026-05-04', shares: [nord], work: [['ada', 600, '2026-05-05']] });
  await world.ticket({
    created: '2026-05-06',
    shares: [
      { ...nord, ppm: 333_333 },
      { ...sud, ppm: 666_667 },
    ],
    work: [['ben', 7, '2026-05-31']],
  });
  await world.ticket({ created: '2026-05-06', shares: [nobody], work: [['ben', 1, '2026-05-10']] });
  await world.order({ placed: '2026-05-03', shares: [nord], revenue: 100 });
  await world.order({
    placed: '2026-05-17',
    shares: [sud],
    revenue: 50,
    refunds: [{ made: '2026-05-18', dollars: 50 }],
  });
});

interface Row {
  partner: string | null;
  region: string | null;
  supportCost: { amount: string };
  orders: number;
  tickets: number;
}

describe('GET /api/v1/reports/partners', () => {
  test('has a row for each partner, the dearest first, with Direct and Unattributed, and their total', async () => {
    const { rows, total, ...about } = (await api(`/api/v1/reports/partners?${period}`)).json();
    expect(about).toEqual({
      from: '2026-05-01',
      to: '2026-05-31',
      groupBy: ['partner'],
      currency: 'USD',
      timeZone: 'UTC',
      costBasis: 'true',
      partial: false,
      // No walk ever read them: of what days they are held is told by the oldest alone.
      held: { unknown: [], partlyKnown: ['orders', 'tickets', 'work'], heldUpBy: [] },
    });
    expect(rows.map(({ partner, supportCost, orders }: Row) => [partner, supportCost.amount, orders])).toEqual([
      ['nord', '6.023333', 1],
      ['sud', '0.046667', 1],
      [null, '0.010000', 0],
      ['direct', '0.000000', 0],
    ]);
    expect(total).toMatchObject({
      partner: null,
      region: null,
      supportCost: { amount: '6.080000' },
      tickets: 3,
      costMultiple: 1,
    });
  });

  test('groups by region and by both', async () => {
    const cells = async (groupBy: string) =>
      ((await api(`/api/v1/reports/partners?${period}&groupBy=${groupBy}`)).json().rows as Row[]).map(
        ({ partner, region }) => [partner, region],
      );
    expect(await cells('region')).toEqual([
      [null, 'nordics'],
      [null, 'iberia'],
      [null, null],
    ]);
    expect(await cells('partner,region')).toEqual([
      ['nord', 'nordics'],
      ['sud', 'iberia'],
      [null, null],
    ]);
  });

  test('takes both ends of a period in, and one day is a period', async () => {
    const cost = async (from: string, to: string) =>
      (await api(`/api/v1/reports/partners?from=${from}&to=${to}`)).json().total.supportCost.amount;
    expect(await cost('2026-05-05', '2026-05-31')).toBe('6.080000');
    expect(await cost('2026-05-06', '2026-05-30')).toBe('0.010000');
    expect(await cost('2026-05-31', '2026-05-31')).toBe('0.070000');
    expect(await cost('2026-06-01', '2026-06-30')).toBe('0.000000');
  });

  test('bug: without its days it said "expected string, received undefined", and not what to give', async () => {
    const { status, text } = await api('/api/v1/reports/partners');
    const reason = 'is missing: give a day as YYYY-MM-DD';
    expect(status).toBe(400);
    expect(JSON.parse(text).errors).toEqual([
      { field: 'from', reason },
      { field: 'to', reason },
    ]);
  });

  test('is a table in CSV with a header and the total last', async () => {
    const { text, headers } = await api(`/api/v1/reports/partners?${period}&format=csv`);
    expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(headers['content-disposition']).toBe('attachment; filename="partners-2026-05-01-2026-05-31.csv"');
    const lines = text.trimEnd().split('\r\n');
    expect(lines[0]).toMatch(/^partner,region,currency,orders,returns,returnRate,netRevenue,tickets,/);
    expect(lines.map((line) => line.split(',')[0])).toEqual(['partner', 'nord', 'sud', '', 'direct', 'total']);
    expect(lines[2]).toMatch(/^sud,,USD,1,1,1,0\.000000,0\.666667,/);
  });

  test('bug: in the table by region the sum was named in the cell of partners, which no row had', async () => {
    const { text } = await api(`/api/v1/reports/partners?${period}&groupBy=region&format=csv`);
    const cells = text
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(',').slice(0, 2));
    expect(cells.map(([partner]) => partner)).toEqual(['partner', ...cells.slice(1).map(() => '')]);
    expect(cells.at(-1)).toEqual(['', 'total']);
  });

  test.each(['figures', 'series', 'why-dear', 'roi'])('%s as of a seal is refused, with why', async (report) => {
    const { status, json } = await api(`/api/v1/reports/${report}?${period}&asOf=seal`);
    expect(status).toBe(400);
    expect(json().errors).toMatchObject([{ field: 'asOf', reason: expect.stringContaining('a seal keeps its days') }]);
  });

  test.each([
    ['from=2026-05-01', 'to'],
    ['from=2026-02-30&to=2026-05-31', 'from'],
    ['from=2026-05-31&to=2026-05-01', 'to'],
    ['from=2020-01-01&to=2026-05-31', 'to'],
    ['from=yesterday&to=2026-05-31', 'from'],
    [`${period}&groupBy=agent`, 'groupBy'],
    [`${period}&format=xml`, 'format'],
  ])('says which field of %s is wrong', async (query, field) => {
    const { status, json } = await api(`/api/v1/reports/partners?${query}`);
    expect(status).toBe(400);
    expect(json().errors).toMatchObject([{ field }]);
  });

  test('needs the scope to read', async () => {
    expect((await api(`/api/v1/reports/partners?${period}`, 'write')).status).toBe(403);
  });
});

describe('GET /api/v1/reports/series', () => {
  test('has every step of the period, with zeros where nothing was', async () => {
    const { points } = (await api('/api/v1/reports/series?from=2026-05-03&to=2026-05-06')).json();
    expect(points).toEqual([
      {
        day: '2026-05-03',
        supportCost: { amount: '0.000000', currency: 'USD' },
        handledSeconds: 0,
        tickets: 0,
        orders: 1,
        partial: false,
        notHeld: ['tickets', 'work'],
      },
      {
        day: '2026-05-04',
        supportCost: { amount: '0.000000', currency: 'USD' },
        handledSeconds: 0,
        tickets: 1,
        orders: 0,
        partial: false,
        notHeld: ['work'],
      },
      {
        day: '2026-05-05',
        supportCost: { amount: '6.000000', currency: 'USD' },
        handledSeconds: 600,
        tickets: 0,
        orders: 0,
        partial: false,
        notHeld: [],
      },
      {
        day: '2026-05-06',
        supportCost: { amount: '0.000000', currency: 'USD' },
        handledSeconds: 0,
        tickets: 2,
        orders: 0,
        partial: false,
        notHeld: [],
      },
    ]);
  });

  test('steps by weeks from Monday and by months, and leaves what lies outside the period out', async () => {
    const steps = async (query: string) =>
      (await api(`/api/v1/reports/series?${query}`))
        .json()
        .points.map(({ day, supportCost }: { day: string; supportCost: { amount: string } }) => [
          day,
          supportCost.amount,
        ]);
    expect(await steps('from=2026-05-05&to=2026-05-30&step=week')).toEqual([
      ['2026-05-04', '6.010000'],
      ['2026-05-11', '0.000000'],
      ['2026-05-18', '0.000000'],
      ['2026-05-25', '0.000000'],
    ]);
    expect(await steps('from=2026-04-30&to=2026-06-01&step=month')).toEqual([
      ['2026-04-01', '0.000000'],
      ['2026-05-01', '6.080000'],
      ['2026-06-01', '0.000000'],
    ]);
  });

  test('shows one cell, "none" for what has none', async () => {
    const total = async (query: string) =>
      (await api(`/api/v1/reports/series?${period}&step=month&${query}`)).json().points[0].supportCost.amount;
    expect(await total('partner=nord')).toBe('6.023333');
    expect(await total('partner=sud&region=iberia')).toBe('0.046667');
    expect(await total('partner=sud&region=nordics')).toBe('0.000000');
    expect(await total('partner=none')).toBe('0.010000');
    expect(await total('region=none')).toBe('0.010000');
  });
});

test('folding changes no figure, and a total that is not the ledger is found', async () => {
  const { db } = world;
  const report = () =>
    partnerReport(db, {
      from: '2026-05-01',
      to: '2026-05-31',
      groupBy: ['partner', 'region'],
      currency: 'USD',
      timeZone: 'UTC',
      costBasis: 'true',
    });
  const before = await report();
  expect(await foldRollups(db)).toBeGreaterThan(0);
  expect(await foldRollups(db)).toBe(0);
  expect(await report()).toEqual(before);
  await world.ticket({ created: '2026-04-01', shares: [nord], work: [['ada', 60, '2026-04-02']] });
  expect(await foldRollups(db)).toBe(1);
  expect(await rollupDifferences(db)).toEqual([]);

  await db.query("update rollup_daily set cost_micros = cost_micros + 1 where partner = '' and measured");
  await db.query(
    "insert into rollup_delta (day, partner, region, measured, microseconds, cost_micros) values ('2026-04-03', 'sud', null, true, 5, 0)",
  );
  expect(await rollupDifferences(db)).toEqual([
    { day: '2026-04-03', partner: 'sud', region: null, measured: true, ledgerMicros: '0', rollupMicros: '0' },
    { day: '2026-05-10', partner: null, region: null, measured: true, ledgerMicros: '10000', rollupMicros: '10001' },
  ]);
});

test('two workers never fold the same rows: the second leaves it to the first', async () => {
  const { db } = world;
  await world.ticket({ created: '2026-04-01', shares: [nord], work: [['ada', 60, '2026-04-02']] });
  await db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock(3900001)');
    expect(await foldRollups(db)).toBe(0);
  });
  expect(await foldRollups(db)).toBeGreaterThan(0);
});
