import { beforeAll, describe, expect, test } from 'vitest';
import { createWorld, nobody, nord, sud, type World } from './world.ts';

interface Money {
  readonly amount: string;
}
interface Row {
  readonly partner: string | null;
  readonly region: string | null;
  readonly supportCost: Money | null;
  readonly costPerTicket: Money | null;
  readonly costPerOrder: Money | null;
  readonly costMultiple: number | null;
  readonly costShareOfRevenue: number | null;
  readonly measuredShare: number | null;
  readonly handledSeconds: number;
}
interface Report {
  readonly costBasis: string;
  readonly rows: readonly Row[];
  readonly total: Row;
}

const micros = (money: Money | null): bigint | null => (money === null ? null : BigInt(money.amount.replace('.', '')));
const sum = (parts: readonly (Money | null)[]): bigint | null =>
  parts.reduce<bigint | null>((all, part) => {
    const one = micros(part);
    return all === null || one === null ? null : all + one;
  }, 0n);

/** What the three ways to ask tell, by the scopes of a token. */
const asking = async (world: World, scopes: string) => {
  const api = await world.api();
  const get = async (path: string) => {
    const answer = await api(path, scopes);
    expect(answer.status, path).toBe(200);
    return answer.json();
  };
  return {
    report: (period: string, groupBy = 'partner'): Promise<Report> =>
      get(`/api/v1/reports/partners?${period}&groupBy=${groupBy}`),
    points: async (query: string): Promise<{ day: string; supportCost: Money | null }[]> =>
      (await get(`/api/v1/reports/series?${query}`)).points,
    items: async (query: string): Promise<{ id: string; supportCost: Money | null }[]> =>
      (await get(`/api/v1/tickets?limit=500&${query}`)).items,
    ticket: (id: bigint): Promise<{ supportCost: Money | null; costBasis: string }> => get(`/api/v1/tickets/${id}`),
    get,
    csv: async (path: string) => (await api(path, scopes)).text,
  };
};

type Asked = Awaited<ReturnType<typeof asking>>;
const may = 'from=2026-05-01&to=2026-05-31';

/** Three agents at 20.00, 31.07 and 66.60 an hour, with shares and seconds that do not divide. */
const staffed = async (): Promise<World> => {
  const world = await createWorld();
  for (const [name, hourly] of [
    ['ada', '20.00'],
    ['ben', '31.07'],
    ['cem', '66.60'],
  ] as const) {
    await world.rate(hourly, '2026-01-01', name);
    await world.agent(name, 'agent');
  }
  return world;
};

