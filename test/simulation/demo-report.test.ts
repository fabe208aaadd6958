import { beforeAll, describe, expect, test } from 'vitest';
import { foldRollups, rollupDifferences } from '../../src/features/reports/index.ts';
import { dayReader } from './oracle/numbers.ts';
import { createOracle, type Facts, type GroupBy, type Oracle } from './oracle/report.ts';
import { type Simulation, simulate } from './run.ts';

interface Money {
  readonly amount: string;
  readonly currency: string;
}

interface Row {
  readonly partner: string | null;
  readonly region: string | null;
  readonly orders: number;
  readonly returns: number;
  readonly netRevenue: Money;
  readonly tickets: number;
  readonly ticketsWorked: number;
  readonly contactRate: number | null;
  readonly handledSeconds: number;
  readonly ahtSeconds: number | null;
  readonly supportCost: Money;
  readonly costPerTicket: Money | null;
  readonly costMultiple: number | null;
  readonly costPerOrder: Money | null;
  readonly measuredShare: number | null;
  readonly attributedShare: number | null;
  readonly unpricedEntries: number;
  readonly csat: { readonly n: number; readonly needed?: number; readonly topTwoBox?: number };
}

interface Report {
  readonly rows: readonly Row[];
  readonly total: Row;
}

interface Item {
  readonly id: string;
  readonly externalId: string;
  readonly handledSeconds: number;
  readonly supportCost: Money;
  readonly createdAt: string;
  readonly cellPpm: number;
}

interface Detail {
  readonly supportCost: Money;
  readonly work: readonly {
    readonly postings: readonly {
      readonly partner: string | null;
      readonly region: string | null;
      readonly seconds: number;
      readonly workedAt: string;
      readonly cost: Money;
    }[];
  }[];
}

const days = 16;
/** The clocks go forward within the days, and no currency of the marketplace is the reports'. */
const basis = { currency: 'CHF', timeZone: 'Europe/Stockholm' };
const dayOf = dayReader(basis.timeZone);
const whole = { from: '2026-03-10', to: '2026-05-31' };
const periods = [
  whole,
  { from: '2026-03-20', to: '2026-03-28' },
  { from: '2026-03-29', to: '2026-03-29' },
  { from: '2026-03-30', to: '2026-04-12' },
  { from: '2026-06-01', to: '2026-06-30' },
];
const groupings: readonly GroupBy[] = [['partner'], ['region'], ['partner', 'region']];

const micros = ({ amount }: Money): bigint => BigInt(amount.replace('.', ''));
const ppm = (count: number): bigint => BigInt(Math.round(count * 1e6));
const per = (above: bigint, below: bigint): number | null => (below === 0n ? null : Number(above) / Number(below));

let simulation: Simulation;
let oracle: Oracle;

const reportOf = (period: { from: string; to: string }, groupBy: GroupBy): Promise<Report> =>
  simulation.get(`/api/v1/reports/partners?from=${period.from}&to=${period.to}&groupBy=${groupBy.join(',')}`);

/** All pages of a list of tickets. */
const ticketsOf = async (query: string): Promise<Item[]> => {
  const items: Item[] = [];
  for (let after = ''; ; ) {
    const page = await simulation.get<{ items: Item[]; next: string | null }>(
      `/api/v1/tickets?${query}&limit=40${after}`,
    );
    items.push(...page.items);
    if (page.next === null) return items;
    after = `&after=${page.next}`;
  }
};

beforeAll(async () => {
  simulation = await simulate({ seed: 'report', days, scale: 0.2, speed: 50_000, ...basis });
  const { sandbox, product } = simulation;
  const { settings } = sandbox.zendesk;
  const seen = await product.db.query<{ external_id: string }>(
    'select external_id from ticket where created_at is not null',
  );
  const seenIds = new Set(seen.map(({ external_id }) => Number(external_id)));
  oracle = createOracle({
    history: sandbox.history,
    inputs: sandbox.inputs,
    connection: settings.name,
    ...basis,
    fieldIds: {
      totalTime: settings.totalTimeFieldId,
      orderNumber: settings.orderNumberFieldId,
      partner: settings.partnerFieldId,
      region: settings.regionFieldId,
    },
    isSeen: (ticketId) => seenIds.has(ticketId),
  });
}, 180_000);

