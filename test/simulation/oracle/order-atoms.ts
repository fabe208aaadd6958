import type { Atom, Count } from './counts.ts';
import { dealOut } from './numbers.ts';
import type { Order } from './orders.ts';
import { type Period, stepsOf } from './periods.ts';

/** Behind every code. */
const unknownName = '\uffff';

const splitByParts = (micros: bigint, { parts }: Order): bigint[] =>
  dealOut(
    micros,
    parts.map(({ partner, ppm }) => ({ weight: ppm, name: partner ?? unknownName })),
  );

/** What orders add to the counts of a period: each by its parts. */
export const orderAtoms = (orders: readonly Order[], { from, to }: Period): Atom[] => {
  const within = (day: string): boolean => day >= from && day <= to;
  const counted = orders.filter((order) => order.counted);
  const placed = counted.filter(({ day }) => within(day));
  const atoms: Atom[] = [];
  const add = (order: Order, day: string, count: Count, amounts: readonly bigint[]): void => {
    for (const [index, { partner }] of order.parts.entries())
      atoms.push({
        side: 'orders',
        at: { partner, region: order.region, country: order.country, ...stepsOf(day) },
        count,
        amount: amounts[index] ?? 0n,
      });
  };
  const ppm = ({ parts }: Order): bigint[] => parts.map((part) => part.ppm);
  const priced = placed.flatMap((order) => (order.revenue === null ? [] : [{ order, revenue: order.revenue }]));
  const sum = priced.reduce((all, { revenue }) => all + revenue, 0n);
  const isHigh = (revenue: bigint): boolean => revenue * BigInt(priced.length) >= 2n * sum;
  for (const order of placed) {
    add(order, order.day, 'orders', ppm(order));
    if (order.revenue === null) add(order, order.day, 'unpricedOrders', ppm(order));
    if (order.withCoupon) add(order, order.day, 'withCoupon', ppm(order));
  }
  for (const { order, revenue } of priced) {
    add(order, order.day, 'priced', ppm(order));
    add(order, order.day, 'revenue', splitByParts(revenue, order));
    add(order, order.day, 'gross', splitByParts(order.gross ?? 0n, order));
    if (isHigh(revenue)) add(order, order.day, 'highValue', ppm(order));
  }
  for (const order of counted) {
    const made = order.refunds.filter(({ day }) => within(day)).toSorted((a, b) => (a.day < b.day ? -1 : 1));
    if (made[0]) add(order, made[0].day, 'returns', ppm(order));
    for (const { day, micros } of made)
      if (micros === null) add(order, day, 'unpricedRefunds', ppm(order));
      else add(order, day, 'refunds', splitByParts(micros, order));
  }
  const isAfter = (a: Order, b: Order): boolean =>
    a.placedMs > b.placedMs || (a.placedMs === b.placedMs && a.id > b.id);
  const buyerOf = ({ customerId, email }: Order): string => (customerId === 0 ? email : String(customerId));
  const latest = new Map<string, Order>();
  for (const order of placed) {
    const held = latest.get(buyerOf(order));
    if (!held || isAfter(order, held)) latest.set(buyerOf(order), order);
  }
  for (const order of latest.values()) {
    add(order, order.day, 'buyers', ppm(order));
    const again = counted.some(
      (other) =>
        isAfter(order, other) &&
        (other.addresses.some((address) => order.addresses.includes(address)) ||
          (order.customerId !== 0 && other.customerId === order.customerId)),
    );
    if (again) add(order, order.day, 'buyersAgain', ppm(order));
  }
  return atoms;
};
