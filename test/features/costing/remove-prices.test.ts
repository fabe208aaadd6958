import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import {
  findFx,
  importFx,
  importOwnFx,
  importRates,
  listRates,
  loadDatedFx,
  loadOwnFx,
  removeFx,
  removeOwnFx,
  removeRates,
} from '../../../src/features/costing/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { openLedger, reading } from './ledger.ts';

let db: Database;
const now = new Date('2026-05-10T12:00:00Z');
const write = { dryRun: false, now };
const take = (remove: typeof removeRates, text: string) =>
  db.transaction((tx) => remove(tx, text, { actor: 'mia', now }));
const faultsOf = async (remove: typeof removeRates, text: string) => {
  const error = await take(remove, text).catch((no: unknown) => no);
  expect(error).toBeInstanceOf(InvalidInput);
  return (error as InvalidInput).faults;
};
const logged = () => db.query('select actor, action, detail from audit_log order by id');

beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(() => db.query('truncate rate, fx_rate, own_fx_rate, audit_log'));

describe('rates', () => {
  const rates =
    'scope,key,hourly,currency,valid_from,burden,shrinkage,occupancy\ndefault,,30,USD,2026-01-01,,,\nrole,senior,41.5,EUR,2026-02-01,30,12.5,80\n';
  const held = async () => (await listRates(db)).map(({ scope, validFrom }) => `${scope} ${validFrom}`);
  beforeEach(() => importRates(db, rates, write));

  test('that a file names are taken away, and stand in the log as they were; the others stay', async () => {
    expect(await take(removeRates, 'scope,key,valid_from\nrole,senior,2026-02-01\n')).toEqual({
      what: 'rates',
      rows: 1,
      added: 0,
      changed: 0,
      unchanged: 0,
      removed: 1,
      dryRun: false,
      preview: [
        {
          scope: 'role',
          key: 'senior',
          hourly: '41.500000',
          currency: 'EUR',
          valid_from: '2026-02-01',
          burden: '30',
          shrinkage: '12.5',
          occupancy: '80',
        },
      ],
      warnings: [],
      priced: { from: '2026-02-01', to: null },
    });
    expect(await held()).toEqual(['default 2026-01-01']);
    expect(await logged()).toMatchObject([
      { action: 'import rates' },
      {
        actor: 'mia',
        action: 'remove rates',
        detail: { removed: 1, before: [{ key: 'senior', hourly: '41.500000' }] },
      },
    ]);
  });

  test('the very file that brought them takes them away, as a European spreadsheet writes it too', async () => {
    expect(await take(removeRates, rates.replaceAll(',', ';').replace('41.5', '41,5'))).toMatchObject({ removed: 2 });
    expect(await held()).toEqual([]);
  });

  test('a row that is not held, or was corrected since, is named, and nothing is taken away', async () => {
    expect(
      await faultsOf(
        removeRates,
        'scope,key,hourly,valid_from\ndefault,,30,2026-01-01\nrole,senior,41.6,2026-02-01\nrole,senior,,2026-02-02\nagent,none:ada,,2026-01-01\n',
      ),
    ).toEqual([{ field: 'row 5, column key', reason: expect.stringContaining('is of no connection') }]);
    expect(
      await faultsOf(
        removeRates,
        'scope,key,hourly,valid_from\ndefault,,30.0,2026-01-01\nrole,senior,41.6,2026-02-01\nrole,senior,,2026-02-02\ndefault,,,2026-01-01\n',
      ),
    ).toEqual([
      { field: 'row 3, column hourly', reason: expect.stringContaining('is 41.500000 now') },
      { field: 'row 4, column valid_from', reason: expect.stringContaining('is not held') },
      { field: 'row 5, column valid_from', reason: 'repeats row 2' },
    ]);
    expect(await faultsOf(removeRates, 'scope,key\ndefault,\n')).toMatchObject([
      { reason: expect.stringContaining('the header needs scope,key,valid_from') },
    ]);
    expect(await held()).toHaveLength(2);
    expect(await logged()).toHaveLength(1);
  });

  test('bug: a wage whose burden was corrected since went with the line that it was before', async () => {
    expect(await faultsOf(removeRates, rates.replace(',30,12.5,80', ',25,12.50,'))).toEqual([
      { field: 'row 3, column burden', reason: expect.stringContaining('is 30 now') },
    ]);
    expect(await faultsOf(removeRates, rates.replace('01-01,,,', '01-01,,5,'))).toEqual([
      { field: 'row 2, column shrinkage', reason: expect.stringContaining('is empty now') },
    ]);
    expect(await held()).toHaveLength(2);
  });

  test('bug: what went was shown with its columns in another order than the file has', async () => {
    const { preview } = await take(removeRates, rates);
    expect(preview.map((row) => Object.keys(row).join())).toEqual([
      'scope,key,hourly,currency,valid_from',
      'scope,key,hourly,currency,valid_from,burden,shrinkage,occupancy',
    ]);
  });

  test('of an agent are named by the connection, and work has the price that holds without them', async () => {
    const ledger = await openLedger(db);
    const agent = `agent,${ledger.connection.name}:ada,300,USD,2026-05-01\n`;
    await ledger.rates(agent);
    const ticketId = await ledger.ticket();
    expect(await ledger.cost(ticketId, { readings: [reading({ rawSeconds: 360 })] })).toEqual([30_000_000n, 360, 0]);
    const { priced, preview } = await take(removeRates, `scope,key,hourly,currency,valid_from\n${agent}`);
    expect(preview).toMatchObject([{ key: `${ledger.connection.name}:ada` }]);
    expect(await ledger.toReprice(priced?.from ?? '', priced?.to ?? null)).toEqual([ticketId]);
    expect(await ledger.cost(ticketId, { reprice: true })).toEqual([3_000_000n, 360, 0]);
    expect((await ledger.postings(ticketId)).map(({ cost, cause }) => [cost, cause])).toEqual([
      [30_000_000n, 'work'],
      [-30_000_000n, 'rate'],
      [3_000_000n, 'rate'],
    ]);
  });
});

