import { beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { partnerBook, regionBook } from '../../../../src/features/directory/index.ts';
import { importBenefits } from '../../../../src/features/partnerships/index.ts';
import type { figuresAnswer } from '../../../../src/features/reports/figures/answers.ts';
import { loadKnownFrom } from '../../../../src/features/reports/figures/compare-periods.ts';
import { type Asked, asking } from '../asking.ts';
import { giveBenefits, giveOtherCosts } from '../partnership-items.ts';
import { createWorld, nord, sud, type World } from '../world.ts';

let world: World;
let asked: Asked;
let stores = 0;

beforeEach(async () => {
  world = await createWorld();
  asked = await asking(world, 'read,rates');
  await world.rate('36.00', '2024-01-01');
  await world.db.query("update connection set created_at = '2026-03-10T15:00:00Z' where id = $1", [world.connectionId]);
});

const cursor = (connectionId: number, stream: string, state: object, seenUntil: string | null = null) =>
  world.db.query(
    `insert into sync_cursor (connection_id, stream, cursor, seen_until) values ($1, $2, $3::jsonb, $4)
     on conflict (connection_id, stream) do update set cursor = excluded.cursor, seen_until = excluded.seen_until`,
    [connectionId, stream, JSON.stringify(state), seenUntil],
  );
const walked = '2026-06-01T00:00:00.000Z';

/** A store whose walk reads orders since then; `ended`: it reached its end. */
const store = async (
  since: string,
  { ended = true, wholeSince, disabled = false }: { ended?: boolean; wholeSince?: string; disabled?: boolean } = {},
): Promise<number> => {
  stores += 1;
  const [row] = await world.db.query<{ id: number }>(
    `insert into connection (kind, name, settings, secrets, webhook_key, created_at, disabled_at)
     values ('bigcommerce', $1, '{}', '', $1, '2026-03-10', case when $2 then now() end) returning id`,
    [`shop ${stores}`, disabled],
  );
  const id = row?.id ?? 0;
  await cursor(id, 'orders', { since, wholeSince, endedAt: ended ? walked : undefined }, ended ? walked : null);
  return id;
};
const helpdeskWalked = () => cursor(world.connectionId, 'tickets', { endedAt: walked });
const backfilled = (state: object) =>
  cursor(world.connectionId, 'backfill', { stretches: [], comparedAt: walked, ...state });
const known = () => loadKnownFrom(world.db);
const ordersKnown = async () => (await known()).orders;
const figures = (query: string): Promise<z.output<typeof figuresAnswer>> =>
  asked.get(`/api/v1/reports/figures?${query}`);
const period = (month: string, days: number) => `from=${month}-01&to=${month}-${days}`;

describe('orders', () => {
  test('bug: one old order that was looked up made every day since then known, of which nothing was imported', async () => {
    await store('2026-03-01T00:00:00.000Z');
    await world.order({ placed: '2024-01-05' });
    await world.order({ placed: '2026-04-10' });
    expect(await ordersKnown()).toBe('2026-03-01');
    const answer = await figures(
      `${period('2026-04', 30)}&compare=previous&baselineFrom=2026-02-01&baselineTo=2026-02-28`,
    );
    expect([answer.previous?.unknown, answer.baseline?.unknown]).toMatchObject([
      expect.not.arrayContaining(['orders']),
      expect.arrayContaining(['orders']),
    ]);
    expect(answer.total).toMatchObject({
      previous: { orders: { value: 0, change: 1 } },
      baseline: { orders: { value: null, change: null } },
    });
  });

  test('bug: a commission was known to have brought nothing on days that were never imported', async () => {
    await store('2026-03-01T00:00:00.000Z');
    await world.order({ placed: '2024-01-05', shares: [sud] });
    for (const day of ['2026-02-05', '2026-03-05'])
      await world.ticket({ created: day, shares: [nord], work: [['ada', 3600, day]] });
    await importBenefits(
      world.db,
      'reference,partner,region,store,kind,amount,currency,every,percent,from,to\ncut,nord,,,commission,,,,10,2024-01-01,\n',
      {
        dryRun: false,
        now: world.clock.now(),
        actor: 'mia',
        known: {
          partners: partnerBook([{ code: 'nord', name: 'Nord', aliases: [] }]),
          regions: regionBook([]),
          stores: [],
        },
      },
    );
    const broughtIn = async (query: string) => (await figures(query)).total.benefits;
    expect(await broughtIn(period('2026-02', 28))).toBeNull();
    expect(await broughtIn(period('2026-03', 31))).toEqual({ amount: '0.000000', currency: 'USD' });
    // Of days that are known in part nobody can say that it was nothing.
    expect(await broughtIn('from=2026-02-20&to=2026-03-10')).toBeNull();
  });

  test('of several stores are known since the latest of their starts: before it one is missing', async () => {
    await store('2023-01-01T00:00:00.000Z');
    await store('2026-02-01T00:00:00.000Z');
    expect(await ordersKnown()).toBe('2026-02-01');
    await store('2026-01-01T00:00:00.000Z', { ended: false });
    expect(await ordersKnown()).toBeNull();
  });

  test('a store that was given up keeps nothing from being known: before its first walk ended, or without an order', async () => {
    await store('2026-02-01T00:00:00.000Z');
    await store('2026-03-01T00:00:00.000Z', { ended: false, disabled: true });
    await store('2026-04-01T00:00:00.000Z', { disabled: true });
    expect(await ordersKnown()).toBe('2026-02-01');
    const closed = await store('2026-05-01T00:00:00.000Z', { disabled: true });
    await world.order({ placed: '2026-05-02' });
    await world.db.query('update "order" set connection_id = $1', [closed]);
    expect(await ordersKnown()).toBe('2026-05-01');
  });

  test('bug: a backfill that had just begun made all that it was to read known', async () => {
    await store('2023-01-01T00:00:00.000Z', { wholeSince: '2026-03-01T00:00:00.000Z' });
    expect(await ordersKnown()).toBe('2026-03-01');
  });

  test('a day of which the walk began in the midst is not known, in the time zone of reports', async () => {
    await store('2026-03-01T00:00:00.000Z');
    await world.db.query(
      `insert into setting (key, value, updated_at) values ('reportingBasis', '{"currency": "USD", "timeZone": "Europe/Berlin"}', now())`,
    );
    expect(await ordersKnown()).toBe('2026-03-02');
  });

  test('where no store was ever walked the oldest one is all there is to go by', async () => {
    expect(await ordersKnown()).toBeNull();
    await world.order({ placed: '2024-01-05' });
    expect(await ordersKnown()).toBe('2024-01-05');
  });
});

describe('tickets and work', () => {
  const long = () => world.ticket({ created: '2024-01-05', work: [['ada', 60, '2024-01-05']] });

  test('bug: one old ticket made every day since then known; the walk reads what came since the connection was made', async () => {
    await long();
    expect(await known()).toMatchObject({ tickets: '2024-01-05', work: '2024-01-05' });
    await helpdeskWalked();
    expect(await known()).toMatchObject({ tickets: '2026-03-11', work: '2026-03-11' });
    await world.ticket({ created: '2026-04-05', work: [['ada', 600, '2026-04-05']] });
    const { total, previous } = await figures('from=2026-03-11&to=2026-04-10&compare=previous');
    expect(previous).toMatchObject({ unknown: expect.arrayContaining(['tickets', 'work']) });
    expect(total.previous).toMatchObject({ tickets: { value: null }, supportCost: { value: null, change: null } });
  });

  test('a backfill makes known what it read, once it was compared', async () => {
    await long();
    await helpdeskWalked();
    await backfilled({ since: '2025-01-01T00:00:00.000Z', comparedAt: null });
    expect(await known()).toMatchObject({ tickets: '2026-03-11', work: '2026-03-11' });
    await backfilled({ since: '2025-01-01T00:00:00.000Z' });
    expect(await known()).toMatchObject({ tickets: '2025-01-01', work: '2025-01-01' });
    // A further one of less, or one that is under way, takes nothing of that back.
    for (const comparedAt of [walked, null])
      await backfilled({ since: '2026-01-01T00:00:00.000Z', comparedAt, wholeSince: '2025-01-01T00:00:00.000Z' });
    expect(await known()).toMatchObject({ tickets: '2025-01-01' });
  });

  test('work that a stream of its own tells is known as far back as that was read', async () => {
    await helpdeskWalked();
    await backfilled({ since: '2025-01-01T00:00:00.000Z' });
    const feed = (state: object) => cursor(world.connectionId, 'work calls', state);
    const workKnown = async () => (await known()).work;
    await feed({ cursor: null, since: '2025-01-01T00:00:00.000Z', endedAt: walked });
    expect(await workKnown()).toBe('2025-01-01');
    await feed({ since: '2025-01-01T00:00:00.000Z', wholeSince: '2026-03-10T15:00:00.000Z', endedAt: walked });
    expect(await workKnown()).toBe('2026-03-11');
    await feed({ since: '2025-01-01T00:00:00.000Z' });
    expect(await known()).toMatchObject({ tickets: '2025-01-01', work: null });
    await feed({ since: '2025-01-01T00:00:00.000Z', absent: true });
    expect(await workKnown()).toBe('2025-01-01');
  });

  test('a store’s backfill is none of a helpdesk', async () => {
    await helpdeskWalked();
    const shop = await store('2024-01-01T00:00:00.000Z');
    await cursor(shop, 'backfill', { stretches: [], since: '2024-01-01T00:00:00.000Z', comparedAt: null });
    expect(await known()).toEqual({ orders: '2024-01-01', tickets: '2026-03-11', work: '2026-03-11' });
  });
});

describe('what is held against days that we do not hold', () => {
  const header = 'reference,partner,region,store,kind,amount,currency,every,percent,from,to';
  const commission = 'cut,nord,,,commission,,,,10,2024-01-01,';
  const fee = 'fee,nord,,,other,300,USD,month,,2024-01-01,';
  const april = `${period('2026-04', 30)}&compare=previous`;
  const then = async (query: string) => {
    const { previous, total } = await figures(query);
    const { coverage, ...all } = total.previous ?? {};
    const values = Object.entries(all).map(([name, told]) => [name, (told as { value: unknown }).value]);
    return { unknown: previous?.unknown, coverage, ...Object.fromEntries(values) };
  };
  /** A month of 20 tickets about one order that was looked up, and one of which everything is held. */
  const twoMonths = async () => {
    await world.order({ placed: '2026-03-05', revenue: 100, shares: [nord] });
    for (let n = 0; n < 20; n += 1)
      await world.ticket({ created: '2026-03-06', shares: [nord], work: [['ada', 3600, '2026-03-06']] });
    await world.order({ placed: '2026-04-05', shares: [nord] });
    await world.ticket({ created: '2026-04-06', shares: [nord], work: [['ada', 3600, '2026-04-06']] });
  };

  test('bug: tickets and costs were held against orders that the same answer called unknown', async () => {
    await store('2026-04-01T00:00:00.000Z');
    await helpdeskWalked();
    await backfilled({ since: '2025-01-01T00:00:00.000Z' });
    await giveBenefits(world, header, commission);
    await twoMonths();
    expect(await then(april)).toMatchObject({
      unknown: ['orders'],
      tickets: 20,
      supportCost: { amount: '720.000000' },
      contactRate: null,
      cohortTickets: null,
      contactRateCohort: null,
      costPerOrder: null,
      costShareOfRevenue: null,
      benefits: null,
      netGain: null,
      roi: null,
      otherCosts: { amount: '0.000000' },
      coverage: { measuredShare: 1, pricedOrdersShare: null, pricedBenefitsShare: null, benefitsKnownShare: null },
    });
    // By partner the same holds of the one that has a commission alone.
    const { rows } = await figures(`${april}&groupBy=partner`);
    expect(rows.find(({ partner }) => partner === 'nord')?.previous).toMatchObject({ benefits: { value: null } });
  });

  test('a return on amounts needs no orders, and one on revenue does', async () => {
    await store('2026-04-01T00:00:00.000Z');
    await helpdeskWalked();
    await backfilled({ since: '2025-01-01T00:00:00.000Z' });
    await giveBenefits(world, header, fee);
    await twoMonths();
    expect(await then(april)).toMatchObject({
      unknown: ['orders'],
      costPerOrder: null,
      benefits: { amount: '300.000000' },
      netGain: { amount: '-420.000000' },
      coverage: { pricedBenefitsShare: 1, benefitsKnownShare: 1 },
    });
  });

  test('bug: amounts that were given were unknown where the work was', async () => {
    await store('2025-01-01T00:00:00.000Z');
    await helpdeskWalked();
    await giveBenefits(world, header, fee);
    await giveOtherCosts(
      world,
      'reference,partner,region,kind,amount,currency,every,hours,hourly,from,to',
      'desk,nord,,software,50,USD,month,,,2024-01-01,',
    );
    await world.order({ placed: '2026-02-10' });
    expect(await then('from=2026-03-11&to=2026-04-10&compare=previous')).toMatchObject({
      unknown: ['tickets', 'work'],
      orders: 1,
      supportCost: null,
      costPerOrder: null,
      netGain: null,
      benefits: { currency: 'USD' },
      otherCosts: { currency: 'USD' },
      coverage: { measuredShare: null, pricedBenefitsShare: 1, pricedOtherCostsShare: 1, benefitsKnownShare: null },
    });
  });
});
