import { pino } from 'pino';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../../../src/app.ts';
import { multiply, rational, roundHalfEven, split } from '../../../../src/core/money.ts';
import { createAccess } from '../../../../src/features/access/index.ts';
import { importFx } from '../../../../src/features/costing/index.ts';
import { partnerBook, regionBook } from '../../../../src/features/directory/index.ts';
import { importOtherCosts, partnershipMoney } from '../../../../src/features/partnerships/index.ts';
import { atRatesOf, shadowed } from '../../../../src/features/reports/facts/constant-currency.ts';
import { reportRoutes } from '../../../../src/features/reports/index.ts';
import type { Database } from '../../../../src/platform/database/open.ts';
import { testDatabase } from '../../../support/database.ts';
import { standingClock } from '../../../support/standing-clock.ts';
import { type Ledger, openLedger, reading, wholly } from '../../costing/ledger.ts';

let db: Database;
let ledger: Ledger;
let ask: (url: string, scopes?: string) => Promise<{ status: number; body: never }>;
const month = 'from=2026-05-01&to=2026-05-31';
const may = { from: '2026-05-01', to: '2026-05-31' };

/** Euro to dollar as it was when work was done and orders were placed, and on the day that is asked for. */
const then = rational(11n, 10n);
const chosen = rational(123457n, 100000n);
const fxDay = '2026-06-10';
const at = (rate: typeof then, micros: bigint): bigint => roundHalfEven(multiply(rational(micros), rate));

interface Placed {
  readonly micros: bigint;
  readonly currency?: string;
  readonly shares: readonly (readonly [string | null, number])[];
  /** Total, tax and paid of a refund on 05-20. */
  readonly refund?: readonly [bigint, bigint, bigint];
}
const net = ([total, tax, paid]: readonly [bigint, bigint, bigint]) => rational((total - tax) * paid, total);
const partsOf = (whole: bigint, shares: Placed['shares']): bigint[] =>
  split(
    whole,
    shares.map(([partner, ppm]) => ({ weight: BigInt(ppm), key: partner ?? '\u{10FFFF}' })),
  );

let last = 0;
const order = async ({ micros, currency = 'EUR', shares, refund }: Placed): Promise<void> => {
  last += 1;
  const rate = currency === 'USD' ? rational(1n) : then;
  const rated = currency === 'RSD' ? null : rate;
  const [row] = await db.query<{ id: bigint }>(
    `insert into "order" (connection_id, external_id, number, placed_at, placed_day, modified_at, status_id, counted, region, currency,
                          revenue_micros, reporting_micros, fx_numerator, fx_denominator, places, first_seen_at)
     values ($1, $2, $2, '2026-05-10', '2026-05-10', now(), 2, true, 'dach', $3, $4, $5, $6, $7, '{}', now()) returning id`,
    [
      ledger.connection.id,
      String(last),
      currency,
      micros,
      rated && at(rated, micros),
      rated?.numerator,
      rated?.denominator,
    ],
  );
  const write = async (table: 'order' | 'refund', id: unknown, whole: bigint | null) => {
    const parts = whole === null ? shares.map(() => null) : partsOf(whole, shares);
    await db.query(
      table === 'order'
        ? 'insert into order_share (order_id, share_no, partner, ppm, reporting_micros) select $1, n - 1, p, m, r from unnest($2::int[], $3::text[], $4::int[], $5::bigint[]) as u(n, p, m, r)'
        : 'insert into refund_share (refund_id, share_no, partner, ppm, reporting_micros) select $1, n - 1, p, m, r from unnest($2::int[], $3::text[], $4::int[], $5::bigint[]) as u(n, p, m, r)',
      [id, shares.map((_, n) => n + 1), shares.map(([partner]) => partner), shares.map(([, ppm]) => ppm), parts],
    );
  };
  await write('order', row?.id, rated && at(rated, micros));
  if (!refund) return;
  const [total, tax, paid] = refund;
  const [back] = await db.query<{ id: bigint }>(
    `insert into refund (order_id, external_id, made_at, made_day, total_micros, tax_micros, paid_micros, net_micros, reporting_micros)
     values ($1, '1', '2026-05-20', '2026-05-20', $2, $3, $4, $5, $6) returning id`,
    [row?.id, total, tax, paid, roundHalfEven(net(refund)), roundHalfEven(multiply(net(refund), rate))],
  );
  await write('refund', back?.id, roundHalfEven(multiply(net(refund), rate)));
};

