import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { importRates } from '../../../src/features/costing/index.ts';
import { partnerBook, regionBook } from '../../../src/features/directory/index.ts';
import { keepReportingBasis } from '../../../src/features/directory/reporting-basis.ts';
import { importBenefits, importOtherCosts } from '../../../src/features/partnerships/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { now, openLedger, reading } from './ledger.ts';

let db: Database;
let ledger: Awaited<ReturnType<typeof openLedger>>;

/** Work on 4 and 6 May, euros at a rate until 19 May, and today is 20 May. */
beforeAll(async () => {
  db = await testDatabase();
  await keepReportingBasis(db, { currency: 'USD', timeZone: 'UTC' }, now);
  ledger = await openLedger(db);
  await ledger.rates('default,,36,USD,2026-01-01\n');
  const ticketId = await ledger.ticket();
  await ledger.settle([{ ticketId, readings: [reading(), reading({ workedAt: new Date('2026-05-06T09:00:00Z') })] }]);
  await ledger.euro('1.10', '2026-05-04', '2026-05-19');
});
beforeEach(async () => {
  await db.query("delete from rate where scope <> 'default'");
});

describe('rates in a currency without an exchange rate', () => {
  const warned = async (rows: string, dryRun = true) =>
    (await importRates(db, `scope,key,hourly,currency,valid_from\n${rows}`, { dryRun, now })).warnings.filter((line) =>
      line.includes('exchange rate'),
    );

  test('bug: were taken without a word; said from which day on, in the preview and in the import', async () => {
    const agent = `agent,${ledger.connection.id}:ada,144,MAD,2026-01-01\n`;
    const told = [
      expect.stringMatching(/^MAD has no exchange rate to USD on 3 of 3 days, the first 2026-05-04: .*import fx FILE/),
    ];
    expect(await warned(agent)).toEqual(told);
    expect(await warned(agent, false)).toEqual(told);
    expect(await warned(agent)).toEqual(told);
  });

  test('one that exists on some days is told with the days that it lacks', async () => {
    // A rate prices the days after its own: 4 May has none.
    expect(await warned('team,night,30,EUR,2026-01-01\n')).toEqual([
      expect.stringContaining('EUR has no exchange rate to USD on 1 of 3 days, the first 2026-05-04'),
    ]);
    expect(await warned('team,night,30,EUR,2026-05-05\nteam,day,30,USD,2026-01-01\n')).toEqual([]);
  });

  test('today stands for days to come, and a rate that another one follows is of its own days alone', async () => {
    expect(await warned('team,night,30,MAD,2026-07-01\n')).toEqual([expect.stringContaining('the first 2026-07-01')]);
    expect(await warned('team,night,30,MAD,2026-04-01\nteam,night,30,EUR,2026-05-01\n')).toEqual([
      expect.stringMatching(/^EUR /),
    ]);
    await warned('team,night,30,EUR,2026-05-05\n', false);
    expect(await warned('team,night,30,MAD,2026-05-04\n')).toEqual([
      expect.stringContaining('MAD has no exchange rate to USD on 1 of 1 days, the first 2026-05-04'),
    ]);
  });
});

describe('money of partnerships in a currency without an exchange rate', () => {
  const options = {
    dryRun: true,
    now,
    known: {
      partners: partnerBook([{ code: 'nord', name: 'Nord', aliases: [] }]),
      regions: regionBook([]),
      stores: [],
    },
  };
  const columns = 'reference,partner,kind,amount,currency,every,from,to';
  const costs = async (rows: string, dryRun = true) =>
    (await importOtherCosts(db, `${columns}\n${rows}`, { ...options, dryRun })).warnings;

  test('bug: was taken without a word; said from which day on, in the preview and in the import', async () => {
    const fee = 'fee,nord,fee,100,MAD,month,2026-03-10,\n';
    const told = [
      expect.stringMatching(/^MAD has no exchange rate to USD on 3 of 3 days, the first 2026-03-10: .*import fx FILE/),
    ];
    expect(await costs(fee)).toEqual(told);
    expect(await costs(fee, false)).toEqual(told);
    // Unchanged, and still without one.
    expect(await costs(fee, false)).toEqual(told);
  });

  test('also of benefits, and of what begins later; not of nothing, of parts of revenue, or of what has a rate', async () => {
    const benefits = `${columns},percent\nsaved,nord,savings,5,MAD,,2026-08-01,2026-08-31,\ncut,nord,commission,,,,2026-01-01,,10\n`;
    expect((await importBenefits(db, benefits, options)).warnings).toEqual([
      expect.stringContaining('MAD has no exchange rate to USD on 1 of 1 days, the first 2026-08-01'),
    ]);
    expect(await costs('fee,nord,fee,0,MAD,month,2026-03-10,\neuros,nord,fee,5,EUR,,2026-05-06,\n')).toEqual([]);
  });
});
