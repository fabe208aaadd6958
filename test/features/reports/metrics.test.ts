import { describe, expect, test } from 'vitest';
import { type CellFacts, noFacts } from '../../../src/features/reports/facts/facts.ts';
import { rowOf } from '../../../src/features/reports/metrics.ts';
import { reportRow } from '../../support/report-row.ts';

const key = { partner: 'nord', region: null };
const things = (count: number): bigint => BigInt(Math.round(count * 1e6));
const dollars = (amount: number): bigint => BigInt(Math.round(amount * 1e6));

const row = (facts: Partial<CellFacts>, account: Partial<CellFacts> = facts) =>
  rowOf(key, { ...noFacts(), ...facts }, { ...noFacts(), ...account }, 'USD');

test('a division by zero is null, never 0', () => {
  expect(row({})).toEqual(reportRow({ partner: 'nord' }));
});

test('worked example 12: contact rate per 100 orders, and the multiple of the account', () => {
  const account = { costMicros: dollars(2000), ticketsWorkedPpm: things(400) };
  const partner = {
    ordersPpm: things(12_000),
    ticketsPpm: things(480),
    ticketsWorkedPpm: things(100),
    costMicros: dollars(1200),
  };
  expect(row(partner, account)).toMatchObject({
    contactRate: 4,
    costPerTicket: { amount: '12.000000', currency: 'USD' },
    costMultiple: 2.4,
    costPerOrder: { amount: '0.100000', currency: 'USD' },
  });
});

test('every other figure of section 7', () => {
  expect(
    row({
      ordersPpm: things(8),
      returnsPpm: things(2),
      revenueMicros: dollars(1000),
      refundMicros: dollars(200),
      ticketsPpm: things(4),
      attributedPpm: things(3),
      ticketsWorkedPpm: things(2.5),
      microseconds: things(1500),
      costMicros: dollars(16),
      measuredCostMicros: dollars(12),
    }),
  ).toMatchObject({
    orders: 8,
    returns: 2,
    returnRate: 0.25,
    netRevenue: { amount: '800.000000' },
    tickets: 4,
    ticketsWorked: 2.5,
    handledSeconds: 1500,
    ahtSeconds: 600,
    supportCost: { amount: '16.000000' },
    costPerTicket: { amount: '6.400000' },
    costPerOrder: { amount: '2.000000' },
    costShareOfRevenue: 0.02,
    measuredShare: 0.75,
    attributedShare: 0.75,
  });
});

test('bug: revenue of orders that all lack an exchange rate was 0.00, as if they had brought nothing', () => {
  const unpriced = { ordersPpm: things(2), unpricedOrdersPpm: things(2), unpricedOrders: 2n };
  expect(row(unpriced)).toMatchObject({ netRevenue: null, missing: 'exchange rate', unpricedOrders: 2 });
  expect(row({ returnsPpm: things(1), unpricedRefundsPpm: things(1) })).toMatchObject({ netRevenue: null });
  expect(row({ ...unpriced, ordersPpm: things(3), revenueMicros: dollars(5) })).toMatchObject({
    netRevenue: { amount: '5.000000' },
    missing: null,
  });
  expect(row({ ordersPpm: things(1) })).toMatchObject({ netRevenue: { amount: '0.000000' }, missing: null });
});

test('bug: where more was refunded than sold the cost to serve was below zero, less than that of the best', () => {
  const cost = { costMicros: dollars(10), ordersPpm: things(1), ticketsWorkedPpm: things(1) };
  expect(row({ ...cost, revenueMicros: dollars(50), refundMicros: dollars(80) })).toMatchObject({
    netRevenue: { amount: '-30.000000' },
    costShareOfRevenue: null,
    costPerOrder: { amount: '10.000000' },
  });
  expect(row({ ...cost, revenueMicros: dollars(50), refundMicros: dollars(30) })).toMatchObject({
    costShareOfRevenue: 0.5,
  });
});

describe('satisfaction', () => {
  const answers = { scores5: 14n, scores4: 10n, scores1: 5n, delivered: 90n, answered: 27n };

  test('29 answers: no score', () => {
    expect(row(answers).csat).toEqual({ n: 29, needed: 30 });
  });

  test('30 answers, 24 of them 4 or 5: 80.0 %, Wilson 62.7 to 90.5 %', () => {
    const { csat } = row({ ...answers, scores3: 1n });
    if (!('topTwoBox' in csat)) throw new Error('a score was due');
    expect(csat.n).toBe(30);
    expect(csat.topTwoBox).toBe(0.8);
    expect([csat.low, csat.high].map((bound) => (bound * 100).toFixed(1))).toEqual(['62.7', '90.5']);
    expect(csat.responseRate).toBe(0.3);
    expect(csat.distribution).toEqual({ 1: 5, 2: 0, 3: 1, 4: 10, 5: 14 });
  });
});

describe('flags', () => {
  const account = { costMicros: dollars(500), ticketsWorkedPpm: things(100), measuredCostMicros: dollars(500) };
  const dear = (tickets: number, each: number) =>
    row(
      {
        costMicros: dollars(tickets * each),
        measuredCostMicros: dollars(tickets * each),
        ticketsWorkedPpm: things(tickets),
      },
      account,
    ).flags.map(({ code }) => code);

  test('a partner twice as dear as the account, on 30 tickets or more', () => {
    expect(dear(30, 10)).toEqual(['cost_multiple']);
    expect(dear(29.999999, 10)).toEqual([]);
    expect(dear(30, 9.99)).toEqual([]);
  });

  test('figures that are mostly estimates', () => {
    const flags = (measured: number) =>
      row({ costMicros: dollars(10), measuredCostMicros: dollars(measured) }).flags.map(({ code }) => code);
    expect(flags(4.99)).toEqual(['mostly_estimated']);
    expect(flags(5)).toEqual([]);
  });
});