/** Shares that leave remainders, ties among them, and one without a partner. */
const orders: readonly Placed[] = [
  {
    micros: 10_000_001n,
    shares: [
      ['nord', 700_000],
      ['sud', 300_000],
    ],
  },
  {
    micros: 7n,
    shares: [
      [null, 333_334],
      ['nord', 333_333],
      ['sud', 333_333],
    ],
  },
  {
    micros: 5n,
    shares: [
      ['sud', 500_000],
      ['nord', 500_000],
    ],
  },
  { micros: 99_999_999n, shares: [['nord', 1_000_000]], refund: [119_000_000n, 19_000_000n, 50_000_001n] },
  {
    micros: 33_333_333n,
    shares: [
      ['sud', 600_001],
      [null, 399_999],
    ],
    refund: [39_666_667n, 6_333_334n, 39_666_667n],
  },
  { micros: 20_000_000n, currency: 'USD', shares: [['sud', 1_000_000]] },
];

beforeAll(async () => {
  db = await testDatabase();
  ledger = await openLedger(db);
  const clock = standingClock('2026-06-20T12:00:00Z');
  let token = 0;
  const access = createAccess({ db, clock, random: (bytes) => Buffer.from(`${++token}`.padStart(bytes, 'r')) });
  const basis = { currency: 'USD', timeZone: 'UTC' };
  const app = await buildApp({
    log: pino({ level: 'silent' }),
    version: 'test',
    publicUrl: 'http://localhost',
    parts: [reportRoutes({ db, access, clock, basis, onLook: async () => undefined })],
  });
  ask = async (url, scopes = 'read,rates') => {
    const made = await access.createToken({ name: `token ${++token}`, scopes });
    const reply = await app.inject({ url, headers: { authorization: `Bearer ${made.token}` } });
    return { status: reply.statusCode, body: reply.json() as never };
  };
  await ledger.euro('1.1', '2026-04-25', '2026-05-31');
  await ledger.fx('2026-06-09,EUR,USD,1.23457\n');
  await ledger.rates(`default,,36,EUR,2026-01-01\nagent,${ledger.connection.name}:bob,72,USD,2026-01-01\n`);
  const [nord, sud] = [await ledger.ticket(), await ledger.ticket()];
  await ledger.settle([
    { ticketId: nord, shares: wholly('nord'), readings: [reading({ rawSeconds: 601 })] },
    {
      ticketId: sud,
      shares: wholly('sud'),
      readings: [reading({ rawSeconds: 100, agentId: 'bob' }), reading({ rawSeconds: 50 })],
    },
  ]);
  await db.query('update ticket set created_day = $1, created_at = $1::date, snapshot_at = now()', ['2026-05-04']);
  for (const one of orders) await order(one);
});

/** By partner: [cost, net revenue] as the report has them, without the partner that has none of both. */
const told = async (query = '', scopes?: string) => {
  const { status, body } = await ask(`/api/v1/reports/partners?${month}${query}`, scopes);
  expect(status).toBe(200);
  const { rows, total } = body as {
    rows: { partner: string | null; supportCost: { amount: string }; netRevenue: { amount: string } }[];
    total: { supportCost: { amount: string }; netRevenue: { amount: string } };
  };
  const micros = (amount: string) => BigInt(amount.replace('.', ''));
  return {
    rows: new Map(rows.map((row) => [row.partner, [micros(row.supportCost.amount), micros(row.netRevenue.amount)]])),
    total: [micros(total.supportCost.amount), micros(total.netRevenue.amount)],
    body,
  };
};

