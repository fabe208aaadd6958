import { beforeEach, describe, expect, test } from 'vitest';
import { repriceAll } from '../../../../src/features/books/index.ts';
import {
  partnerReport,
  restatementItems,
  restatementOf,
  ticketsWorkedIn,
} from '../../../../src/features/reports/index.ts';
import { basis, may, readToEnd, sealIn } from '../../books/sealing.ts';
import { createWorld, nobody, nord, sud, type World } from '../world.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
  await world.rate('36.00');
  await readToEnd(world);
});

const seal = () => sealIn(world, may);
const reprice = (ids: readonly bigint[]) =>
  world.db.transaction((tx) => repriceAll(tx, ids, { basis, now: world.clock.now() }));
const reportOf = (costBasis: 'true' | 'pooled', asOf?: 'seal') =>
  partnerReport(world.db, { from: may.from, to: may.to, groupBy: ['partner'], ...basis, costBasis, asOf });

describe('what is posted into a sealed month', () => {
  test('is told by reason: late work adds, a re-attribution moves, and a rate for last month prices (RULES example 9)', async () => {
    const moved = await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    const unpriced = await world.ticket({
      created: '2026-05-05',
      shares: [nobody],
      work: [['zoe', 100, '2026-05-05']],
    });
    await world.db.query('delete from rate');
    const { seal: held } = await seal();
    await world.reattribute(moved, [sud]);
    const late = await world.ticket({ created: '2026-05-09', work: [['ada', 600, '2026-05-09']] });
    await world.rate('72.00', '2026-05-01');
    await reprice([moved, unpriced, late]);
    const look = { currency: 'USD', costBasis: 'true' } as const;
    const { reasons, ...sum } = await restatementOf(world.db, held, look);
    // 600 s go from 36 to 72 an hour, 100 s likewise, and 600 s come late at 72.
    expect(sum).toMatchObject({ open: true, tickets: 3, amount: { amount: '19.000000', currency: 'USD' } });
    expect(
      Object.fromEntries(
        reasons.map(({ reason, amount, moved: part, tickets }) => [reason, [tickets, amount?.amount, part?.amount]]),
      ),
    ).toEqual({
      rate: [3, '19.000000', '0.000000'],
      reattribution: [1, '0.000000', '6.000000'],
    });
    const { items, next } = await restatementItems(world.db, held, { ...look, limit: 2 });
    expect(items.map(({ ticket, reason }) => [ticket.id, reason])).toEqual([
      [String(late), 'rate'],
      [String(unpriced), 'rate'],
    ]);
    const rest = await restatementItems(world.db, held, { ...look, limit: 2, after: next ?? '' });
    expect(rest.next).toBeNull();
    expect(rest.items).toMatchObject([
      { ticket: { id: String(moved), connection: 'desk' }, reason: 'rate', amount: { amount: '6.000000' } },
      {
        reason: 'reattribution',
        amount: { amount: '0.000000' },
        cells: [
          { partner: 'nord', region: 'nordics', amount: { amount: '-6.000000' } },
          { partner: 'sud', region: 'iberia', amount: { amount: '6.000000' } },
        ],
      },
    ]);
  });

  test('restates nothing where it came back to where it was', async () => {
    const ticket = await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
    const { seal: held } = await seal();
    await world.reattribute(ticket, [sud]);
    await world.reattribute(ticket, [nord]);
    expect(await restatementOf(world.db, held, { currency: 'USD', costBasis: 'true' })).toMatchObject({
      open: false,
      tickets: 0,
    });
    expect((await seal()).made).toBe(false);
  });

  test('tells no wage to those who may not see any', async () => {
    for (const [name, hourly] of [
      ['ada', '20.00'],
      ['ben', '31.07'],
      ['cem', '66.60'],
    ] as const) {
      await world.rate(hourly, '2026-01-01', name);
      await world.agent(name, 'agent');
      await world.ticket({ created: '2026-05-04', work: [[name, 3600, '2026-05-04']] });
    }
    const { seal: held } = await seal();
    const sealed = await reportOf('pooled', 'seal');
    expect(sealed.costBasis).toBe('pooled');
    expect(sealed.total.supportCost).toEqual((await reportOf('pooled')).total.supportCost);
    expect(sealed.total.supportCost).not.toEqual((await reportOf('true', 'seal')).total.supportCost);
    await world.rate('40.00', '2026-05-01', 'ada');
    const [ticket] = await ticketsWorkedIn(world.db, may);
    await reprice([ticket ?? 0n]);
    const look = { currency: 'USD', costBasis: 'pooled' } as const;
    expect(await restatementOf(world.db, held, { currency: 'USD', costBasis: 'true' })).toMatchObject({
      amount: { amount: '20.000000' },
    });
    // Her new rate is in no figure: the same seconds at the pool's rate came and went.
    expect(await restatementOf(world.db, held, look)).toMatchObject({
      open: true,
      tickets: 1,
      amount: { amount: '0.000000' },
    });
    expect((await restatementItems(world.db, held, { ...look, limit: 5 })).items).toMatchObject([
      { reason: 'rate', amount: { amount: '0.000000' } },
    ]);
  });
});
