import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { findFx, fxKey, importFx, importOwnFx } from '../../../src/features/costing/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { openLedger, reading } from './ledger.ts';

let db: Database;
const now = new Date('2026-05-10T12:00:00Z');
const put = (rows: string, dryRun = false) =>
  importOwnFx(db, `base,quote,rate,valid_from,valid_to,source\n${rows}`, { dryRun, now, actor: 'mia' });
const find = async (from: string, to: string, day: string) =>
  (await findFx(db, [{ from, to, day }])).get(fxKey({ from, to, day }));
const peg = 'USD,AED,3.6725,2020-01-01,,Central Bank of the UAE\n';

beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(async () => {
  await db.query('truncate fx_rate, own_fx_rate, audit_log');
  await importFx(db, 'Date,USD,SEK,\n2026-05-08,1.25,11,\n', { dryRun: false, now });
});

describe('a rate of our own', () => {
  beforeEach(() => put(`${peg}USD,SAR,3.75,2020-01-01,,SAMA\nEUR,HRK,7.5345,2023-01-01,,irrevocable\n`));

  test('prices its pair and the inverse, dated from when it holds', async () => {
    expect(await find('USD', 'AED', '2026-05-09')).toEqual({ numerator: 1469n, denominator: 400n, date: '2020-01-01' });
    expect(await find('AED', 'USD', '2030-01-01')).toEqual({ numerator: 400n, denominator: 1469n, date: '2020-01-01' });
    expect(await find('AED', 'USD', '2019-12-31')).toBeNull();
  });

  test('goes together with a published one, whose day and window count', async () => {
    expect(await find('AED', 'EUR', '2026-05-09')).toEqual({ numerator: 320n, denominator: 1469n, date: '2026-05-08' });
    expect(await find('SEK', 'AED', '2026-05-09')).toEqual({
      numerator: 1469n,
      denominator: 3520n,
      date: '2026-05-08',
    });
    expect(await find('AED', 'EUR', '2026-05-20')).toBeNull();
    expect(await find('HRK', 'SEK', '2026-05-09')).toEqual({
      numerator: 22000n,
      denominator: 15069n,
      date: '2026-05-08',
    });
    expect(await find('HRK', 'NOK', '2026-05-09')).toBeNull();
    expect(await find('HRK', 'USD', '2026-05-09')).toEqual({
      numerator: 2500n,
      denominator: 15069n,
      date: '2026-05-08',
    });
  });

  test('two of them meet in a currency, or with a published one between', async () => {
    expect(await find('AED', 'SAR', '2026-06-30')).toEqual({
      numerator: 1500n,
      denominator: 1469n,
      date: '2020-01-01',
    });
    expect(await find('AED', 'HRK', '2026-05-09')).toEqual({
      numerator: 60276n,
      denominator: 36725n,
      date: '2026-05-08',
    });
  });

  test('holds until its last day, and gives way to the next one and to a dated rate', async () => {
    await put('USD,AED,4,2026-05-01,2026-05-10,agreed\n');
    expect(await find('USD', 'AED', '2026-05-10')).toEqual({ numerator: 4n, denominator: 1n, date: '2026-05-01' });
    expect(await find('USD', 'AED', '2026-05-11')).toMatchObject({ date: '2020-01-01' });
    await importFx(db, 'date,base,quote,rate\n2026-05-08,USD,AED,5\n', { dryRun: false, now });
    expect(await find('USD', 'AED', '2026-05-09')).toEqual({ numerator: 5n, denominator: 1n, date: '2026-05-08' });
  });
});

test('an import tells what it changes, from when on, and keeps the log', async () => {
  expect(await put(peg, true)).toMatchObject({ what: 'own-fx', added: 1, priced: { from: '2020-01-01', to: null } });
  expect(await find('USD', 'AED', '2026-05-09')).toBeNull();
  await put(peg);
  expect(await put('usd,aed,3.67250,2020-01-01,,Central Bank of the UAE\n')).toMatchObject({
    unchanged: 1,
    priced: null,
  });
  expect(await put('USD,AED,3.6725,2020-01-01,2026-12-31,Central Bank of the UAE\n')).toMatchObject({ changed: 1 });
  const [, changed] = await db.query<{ detail: unknown }>(
    'select detail from audit_log where action = $1 order by id',
    ['import own-fx'],
  );
  expect(changed?.detail).toMatchObject({ changed: 1, before: [{ rate: '3.6725', valid_to: '' }] });
});

test('every bad cell is named', async () => {
  const error = await put('USD,AED,0,2026-01-01,,\nUSD,USD,1,May,2026-01-01,x\n').catch((thrown: unknown) => thrown);
  expect((error as InvalidInput).faults.map(({ field }) => field)).toEqual([
    'row 2, column rate',
    'row 2, column source',
    'row 3, column valid_from',
  ]);
  await expect(put('USD,USD,1,2026-02-01,2026-01-01,x\nUSD,USD,1,2026-02-01,,x\n')).rejects.toMatchObject({
    faults: [
      { field: 'row 2, column quote' },
      { field: 'row 2, column valid_to' },
      { field: 'row 3, column valid_from' },
      { field: 'row 3, column quote' },
    ],
  });
  await expect(put(peg.repeat(2))).rejects.toBeInstanceOf(InvalidInput);
});

test('bug: work kept the price of a rate whose last day was put before it', async () => {
  await db.query('truncate rate');
  const ledger = await openLedger(db);
  await ledger.rates('default,,73.45,AED,2026-01-01\n');
  await put(peg);
  const ticketId = await ledger.ticket();
  expect(await ledger.cost(ticketId, { readings: [reading({ rawSeconds: 3600 })] })).toEqual([20_000_000n, 3600, 0]);
  const { priced } = await put('USD,AED,3.6725,2020-01-01,2026-05-03,Central Bank of the UAE\n');
  expect(await ledger.toReprice(priced?.from ?? '', priced?.to ?? null)).toEqual([ticketId]);
  expect(await ledger.cost(ticketId, { reprice: true })).toEqual([0n, 0, 1]);
  expect(await ledger.entries(ticketId)).toMatchObject([{ state: 'costed', costed: 3600, unpriced: 'no fx' }]);
  expect((await ledger.postings(ticketId)).map(({ cost, cause, reverses }) => [cost, cause, reverses])).toEqual([
    [20_000_000n, 'work', false],
    [-20_000_000n, 'rate', true],
  ]);
  expect(await ledger.toReprice('2020-01-01')).toEqual([]);
  await put(peg);
  expect(await ledger.toReprice('2020-01-01')).toEqual([ticketId]);
  expect(await ledger.cost(ticketId, { reprice: true })).toEqual([20_000_000n, 3600, 0]);
});

test('work of a currency that the ECB lacks is priced by it, and priced anew when it comes', async () => {
  await db.query('truncate rate');
  const ledger = await openLedger(db);
  await ledger.rates('default,,73.45,AED,2026-01-01\n');
  const ticketId = await ledger.ticket();
  expect(await ledger.cost(ticketId, { readings: [reading({ rawSeconds: 3600 })] })).toEqual([0n, 0, 1]);
  await put(peg);
  expect(await ledger.toReprice('2020-01-01')).toEqual([ticketId]);
  expect(await ledger.cost(ticketId, { reprice: true })).toEqual([20_000_000n, 3600, 0]);
});
