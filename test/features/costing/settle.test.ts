import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Conflict } from '../../../src/core/errors.ts';
import { settleWork } from '../../../src/features/costing/index.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { everything, type Ledger, openLedger, reading, reply, wholly } from './ledger.ts';

let db: Database;
let ledger: Ledger;

beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(async () => {
  await db.query('truncate rate, fx_rate, costing_constant, agent');
  ledger = await openLedger(db);
  await ledger.rates('default,,30,USD,2026-01-01');
});

describe('worked examples', () => {
  const agentRates = async () => {
    const { name, id } = ledger.connection;
    await ledger.rates(`agent,${name}:ada,30,USD,2026-01-01\nagent,${id}:ben,90,EUR,2026-01-01`);
    await ledger.euro('1.10', '2026-05-03', '2026-05-03');
  };
  const work = () => [reading(), reading(), reading({ agentId: 'ben', rawSeconds: 120 })];

  test('1 and 2: two agents, then a correction by one of them', async () => {
    await agentRates();
    const ticketId = await ledger.ticket();
    const readings = work();
    expect(await ledger.cost(ticketId, { readings, touches: [] })).toEqual([13_300_000n, 1_320, 0]);
    const corrected = [...readings, reading({ agentId: 'ben', rawSeconds: -700 })];
    expect(await ledger.cost(ticketId, { readings: corrected, touches: [] })).toEqual([5_166_667n, 620, 0]);
    expect(
      (await ledger.postings(ticketId)).filter(({ cause }) => cause === 'correction').map(({ cost }) => cost),
    ).toEqual([-5_000_000n, 166_667n, -3_300_000n]);
  });

  test('3: the parts of 0.000001 USD add up', async () => {
    await ledger.rates('default,,0.0036,USD,2026-02-01');
    const ticketId = await ledger.ticket();
    const shares = [
      { partner: 'nord', region: null, country: null, ppm: 700_000 },
      { partner: 'sud', region: null, country: null, ppm: 300_000 },
    ];
    await ledger.cost(ticketId, { readings: [reading({ rawSeconds: 1 })], touches: [], shares });
    expect((await ledger.postings(ticketId)).map(({ partner, cost }) => [partner, cost])).toEqual([
      ['nord', 1n],
      ['sud', 0n],
    ]);
  });

  test('7: from Nord to Sud and back, from what is stored', async () => {
    const ticketId = await ledger.ticket();
    const total = [5_000_000n, 600, 0];
    expect(await ledger.cost(ticketId, { readings: [reading()], touches: [] })).toEqual(total);
    expect(await ledger.cost(ticketId, { shares: wholly('sud'), attributionVersion: 2 })).toEqual(total);
    expect(await ledger.cost(ticketId, { shares: wholly('nord'), attributionVersion: 3 })).toEqual(total);
    const postings = await ledger.postings(ticketId);
    expect(postings.map(({ partner, reverses, cause }) => [partner, reverses, cause])).toEqual([
      ['nord', false, 'work'],
      ['nord', true, 'reattribution'],
      ['sud', false, 'reattribution'],
      ['sud', true, 'reattribution'],
      ['nord', false, 'reattribution'],
    ]);
  });

  test('7: what is taken back and posted anew has the price, the days and the clock of what was posted', async () => {
    await agentRates();
    const ticketId = await ledger.ticket();
    await ledger.cost(ticketId, { readings: work(), touches: [] });
    const shares = [
      { partner: 'sud', region: 'dach', country: 'AT', ppm: 700_000 },
      { partner: null, region: null, country: null, ppm: 300_000 },
    ];
    await ledger.cost(ticketId, { shares, attributionVersion: 2 });
    const rows = await db.query<{ kept: Record<string, unknown>; posting: Record<string, unknown> }>(
      `select to_jsonb(p) - array['id', 'revision', 'share_no', 'reverses_id', 'attribution_version', 'partner', 'region', 'country', 'microseconds',
                                  'cost_micros', 'native_micros', 'cause'] as kept, to_jsonb(p) as posting
         from posting p where ticket_id = $1 order by work_entry_id, id`,
      [ticketId],
    );
    expect(rows).toHaveLength(12);
    const ofEntry = [0, 1, 2].map((no) => rows.slice(no * 4, no * 4 + 4));
    for (const [first, ...later] of ofEntry) {
      expect(later.map(({ kept }) => kept)).toEqual(later.map(() => first?.kept));
      const { id, cost_micros: cost, native_micros: native, microseconds } = first?.posting ?? {};
      expect(later.map(({ posting }) => posting)).toMatchObject([
        {
          revision: 2,
          share_no: 1,
          reverses_id: id,
          partner: 'nord',
          attribution_version: 1,
          cost_micros: -Number(cost),
          native_micros: -Number(native),
        },
        {
          revision: 3,
          share_no: 1,
          reverses_id: null,
          partner: 'sud',
          region: 'dach',
          country: 'AT',
          attribution_version: 2,
          cause: 'reattribution',
        },
        {
          revision: 3,
          share_no: 2,
          reverses_id: null,
          partner: null,
          region: null,
          country: null,
          microseconds: (Number(microseconds) * 3) / 10,
        },
      ]);
    }
    expect(ofEntry.map(([first]) => first?.posting.native_currency)).toEqual(['USD', 'USD', 'EUR']);
  });

  test('9: a rate entered today for last month posts the work of last month with its day', async () => {
    await db.query('truncate rate');
    const ticketId = await ledger.ticket();
    const april = reading({ workedAt: new Date('2026-04-10T09:00:00Z') });
    expect(await ledger.cost(ticketId, { readings: [april], touches: [] })).toEqual([0n, 0, 1]);
    expect(await ledger.entries(ticketId)).toMatchObject([{ unpriced: 'no rate', costed: 600 }]);
    await ledger.rates('default,,45,EUR,2026-04-01');
    expect(await ledger.toReprice('2026-04-01')).toEqual([ticketId]);
    expect(await ledger.cost(ticketId)).toEqual([0n, 0, 1]);
    expect(await ledger.entries(ticketId)).toMatchObject([{ unpriced: 'no fx' }]);
    expect(await ledger.toReprice('2026-04-01')).toEqual([]);
    await ledger.euro('1.2', '2026-04-03', '2026-04-03');
    expect(await ledger.toReprice('2026-04-04', '2026-04-10')).toEqual([ticketId]);
    expect(await ledger.cost(ticketId, { reprice: true })).toEqual([9_000_000n, 600, 0]);
    expect(await ledger.postings(ticketId)).toMatchObject([{ day: '2026-04-10', cause: 'rate', cost: 9_000_000n }]);
    expect(await ledger.entries(ticketId)).toMatchObject([{ unpriced: null }]);
  });

  test('10: one update over the cap', async () => {
    const ticketId = await ledger.ticket();
    const readings = [reading({ rawSeconds: 19_800, value: 21_600 })];
    expect(await ledger.cost(ticketId, { readings, touches: [] })).toEqual([120_000_000n, 14_400, 0]);
    expect(await ledger.entries(ticketId)).toMatchObject([{ costed: 14_400, capped: 5_400n }]);
  });
});

