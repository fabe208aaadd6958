import { expect, test } from 'vitest';
import { faultsOf } from './reattribution.ts';
import { differences } from './reports-differences.ts';

test('bug: a half of the tickets of which nothing was written, or too few tags, passed as attributed anew', () => {
  const plain = {
    half: 'plain',
    moved: '10000',
    borne: '10000',
    postings: '180000',
    anew: '40000',
    tags: '17',
    named: '17',
    more: '0',
  };
  const product = { ...plain, half: 'product' };
  expect(faultsOf([plain, product])).toEqual([]);
  expect(faultsOf([])).toEqual(['product: nothing', 'plain: nothing']);
  expect(
    faultsOf([
      { ...plain, more: null },
      { ...product, tags: '16' },
    ]),
  ).toEqual(['product: 16 tags, not 17', 'plain: null micros more, not 0']);
});

/** A cell as plain SQL or DuckDB answers it, and the same as the report tells it. */
const answer = {
  partner: 'nord',
  region: 'dach',
  tickets: '4000000',
  worked: '3000000',
  us: '600000000',
  cost: '10000000',
  measured: '7000000',
  orders: '8000000',
  unpriced_orders: '1',
  revenue: '90000000',
  returns: '2000000',
  refunded: '10000000',
  capped: '2',
  unpriced: '1',
  scores: '32',
  top: '24',
  delivered: '40',
  answered: '30',
};
const dollars = (amount: string) => ({ amount, currency: 'USD' });
const row = {
  partner: 'nord',
  region: 'dach',
  tickets: 4,
  ticketsWorked: 3,
  handledSeconds: 600,
  supportCost: dollars('10.000000'),
  orders: 8,
  returns: 2,
  returnRate: 0.25,
  netRevenue: dollars('80.000000'),
  contactRate: 50,
  ahtSeconds: 200,
  costPerTicket: dollars('3.333333'),
  costMultiple: 1,
  costPerOrder: dollars('1.250000'),
  costShareOfRevenue: 0.125,
  measuredShare: 0.7,
  attributedShare: 1,
  csat: { n: 32, topTwoBox: 0.75, responseRate: 0.75 },
  cappedEntries: 2,
  unpricedEntries: 1,
  unpricedOrders: 1,
};

test('a report that tells what its rivals tell passes, its sum too', () => {
  expect(differences({ rows: [row], total: { ...row, partner: null, region: null } }, [answer])).toEqual([]);
  // Of twice the cost in as many tickets the dearer cell has 1.5 times the average.
  const dearer = { ...answer, region: 'it', cost: '30000000', measured: '21000000' };
  const other = {
    region: 'it',
    supportCost: dollars('30.000000'),
    costPerTicket: dollars('10.000000'),
    costPerOrder: dollars('3.750000'),
    costMultiple: 1.5,
    costShareOfRevenue: 0.375,
  };
  const total = {
    tickets: 8,
    ticketsWorked: 6,
    handledSeconds: 1200,
    supportCost: dollars('40.000000'),
    orders: 16,
    returns: 4,
    netRevenue: dollars('160.000000'),
    costPerTicket: dollars('6.666667'),
    costPerOrder: dollars('2.500000'),
    costShareOfRevenue: 0.25,
    csat: { n: 64, topTwoBox: 0.75, responseRate: 0.75 },
    cappedEntries: 4,
    unpricedEntries: 2,
    unpricedOrders: 2,
  };
  expect(
    differences(
      {
        rows: [
          { ...row, costMultiple: 0.5 },
          { ...row, ...other },
        ],
        total: { ...row, ...total },
      },
      [answer, dearer],
    ),
  ).toEqual([]);
});

test.each(Object.keys(row).filter((name) => !['partner', 'region', 'csat'].includes(name)))(
  'bug: a column that both told was not compared: %s',
  (column) => {
    const value = row[column as keyof typeof row] as number | { readonly amount: string };
    const more = typeof value === 'object' ? dollars(`1${value.amount}`) : value + (value % 1 === 0 ? 1 : 1e-6);
    for (const wrong of [more, null])
      expect(differences({ rows: [{ ...row, [column]: wrong }], total: row }, [answer])).toEqual([
        expect.stringMatching(`^nord dach ${column}: `),
      ]);
    expect(differences({ rows: [row], total: { ...row, [column]: more } }, [answer])).toEqual([
      expect.stringMatching(`^total ${column}: `),
    ]);
  },
);

test.each([
  ['responses', { n: 31 }],
  ['topTwoBox', { topTwoBox: 0.750001 }],
  ['responseRate', { responseRate: 0.749999 }],
])('bug: a column that both told was not compared: csat, %s', (column, parts) => {
  expect(differences({ rows: [{ ...row, csat: { ...row.csat, ...parts } }], total: row }, [answer])).toEqual([
    expect.stringMatching(`^nord dach ${column}: `),
  ]);
});

test('below 30 responses neither score nor rate is told', () => {
  const few = { ...answer, scores: '29' };
  const shown = { ...row, csat: { n: 29, topTwoBox: 0.827586, responseRate: 0.75 } };
  const hidden = { ...row, csat: { n: 29, needed: 30 } };
  expect(differences({ rows: [hidden], total: hidden }, [few])).toEqual([]);
  expect(differences({ rows: [shown], total: hidden }, [few])).toHaveLength(2);
});

test('a row that only a rival has is one that the report lacks', () => {
  const none = { ...Object.fromEntries(Object.keys(answer).map((name) => [name, '0'])), partner: 'p7', region: 'r1' };
  expect(differences({ rows: [row], total: row }, [answer, none])).toEqual([]);
  // One that was taken back counts too, and the sum then differs.
  const [first, second] = differences({ rows: [row], total: row }, [answer, { ...none, unpriced: '-1' }]);
  expect([first, second]).toEqual([
    'p7 r1: not in the report',
    expect.stringMatching(/^total unpricedEntries: 1 and 0/),
  ]);
});

test('bug: a report without money passed as one of nothing', () => {
  const none = dollars('0.000000');
  const zero = {
    ...Object.fromEntries(Object.keys(row).map((name) => [name, null])),
    partner: 'nord',
    region: 'dach',
    tickets: 0,
    ticketsWorked: 0,
    handledSeconds: 0,
    supportCost: none,
    orders: 0,
    returns: 0,
    netRevenue: none,
    csat: { n: 0, needed: 30 },
    cappedEntries: 0,
    unpricedEntries: 0,
    unpricedOrders: 0,
  };
  const found = (parts: object, unpriced_orders = '0') =>
    differences(
      { rows: [{ ...zero, ...parts }], total: { ...zero, unpricedOrders: Number(unpriced_orders), netRevenue: none } },
      [{ partner: 'nord', region: 'dach', unpriced_orders }],
    );
  expect(found({})).toEqual([]);
  expect(found({ netRevenue: null, unpricedOrders: 1 }, '1')).toEqual([]);
  expect(found({ netRevenue: null })).toEqual(['nord dach netRevenue: null and 0']);
  expect(found({ supportCost: null })).toEqual(['nord dach supportCost: null and 0']);
});
