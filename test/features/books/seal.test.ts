import { beforeEach, describe, expect, test } from 'vitest';
import { Conflict, NotFound, Refused } from '../../../src/core/errors.ts';
import { parseMonth, parseWeek, type SealPeriod } from '../../../src/features/books/index.ts';
import { settleWork } from '../../../src/features/costing/index.ts';
import { partnerBook, regionBook } from '../../../src/features/directory/index.ts';
import { importOtherCosts } from '../../../src/features/partnerships/index.ts';
import { partnerReport, restatementOf } from '../../../src/features/reports/index.ts';
import { createWorld, nord, sud, type World } from '../reports/world.ts';
import { basis, may, readToEnd, sealIn } from './sealing.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
  await world.rate('36.00');
  await readToEnd(world);
});

const seal = (period: SealPeriod = may, options: { revise?: boolean } = {}) => sealIn(world, period, options);

const report = (
  asOf?: 'seal' | number,
  costBasis: 'true' | 'pooled' = 'true',
  groupBy: ('partner' | 'region')[] = ['partner'],
) => partnerReport(world.db, { from: may.from, to: may.to, groupBy, ...basis, costBasis, asOf });
const costs = ({ rows, total }: Awaited<ReturnType<typeof report>>) =>
  Object.fromEntries(
    [
      ...rows.map((row) => [row.partner ?? 'none', row.supportCost?.amount]),
      ['total', total.supportCost?.amount],
    ].filter(([, amount]) => amount !== '0.000000'),
  );