describe('bug: a read token could derive a wage from the reports', () => {
  let world: World;
  let pooled: Asked;
  let exact: Asked;
  let alone = 0n;

  beforeAll(async () => {
    world = await staffed();
    pooled = await asking(world, 'read');
    exact = await asking(world, 'read,rates');
    const thirds = [
      { ...nord, ppm: 333_333 },
      { ...sud, ppm: 333_333 },
      { ...nobody, ppm: 333_334 },
    ];
    await world.ticket({ created: '2026-05-04', work: [['ada', 607, '2026-05-04']] });
    await world.ticket({ created: '2026-05-04', shares: thirds, work: [['ben', 1009, '2026-05-05']] });
    await world.ticket({
      created: '2026-05-04',
      shares: thirds,
      work: [
        ['cem', 11, '2026-05-06'],
        ['ada', 13, '2026-05-31'],
      ],
    });
    await world.ticket({ created: '2026-05-06', shares: [sud], work: [['ben', 0, '2026-05-07']], estimated: true });
    alone = await world.ticket({ created: '2026-05-06', shares: [sud], work: [['cem', 360, '2026-05-12']] });
    await world.reattribute(
      await world.ticket({ created: '2026-05-07', shares: [nord], work: [['ada', 77, '2026-05-08']] }),
      [
        { ...sud, ppm: 500_001 },
        { partner: 'sud', region: 'nordics', ppm: 499_999 },
      ],
    );
    await world.order({ placed: '2026-05-03', shares: [sud], revenue: 100 });
  });

  test('a day and a cell of one ticket tells the pool, in every figure made of cost, and in CSV', async () => {
    const day = 'from=2026-05-12&to=2026-05-12';
    // 66.60 an hour is what cem costs; the month's average is told with two digits.
    const [truth, told] = [await exact.report(day), await pooled.report(day)];
    expect([truth.costBasis, truth.total.supportCost?.amount]).toEqual(['true', '6.660000']);
    expect([told.costBasis, told.total.supportCost?.amount]).toEqual(['pooled', '3.300000']);
    expect(told.rows.find(({ partner }) => partner === 'sud')).toMatchObject({
      supportCost: { amount: '3.300000' },
      costPerTicket: { amount: '3.300000' },
      handledSeconds: 360,
    });
    for (const query of [day, `${day}&partner=sud`, `${day}&step=month`]) {
      expect((await pooled.points(query)).map(({ supportCost }) => supportCost?.amount)).toEqual(['3.300000']);
      expect((await exact.points(query)).map(({ supportCost }) => supportCost?.amount)).toEqual(['6.660000']);
    }
    const csv = await pooled.csv(`/api/v1/reports/partners?${day}&format=csv`);
    expect(csv).toContain(',3.300000,');
    expect(csv).not.toContain('6.66');
    expect(csv.split('\r\n')[0]).toMatch(/,costBasis$/);
    expect(csv.split('\r\n')[1]).toMatch(/,pooled$/);
    expect(await pooled.csv(`/api/v1/reports/series?${day}&format=csv`)).toContain(
      '2026-05-12,3.300000,USD,360,0,0,pooled',
    );
    expect(await pooled.ticket(alone)).toMatchObject({ costBasis: 'pooled', supportCost: { amount: '3.300000' } });
    expect(await pooled.get(`/api/v1/reports/series?${day}`)).toMatchObject({ costBasis: 'pooled' });
    expect(await pooled.get(`/api/v1/tickets?${day}`)).toMatchObject({ costBasis: 'pooled' });
  });

  test('cost per order and the share of revenue are made of pooled cost too', async () => {
    const sudOf = async (asked: Asked) => (await asked.report(may)).rows.find(({ partner }) => partner === 'sud');
    const [truth, told] = [await sudOf(exact), await sudOf(pooled)];
    expect(told?.costPerOrder).toEqual(told?.supportCost);
    expect(told?.costPerOrder).not.toEqual(truth?.costPerOrder);
    expect(told?.costShareOfRevenue).toBeCloseTo(Number(told?.supportCost?.amount) / 100, 5);
    expect(told?.measuredShare).not.toBe(truth?.measuredShare);
  });

  test.each(['read', 'read,rates'])('a report is the sum of its drill-down to the micro, with %s', async (scopes) => {
    const asked = scopes === 'read' ? pooled : exact;
    let cells = 0;
    for (const period of [may, 'from=2026-05-05&to=2026-05-08', 'from=2026-05-31&to=2026-05-31'])
      for (const groupBy of ['partner', 'region', 'partner,region']) {
        const { rows, total } = await asked.report(period, groupBy);
        expect(sum(rows.map(({ supportCost }) => supportCost))).toBe(micros(total.supportCost));
        for (const row of [...rows, null]) {
          const cell =
            row === null
              ? ''
              : groupBy
                  .split(',')
                  .map((by) => `&${by}=${row[by as 'partner'] ?? 'none'}`)
                  .join('');
          const wanted = micros((row ?? total).supportCost);
          const items = await asked.items(`${period}${cell}`);
          expect(sum(items.map(({ supportCost }) => supportCost)), `${period} ${cell}`).toBe(wanted);
          for (const step of ['day', 'week', 'month']) {
            const points = await asked.points(`${period}${cell}&step=${step}`);
            expect(sum(points.map(({ supportCost }) => supportCost)), `${period} ${cell} ${step}`).toBe(wanted);
          }
          cells += 1;
        }
      }
    expect(cells).toBeGreaterThan(25);
  });

  test('a ticket is the sum of its cells', async () => {
    const { rows } = await pooled.report(may, 'partner,region');
    const parts = await Promise.all(
      rows.map(({ partner, region }) => pooled.items(`partner=${partner ?? 'none'}&region=${region ?? 'none'}`)),
    );
    for (const { id, supportCost } of await pooled.items(''))
      expect(
        sum(
          parts
            .flat()
            .filter((part) => part.id === id)
            .map((part) => part.supportCost),
        ),
        id,
      ).toBe(micros(supportCost));
  });

  test('where no pool exists every figure of cost is null, in the total and on the day, and no other is', async () => {
    const own = await staffed();
    const asked = await asking(own, 'read');
    for (const agent of ['ada', 'ben', 'cem'])
      await own.ticket({ created: '2026-05-04', work: [[agent, 60, '2026-05-04']] });
    await own.agent('eve', 'lead');
    await own.rate('90.00', '2026-01-01', 'eve');
    // What was taken from nord again is nothing that is missing there.
    await own.reattribute(
      await own.ticket({ created: '2026-05-05', shares: [nord], work: [['eve', 60, '2026-05-05']] }),
      [sud],
    );
    await own.order({ placed: '2026-05-05', shares: [sud] });
    const { rows, total } = await asked.report(may);
    const none = {
      supportCost: null,
      costPerTicket: null,
      costPerOrder: null,
      costMultiple: null,
      costShareOfRevenue: null,
      measuredShare: null,
    };
    expect(rows.find(({ partner }) => partner === 'sud')).toMatchObject({ ...none, handledSeconds: 60, orders: 1 });
    expect(total).toMatchObject({ ...none, handledSeconds: 240, tickets: 4 });
    expect(rows.map(({ partner }) => partner)).toEqual(['nord', 'direct', null, 'sud']);
    expect(rows[0]).toMatchObject({ partner: 'nord', supportCost: { amount: '1.950000' }, costMultiple: null });
    const points = await asked.points('from=2026-05-04&to=2026-05-06');
    expect(points.map(({ supportCost }) => supportCost?.amount ?? null)).toEqual(['1.950000', null, '0.000000']);
    const csv = await asked.csv(`/api/v1/reports/partners?${may}&format=csv`);
    expect(csv).toMatch(/\r\nsud,,USD,1,0,0,100\.000000,1,1,100,60,60,,,,,,/);
    expect(await asked.csv('/api/v1/reports/series?from=2026-05-05&to=2026-05-05&format=csv')).toContain(
      '2026-05-05,,USD,60,1,1,pooled',
    );
  });
});