describe('the rate', () => {
  const costOfAnHour = async (day: string, agentId: string | null = 'ada') => {
    const readings = [reading({ agentId, rawSeconds: 3_600, workedAt: new Date(`${day}T10:00:00Z`) })];
    return (await ledger.cost(await ledger.ticket(), { readings, touches: [] }))?.[0];
  };

  test("is the agent's own, else the role's, else the default, each the latest valid on the day", async () => {
    const { id, name } = ledger.connection;
    const another = (await openLedger(db)).connection;
    await db.query(
      `insert into agent (connection_id, external_id, role) values ($1, 'ada', 'senior'), ($1, 'cleo', 'senior')`,
      [id],
    );
    await ledger.rates(
      [
        'role,senior,40,USD,2026-01-01',
        'role,senior,41,USD,2026-05-10',
        `agent,${name}:ada,50,USD,2026-05-05`,
        `agent,${id}:ada,51,USD,2026-05-08`,
        `agent,${another.name}:cleo,99,USD,2026-01-01`,
      ].join('\n'),
    );
    expect(await costOfAnHour('2026-05-04')).toBe(40_000_000n);
    expect(await costOfAnHour('2026-05-05')).toBe(50_000_000n);
    expect(await costOfAnHour('2026-05-08')).toBe(51_000_000n);
    expect(await costOfAnHour('2026-05-12', 'cleo')).toBe(41_000_000n);
    expect(await costOfAnHour('2026-05-12', 'dora')).toBe(30_000_000n);
    expect(await costOfAnHour('2026-05-12', null)).toBe(30_000_000n);
    expect(await costOfAnHour('2025-12-31', 'dora')).toBe(0n);
  });

  test('bug: an agent’s own rate was gone once the connection had another name', async () => {
    const ticketId = await ledger.ticket();
    await ledger.rates(`agent,${ledger.connection.name}:ada,60,USD,2026-01-01`);
    await db.query(`update connection set name = 'EU: ' || name where id = $1`, [ledger.connection.id]);
    expect(await ledger.cost(ticketId, { readings: [reading()], touches: [] })).toEqual([10_000_000n, 600, 0]);
    await ledger.rates(`agent,EU: ${ledger.connection.name}:ada,66,USD,2026-01-01`);
    expect(await ledger.cost(ticketId, { reprice: true })).toEqual([11_000_000n, 600, 0]);
  });

  test('changes nothing that is posted until it is asked to, and then as a reversal and a new posting', async () => {
    const ticketId = await ledger.ticket();
    await ledger.cost(ticketId, { readings: [reading()], touches: [] });
    const untouched = await ledger.ticket();
    await ledger.cost(untouched, { readings: [reading({ workedAt: new Date('2026-04-30T09:00:00Z') })], touches: [] });
    const report = await ledger.rates('default,,60,USD,2026-05-01');
    expect(report.priced).toEqual({ from: '2026-05-01', to: null });
    expect(await ledger.cost(ticketId)).toEqual([5_000_000n, 600, 0]);
    expect(await ledger.toReprice('2026-01-01')).toEqual([ticketId]);
    expect(await ledger.toReprice('2026-01-01', '2026-05-03')).toEqual([]);
    expect(await ledger.cost(ticketId, { reprice: true })).toEqual([10_000_000n, 600, 0]);
    expect((await ledger.postings(ticketId)).map(({ cost, cause }) => [cost, cause])).toEqual([
      [5_000_000n, 'work'],
      [-5_000_000n, 'rate'],
      [10_000_000n, 'rate'],
    ]);
    expect(await ledger.toReprice('2026-01-01')).toEqual([]);
  });

  test('of exchange that comes late reprices the days it is for', async () => {
    await db.query('truncate rate');
    await ledger.rates('default,,60,EUR,2026-01-01');
    await ledger.euro('1.10', '2026-05-01', '2026-05-01');
    const ticketId = await ledger.ticket();
    expect(await ledger.cost(ticketId, { readings: [reading()], touches: [] })).toEqual([11_000_000n, 600, 0]);
    const report = await ledger.fx('2026-05-03,EUR,USD,1.20');
    expect(await ledger.toReprice(report.priced?.from ?? '', report.priced?.to ?? null)).toEqual([ticketId]);
    expect(await ledger.cost(ticketId, { shares: wholly('sud') })).toEqual([11_000_000n, 600, 0]);
    expect(await ledger.cost(ticketId, { shares: wholly('sud'), reprice: true })).toEqual([12_000_000n, 600, 0]);
  });
});

