import { addDays } from '../../../src/core/time.ts';
import { giveBenefits, giveOtherCosts } from './partnership-items.ts';
import { createWorld, nobody, nord, sud, type World } from './world.ts';

/** Numbers from 0 to 1, the same for each seed (mulberry32). */
const drawing = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const agents = ['ada', 'bo', 'cy', 'di', 'eve'] as const;
const direct = { partner: 'direct', region: 'iberia' };

/** Some months of tickets, work, orders, refunds and answers, by the seed; and what two partnerships cost and bring. */
export const randomWorld = async (seed: number): Promise<World> => {
  const world = await createWorld();
  const random = drawing(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const oneOf = <T>(all: readonly [T, ...T[]]): T => all[below(all.length)] ?? all[0];
  const day = (): string => addDays('2026-01-10', below(140));
  const shares = () =>
    below(3) === 0
      ? [
          { ...nord, ppm: 333_333 },
          { ...sud, ppm: 666_667 },
        ]
      : [oneOf([nord, nord, sud, direct, nobody, { partner: null, region: 'nordics' }])];
  await world.rate('36.00');
  await world.rate('50.07', '2026-01-01', 'bo');
  for (const name of agents) await world.agent(name, name === 'eve' ? 'lead' : 'support');
  const orders: bigint[] = [];
  for (let n = 0; n < 30; n += 1) {
    const placed = day();
    orders.push(
      await world.order({
        placed,
        shares: [oneOf([nord, sud, direct, nobody])],
        revenue: below(6) === 0 ? null : 20 + below(300),
        discount: below(20),
        coupons: below(2),
        customerId: `c${below(12)}`,
        statusId: below(9) === 0 ? 5 : 11,
        refunds: Array.from({ length: Math.max(0, below(5) - 2) }, () => ({
          made: addDays(placed, below(40)),
          dollars: 1 + below(20),
        })),
      }),
    );
  }
  await world.db.query(
    'update refund_share s set reporting_micros = null from refund r join "order" o on o.id = r.order_id where r.id = s.refund_id and o.reporting_micros is null',
  );
  await world.db.query(
    'update refund r set reporting_micros = null from "order" o where o.id = r.order_id and o.reporting_micros is null',
  );
  for (let n = 0; n < 40; n += 1) {
    const created = day();
    const id = await world.ticket({
      created,
      shares: shares(),
      language: oneOf(['de', 'en', 'sv']),
      reason: oneOf(['return', 'damage', 'shipping']),
      estimated: below(6) === 0,
      orders: below(2) === 0 ? [oneOf(orders as [bigint, ...bigint[]])] : [],
      work: Array.from(
        { length: below(4) },
        () => [oneOf(agents), 1 + below(2000), addDays(created, below(45))] as const,
      ),
    });
    if (below(4) === 0) await world.reattribute(id, shares());
  }
  for (let n = 0; n < 10; n += 1) {
    const sent = day();
    await world.invitation({
      sent,
      shares: [oneOf([nord, sud])],
      ...(below(2) === 0 && { answer: [1 + below(5), addDays(sent, below(9))] as const }),
    });
  }
  const items = 'reference,partner,region,kind,amount,currency,every,from,to';
  await giveOtherCosts(world, items, 'fee,nord,,fee,31,USD,month,2026-02-04,', 'rubles,sud,,travel,5,RUB,,2026-03-04,');
  await giveBenefits(
    world,
    `${items},percent`,
    'cut,nord,nordics,commission,,,,2026-01-01,,10',
    'saved,sud,,savings,12,USD,week,2026-03-11,2026-04-20,',
  );
  return world;
};
