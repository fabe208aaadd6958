import { expect, test, vi } from 'vitest';
import { dayMs } from '../../src/core/time.ts';
import { type MoneyJson, openMarketplace } from './marketplace.ts';

/** Each example runs a product of its own. */
vi.setConfig({ testTimeout: 60_000 });

interface Row {
  readonly partner: string | null;
  readonly orders: number;
  readonly returns: number;
  readonly netRevenue: MoneyJson;
  readonly tickets: number;
  readonly contactRate: number | null;
  readonly costPerTicket: MoneyJson | null;
  readonly costMultiple: number | null;
  readonly supportCost: MoneyJson;
  readonly unpricedEntries: number;
}

const fx = (...rows: string[]): string => `date,base,quote,rate\n${rows.join('\n')}\n`;
const whole = 1_000_000;

test('1 and 2: two agents in two currencies, and a correction that takes back the latest seconds', async () => {
  const market = await openMarketplace('2026-05-20T09:00:00Z');
  await market.bring('fx', fx('2026-05-19,EUR,USD,1.10'));
  const id = market.ticket('eva@example.com', 'Hello');
  market.work(id, 'ada', 600);
  market.work(id, 'ada', 600);
  market.work(id, 'ben', 120);
  await market.settle();
  const costs = (await market.detail(id)).work.map(({ postings }) => postings.at(-1)?.cost.amount);
  expect(costs).toEqual(['5.000000', '5.000000', '3.300000']);
  expect(await market.detail(id)).toMatchObject({ supportCost: { amount: '13.300000' }, handledSeconds: 1320 });

  market.work(id, 'ben', -700);
  await market.settle();
  const corrected = await market.detail(id);
  expect(corrected).toMatchObject({ supportCost: { amount: '5.166667' }, handledSeconds: 620 });
  expect(corrected.work.map(({ costedSeconds }) => costedSeconds)).toEqual([600, 20, 0, 0]);
});

test('3: a millionth shared 70 to 30 goes to the larger share whole', async () => {
  const market = await openMarketplace('2026-05-20T09:00:00Z', { rates: false });
  await market.bring(
    'mapping-rules',
    JSON.stringify([{ gives: 'partner', from: { place: 'line_brand' }, values: { Nordic: 'nord', Sol: 'sud' } }]),
  );
  await market.bring('rates', 'scope,key,hourly,currency,valid_from\ndefault,,0.003600,USD,2026-01-01\n');
  const line = { sku: 'HD', name: 'Vase', quantity: 1 };
  const { id: number } = market.order('direct', 'eva@example.com', market.daysAgo(3), {
    currency: 'USD',
    lines: [
      { ...line, brand: 'Nordic', priceCents: 7_000 },
      { ...line, brand: 'Sol', priceCents: 3_000 },
    ],
  });
  const id = market.ticket('eva@example.com', `Order #${number}`);
  market.work(id, 'ada', 1);
  await market.settle();
  expect((await market.detail(id)).attribution.shares).toEqual([
    { partner: 'nord', region: 'SE', country: 'SE', ppm: 700_000 },
    { partner: 'sud', region: 'SE', country: 'SE', ppm: 300_000 },
  ]);
  const { rows, total } = await market.get<{ rows: Row[]; total: Row }>(
    '/api/v1/reports/partners?from=2026-05-20&to=2026-05-20',
  );
  const costs = new Map(rows.map(({ partner, supportCost }) => [partner, supportCost.amount]));
  expect([costs.get('nord'), costs.get('sud'), total.supportCost.amount]).toEqual(['0.000001', '0.000000', '0.000001']);
});

test('4: recent orders of different partners in one region give the region alone', async () => {
  const market = await openMarketplace('2026-05-20T09:00:00Z');
  market.order('nord', 'eva@example.com', market.daysAgo(20));
  market.order('direct', 'eva@example.com', market.daysAgo(20));
  const id = market.ticket('eva@example.com', 'Where is my parcel?');
  await market.settle();
  expect((await market.detail(id)).attribution).toMatchObject({
    method: 'recent orders, region',
    shares: [{ partner: null, region: 'SE', ppm: whole }],
  });
  expect(market.desk.ticket(id).tags).toEqual(['region_se']);
});

test("5: a stranger's number counts, with low confidence; somebody else's number does not", async () => {
  const market = await openMarketplace('2026-05-20T09:00:00Z');
  const { id: number } = market.order('nord', 'eva@example.com', market.daysAgo(40));
  expect(number).toBe(1001);
  market.order('sud', 'tom@example.com', market.daysAgo(10), { countryIso2: 'ES' });
  const stranger = market.ticket('nobody@example.com', 'It is about order #1001.');
  const customer = market.ticket('tom@example.com', 'It is about order #1001.');
  await market.settle();
  expect((await market.detail(stranger)).attribution).toMatchObject({
    method: 'text',
    confidence: 'low',
    shares: [{ partner: 'nord', region: 'SE', ppm: whole }],
  });
  const { attribution } = await market.detail(customer);
  expect(attribution).toMatchObject({
    method: 'recent orders',
    shares: [{ partner: 'sud', region: 'ES', ppm: whole }],
  });
  expect(attribution.evidence).toHaveProperty('namedOrdersOfOthers');
});

