import { describe, expect, test } from 'vitest';
import { addUpMarked } from '../../../src/features/reports/totals/fold.ts';
import { asking, may, micros, staffed } from './asking.ts';
import { createWorld, sud, type World } from './world.ts';

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

describe('who has another role from a day on', () => {
  const addUp = async (world: World): Promise<void> => {
    while ((await addUpMarked(world.db, { timeZone: 'UTC', patient: false })) > 0);
  };
  const hourlyOf = async (
    staff: Readonly<Record<string, readonly [role: string, hourly: string]>>,
    work: readonly (readonly [name: string, day: string])[],
    becomes: readonly (readonly [name: string, role: string, from: string])[],
  ) => {
    const world = await createWorld();
    for (const [name, [role, hourly]] of Object.entries(staff)) {
      await world.agent(name, role);
      await world.rate(hourly, '2026-01-01', name);
    }
    const ids: bigint[] = [];
    for (const [name, day] of work) ids.push(await world.ticket({ created: day, work: [[name, 3600, day]] }));
    const asked = await asking(world, 'read');
    const told = async () =>
      Promise.all(ids.map(async (id) => Number((await asked.ticket(id)).supportCost?.amount ?? Number.NaN)));
    await addUp(world);
    for (const [name, role, from] of becomes) await world.becomes(name, role, from);
    await addUp(world);
    const { total } = await asked.report(may);
    return { told: await told(), total: Number(total.supportCost?.amount ?? Number.NaN) };
  };

  test('is in the pool of the role of each day, in the month of the change and in kept totals too', async () => {
    const agents = { ada: ['agent', '20.00'], ben: ['agent', '30.00'], cem: ['agent', '40.00'] } as const;
    const leads = { eve: ['lead', '90.00'], fay: ['lead', '80.00'] } as const;
    const both = ['ada', 'ben', 'cem', 'eve', 'fay'] as const;
    const work = [
      ...both.map((name) => [name, '2026-05-04'] as const),
      ['ada', '2026-05-20'] as const,
      ...both.map((name) => [name, '2026-06-01'] as const),
    ];
    // In May ada's second hour is a lead's: (90 + 80 + 20) / 3 = 63; in June two agents are too few, three leads are not.
    const { told, total } = await hourlyOf({ ...agents, ...leads }, work, [['ada', 'lead', '2026-05-20']]);
    expect(told).toEqual([30, 30, 30, 63, 63, 63, 63, Number.NaN, Number.NaN, 63, 63]);
    expect(total).toBe(279);
  });

  test('is one agent where small roles are joined: two people and a change of role make no pool', async () => {
    const { told } = await hourlyOf(
      { ada: ['lead', '20.00'], ben: ['coach', '30.00'] },
      [
        ['ada', '2026-05-04'],
        ['ada', '2026-05-20'],
        ['ben', '2026-05-04'],
      ],
      [['ada', 'coach', '2026-05-20']],
    );
    expect(told).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test('and is one of a role that was left and taken up again', async () => {
    const { told } = await hourlyOf(
      { ada: ['lead', '20.00'], ben: ['lead', '30.00'] },
      [
        ['ada', '2026-05-04'],
        ['ada', '2026-05-20'],
        ['ben', '2026-05-04'],
      ],
      [
        ['ada', 'coach', '2026-05-10'],
        ['ada', 'lead', '2026-05-15'],
      ],
    );
    expect(told).toEqual([Number.NaN, Number.NaN, Number.NaN]);
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
