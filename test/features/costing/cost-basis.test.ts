import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { appliedOn, effectiveHourly, importCostBasis, importRates } from '../../../src/features/costing/index.ts';
import { importTeams } from '../../../src/features/directory/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { openLedger, reading } from './ledger.ts';

const now = new Date('2026-05-10T12:00:00Z');
const none = { burdenPpm: null, shrinkagePpm: null, occupancyPpm: null };

describe('what an hour costs', () => {
  /** Of the facts on cost per ticket: 18 an hour, 30 % burden, 30 % shrinkage, 80 % occupancy. */
  const wage = { hourlyMicros: 18_000_000n, burdenPpm: 300_000, shrinkagePpm: 300_000, occupancyPpm: 800_000 };

  test.each([
    ['given', 18_000_000n],
    ['direct', 23_400_000n],
    ['absorbed', 41_785_714n],
  ] as const)('%s', (applied, micros) => expect(effectiveHourly(wage, applied)).toBe(micros));

  test('a factor that is not given changes nothing', () => {
    const hourlyMicros = 30_000_000n;
    expect(effectiveHourly({ ...none, hourlyMicros }, 'absorbed')).toBe(hourlyMicros);
    expect(effectiveHourly({ ...none, hourlyMicros, occupancyPpm: 500_000 }, 'absorbed')).toBe(60_000_000n);
    expect(effectiveHourly({ ...none, hourlyMicros, occupancyPpm: 500_000 }, 'direct')).toBe(hourlyMicros);
  });

  test('each switch costs at least what the one before does, within half a micro of the exact value', () => {
    const ppm = (min: number, max: number) => fc.integer({ min, max });
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 9n }),
        ppm(0, 3_000_000),
        ppm(0, 990_000),
        ppm(10_000, 1_000_000),
        (hourlyMicros, burdenPpm, shrinkagePpm, occupancyPpm) => {
          const rate = { hourlyMicros, burdenPpm, shrinkagePpm, occupancyPpm };
          const [given, direct, absorbed] = (['given', 'direct', 'absorbed'] as const).map((one) =>
            effectiveHourly(rate, one),
          ) as [bigint, bigint, bigint];
          expect(given <= direct && direct <= absorbed).toBe(true);
          const exact = hourlyMicros * BigInt(1_000_000 + burdenPpm) * 1_000_000n;
          const by = BigInt(1_000_000 - shrinkagePpm) * BigInt(occupancyPpm);
          const off = absorbed * by - exact;
          expect((off < 0n ? -off : off) * 2n <= by).toBe(true);
        },
      ),
    );
  });

  test('the switch is dated, and nothing is applied before its first day', () => {
    const rows = [
      { validFrom: '2026-02-01', applied: 'absorbed' },
      { validFrom: '2026-01-01', applied: 'direct' },
    ] as const;
    expect(['2025-12-31', '2026-01-01', '2026-03-01'].map((day) => appliedOn(rows, day))).toEqual([
      'given',
      'direct',
      'absorbed',
    ]);
  });
});

