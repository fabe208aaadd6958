import { expect, test } from 'vitest';
import { faultsOf } from './reattribution.ts';
import { differences } from './reports.ts';

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

test('bug: a report without money passed as one of nothing', () => {
  const none = { amount: '0.000000' };
  const row = {
    partner: 'nord',
    region: 'dach',
    tickets: 0,
    ticketsWorked: 0,
    handledSeconds: 0,
    supportCost: none,
    orders: 0,
    returns: 0,
    netRevenue: none,
    csat: { n: 0 },
    cappedEntries: 0,
    unpricedOrders: 0,
  };
  const found = (parts: object, unpriced_orders = '0') =>
    differences({ rows: [{ ...row, ...parts }] }, [{ partner: 'nord', region: 'dach', unpriced_orders }]);
  expect(found({})).toEqual([]);
  expect(found({ netRevenue: null, unpricedOrders: 1 }, '1')).toEqual([]);
  expect(found({ netRevenue: null })).toEqual(['nord dach netRevenue: null and 0']);
  expect(found({ supportCost: null })).toEqual(['nord dach supportCost: null and 0']);
});
