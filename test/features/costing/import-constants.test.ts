import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { importConstants, ticketsWorkedSince } from '../../../src/features/costing/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { openLedger, reading } from './ledger.ts';

let db: Database;
const now = new Date('2026-05-10T12:00:00Z');
const put = (rows: string, dryRun = false) =>
  db.transaction((tx) =>
    importConstants(tx, `name,channel,seconds,valid_from\n${rows}`, { dryRun, now, actor: 'mia' }),
  );
const stored = () =>
  db.query('select name, channel, seconds, valid_from::text as day from costing_constant order by name, valid_from');

beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(async () => {
  await db.query('truncate costing_constant, audit_log');
});

describe('bug: caps and constants of estimates could not be set', () => {
  test('stores, counts, is free to repeat, keeps what a file does not name, and audits old and new', async () => {
    expect(await put('cap,*,7200,2026-02-01\npublic_reply,Chat,120,2026-01-01\n')).toMatchObject({
      what: 'constants',
      rows: 2,
      added: 2,
      from: '2026-01-01',
    });
    expect(await put('cap,*,7200,2026-02-01\n')).toMatchObject({ unchanged: 1, from: '2026-02-01' });
    expect(await put('cap,*,3600,2026-02-01\n')).toMatchObject({ changed: 1 });
    expect(await stored()).toEqual([
      { name: 'cap', channel: '*', seconds: 3600, day: '2026-02-01' },
      { name: 'public_reply', channel: 'chat', seconds: 120, day: '2026-01-01' },
    ]);
    const log = await db.query<{ actor: string; action: string; detail: { changes: unknown } }>(
      'select actor, action, detail from audit_log order by id',
    );
    expect(log.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
      'mia import constants',
      'mia import constants',
    ]);
    expect(log[1]?.detail.changes).toEqual([
      { name: 'cap', channel: '*', seconds: 3600, validFrom: '2026-02-01', before: 7200 },
    ]);
  });

  test('a dry run stores nothing', async () => {
    expect(await put('cap,email,60,2026-02-01\n', true)).toMatchObject({ added: 1, dryRun: true });
    expect(await stored()).toEqual([]);
    expect(await db.query('select 1 from audit_log')).toEqual([]);
  });

  test.each([
    ['limit,*,60,2026-01-01', 'row 2, column name'],
    ['cap,api,60,2026-01-01', 'row 2, column channel'],
    ['cap,,60,2026-01-01', 'row 2, column channel'],
    ['cap,*,-60,2026-01-01', 'row 2, column seconds'],
    ['cap,*,1.5,2026-01-01', 'row 2, column seconds'],
    ['cap,*,60,01.01.2026', 'row 2, column valid_from'],
    ['cap,*,60,2026-01-01\ncap,*,61,2026-01-01', 'row 3, column valid_from'],
  ])('%s names the cell', async (rows, field) => {
    const error = await put(rows).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInput);
    expect((error as InvalidInput).faults.map((fault) => fault.field)).toEqual([field]);
    expect(await stored()).toEqual([]);
  });

  test('reach work of their days when it is decided again', async () => {
    const ledger = await openLedger(db);
    await ledger.rates('default,,30,USD,2026-01-01');
    const ticketId = await ledger.ticket();
    const readings = [reading({ rawSeconds: 600, workedAt: new Date('2026-05-04T10:00:00Z') })];
    await ledger.cost(ticketId, { readings, touches: [] });
    await put('cap,email,300,2026-05-04\n');
    expect(await ticketsWorkedSince(db, '2026-05-04')).toEqual([ticketId]);
    expect(await ticketsWorkedSince(db, '2026-05-05')).toEqual([]);
    expect(await ledger.cost(ticketId)).toEqual([2_500_000n, 300, 0]);
    expect(await ledger.entries(ticketId)).toMatchObject([{ costed: 300, capped: 300n }]);
  });
});
