import { beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import type { figuresAnswer } from '../../../src/features/reports/figures/answers.ts';
import { type Asked, asking, may, sum } from './asking.ts';
import { createWorld, nobody, sud } from './world.ts';

type Answer = z.output<typeof figuresAnswer>;

let asked: Asked;
const figures = (query: string): Promise<Answer> => asked.get(`/api/v1/reports/figures?${may}${query}`);
const rowOf = ({ rows }: Answer, key: string, by: 'partner' | 'reason' = 'partner') =>
  rows.find((row) => row[by] === key);
const dollars = (amount: string) => ({ amount, currency: 'USD' });

beforeAll(async () => {
  const world = await createWorld();
  asked = await asking(world, 'read,rates');
  await world.rate('36.00');
  await world.order({ placed: '2026-03-15', revenue: 10 });
  await world.order({ placed: '2026-04-10', revenue: 100 });
  await world.order({ placed: '2026-05-10', revenue: 150 });
  await world.order({ placed: '2026-05-11', revenue: 150 });
  await world.ticket({ created: '2026-04-05', reason: 'return', work: [['ada', 400, '2026-04-05']] });
  await world.ticket({ created: '2026-04-06', shares: [sud], reason: 'damage', work: [['ada', 100, '2026-04-07']] });
  await world.ticket({ created: '2026-05-05', reason: 'return', work: [['ada', 600, '2026-05-06']] });
  await world.ticket({ created: '2026-05-06', shares: [nobody], work: [['ada', 10, '2026-05-06']] });
});

test('each figure stands beside that of the period before, absolute and relative', async () => {
  const answer = await figures('&compare=previous');
  expect(answer.previous).toEqual({
    from: '2026-04-01',
    to: '2026-04-30',
    unknown: [],
    partlyKnown: ['tickets', 'work'],
    heldUpBy: [],
    partial: false,
  });
  expect(rowOf(answer, 'nord')?.previous).toMatchObject({
    orders: { value: 1, change: 1, relative: 1 },
    netRevenue: { value: dollars('100.000000'), change: dollars('200.000000'), relative: 2 },
    contactRate: { value: 100, change: -50, relative: -0.5 },
    supportCost: { value: dollars('4.000000'), change: dollars('2.000000'), relative: 0.5 },
    costPerTicket: { value: dollars('4.000000'), change: dollars('2.000000'), relative: 0.5 },
    // There is no score to change.
    csatTopTwoBox: { value: null, change: null, relative: null },
  });
});

test('a row of the other period alone is a row, so that the changes add up to the total’s', async () => {
  const answer = await figures('&compare=previous');
  expect(rowOf(answer, 'sud')).toMatchObject({
    supportCost: dollars('0.000000'),
    previous: {
      supportCost: { value: dollars('1.000000'), change: dollars('-1.000000'), relative: -1 },
      costPerTicket: { value: dollars('1.000000'), change: null, relative: null },
    },
  });
  const changes = answer.rows.map((row) => row.previous?.supportCost.change as { amount: string });
  expect(sum(changes)).toBe(1_100_000n);
  expect(answer.total.previous).toMatchObject({
    supportCost: { value: dollars('5.000000'), change: dollars('1.100000'), relative: 0.22 },
  });
});

test('a division by what was nothing is null, and so is everything of before we held anything', async () => {
  const answer = await figures('&compare=previous&baselineFrom=2026-03-01&baselineTo=2026-03-31');
  expect(answer.rows.find(({ partner }) => partner === null)?.previous).toMatchObject({
    supportCost: { value: dollars('0.000000'), change: dollars('0.100000'), relative: null },
    orders: { value: 0, change: 0, relative: null },
  });
  expect(answer.baseline).toEqual({
    from: '2026-03-01',
    to: '2026-03-31',
    unknown: ['tickets', 'work'],
    partlyKnown: ['orders'],
    heldUpBy: [],
    partial: false,
  });
  expect(rowOf(answer, 'nord')?.baseline).toMatchObject({
    orders: { value: 1, change: 1, relative: 1 },
    tickets: { value: null, change: null, relative: null },
    supportCost: { value: null, change: null, relative: null },
  });
});

test('what is of high value in this period is of high value in the others', async () => {
  // Twice 150 here; by its own average the order of April would be half of it.
  const answer = await figures('&compare=previous&highValue=100');
  expect(answer.total).toMatchObject({ highValueShare: 1, previous: { highValueShare: { value: 1, change: 0 } } });
});

test('steps are held against steps of the same number', async () => {
  const answer = await figures('&compare=previous&groupBy=month');
  expect(answer.rows.map(({ month, previous }) => [month, previous?.supportCost.value])).toEqual([
    ['2026-05-01', dollars('5.000000')],
  ]);
  const days = await figures('&compare=previous&groupBy=day');
  expect(days.rows.find(({ day }) => day === '2026-05-05')?.previous?.supportCost.value).toEqual(dollars('4.000000'));
});

test('bug: a day with its week was held against a day that does not lie in that week', async () => {
  const [byDay, both] = [
    await figures('&compare=previous&groupBy=day'),
    await figures('&compare=previous&groupBy=day,week'),
  ];
  expect(byDay.rows.length).toBeGreaterThan(1);
  expect(both.rows.map(({ week: _, ...row }) => row)).toEqual(byDay.rows);
});

test('bug: a figure stood beside one of before without a word of what that rests on', async () => {
  const answer = await figures('&compare=previous&baselineFrom=2026-03-01&baselineTo=2026-03-31');
  expect(answer.total).toMatchObject({
    coverage: { attributedShare: 0.5, measuredShare: 1 },
    previous: { coverage: { attributedShare: 1, measuredShare: 1, pricedOrdersShare: 1 } },
    // We hold no work and no tickets of then.
    baseline: { coverage: { attributedShare: null, measuredShare: null, pricedOrdersShare: 1 } },
  });
  const [header = '', first = ''] = (
    await asked.csv(`/api/v1/reports/figures?${may}&compare=previous&format=csv`)
  ).split('\r\n');
  const at = header.split(',').indexOf('previous.coverage.pricedOrdersShare');
  expect(first.split(',')[at]).toBe('1');
});

test('by reason, tickets of before are held against the orders of before', async () => {
  const answer = await figures('&compare=previous&groupBy=reason');
  expect(rowOf(answer, 'return', 'reason')).toMatchObject({
    contactRate: 50,
    orders: null,
    previous: { contactRate: { value: 100, change: -50 }, orders: { value: null, change: null } },
  });
  expect(rowOf(answer, 'damage', 'reason')).toMatchObject({
    contactRate: 0,
    previous: { contactRate: { value: 100, change: -100, relative: -1 } },
  });
});

test('the table has the comparison in columns of its own', async () => {
  const [header = '', first = ''] = (
    await asked.csv(`/api/v1/reports/figures?${may}&compare=previous&format=csv`)
  ).split('\r\n');
  const at = header.split(',').indexOf('previous.supportCost');
  expect(header.split(',').slice(at, at + 3)).toEqual([
    'previous.supportCost',
    'previous.supportCost.change',
    'previous.supportCost.relative',
  ]);
  expect(first.split(',').slice(at, at + 3)).toEqual(['4.000000', '2.000000', '0.5']);
});

test('bug: a month that runs still was held against a whole one without a word', async () => {
  // Today is 2026-06-01.
  const june = '/api/v1/reports/figures?from=2026-06-01&to=2026-06-30&compare=previous';
  const running = (await asked.get(june)) as Answer;
  expect(running).toMatchObject({
    partial: true,
    previous: { from: '2026-05-01', to: '2026-05-31', partial: false },
    total: { partial: true, previous: { partial: false } },
  });
  expect(await figures('&compare=previous')).toMatchObject({
    partial: false,
    total: { partial: false, previous: { partial: false } },
  });
  const [header = '', first = ''] = (await asked.csv(`${june}&format=csv`)).split('\r\n');
  const at = (name: string) => first.split(',')[header.split(',').indexOf(name)];
  expect([at('partial'), at('previous.partial')]).toEqual(['true', 'false']);
});

test('bug: a week that the period cuts, or that is not over, stood beside whole ones without a word', async () => {
  const partsOf = async (query: string) => {
    const { rows } = (await asked.get(`/api/v1/reports/figures?${query}`)) as Answer;
    return rows.map(({ week, month, partial, previous }) => [week ?? month, partial, previous?.partial]);
  };
  expect(await partsOf('from=2026-05-04&to=2026-05-31&compare=previous&groupBy=week')).toEqual([
    ['2026-05-04', false, false],
    ['2026-05-11', false, false],
  ]);
  // From Wednesday to a Sunday, and the days before those from a Wednesday too.
  expect(await partsOf('from=2026-05-06&to=2026-05-31&compare=previous&groupBy=week')).toContainEqual([
    '2026-05-04',
    true,
    true,
  ]);
  expect(await partsOf('from=2026-05-01&to=2026-06-30&groupBy=month')).toContainEqual(['2026-05-01', false, undefined]);
  const { points } = await asked.get('/api/v1/reports/series?from=2026-05-06&to=2026-06-07&step=week');
  expect(points.map(({ day, partial }: { day: string; partial: boolean }) => [day, partial])).toEqual([
    ['2026-05-04', true],
    ['2026-05-11', false],
    ['2026-05-18', false],
    ['2026-05-25', false],
    // Not over.
    ['2026-06-01', true],
  ]);
});