test("6: an agent's tag decides, and what is found later changes nothing", async () => {
  const market = await openMarketplace('2026-05-20T09:00:00Z');
  market.order('nord', 'eva@example.com', market.daysAgo(3));
  const id = market.ticket('eva@example.com', 'Hello');
  await market.settle();
  expect(market.desk.ticket(id).tags).toEqual(['partner_nord', 'region_se']);

  market.retag(id, () => ['partner_sud', 'region_se']);
  await market.settle();
  const decided = await market.detail(id);
  expect(decided.attribution).toMatchObject({
    method: 'person',
    shares: [{ partner: 'sud', region: 'SE', ppm: whole }],
  });

  market.order('nord', 'eva@example.com', market.daysAgo(1));
  market.desk.update(id, {
    atMs: market.clock.now().getTime(),
    authorId: market.desk.ticket(id).requesterId,
    comment: { body: 'It is order #1001.', public: true },
  });
  await market.settle();
  expect((await market.detail(id)).attribution.shares).toEqual(decided.attribution.shares);
  expect(market.desk.ticket(id).tags).toEqual(['partner_sud', 'region_se']);
});

test('7: there and back again: three versions, two reversals, the total the same at every moment', async () => {
  const market = await openMarketplace('2026-05-20T09:00:00Z');
  market.order('nord', 'eva@example.com', market.daysAgo(3));
  const id = market.ticket('eva@example.com', 'Hello');
  market.work(id, 'ada', 600);
  await market.settle();
  const day = 'from=2026-05-20&to=2026-05-20';
  const costs = async () => {
    const { rows, total } = await market.get<{ rows: Row[]; total: Row }>(`/api/v1/reports/partners?${day}`);
    const of = (code: string) => rows.find(({ partner }) => partner === code)?.supportCost.amount ?? '0.000000';
    return [of('nord'), of('sud'), total.supportCost.amount];
  };
  expect(await costs()).toEqual(['5.000000', '0.000000', '5.000000']);
  market.retag(id, () => ['partner_sud', 'region_se']);
  await market.settle();
  expect(await costs()).toEqual(['0.000000', '5.000000', '5.000000']);
  market.retag(id, () => ['partner_nord', 'region_se']);
  await market.settle();
  expect(await costs()).toEqual(['5.000000', '0.000000', '5.000000']);

  const { history, work } = await market.detail(id);
  expect(history.map(({ version }) => version)).toEqual([1, 2, 3]);
  const postings = work[0]?.postings ?? [];
  expect(postings.filter(({ reverses }) => reverses !== null)).toHaveLength(2);
  expect(postings.map(({ partner, cost }) => [partner, cost.amount])).toEqual([
    ['nord', '5.000000'],
    ['nord', '-5.000000'],
    ['sud', '5.000000'],
    ['sud', '-5.000000'],
    ['nord', '5.000000'],
  ]);
});

test("8: a full refund is worth what the order was, whatever the day's rate", async () => {
  const market = await openMarketplace('2026-05-20T09:00:00Z');
  await market.bring('fx', fx('2026-05-05,EUR,USD,1.10', '2026-05-19,EUR,USD,1.20'));
  const { id } = market.order('nord', 'eva@example.com', Date.parse('2026-05-06T10:00:00Z'));
  const report = async (from: string, to: string): Promise<Row> => {
    const { rows } = await market.get<{ rows: Row[] }>(`/api/v1/reports/partners?from=${from}&to=${to}`);
    const row = rows.find(({ partner }) => partner === 'nord');
    if (!row) throw new Error('nord has no row');
    return row;
  };
  await market.settle();
  expect(await report('2026-05-01', '2026-05-31')).toMatchObject({ netRevenue: { amount: '110.000000' }, returns: 0 });
  market.refund(id);
  await market.settle();
  expect(await report('2026-05-01', '2026-05-31')).toMatchObject({
    netRevenue: { amount: '0.000000', currency: 'USD' },
    orders: 1,
    returns: 1,
  });
  expect((await report('2026-05-20', '2026-05-20')).netRevenue.amount).toBe('-110.000000');
});