describe('in the ledger', () => {
  let db: Database;
  const rates = (rows: string) =>
    importRates(db, `scope,key,hourly,currency,valid_from,burden,shrinkage,occupancy\n${rows}`, { dryRun: false, now });
  const basis = (rows: string) =>
    importCostBasis(db, `applied,valid_from\n${rows}`, { dryRun: false, now, actor: 'mia' });
  const faultsOf = async (importing: Promise<unknown>) => {
    const error = await importing.catch((thrown: unknown) => thrown);
    if (!(error instanceof InvalidInput)) throw error ?? new Error('nothing was refused');
    return error.faults.map(({ field, reason }) => `${field}: ${reason}`);
  };

  beforeAll(async () => {
    db = await testDatabase();
  });
  beforeEach(async () => {
    await db.query('truncate rate, cost_basis, agent_team, audit_log');
  });

  /** What 720 s of ada's on 05-04 cost. */
  const costOfWork = async (ledger: Awaited<ReturnType<typeof openLedger>>) => {
    const ticketId = await ledger.ticket();
    const settled = await ledger.settle([{ ticketId, readings: [reading({ rawSeconds: 720 })] }]);
    return settled.tickets.get(ticketId)?.costMicros;
  };

  test('a wage is priced as the switch of the work day says; an all-in rate as it is', async () => {
    const ledger = await openLedger(db);
    expect(await rates('default,,18,USD,2026-01-01,30,30,80\n')).toMatchObject({
      warnings: [expect.stringContaining('cost-basis')],
      preview: [{ burden: '30', shrinkage: '30', occupancy: '80' }],
    });
    expect(await costOfWork(ledger)).toBe(3_600_000n);
    expect(await basis('direct,2026-05-01\n')).toMatchObject({ added: 1, priced: { from: '2026-05-01', to: null } });
    expect(await costOfWork(ledger)).toBe(4_680_000n);
    expect(await basis('absorbed,2026-05-04\n')).toMatchObject({ priced: { from: '2026-05-04', to: null } });
    expect(await costOfWork(ledger)).toBe(8_357_143n);
    expect(await basis('absorbed,2026-05-04\n')).toMatchObject({ unchanged: 1, priced: null });
    await rates('default,,18,USD,2026-01-01,,,\n');
    expect(await costOfWork(ledger)).toBe(3_600_000n);
  });

  test('an agent comes before the role, that before the team, that before the default; a team is dated', async () => {
    const ledger = await openLedger(db);
    const [{ id, name } = { id: 0, name: '' }] = await db.query<{ id: number; name: string }>(
      'select id, name from connection order by id desc limit 1',
    );
    const teams = (rows: string) =>
      importTeams(db, `connection,external_id,team,valid_from\n${rows}`, { dryRun: false, now });
    expect(await rates('default,,10,USD,2026-01-01,,,\nteam,night,20,USD,2026-01-01,,,\n')).toMatchObject({
      warnings: ['Nobody is in the team night yet: its rate prices nothing until somebody is'],
    });
    expect(await costOfWork(ledger)).toBe(2_000_000n);
    expect(await teams(`${name},ada,night,2026-05-04\n${name},ada,,2026-05-05\n`)).toMatchObject({
      added: 2,
      from: '2026-05-04',
    });
    expect(await costOfWork(ledger)).toBe(4_000_000n);
    expect(await teams(`${id},ada,night,2026-05-04\n`)).toMatchObject({ unchanged: 1, from: null });
    await teams(`${name},ada,,2026-05-03\n${name},ada,day,2026-05-04\n`);
    expect(await costOfWork(ledger)).toBe(2_000_000n);
    await teams(`${name},ada,night,2026-05-04\n`);
    await db.query("insert into agent (connection_id, external_id, role) values ($1, 'ada', 'senior')", [id]);
    await rates('role,senior,30,USD,2026-01-01,,,\n');
    expect(await costOfWork(ledger)).toBe(6_000_000n);
    await rates(`agent,${name}:ada,40,USD,2026-01-01,,,\n`);
    expect(await costOfWork(ledger)).toBe(8_000_000n);
  });

  test('factors that cannot be are refused by cell', async () => {
    expect(
      await faultsOf(
        rates(
          'default,,18,USD,2026-01-01,0.3,100,101\nteam,,18,USD,2026-01-01,-1,,0\ndefault,,1,USD,2026-02-01,0,0,100\n',
        ),
      ),
    ).toEqual([
      'row 2, column burden: is below 1 per cent; write 30 for 30 %',
      'row 2, column shrinkage: must be 0 to 99 per cent, written as 30 or 12.5',
      'row 2, column occupancy: must be 1 to 100 per cent, written as 30 or 12.5',
      'row 3, column burden: must be 0 to 1000 per cent, written as 30 or 12.5',
      'row 3, column occupancy: must be 1 to 100 per cent, written as 30 or 12.5',
    ]);
    expect(await faultsOf(rates('team,,18,USD,2026-01-01,,,\n'))).toEqual([
      "row 2, column key: is empty; write the team's name",
    ]);
    expect(await faultsOf(basis('some,2026-01-01\nabsorbed,2026-02-30\n'))).toEqual([
      'row 2, column applied: must be given, direct, absorbed',
      'row 3, column valid_from: is not a day; write it as YYYY-MM-DD',
    ]);
    expect(await faultsOf(basis('direct,2026-01-01\nabsorbed,2026-01-01\n'))).toEqual([
      'row 3, column valid_from: stands twice',
    ]);
  });

  test('a changed factor alone changes a rate, and the log keeps the old one', async () => {
    await rates('default,,18,USD,2026-01-01,30,,\n');
    expect(await rates('default,,18,USD,2026-01-01,31,,\n')).toMatchObject({
      changed: 1,
      priced: { from: '2026-01-01' },
    });
    expect(await rates('default,,18,USD,2026-01-01,31,,\n')).toMatchObject({ unchanged: 1, priced: null });
    const [, changed] = await db.query<{ detail: unknown }>('select detail from audit_log order by id');
    expect(changed?.detail).toMatchObject({
      changes: [{ before: { hourlyMicros: '18000000', burdenPpm: 300_000 }, after: { burdenPpm: 310_000 } }],
    });
  });
});
