import { beforeAll, describe, expect, test } from 'vitest';
import { type Asked, asking, may, micros, staffed, sum } from '../asking.ts';
import { nobody, nord, sud, type World } from '../world.ts';

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
      '2026-05-12,3.300000,USD,360,0,0,false,,,pooled',
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
      '2026-05-05,,USD,60,1,1,false,,,pooled',
    );
  });
});