const somethingIn = (facts: Facts): boolean => Object.values(facts).some((value) => value !== 0n);

test('the days held every kind of thing that the rules speak of', () => {
  const { sandbox } = simulation;
  const tickets = sandbox.history.tickets();
  expect(tickets.length).toBeGreaterThan(250);
  expect(tickets.filter(({ mergedInto }) => mergedInto !== null).length).toBeGreaterThan(0);
  expect(tickets.filter(({ via }) => via.source.rel === 'follow_up').length).toBeGreaterThan(0);
  expect(oracle.heldTickets.size).toBeGreaterThanOrEqual(3);
  expect(oracle.cappedTickets.size).toBeGreaterThan(0);
  expect(oracle.lines.filter(({ measured }) => !measured).length).toBeGreaterThan(10);
  expect(oracle.orders.filter(({ parts }) => parts.length > 1).length).toBeGreaterThan(0);
  expect(oracle.orders.filter(({ refunds }) => refunds.length > 0).length).toBeGreaterThan(10);
  expect(tickets.filter((ticket) => oracle.sharesOf(ticket).length > 1).length).toBeGreaterThan(0);
});

describe.each(groupings)('grouped by %s', (...groupBy) => {
  test.each(periods)('$from to $to: every figure is the one that plain code finds', async (period) => {
    const report = await reportOf(period, groupBy);
    const expected = oracle.facts(period, groupBy);
    const found = new Map(report.rows.map((row) => [JSON.stringify([row.partner, row.region]), row]));
    expect([...found.keys()]).toEqual(
      expect.arrayContaining([...expected].flatMap(([key, facts]) => (somethingIn(facts) ? [key] : []))),
    );
    const account = [...expected.values()].reduce(
      (a, b) =>
        Object.fromEntries(
          Object.keys(a).map((name) => [name, a[name as keyof Facts] + b[name as keyof Facts]]),
        ) as never,
    );
    for (const [key, row] of [...found, ['total', report.total] as const]) {
      const none = Object.fromEntries(Object.keys(account).map((name) => [name, 0n])) as unknown as Facts;
      const facts = key === 'total' ? account : (expected.get(key) ?? none);
      const exact = {
        orders: ppm(row.orders),
        returns: ppm(row.returns),
        net: micros(row.netRevenue),
        tickets: ppm(row.tickets),
        ticketsWorked: ppm(row.ticketsWorked),
        microseconds: ppm(row.handledSeconds),
        cost: micros(row.supportCost),
        unpriced: row.unpricedEntries,
      };
      expect(exact, key).toEqual({
        orders: facts.orders,
        returns: facts.returns,
        net: facts.revenue - facts.refunds,
        tickets: facts.tickets,
        ticketsWorked: facts.ticketsWorked,
        microseconds: facts.microseconds,
        cost: facts.cost,
        unpriced: 0,
      });
      const perTicket = per(facts.cost, facts.ticketsWorked);
      const ratios: [string, number | null, number | null][] = [
        ['contactRate', row.contactRate, per(facts.tickets * 100n, facts.orders)],
        ['ahtSeconds', row.ahtSeconds, per(facts.microseconds, facts.ticketsWorked)],
        ['costPerTicket', row.costPerTicket && Number(row.costPerTicket.amount), perTicket],
        ['costPerOrder', row.costPerOrder && Number(row.costPerOrder.amount), per(facts.cost, facts.orders)],
        ['measuredShare', row.measuredShare, per(facts.measuredCost, facts.cost)],
        ['attributedShare', row.attributedShare, per(facts.attributed, facts.tickets)],
        ['costMultiple', row.costMultiple, per(facts.cost * account.ticketsWorked, account.cost * facts.ticketsWorked)],
      ];
      for (const [name, figure, right] of ratios) {
        if (right === null) expect(figure, `${key} ${name}`).toBeNull();
        else expect(figure, `${key} ${name}`).toBeCloseTo(right, 5);
      }
    }
  });

  test('the rows add up to the total', async () => {
    const { rows, total } = await reportOf(whole, groupBy);
    const sum = (value: (row: Row) => bigint): bigint => rows.reduce((all, row) => all + value(row), 0n);
    expect(sum(({ supportCost }) => micros(supportCost))).toBe(micros(total.supportCost));
    expect(sum(({ netRevenue }) => micros(netRevenue))).toBe(micros(total.netRevenue));
    for (const name of ['orders', 'returns', 'tickets', 'ticketsWorked', 'handledSeconds'] as const)
      expect(
        sum((row) => ppm(row[name])),
        name,
      ).toBe(ppm(total[name]));
    expect(rows.reduce((all, { csat }) => all + csat.n, 0)).toBe(total.csat.n);
  });
});