describe('bug: the pool gave a small role away', () => {
  /** What an hour of each costs by their tickets of one month; an hour each unless given in seconds. */
  const toldOf = async (staff: Readonly<Record<string, readonly [role: string, hourly: string, seconds?: number]>>) => {
    const world = await createWorld();
    for (const [name, [role, hourly]] of Object.entries(staff)) {
      await world.agent(name, role);
      await world.rate(hourly, '2026-01-01', name);
    }
    const asked = await asking(world, 'read');
    const ids: Record<string, bigint> = {};
    for (const [name, [, , seconds = 3600]] of Object.entries(staff))
      ids[name] = await world.ticket({ created: '2026-05-04', work: [[name, seconds, '2026-05-04']] });
    const hourly = async (name: string) => {
      const cost = (await asked.ticket(ids[name] ?? 0n)).supportCost;
      return cost === null ? null : (Number(cost.amount) * 3600) / (staff[name]?.[2] ?? 3600);
    };
    return Object.fromEntries(await Promise.all(Object.keys(staff).map(async (name) => [name, await hourly(name)])));
  };

  test('two leads beside a role whose pool is shown: nothing is told of them', async () => {
    expect(
      await toldOf({
        ada: ['agent', '20.00'],
        ben: ['agent', '30.00'],
        cem: ['agent', '40.00'],
        eve: ['lead', '90.00'],
        fay: ['lead', '80.00'],
      }),
    ).toEqual({ ada: 30, ben: 30, cem: 30, eve: null, fay: null });
  });

  test('too-small roles are one pool, apart from those that stand by themselves', async () => {
    expect(
      await toldOf({
        ada: ['agent', '20.00'],
        ben: ['agent', '30.00'],
        cem: ['agent', '40.00'],
        eve: ['lead', '90.00'],
        fay: ['lead', '80.00'],
        gil: ['coach', '70.00'],
      }),
    ).toEqual({ ada: 30, ben: 30, cem: 30, eve: 80, fay: 80, gil: 80 });
  });

  test('a pool that is one agent with seconds of others beside is no pool', async () => {
    const staff = (ada: number) => ({
      ada: ['agent', '20.00', ada] as const,
      ben: ['agent', '30.00', 1800] as const,
      cem: ['agent', '40.00', 1800] as const,
    });
    expect(await toldOf(staff(10_801))).toEqual({ ada: null, ben: null, cem: null });
    expect(await toldOf(staff(10_800))).toEqual({ ada: 24, ben: 24, cem: 24 });
  });
});

