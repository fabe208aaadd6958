import { readFile } from 'node:fs/promises';
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

  test('warns of a role that nobody has yet', async () => {
    expect((await put('role,night,30,USD,2026-01-01\n')).warnings).toEqual([
      'No agent has the role night yet: its rate prices nothing until one has',
    ]);
  });

  test('bug: the rate of an agent was kept under the name of the connection, which may change and hold ":"', async () => {
    const { connection } = await openLedger(db);
    const name = `EU: ${connection.name}`;
    await db.query('update connection set name = $2 where id = $1', [connection.id, name]);
    const report = await put(`agent,${name}:7,30,USD,2026-01-01\nagent,${connection.id}:8,30,USD,2026-01-01\n`);
    expect(await stored()).toMatchObject([{ key: `${connection.id}:7` }, { key: `${connection.id}:8` }]);
    expect(report.preview.map(({ key }) => key)).toEqual([`${name}:7`, `${name}:8`]);
    expect(report.warnings).toEqual([]);
    await expect(
      put(
        `agent,nowhere:7,30,USD,2026-01-01\nagent,${name}:9,30,USD,2026-01-01\nagent,${connection.id}:9,30,USD,2026-01-01\n`,
      ),
    ).rejects.toMatchObject({
      faults: [
        { field: 'row 2, column key', reason: expect.stringContaining(`"nowhere:7" is of no connection; known are`) },
        { field: 'row 4, column valid_from', reason: 'repeats scope, key and day of row 3' },
      ],
    });
  });

  test('rates that are kept under a name come under its id with the migration', async () => {
    const { connection } = await openLedger(db);
    const name = `EU: ${connection.name}`;
    await db.query('update connection set name = $2 where id = $1', [connection.id, name]);
    const keep = (key: string, hourly: number, day: string, scope = 'agent') =>
      db.query(
        `insert into rate (scope, key, hourly_micros, currency, valid_from, recorded_at) values ($1, $2, $3, 'USD', $4, $5)`,
        [scope, key, hourly, day, now],
      );
    await keep(`${name}:7`, 1, '2026-01-01');
    await keep(`${name}:8`, 2, '2026-01-01');
    await keep(`${connection.id}:8`, 3, '2026-01-01');
    await keep(`${name}:8`, 4, '2026-02-01');
    await keep('nowhere:7', 5, '2026-01-01');
    await keep(`${name}:9`, 6, '2026-01-01', 'role');
    const sql = await readFile('prisma/migrations/20261127140000_rates_by_connection_id/migration.sql', 'utf8');
    for (const statement of sql.split(/;\n/).filter((part) => part.trim() !== '')) await db.query(statement);
    expect(await db.query('select key, hourly_micros as hourly from rate order by hourly_micros')).toEqual([
      { key: `${connection.id}:7`, hourly: 1n },
      { key: `${connection.id}:8`, hourly: 3n },
      { key: `${connection.id}:8`, hourly: 4n },
      { key: 'nowhere:7', hourly: 5n },
      { key: `${name}:9`, hourly: 6n },
    ]);
  });

  test.each([
    ['office,x,30,USD,2026-01-01', 'row 2, column scope'],
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