describe('exchange rates', () => {
  test('of our own are taken away by pair and first day', async () => {
    const file =
      'base,quote,rate,valid_from,valid_to,source\nUSD,AED,3.67250,2020-01-01,,bank\nEUR,HRK,7.5345,2023-01-01,2026-12-31,fixed\n';
    await importOwnFx(db, file, write);
    expect(await faultsOf(removeOwnFx, 'base,quote,rate,valid_from\nusd,aed,3.68,2020-01-01\n')).toEqual([
      { field: 'row 2, column rate', reason: expect.stringContaining('is 3.6725 now') },
    ]);
    expect(await faultsOf(removeOwnFx, file.replace('01,,bank', '01,2026-01-31,mint'))).toEqual([
      { field: 'row 2, column valid_to', reason: expect.stringContaining('is empty now') },
      { field: 'row 2, column source', reason: expect.stringContaining('is bank now') },
    ]);
    expect(await take(removeOwnFx, file)).toMatchObject({
      removed: 2,
      preview: [{ rate: '3.6725', valid_to: '' }, { valid_to: '2026-12-31' }],
      priced: { from: '2020-01-01', to: null },
    });
    expect(await loadOwnFx(db)).toEqual([]);
    expect(await logged()).toMatchObject([
      {},
      { action: 'remove own-fx', detail: { before: [{ source: 'bank' }, {}] } },
    ]);
  });

  test('of days are taken away by day and pair, and the days that they priced are told', async () => {
    await importFx(db, 'date,base,quote,rate\n2026-05-04,EUR,USD,1.10\n2026-05-06,EUR,USD,1.2\n', write);
    expect(await take(removeFx, 'date,base,quote,rate\n2026-05-06,EUR,USD,1.20\n')).toMatchObject({
      removed: 1,
      priced: { from: '2026-05-07', to: '2026-05-13' },
    });
    expect(await db.query('select date::text as date from fx_rate')).toEqual([{ date: '2026-05-04' }]);
    expect(await faultsOf(removeFx, 'date,base,quote\n2026-05-06,EUR,USD\n')).toMatchObject([
      { field: 'row 2, column date', reason: expect.stringContaining('is not held') },
    ]);
  });

  test("bug: who followed what the fault advised took the ECB's rate away, which came after the mistake", async () => {
    await importFx(db, 'Date,USD,\n2026-05-06,1.0951,\n', write);
    for (const rate of ['1.5', ''])
      expect(await faultsOf(removeFx, `date,base,quote,rate\n2026-05-06,EUR,USD,${rate}\n`)).toEqual([
        { field: 'row 2, column date', reason: expect.stringContaining("is the ECB's rate") },
      ]);
    expect(await db.query('select from fx_rate')).toHaveLength(1);
  });

  test("bug: with a rate of our own the ECB's went that it had replaced, and the day before's was used", async () => {
    const wanted = { from: 'EUR', to: 'USD', day: '2026-05-07' };
    const used = async () => {
      const [fx] = (await findFx(db, [wanted])).values();
      return `${fx?.date} ${Number(fx?.numerator) / Number(fx?.denominator)}`;
    };
    const published = 'Date,USD,\n2026-05-05,1.05,\n2026-05-06,1.1,\n';
    const own = (rate: string) => importFx(db, `date,base,quote,rate\n2026-05-06,EUR,USD,${rate}\n`, write);
    await importFx(db, published, write);
    await own('11');
    // A correction of the mistake is no rate of the ECB's either.
    await own('12');
    expect(await used()).toBe('2026-05-06 12');
    expect(await take(removeFx, 'date,base,quote,rate\n2026-05-06,EUR,USD,12\n')).toMatchObject({
      removed: 1,
      preview: [{ rate: '12', source: 'own' }],
      priced: { from: '2026-05-07', to: '2026-05-13' },
    });
    expect(await used()).toBe('2026-05-06 1.1');
    expect(await faultsOf(removeFx, 'date,base,quote\n2026-05-06,EUR,USD\n')).toEqual([
      { field: 'row 2, column date', reason: expect.stringContaining("is the ECB's rate") },
    ]);
  });

  test('bug: a rate that the ECB published after somebody had told the same went as one of our own', async () => {
    await importFx(db, 'date,base,quote,rate\n2026-05-06,EUR,USD,1.1\n', write);
    expect(await importFx(db, 'Date,USD,\n2026-05-06,1.1,\n', write)).toMatchObject({ unchanged: 1, priced: null });
    expect(await loadDatedFx(db)).toEqual([]);
    expect(await faultsOf(removeFx, 'date,base,quote\n2026-05-06,EUR,USD\n')).toHaveLength(1);
  });
});