test('answers count for the cell that was frozen when the question went out, and none is lost', async () => {
  const { sandbox, product } = simulation;
  const answers = sandbox.history.answers();
  const invitations = await product.db.query<{
    id: bigint;
    external_id: string;
    sent_at: Date;
    shares: { partner: string | null; region: string | null; ppm: number }[];
    score: number | null;
  }>(
    `select i.id, t.external_id, i.sent_at, i.shares, r.score from invitation i join ticket t on t.id = i.ticket_id left join response r on r.invitation_id = i.id`,
  );
  const byMail = new Map(invitations.map((invitation) => [`survey-${invitation.id}.eml`, invitation]));
  const tickets = new Map(sandbox.history.tickets().map((ticket) => [String(ticket.id), ticket]));
  const users = sandbox.history.users();
  const cells = new Map<string, number[]>();
  for (const { mail, email, score } of answers) {
    const invitation = byMail.get(mail);
    const ticket = tickets.get(invitation?.external_id ?? '');
    if (!invitation || !ticket) throw new Error(`nobody was invited by ${mail}`);
    expect(users.get(ticket.requesterId)?.email).toBe(email);
    expect(invitation.score).toBe(score);
    // What the ticket was attributed to at some moment before the mail: the product reads tickets and orders a little late.
    const moments = (instants: readonly number[]): number[] => [
      ...instants.filter((atMs) => atMs <= invitation.sent_at.getTime()),
      invitation.sent_at.getTime(),
    ];
    const admissible = moments(ticket.audits.map(({ created_at }) => Date.parse(created_at))).flatMap((auditsUntilMs) =>
      moments(oracle.orders.filter((order) => order.email === email).map(({ placedMs }) => placedMs)).map(
        (ordersUntilMs) => oracle.sharesOf(ticket, { auditsUntilMs, ordersUntilMs }),
      ),
    );
    const frozen = invitation.shares.map(({ partner, region, ppm: part }) => ({ partner, region, ppm: BigInt(part) }));
    expect(admissible).toContainEqual(frozen);
    const [largest] = frozen;
    const key = JSON.stringify([largest?.partner ?? null, largest?.region ?? null]);
    cells.set(key, [...(cells.get(key) ?? []), score]);
  }
  const { rows, total } = await reportOf(whole, ['partner', 'region']);
  expect(total.csat.n).toBe(answers.length);
  expect(answers.length).toBeGreaterThan(30);
  for (const { partner, region, csat } of rows) {
    const scores = cells.get(JSON.stringify([partner, region])) ?? [];
    if (scores.length < 30) expect(csat).toEqual({ n: scores.length, needed: 30 });
    else
      expect(csat).toMatchObject({
        n: scores.length,
        topTwoBox: scores.filter((one) => one >= 4).length / scores.length,
      });
  }
  expect(total.csat.topTwoBox).toBeCloseTo(answers.filter(({ score }) => score >= 4).length / answers.length, 9);
});

