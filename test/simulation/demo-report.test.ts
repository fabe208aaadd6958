import { beforeAll, describe, expect, test } from 'vitest';
import { foldRollups } from '../../src/features/costing/index.ts';
import { rollupDifferences } from '../../src/features/reports/index.ts';
import {
  expectAnswers,
  expectFigures,
  expectRowsToAddUp,
  expectShares,
  groupings,
  type Money,
  micros,
  oracleOf,
  ppm,
  type Report,
  reportPath,
} from './figures.ts';
import { dayReader } from './oracle/numbers.ts';
import type { GroupBy, Oracle } from './oracle/report.ts';
import { type Simulation, simulate } from './run.ts';

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

let simulation: Simulation;
let oracle: Oracle;

const reportOf = (period: { from: string; to: string }, groupBy: GroupBy): Promise<Report> =>
  simulation.get(reportPath(period, groupBy));

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
  oracle = await oracleOf(simulation, basis);
}, 400_000);

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

test('every ticket is borne by whom plain code says', async () => {
  await expectShares({ ...simulation, oracle });
});

describe.each(groupings)('grouped by %s', (...groupBy) => {
  test.each(periods)('$from to $to: every figure is the one that plain code finds', async (period) => {
    expectFigures(await reportOf(period, groupBy), oracle.facts(period, groupBy));
  });

  test('the rows add up to the total', async () => {
    expectRowsToAddUp(await reportOf(whole, groupBy));
  });
});

test('answers count for the cell that was frozen when the question went out, and none is lost', async () => {
  expect(simulation.sandbox.history.answers().length).toBeGreaterThan(30);
  await expectAnswers(await reportOf(whole, ['partner', 'region']), { ...simulation, oracle });
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
    expect([cell('supportCost'), cell('netRevenue')]).toEqual([row.supportCost.amount, row.netRevenue?.amount]);
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