test("9: a rate entered today prices last month's work then", async () => {
  const market = await openMarketplace('2026-04-10T09:00:00Z', { rates: false });
  const id = market.ticket('eva@example.com', 'Hello');
  market.work(id, 'ada', 600);
  await market.settle();
  const april = async (): Promise<Row> =>
    (await market.get<{ total: Row }>('/api/v1/reports/partners?from=2026-04-01&to=2026-04-30')).total;
  expect(await april()).toMatchObject({ supportCost: { amount: '0.000000' }, unpricedEntries: 1 });
  expect((await market.detail(id)).work).toMatchObject([{ unpriced: 'no rate', postings: [] }]);

  market.clock.advance(30 * dayMs);
  await market.importRates('2026-04-01');
  await market.settle();
  expect(await april()).toMatchObject({ supportCost: { amount: '5.000000' }, unpricedEntries: 0 });
  const [posting] = (await market.detail(id)).work[0]?.postings ?? [];
  expect(posting?.workedAt.slice(0, 10)).toBe('2026-04-10');
  expect(posting?.postedAt.slice(0, 10)).toBe('2026-05-10');
  expect(posting?.cause).toBe('rate');
});

test('10: one update of more than four hours is cut at four, and the cut is counted', async () => {
  const market = await openMarketplace('2026-05-20T09:00:00Z');
  const id = market.ticket('eva@example.com', 'Hello');
  market.work(id, 'ada', 1800);
  market.work(id, 'ada', 19_800);
  await market.settle();
  expect((await market.detail(id)).work[1]).toMatchObject({
    rawSeconds: 19_800,
    costedSeconds: 14_400,
    cappedSeconds: 5_400,
  });
  const { total } = await market.get<{ total: Row & { cappedEntries: number } }>(
    '/api/v1/reports/partners?from=2026-05-20&to=2026-05-20',
  );
  expect(total.cappedEntries).toBe(1);
});

test('11: 29 responses are no score; of 30, of which 24 are 4 or 5, it is 80.0 %, Wilson 62.7 to 90.5 %', async () => {
  const { product, get } = await openMarketplace('2026-05-20T09:00:00Z');
  const answer = (scores: readonly number[]) =>
    product.db.query(
      `with t as (
         insert into ticket (connection_id, external_id, first_seen_at)
         select (select min(id) from connection), gen_random_uuid()::text, $2::timestamptz from unnest($1::int[]) returning id
       ), asked as (
         insert into invitation (ticket_id, person_hash, token_hash, language, language_reason, shares, invited_at, state, sent_at, expires_at)
         select id, sha256(id::text::bytea), sha256(id::text::bytea), 'en', 'default',
                '[{"partner":"nord","region":"SE","country":"SE","ppm":1000000}]', $2::timestamptz, 'delivered', $2::timestamptz, $2::timestamptz from t returning id
       )
       insert into response (invitation_id, score, given_at, given_day)
       select a.id, s.score, $2::timestamptz, ($2::timestamptz)::date from (select id, row_number() over () as no from asked) a
         join unnest($1::int[]) with ordinality as s(score, no) on s.no = a.no`,
      [scores, new Date('2026-05-20T08:00:00Z')],
    );
  const csat = async (): Promise<Record<string, number>> => {
    const path = '/api/v1/reports/partners?from=2026-05-20&to=2026-05-20';
    return (await get<{ total: { csat: Record<string, number> } }>(path)).total.csat;
  };
  await answer([...Array(23).fill(5), ...Array(6).fill(2)]);
  expect(await csat()).toEqual({ n: 29, needed: 30 });
  await answer([4]);
  const { n, topTwoBox, low = 0, high = 0 } = await csat();
  expect([n, topTwoBox, (low * 100).toFixed(1), (high * 100).toFixed(1)]).toEqual([30, 0.8, '62.7', '90.5']);
});

test('12: contacts per hundred orders, and a ticket 2.40 times as dear as the account', async () => {
  const market = await openMarketplace('2026-05-20T09:00:00Z');
  for (let no = 1; no <= 50; no += 1) market.order('nord', `customer${no}@example.com`, market.daysAgo(2));
  for (let no = 51; no <= 58; no += 1) market.order('sud', `customer${no}@example.com`, market.daysAgo(2));
  // Two tickets at 12.00 and eight at 3.25: 5.00 on average.
  for (const no of [1, 2]) market.work(market.ticket(`customer${no}@example.com`, 'Hello'), 'ada', 1440);
  for (let no = 51; no <= 58; no += 1) market.work(market.ticket(`customer${no}@example.com`, 'Hello'), 'ada', 390);
  await market.settle();
  const { rows, total } = await market.get<{ rows: Row[]; total: Row }>(
    '/api/v1/reports/partners?from=2026-05-18&to=2026-05-20',
  );
  expect(total.costPerTicket?.amount).toBe('5.000000');
  expect(rows.find(({ partner }) => partner === 'nord')).toMatchObject({
    orders: 50,
    tickets: 2,
    contactRate: 4,
    costPerTicket: { amount: '12.000000' },
    costMultiple: 2.4,
  });
});