describe('estimates', () => {
  test('count by touch until measured time arrives, and come back when it is held', async () => {
    const ticketId = await ledger.ticket();
    const touches = [reply(), reply({ kind: 'internal_note' })];
    expect(await ledger.cost(ticketId, { readings: [], touches })).toEqual([3_000_000n, 360, 0]);
    const measured = reading({ rawSeconds: 120, value: 777 });
    expect(await ledger.cost(ticketId, { readings: [measured], touches })).toEqual([1_000_000n, 120, 0]);
    const causes = (await ledger.postings(ticketId)).map(({ cause, reverses }) => [cause, reverses]);
    expect(causes).toContainEqual(['estimate replaced', true]);
    const others = [await ledger.ticket(), await ledger.ticket()];
    const { heldElsewhere } = await ledger.settle(
      others.map((id) => ({ ticketId: id, readings: [{ ...measured, sourceKey: `audit:9${id}` }], touches: [] })),
    );
    expect(heldElsewhere).toEqual([ticketId]);
    expect(await ledger.cost(ticketId)).toEqual([3_000_000n, 360, 0]);
  });

  test('bug: one that was replaced came back at the rate from before', async () => {
    const ticketId = await ledger.ticket();
    const touches = [reply()];
    expect(await ledger.cost(ticketId, { readings: [], touches })).toEqual([2_500_000n, 300, 0]);
    const measured = reading({ rawSeconds: 120, value: 778 });
    await ledger.cost(ticketId, { readings: [measured], touches });
    await ledger.rates('default,,60,USD,2026-01-01');
    const others = [await ledger.ticket(), await ledger.ticket()];
    await ledger.settle(
      others.map((id) => ({ ticketId: id, readings: [{ ...measured, sourceKey: `audit:8${id}` }], touches: [] })),
    );
    expect(await ledger.cost(ticketId)).toEqual([5_000_000n, 300, 0]);
  });

  test('follow talk time that comes late', async () => {
    const ticketId = await ledger.ticket();
    const call = reply({ channel: 'phone' });
    expect(await ledger.cost(ticketId, { readings: [], touches: [call] })).toEqual([3_000_000n, 360, 0]);
    expect(await ledger.cost(ticketId, { readings: [], touches: [{ ...call, talkSeconds: 120 }] })).toEqual([
      1_000_000n,
      120,
      0,
    ]);
    expect(await ledger.cost(ticketId)).toEqual([1_000_000n, 120, 0]);
  });

  test('bug: a changed constant did not reach what was already estimated', async () => {
    const ticketId = await ledger.ticket();
    const touches = [
      reply(),
      reply({ kind: 'internal_note' }),
      reply({ channel: 'phone', talkSeconds: 100 }),
      reply({ at: new Date('2026-04-30T10:00:00Z') }),
    ];
    expect(await ledger.cost(ticketId, { readings: [], touches })).toEqual([6_333_333n, 760, 0]);
    await db.query(
      `insert into costing_constant values ('public_reply', '*', 240, '2026-05-01'), ('internal_note', 'email', 90, '2026-05-01')`,
    );
    expect(await ledger.cost(ticketId)).toMatchObject({ 1: 730 });
    expect(await ledger.cost(ticketId)).toMatchObject({ 1: 730 });
  });

  test('follow dated settings from the table', async () => {
    await db.query(`insert into costing_constant values ('public_reply', 'email', 60, '2026-05-01')`);
    expect(await ledger.cost(await ledger.ticket(), { readings: [], touches: [reply()] })).toEqual([500_000n, 60, 0]);
  });
});