const expected = (rate: typeof then) => {
  const rows = new Map<string | null, [bigint, bigint]>([
    ['nord', [at(rate, 6_010_000n), 0n]],
    ['sud', [2_000_000n + at(rate, 500_000n), 0n]],
    [null, [0n, 0n]],
  ]);
  for (const { micros, currency, shares, refund } of orders) {
    const own = currency === 'USD' ? rational(1n) : rate;
    const sold = partsOf(at(own, micros), shares);
    const back = refund ? partsOf(roundHalfEven(multiply(net(refund), own)), shares) : [];
    for (const [n, [partner]] of shares.entries()) {
      const row = rows.get(partner);
      if (row) row[1] += (sold[n] ?? 0n) - (back[n] ?? 0n);
    }
  }
  return rows;
};

describe('a report at the rates of one day', () => {
  test('has every amount at them, to the micro, and afterwards all is as it was', async () => {
    const before = await told();
    const same = (rows: Map<string | null, unknown>) =>
      [...rows].filter(([partner]) => partner !== 'direct').toSorted();
    expect(same(before.rows)).toEqual(same(expected(then)));
    const constant = await told(`&fxDay=${fxDay}`);
    expect(same(constant.rows)).toEqual(same(expected(chosen)));
    expect(constant.body).toMatchObject({ fxDay });
    for (const n of [0, 1])
      expect([...constant.rows.values()].reduce((sum, row) => sum + (row[n] ?? 0n), 0n)).toBe(constant.total[n]);
    expect((await told()).body).toEqual(before.body);
  });

  test('is the same in its steps and in its tickets', async () => {
    const { total } = await told(`&fxDay=${fxDay}`);
    const amounts = (list: { supportCost: { amount: string } | null }[]) =>
      list.reduce((sum, { supportCost }) => sum + BigInt(supportCost?.amount.replace('.', '') ?? 0), 0n);
    const { body: steps } = await ask(`/api/v1/reports/series?${month}&step=week&fxDay=${fxDay}`);
    expect(amounts((steps as { points: [] }).points)).toBe(total[0]);
    expect(steps).toMatchObject({ fxDay });
    const { body: tickets } = await ask(`/api/v1/tickets?${month}&fxDay=${fxDay}`);
    expect((tickets as { items: [] }).items).toHaveLength(2);
    expect(amounts((tickets as { items: [] }).items)).toBe(total[0]);
  });

  test('bug: the list of tickets at the rates of one day did not tell which', async () => {
    expect((await ask(`/api/v1/tickets?${month}&fxDay=${fxDay}`)).body).toMatchObject({ fxDay });
    expect((await ask(`/api/v1/tickets?${month}`)).body).not.toHaveProperty('fxDay');
  });

  test('bug: the export and what proves a ticket had no rates of one day, so that they added up to no report of that day', async () => {
    const { total, rows } = await told(`&fxDay=${fxDay}`);
    type Money = { amount: string };
    type Fx = { numerator: string; denominator: string; date: string | null };
    type Part = { seconds: number; cost: Money; native: Money & { currency: string }; fx: Fx };
    const sum = (list: readonly Money[]) =>
      list.reduce((micros, { amount }) => micros + BigInt(amount.replace('.', '')), 0n);
    const export_ = (await ask(`/api/v1/exports/tickets?${month}&fxDay=${fxDay}`)).body as {
      fxDay: string;
      items: { id: string; supportCost: Money; work: { parts: Part[] }[] }[];
    };
    expect(export_.fxDay).toBe(fxDay);
    expect(sum(export_.items.map(({ supportCost }) => supportCost))).toBe(total[0]);
    const partsOfExport = export_.items.flatMap(({ work }) => work.flatMap(({ parts }) => parts));
    expect(sum(partsOfExport.map(({ cost }) => cost))).toBe(total[0]);
    for (const { cost, native, fx } of partsOfExport) {
      const micros = BigInt(native.amount.replace('.', ''));
      expect(sum([cost])).toBe(native.currency === 'EUR' ? at(chosen, micros) : micros);
      expect(fx).toMatchObject(native.currency === 'EUR' ? { date: '2026-06-09' } : { date: null });
    }
    const ofNord = await ask(`/api/v1/exports/tickets?${month}&partner=nord&fxDay=${fxDay}`);
    expect(sum((ofNord.body as { items: { supportCost: Money }[] }).items.map((one) => one.supportCost))).toBe(
      rows.get('nord')?.[0],
    );
    for (const { id, supportCost } of export_.items) {
      const detail = (await ask(`/api/v1/tickets/${id}?fxDay=${fxDay}`)).body as {
        fxDay: string;
        supportCost: Money;
        work: { postings: Part[] }[];
      };
      expect(detail).toMatchObject({ fxDay, supportCost });
      const postings = detail.work.flatMap((one) => one.postings);
      expect(sum(postings.map(({ cost }) => cost))).toBe(sum([supportCost]));
      expect(new Set(postings.map(({ fx }) => fx.date))).toContain('2026-06-09');
      expect((await ask(`/api/v1/tickets/${id}`)).body).not.toHaveProperty('fxDay');
    }
  });

  test('bug: one pool at the rates of many days told the wage of who is paid in another currency than the rest', async () => {
    const reports = ['partners', 'series', 'figures', 'why-dear', 'roi'].map((name) => `reports/${name}`);
    for (const name of [...reports, 'tickets', 'exports/tickets']) {
      const path = `/api/v1/${name}?${month}`;
      expect((await ask(path, 'read')).status, name).toBe(200);
      expect((await ask(`${path}&fxDay=${fxDay}`, 'read')).status, name).toBe(403);
      expect((await ask(`${path}&fxDay=${fxDay}`)).status, name).toBe(200);
    }
    const [{ id } = { id: 0n }] = await db.query<{ id: bigint }>('select min(id) as id from ticket');
    expect((await ask(`/api/v1/tickets/${id}`, 'read')).status).toBe(200);
    expect((await ask(`/api/v1/tickets/${id}?fxDay=${fxDay}`, 'read')).status).toBe(403);
  });

  test('takes other costs of partnerships along', async () => {
    const known = {
      partners: partnerBook([{ code: 'nord', name: 'Nord', aliases: [] }]),
      regions: regionBook([]),
      stores: [],
    };
    await importOtherCosts(
      db,
      'reference,partner,kind,amount,currency,every,from,to\nf,nord,fee,100,EUR,month,2026-05-01,2026-05-31\n',
      { dryRun: false, now: new Date('2026-06-01T00:00:00Z'), known },
    );
    const asked = { ...may, groupBy: [], currency: 'USD' };
    const source = await atRatesOf(db, { fxDay, currency: 'USD', costBasis: 'true', periods: [may] });
    expect((await partnershipMoney(db, asked)).rows).toMatchObject([{ otherCostMicros: 110_000_000n }]);
    expect((await source.transaction((tx) => partnershipMoney(tx, asked))).rows).toMatchObject([
      { otherCostMicros: 123_457_000n },
    ]);
  });

  test('has the same cost in figures of any dimension, beside another period, and in why a partner is dear and what it is worth', async () => {
    const { body } = await told(`&fxDay=${fxDay}`);
    const { netRevenue, supportCost } = (body as { total: Record<string, unknown> }).total;
    const figures = await ask(`/api/v1/reports/figures?${month}&groupBy=partner,week&compare=previous&fxDay=${fxDay}`);
    expect(figures).toMatchObject({ status: 200, body: { fxDay, total: { supportCost, netRevenue } } });
    const roi = await ask(`/api/v1/reports/roi?${month}&fxDay=${fxDay}`);
    expect(roi).toMatchObject({ status: 200, body: { fxDay, total: { supportCost } } });
    const dear = await ask(`/api/v1/reports/why-dear?${month}&fxDay=${fxDay}`);
    expect(dear).toMatchObject({ status: 200, body: { fxDay } });
  });

  test('bug: a currency of long ago without a rate on that day refused figures against the period before', async () => {
    await ledger.fx('2025-01-06,EUR,TRY,40\n');
    await ledger.rates('team,bygone,400,TRY,2025-01-01\n');
    await db.query(
      "insert into agent_team (connection_id, external_id, team, valid_from) values ($1, 'eda', 'bygone', '2025-01-01')",
      [ledger.connection.id],
    );
    await ledger.euro('1.1', '2025-01-06', '2025-01-06');
    const old = await ledger.ticket();
    const workedAt = new Date('2025-01-08T12:00:00Z');
    await ledger.settle([
      { ticketId: old, shares: wholly('nord'), readings: [reading({ rawSeconds: 60, agentId: 'eda', workedAt })] },
    ]);
    const asked = `/api/v1/reports/figures?${month}&fxDay=${fxDay}`;
    expect((await ask(`${asked}&compare=previous`)).status).toBe(200);
    expect(await ask(`${asked}&baselineFrom=2025-01-01&baselineTo=2025-01-31`)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'fxDay', reason: expect.stringContaining('no rate of TRY') }] },
    });
    // Of single tickets that one alone has no such rate.
    const tickets = await db.query<{ id: bigint }>('select distinct ticket_id as id from posting order by 1');
    expect(tickets).toHaveLength(3);
    for (const { id } of tickets)
      expect((await ask(`/api/v1/tickets/${id}?fxDay=${fxDay}`)).status).toBe(id === old ? 400 : 200);
  });

  test('is refused where a cost has no rate on that day, and beside a seal', async () => {
    expect(await ask(`/api/v1/reports/partners?${month}&fxDay=2026-09-01`)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'fxDay', reason: expect.stringContaining('no rate of EUR') }] },
    });
    expect(await ask(`/api/v1/reports/partners?${month}&fxDay=${fxDay}&asOf=seal`)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'fxDay' }] },
    });
  });

  test('prices orders that had no rate on their own day, and unprices those without one on this', async () => {
    await importFx(db, 'date,base,quote,rate\n2026-06-09,EUR,RSD,117\n', { dryRun: false, now: new Date() });
    await order({ micros: 117_000_000n, currency: 'RSD', shares: [['nord', 1_000_000]] });
    const [own, constant] = [await told(), await told(`&fxDay=${fxDay}`)];
    expect(own.body).toMatchObject({ total: { unpricedOrders: 1 } });
    expect(constant.body).toMatchObject({ total: { unpricedOrders: 0 } });
    expect(constant.total[1]).toBe(
      (constant.rows.get('nord')?.[1] ?? 0n) +
        (constant.rows.get('sud')?.[1] ?? 0n) +
        (constant.rows.get(null)?.[1] ?? 0n),
    );
  });
});

test('every table that holds money in the reporting currency is shadowed', async () => {
  const elsewhere: Readonly<Record<string, string>> = {
    rate: 'in the currency of the rate',
    payroll: 'in the currency of the pay',
    partnership_item: 'in the currency of the item',
    order_line: "in the order's currency",
  };
  const rows = await db.query<{ table: string }>(
    `select distinct table_name as table from information_schema.columns
      where table_schema = 'public' and column_name like '%micros' and data_type in ('bigint', 'numeric') order by 1`,
  );
  expect(rows.length).toBeGreaterThan(8);
  const inTexts = ['rollup_written'];
  expect([...rows.map(({ table }) => table).filter((name) => !(name in elsewhere)), ...inTexts].toSorted()).toEqual(
    [...shadowed].toSorted(),
  );
});