describe('a sealed month', () => {
  test('is reported as it was sealed, whatever is posted later, by every grouping', async () => {
    const ticket = await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    await world.ticket({ created: '2026-05-30', shares: [sud], work: [['ben', 300, '2026-05-31']] });
    await world.order({ placed: '2026-05-02', revenue: 80, refunds: [{ made: '2026-05-20', dollars: 30 }] });
    await world.invitation({ sent: '2026-05-06', answer: [5, '2026-05-07'] });
    const groupings: ('partner' | 'region')[][] = [['partner'], ['region'], ['partner', 'region']];
    const before = await Promise.all(groupings.map((groupBy) => report(undefined, 'true', groupBy)));
    const { seal: made } = await seal();
    expect(made).toMatchObject({
      kind: 'month',
      from: '2026-05-01',
      to: '2026-05-31',
      revision: 1,
      sealedBy: 'mia',
      restates: null,
    });
    await world.reattribute(ticket, [sud]);
    await world.ticket({ created: '2026-05-04', work: [['ada', 60, '2026-05-05']] });
    await world.order({ placed: '2026-05-02', revenue: 1000 });
    for (const [index, groupBy] of groupings.entries()) {
      const { seal: info, ...sealed } = await report('seal', 'true', groupBy);
      expect(sealed).toEqual(before[index]);
      expect(info).toEqual({
        id: made.id,
        kind: 'month',
        revision: 1,
        asOf: '2026-06-01T00:00:00.000Z',
        sealedBy: 'mia',
        notHeld: ['orders', 'tickets', 'work'],
      });
    }
    expect(costs(await report())).toEqual({ nord: '0.600000', sud: '9.000000', total: '9.600000' });
    await expect(
      partnerReport(world.db, {
        from: '2026-05-01',
        to: '2026-05-30',
        groupBy: ['partner'],
        ...basis,
        costBasis: 'true',
        asOf: 'seal',
      }),
    ).rejects.toThrow(NotFound);
  });

  test('sealed again without any change is the same seal', async () => {
    await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    const first = await seal();
    expect(first.made).toBe(true);
    expect(await seal()).toEqual({ seal: first.seal, made: false, differs: [] });
    expect(await seal(may, { revise: true })).toEqual({ seal: first.seal, made: false, differs: [] });
    const logged = await world.db.query("select actor, detail from audit_log where action = 'seal'");
    expect(logged).toEqual([{ actor: 'mia', detail: { seal: first.seal.id, period: '2026-05', revision: 1 } }]);
  });

  test('that was restated is closed by a further revision, which says what it closed; the first one stays', async () => {
    await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    const { seal: first } = await seal();
    await world.ticket({ created: '2026-05-10', shares: [sud], work: [['ada', 300, '2026-05-10']] });
    await expect(seal()).rejects.toThrow(Conflict);
    await expect(seal()).rejects.toThrow(/1 ticket changed it since.*--revise/);
    const { seal: second, made } = await seal(may, { revise: true });
    expect(made).toBe(true);
    expect(second).toMatchObject({
      revision: 2,
      restates: {
        true: { open: true, tickets: 1, amount: { amount: '3.000000' }, reasons: [{ reason: 'work', tickets: 1 }] },
      },
    });
    expect(costs(await report('seal'))).toEqual(costs(await report()));
    expect(costs(await report(first.id))).toEqual({ nord: '6.000000', total: '6.000000' });
    expect(await restatementOf(world.db, second, { currency: 'USD', costBasis: 'true' })).toMatchObject({
      open: false,
      tickets: 0,
      reasons: [],
    });
  });

  test('takes up a late order by a revision that is asked for, and by none else', async () => {
    const { seal: first } = await seal();
    await world.order({ placed: '2026-05-02', revenue: 80 });
    expect(await seal()).toEqual({
      seal: first,
      made: false,
      differs: expect.arrayContaining(['orders', 'netRevenue']),
    });
    expect((await report('seal')).total.orders).toBe(0);
    expect(await seal(may, { revise: true })).toMatchObject({
      made: true,
      seal: {
        revision: 2,
        restates: { true: { open: false, changes: [{ reason: 'order newly counted', of: 'orders', items: 1 }] } },
      },
    });
    expect((await report('seal')).total).toMatchObject({ orders: 1, netRevenue: { amount: '80.000000' } });
  });

  test('takes up a cost of a partnership that was told late, by a revision that is asked for', async () => {
    const known = {
      partners: partnerBook([{ code: 'nord', name: 'Nord', aliases: [] }]),
      regions: regionBook([]),
      stores: [],
    };
    const cost = (amount: string) =>
      importOtherCosts(
        world.db,
        `reference,partner,kind,amount,currency,every,from\nc,nord,fee,${amount},USD,month,2026-05-01\n`,
        {
          dryRun: false,
          now: world.clock.now(),
          known,
        },
      );
    await cost('100');
    const { seal: first } = await seal();
    await cost('130');
    expect(await seal()).toMatchObject({ seal: { id: first.id }, made: false, differs: ['otherCosts'] });
    expect(await seal(may, { revise: true })).toMatchObject({
      made: true,
      seal: {
        restates: {
          true: {
            changes: [
              {
                reason: 'changed cost or benefit',
                of: 'costs and benefits',
                facts: [{ name: 'otherCosts', added: { amount: '30.000000' } }],
              },
            ],
          },
        },
      },
    });
    expect((await seal(may, { revise: true })).made).toBe(false);
  });

  test('keeps what was not known of it', async () => {
    await world.db.query('delete from rate');
    await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    await world.order({ placed: '2026-05-04', revenue: null });
    await world.db.query(
      "insert into ticket (connection_id, external_id, first_seen_at, quarantined_at) values ($1, 'bad', $2, $2)",
      [world.connectionId, world.clock.now()],
    );
    expect((await seal()).seal.gaps).toEqual({
      unpricedEntries: 1,
      heldEntries: 0,
      unpricedOrders: 1,
      quarantinedTickets: 1,
      givenUpTickets: 0,
      // What was read began within it.
      notHeld: ['orders', 'tickets', 'work'],
    });
  });

  test('bug: a ticket that was given up stood in none of its gaps', async () => {
    const { db, connectionId, clock } = world;
    await db.query(
      "insert into ticket (connection_id, external_id, first_seen_at, from_backfill) values ($1, 'bad', $2, true)",
      [connectionId, clock.now()],
    );
    await db.query("insert into backfill_ticket (connection_id, external_id, given_up_at) values ($1, 'bad', $2)", [
      connectionId,
      clock.now(),
    ]);
    await db.query("update connection set created_at = '2026-04-01'");
    await world.order({ placed: '2026-05-01' });
    expect((await seal()).seal.gaps).toMatchObject({ givenUpTickets: 1, notHeld: [] });
  });

  test('and its weeks are sealed apart', async () => {
    await world.ticket({ created: '2026-05-18', work: [['ada', 600, '2026-05-18']] });
    const { seal: week } = await seal(parseWeek('2026-W21'));
    const { seal: month } = await seal();
    await world.ticket({ created: '2026-05-01', work: [['ada', 60, '2026-05-02']] });
    const look = { currency: 'USD', costBasis: 'true' } as const;
    expect((await restatementOf(world.db, week, look)).open).toBe(false);
    expect((await restatementOf(world.db, month, look)).open).toBe(true);
  });
});