test('a longer period, or a look after one more entry, does not tell what the day or the entry cost', async () => {
  const world = await staffed();
  const asked = await asking(world, 'read');
  for (const agent of ['ada', 'ben', 'cem'])
    for (const day of ['2026-05-04', '2026-05-05']) await world.ticket({ created: day, work: [[agent, 10_800, day]] });
  const cost = async (to: string) => micros((await asked.report(`from=2026-05-01&to=${to}`)).total.supportCost) ?? 0n;
  const before = await cost('2026-05-31');
  // 39.22 is the average; each day and each entry is told at 39.
  expect(before).toBe((BigInt(6 * 10_800) * 39_000_000n) / 3600n);
  expect(await cost('2026-05-05')).toBe(before);
  await world.ticket({ created: '2026-05-20', work: [['cem', 360, '2026-05-20']] });
  expect(await cost('2026-05-19')).toBe(before);
  // 66.60 an hour would add 6.66.
  expect((await cost('2026-05-20')) - before).toBe(3_900_000n);
});

test('work of two months is told at the pool of each', async () => {
  const world = await staffed();
  const asked = await asking(world, 'read');
  for (const agent of ['ada', 'ben', 'cem'])
    await world.ticket({ created: '2026-05-04', work: [[agent, 3600, '2026-05-31']] });
  for (const agent of ['ada', 'ben'])
    await world.ticket({ created: '2026-05-04', work: [[agent, 3600, '2026-06-01']] });
  const amounts = async (query: string) =>
    (await asked.points(query)).map(({ supportCost }) => supportCost?.amount ?? null);
  expect(await amounts('from=2026-05-31&to=2026-06-02')).toEqual(['117.000000', null, '0.000000']);
  expect(await amounts('from=2026-05-31&to=2026-06-02&step=week')).toEqual(['117.000000', null]);
});

test('an AI agent has no wage: its cost is told as it is, and it makes no pool larger', async () => {
  const world = await staffed();
  const asked = await asking(world, 'read');
  await world.agent('bot', 'ai_agent');
  for (const agent of ['ada', 'ben'])
    await world.ticket({ created: '2026-05-04', work: [[agent, 3600, '2026-05-04']] });
  await world.rate('7.77', '2026-01-01', 'bot');
  await world.ticket({ created: '2026-05-05', shares: [sud], work: [['bot', 3600, '2026-05-05']] });
  await world.db.query("update work_entry set actor = 'ai_agent' where agent_id = 'bot'");
  const points = await asked.points('from=2026-05-04&to=2026-05-05');
  expect(points.map(({ supportCost }) => supportCost?.amount ?? null)).toEqual([null, '7.770000']);
});