test('a headline is the sum of its drill-down, and that of the postings of its tickets', async () => {
  const period = { from: '2026-03-24', to: '2026-04-01' };
  const { rows } = await reportOf(period, ['partner', 'region']);
  expect(rows.length).toBeGreaterThan(8);
  const details = new Map<string, Detail>();
  for (const row of rows) {
    const query = `partner=${row.partner ?? 'none'}&region=${row.region ?? 'none'}&from=${period.from}&to=${period.to}`;
    const items = await ticketsOf(query);
    const key = `${row.partner} ${row.region}`;
    expect(
      items.reduce((sum, item) => sum + micros(item.supportCost), 0n),
      key,
    ).toBe(micros(row.supportCost));
    expect(
      items.reduce((sum, item) => sum + ppm(item.handledSeconds), 0n),
      key,
    ).toBe(ppm(row.handledSeconds));
    const within = (instant: string): boolean => {
      const day = dayOf(Date.parse(instant));
      return day >= period.from && day <= period.to;
    };
    const created = items.filter(({ createdAt }) => within(createdAt));
    expect(
      created.reduce((sum, item) => sum + item.cellPpm, 0),
      key,
    ).toBe(Number(ppm(row.tickets)));
    const worked = items.filter(({ handledSeconds }) => handledSeconds > 0);
    expect(
      worked.reduce((sum, item) => sum + item.cellPpm, 0),
      key,
    ).toBe(Number(ppm(row.ticketsWorked)));
    for (const item of items) {
      const detail = details.get(item.id) ?? (await simulation.get<Detail>(`/api/v1/tickets/${item.id}`));
      details.set(item.id, detail);
      const postings = detail.work.flatMap((entry) => entry.postings);
      const inCell = postings.filter(
        (posting) => posting.partner === row.partner && posting.region === row.region && within(posting.workedAt),
      );
      expect(inCell.reduce((sum, { cost }) => sum + micros(cost), 0n)).toBe(micros(item.supportCost));
      expect(inCell.reduce((sum, { seconds }) => sum + ppm(seconds), 0n)).toBe(ppm(item.handledSeconds));
      expect(postings.reduce((sum, { cost }) => sum + micros(cost), 0n)).toBe(micros(detail.supportCost));
    }
  }
});

test('a series adds up to the report, whatever its steps and its cell', async () => {
  const { rows, total } = await reportOf(whole, ['partner']);
  for (const step of ['day', 'week', 'month'])
    for (const row of [...rows, null]) {
      const cell = row ? `&partner=${row.partner ?? 'none'}` : '';
      const { points } = await simulation.get<{
        points: { supportCost: Money; handledSeconds: number; tickets: number; orders: number }[];
      }>(`/api/v1/reports/series?from=${whole.from}&to=${whole.to}&step=${step}${cell}`);
      const right = row ?? total;
      const name = `${step} ${row?.partner}`;
      expect(
        points.reduce((sum, { supportCost }) => sum + micros(supportCost), 0n),
        name,
      ).toBe(micros(right.supportCost));
      for (const figure of ['handledSeconds', 'tickets', 'orders'] as const)
        expect(
          points.reduce((sum, point) => sum + ppm(point[figure]), 0n),
          `${name} ${figure}`,
        ).toBe(ppm(right[figure]));
    }
});

test('CSV says what JSON says', async () => {
  const path = `/api/v1/reports/partners?from=${whole.from}&to=${whole.to}&groupBy=partner,region`;
  const { rows, total } = await simulation.get<Report>(path);
  const [head = '', ...lines] = (await simulation.text(`${path}&format=csv`)).trim().split(/\r?\n/);
  const columns = head.replace(/^\uFEFF/, '').split(',');
  expect(lines).toHaveLength(rows.length + 1);
  for (const [index, row] of [...rows, { ...total, partner: 'total' }].entries()) {
    const cells = (lines[index] ?? '').split(',');
    const cell = (name: string): string | undefined => cells[columns.indexOf(name)];
    expect([cell('partner'), cell('region')]).toEqual([row.partner ?? '', row.region ?? '']);
    expect([cell('supportCost'), cell('netRevenue')]).toEqual([row.supportCost.amount, row.netRevenue.amount]);
    for (const name of ['orders', 'tickets', 'handledSeconds', 'contactRate', 'costMultiple', 'measuredShare'] as const)
      expect(cell(name), name).toBe(row[name] === null ? '' : String(row[name]));
    expect(cell('csatResponses')).toBe(String(row.csat.n));
  }
});

test('folding the daily totals changes no report', async () => {
  const { db } = simulation.product;
  const before = await reportOf(whole, ['partner', 'region']);
  while ((await foldRollups(db)) > 0);
  expect(await db.query('select 1 from rollup_delta')).toEqual([]);
  expect(await reportOf(whole, ['partner', 'region'])).toEqual(before);
  expect(await rollupDifferences(db)).toEqual([]);
});