describe('is refused', () => {
  test('before it is over', async () => {
    await expect(seal(parseMonth('2026-06'))).rejects.toThrow(Refused);
    await expect(seal(parseWeek('2026-W23'))).rejects.toThrow(/not over/);
  });

  test.each([
    [
      'changes that were not read since',
      () => readToEnd(world, '2026-05-31T23:59:59Z'),
      'its changes were not read since',
    ],
    [
      'work that waits for its 6 h',
      () =>
        world.db.query(
          "update ticket set deep_due_at = '2026-06-01T03:00:00Z', audits_pulled_at = '2026-05-31T20:00:00Z'",
        ),
      '1 ticket to be pulled',
    ],
    [
      'a ticket that is due',
      () => world.db.query("update ticket set due_at = '2026-05-31T23:00:00Z'"),
      '1 ticket to be pulled',
    ],
    [
      'a ticket to be decided again',
      () => world.db.query("update ticket set stale_since = '2026-05-31T23:00:00Z'"),
      '1 ticket to be decided again',
    ],
  ])('while there is %s', async (_, happen, words) => {
    await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    await happen();
    await expect(seal()).rejects.toThrow(Refused);
    await expect(seal()).rejects.toThrow(`"desk": ${words}`);
    expect(await world.db.query('select 1 from seal')).toEqual([]);
  });

  test.each([
    [
      'a day’s total',
      () =>
        world.db.query(
          "insert into rollup_delta (day, partner, region, measured, microseconds, cost_micros) values ('2026-05-04', 'nord', null, true, 5, 5)",
        ),
      /daily totals/,
    ],
    [
      'the seconds of an entry',
      () => world.db.query('update work_entry set costed_seconds = costed_seconds - 1'),
      /postings are not their costed seconds/,
    ],
    [
      'an attribution',
      () => world.db.query("update attribution_share set partner = 'sud'"),
      /cost does not lie where their attribution says/,
    ],
    [
      'the shares of an order',
      () => world.db.query('update order_share set reporting_micros = reporting_micros + 1'),
      /orders whose shares do not add up/,
    ],
    [
      'what the rules make of the work',
      () => world.db.query('update work_entry set raw_seconds = raw_seconds - 1, costed_seconds = costed_seconds'),
      /settled differently/,
    ],
  ])('where %s was broken', async (_, breakIt, words) => {
    await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    await world.order({ placed: '2026-05-04' });
    await breakIt();
    await expect(seal()).rejects.toThrow(words);
    await expect(seal()).rejects.toThrow(Refused);
  });

  test('never for what happened since it was asked for: there is always something new', async () => {
    await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    await world.db.query(
      "insert into ticket (connection_id, external_id, first_seen_at, due_at) values ($1, 'new', '2026-06-01T00:00:01Z', '2026-06-01T00:00:04Z')",
      [world.connectionId],
    );
    await world.ticket({ created: '2026-06-01', work: [] });
    await world.db.query("update ticket set due_at = '2026-06-01T00:00:00Z' where created_day = '2026-06-01'");
    expect((await seal()).made).toBe(true);
  });
});