describe('the ledger', () => {
  test('bug: one typed total that outgrows 32 bits poisoned its ticket for ever', async () => {
    const ticketId = await ledger.ticket();
    const typed = reading({ rawSeconds: 9_999_999_399, value: 9_999_999_999 });
    const back = reading({ rawSeconds: -9_999_999_999, value: 0 });
    expect(await ledger.cost(ticketId, { readings: [typed], touches: [] })).toEqual([120_000_000n, 14_400, 0]);
    expect(await ledger.cost(ticketId, { readings: [typed, back], touches: [] })).toEqual([0n, 0, 0]);
    expect(await ledger.cost(ticketId)).toEqual([0n, 0, 0]);
    expect(
      await db.query(
        `select raw_seconds as raw, capped_seconds as capped, untaken_seconds as untaken
           from work_entry where ticket_id = $1 order by worked_at`,
        [ticketId],
      ),
    ).toEqual([
      { raw: 9_999_999_399n, capped: 9_999_984_999n, untaken: 0n },
      { raw: -9_999_999_999n, capped: 0n, untaken: 9_999_985_599n },
    ]);
  });

  test('work by rules, customers and the system is kept and costs nothing', async () => {
    const ticketId = await ledger.ticket();
    const readings = (['rule', 'end_user', 'system'] as const).map((actor) => reading({ actor }));
    expect(await ledger.cost(ticketId, { readings, touches: [] })).toEqual([0n, 0, 0]);
    expect((await ledger.entries(ticketId)).map(({ state }) => state)).toEqual(['kept', 'kept', 'kept']);
  });

  test('the work day is that of the reporting time zone, and entries the history lacks stay', async () => {
    const ticketId = await ledger.ticket();
    await ledger.cost(ticketId, { readings: [reading({ workedAt: new Date('2026-05-04T23:59:59Z') })], touches: [] });
    expect(await ledger.cost(ticketId, { readings: [], touches: [] })).toEqual([5_000_000n, 600, 0]);
    expect(await ledger.postings(ticketId)).toMatchObject([{ day: '2026-05-04' }]);
  });

  test('a source key of another ticket is a conflict, and nothing of the lot is written', async () => {
    const [first, second] = [await ledger.ticket(), await ledger.ticket()];
    const taken = reading();
    await ledger.cost(first, { readings: [taken], touches: [] });
    const before = await everything(db);
    await expect(ledger.cost(second, { readings: [reading(), taken], touches: [] })).rejects.toThrow(Conflict);
    expect(await everything(db)).toEqual(before);
  });

  test('the number of queries does not depend on the size of the lot', async () => {
    const count = async (size: number): Promise<number> => {
      let queries = 0;
      const tickets = await Promise.all(Array.from({ length: size }, () => ledger.ticket()));
      await db.transaction(async (tx) => {
        const counting: Sql = {
          query: (text, parameters) => {
            queries += 1;
            return tx.query(text, parameters);
          },
        };
        const { id } = ledger.connection;
        await settleWork(counting, {
          tickets: tickets.map((ticketId) => ({
            ticketId,
            connectionId: id,
            channel: 'email',
            readings: [reading({ value: 5 }), reading()],
            touches: [reply()],
            shares: wholly('nord'),
            attributionVersion: 1,
            reprice: false,
          })),
          reportingCurrency: 'USD',
          reportingTimezone: 'UTC',
          now: new Date(),
        });
      });
      return queries;
    };
    const one = await count(1);
    expect(one).toBeLessThanOrEqual(8);
    expect(await count(40)).toBe(one);
  });
});
