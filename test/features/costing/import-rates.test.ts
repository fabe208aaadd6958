import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { importRates } from '../../../src/features/costing/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { openLedger } from './ledger.ts';

let db: Database;
const now = new Date('2026-05-10T12:00:00Z');
const header = 'scope,key,hourly,currency,valid_from\n';
const put = (rows: string, dryRun = false) => importRates(db, header + rows, { dryRun, now, actor: 'mia' });
const stored = () =>
  db.query(
    'select scope, key, hourly_micros as hourly, currency, valid_from::text as "validFrom" from rate order by id',
  );

beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(async () => {
  await db.query('truncate rate, audit_log');
});

describe('importing rates', () => {
  test('stores, counts, is free to repeat, and keeps what a file does not name', async () => {
    expect(await put('default,,30,usd,2026-01-01\nrole,senior,41.505,EUR,2026-02-01\n')).toMatchObject({
      rows: 2,
      added: 2,
      priced: { from: '2026-01-01', to: null },
    });
    expect(await put('default,default,30.000000,USD,2026-01-01\n')).toMatchObject({ unchanged: 1, priced: null });
    expect(await put('default,,31,USD,2026-01-01\ndefault,,32,USD,2026-03-01\n')).toMatchObject({
      changed: 1,
      added: 1,
    });
    expect(await stored()).toEqual([
      { scope: 'default', key: '', hourly: 31_000_000n, currency: 'USD', validFrom: '2026-01-01' },
      { scope: 'role', key: 'senior', hourly: 41_505_000n, currency: 'EUR', validFrom: '2026-02-01' },
      { scope: 'default', key: '', hourly: 32_000_000n, currency: 'USD', validFrom: '2026-03-01' },
    ]);
    expect(await db.query('select actor, action from audit_log')).toEqual([
      { actor: 'mia', action: 'import rates' },
      { actor: 'mia', action: 'import rates' },
    ]);
  });

  test('bug: rates as a European spreadsheet writes them were refused', async () => {
    await importRates(
      db,
      'scope;key;hourly;currency;valid_from\r\ndefault;;30,50;EUR;2026-01-01\r\nrole;senior;41;EUR;2026-01-01\r\n',
      { dryRun: false, now },
    );
    expect(await stored()).toMatchObject([{ hourly: 30_500_000n }, { hourly: 41_000_000n }]);
    for (const hourly of ['1.030,50', '30,1234567'])
      await expect(
        importRates(db, `scope;key;hourly;currency;valid_from\ndefault;;${hourly};EUR;2026-02-01`, {
          dryRun: false,
          now,
        }),
      ).rejects.toMatchObject({
        faults: [{ field: 'row 2, column hourly', reason: expect.stringContaining('no thousands separator') }],
      });
  });

  test('bug: 1,200 an hour of a European spreadsheet was stored as 1.20', async () => {
    const file = 'scope;key;hourly;currency;valid_from\ndefault;;1,200;EUR;2026-01-01';
    await expect(importRates(db, file, { dryRun: false, now })).rejects.toMatchObject({
      faults: [{ field: 'row 2, column hourly', reason: expect.stringMatching(/1\.200 or as 1200; write .*1,2000/) }],
    });
    expect(await stored()).toEqual([]);
  });

  test('bug: a replaced rate left no trace of what it had been', async () => {
    await put('default,,30,USD,2026-01-01\nrole,senior,40,USD,2026-01-01\n');
    await put('default,,31.5,EUR,2026-01-01\nrole,senior,40,USD,2026-01-01\nrole,night,50,USD,2026-02-01\n');
    const [, replaced] = await db.query<{ detail: unknown }>('select detail from audit_log order by id');
    expect(replaced?.detail).toEqual({
      rows: 3,
      added: 1,
      changed: 1,
      changes: expect.arrayContaining([
        {
          scope: 'default',
          key: '',
          validFrom: '2026-01-01',
          before: { hourlyMicros: '30000000', currency: 'USD' },
          after: { hourlyMicros: '31500000', currency: 'EUR' },
        },
        {
          scope: 'role',
          key: 'night',
          validFrom: '2026-02-01',
          before: null,
          after: { hourlyMicros: '50000000', currency: 'USD' },
        },
      ]),
    });
    const [detail] = await db.query<{ changes: bigint }>(
      `select jsonb_array_length(detail -> 'changes')::bigint as changes from audit_log order by id desc limit 1`,
    );
    expect(detail?.changes).toBe(2n);
  });

  test('a dry run shows the rows as understood and stores nothing', async () => {
    const report = await put('default,,30,usd,2026-01-01\n', true);
    expect(report).toMatchObject({ dryRun: true, added: 1 });
    expect(report.preview).toEqual([
      { scope: 'default', key: '', hourly: '30.000000', currency: 'USD', valid_from: '2026-01-01' },
    ]);
    expect(await stored()).toEqual([]);
  });

  test('warns of keys that name nobody yet', async () => {
    const { connection } = await openLedger(db);
    const report = await put(
      `agent,${connection.name}:7,30,USD,2026-01-01\nagent,${connection.id}:8,30,USD,2026-01-01\nagent,nowhere:7,30,USD,2026-01-01\nrole,night,30,USD,2026-01-01\n`,
    );
    expect(report.warnings).toEqual([
      'No agent has the role night yet: its rate prices nothing until one has',
      'No connection is named nowhere: its rates price nothing',
    ]);
  });

  test.each([
    ['team,x,30,USD,2026-01-01', 'row 2, column scope'],
    ['default,ada,30,USD,2026-01-01', 'row 2, column key'],
    ['agent,ada,30,USD,2026-01-01', 'row 2, column key'],
    ['role,,30,USD,2026-01-01', 'row 2, column key'],
    ['default,,-30,USD,2026-01-01', 'row 2, column hourly'],
    ['default,,"30,50",USD,2026-01-01', 'row 2, column hourly'],
    ['default,,30.1234567,USD,2026-01-01', 'row 2, column hourly'],
    ['default,,30,USX,2026-01-01', 'row 2, column currency'],
    ['default,,30,USD,01.01.2026', 'row 2, column valid_from'],
    ['default,,30,USD,2026-01-01\ndefault,,31,USD,2026-01-01', 'row 3, column valid_from'],
  ])('%s names the cell', async (rows, field) => {
    const error = await put(rows).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInput);
    expect((error as InvalidInput).faults.map((fault) => fault.field)).toEqual([field]);
    expect(await stored()).toEqual([]);
  });
});