test('bug guard: a posting under way while the month is sealed is in the seal, not lost between it and its restatement', async () => {
  const ticketId = await world.ticket({ created: '2026-05-04', work: [] });
  const other = await world.ticket({ created: '2026-05-04', work: [] });
  const settle = (tx: Parameters<typeof settleWork>[0], id: bigint) =>
    settleWork(tx, {
      tickets: [
        {
          ticketId: id,
          connectionId: world.connectionId,
          channel: 'email',
          readings: [
            {
              sourceKey: `audit:late ${id}`,
              agentId: 'ada',
              actor: 'agent',
              clock: 'time tracking',
              rawSeconds: 600,
              value: null,
              workedAt: new Date('2026-05-04T10:00:00Z'),
              channel: null,
            },
          ],
          shares: [{ ...nord, country: null, ppm: 1_000_000 }],
          attributionVersion: 1,
          reprice: false,
        },
      ],
      reportingCurrency: 'USD',
      reportingTimezone: 'UTC',
      now: world.clock.now(),
    });
  const posted = Promise.withResolvers<void>();
  const mayCommit = Promise.withResolvers<void>();
  const writer = world.db.transaction(async (tx) => {
    await settle(tx, ticketId);
    posted.resolve();
    await mayCommit.promise;
  });
  await posted.promise;
  // A later id that is committed already: without the wait it would hide the earlier one.
  await world.db.transaction((tx) => settle(tx, other));
  const sealing = seal();
  for (;;) {
    const [waiting] = await world.db.query<{ count: bigint }>(
      "select count(*) as count from pg_locks where relation = 'posting'::regclass and not granted",
    );
    if (waiting?.count) break;
  }
  mayCommit.resolve();
  await writer;
  const { seal: held } = await sealing;
  expect(costs(await report('seal'))).toEqual({ nord: '12.000000', total: '12.000000' });
  expect((await restatementOf(world.db, held, { currency: 'USD', costBasis: 'true' })).open).toBe(false);
});

test('bug guard: a cost of a partnership under way while the month is sealed is in the seal, not lost between it and what differs', async () => {
  const known = {
    partners: partnerBook([{ code: 'nord', name: 'Nord', aliases: [] }]),
    regions: regionBook([]),
    stores: [],
  };
  const recorded = Promise.withResolvers<void>();
  const mayCommit = Promise.withResolvers<void>();
  const writer = world.db.transaction(async (tx) => {
    await importOtherCosts(
      tx,
      'reference,partner,kind,amount,currency,every,from\nc,nord,fee,31,USD,month,2026-05-01\n',
      {
        dryRun: false,
        now: world.clock.now(),
        known,
      },
    );
    recorded.resolve();
    await mayCommit.promise;
  });
  await recorded.promise;
  const sealing = seal();
  for (;;) {
    const [waiting] = await world.db.query<{ count: bigint }>(
      "select count(*) as count from pg_locks where relation = 'partnership_item'::regclass and not granted",
    );
    if (waiting?.count) break;
  }
  mayCommit.resolve();
  await writer;
  const { seal: held } = await sealing;
  const [kept] = await world.db.query('select partnerships, last_item_id from seal where id = $1', [held.id]);
  expect(kept).toMatchObject({
    partnerships: { cells: [{ partner: 'nord', facts: { otherCostMicros: '31000000' } }], parts: [] },
    last_item_id: 1,
  });
  expect(await seal()).toMatchObject({ made: false, differs: [] });
});
