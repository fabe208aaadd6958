import { addDays, dayMs, hourMs } from '../core/time.ts';
import { createRandom } from './random.ts';
import type { Action, PlannedTicket } from './scenario/actions.ts';
import { type FxDay, planFx } from './scenario/fx.ts';
import { type PlannedOrder, type PlannedRefund, planOrders, planRefunds } from './scenario/orders.ts';
import { planTickets } from './scenario/tickets.ts';

export interface Scenario {
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly days: number;
  readonly orders: readonly PlannedOrder[];
  readonly refunds: readonly PlannedRefund[];
  readonly tickets: readonly PlannedTicket[];
  /** Made-up reference rates from two weeks before the start to two weeks after the end. */
  readonly fx: readonly FxDay[];
  /** Everything that happens, oldest first. Actions after `endsAtMs` belong to tickets that are open at the end. */
  readonly timeline: readonly Action[];
}

export interface ScenarioOptions {
  readonly seed: string | number;
  readonly startsAt: Date;
  /** A fraction ends the plan in the middle of its last day. */
  readonly days: number;
  /** 1: about 6,000 orders and 1,500 tickets. */
  readonly scale: number;
}

const wholeOrders = 6_000;
const wholeTickets = 1_500;

/** The plan of the marketplace's days: the same seed and start give the same plan, down to every letter. */
export const createScenario = ({ seed, startsAt, days, scale }: ScenarioOptions): Scenario => {
  const startsAtMs = startsAt.getTime();
  const endsAtMs = startsAtMs + days * dayMs;
  const orders = planOrders(createRandom(seed, 'orders'), { count: Math.round(wholeOrders * scale), startsAtMs, days });
  const refunds = planRefunds(createRandom(seed, 'refunds'), orders, endsAtMs);
  const planned = planTickets(createRandom(seed, 'tickets'), orders, {
    count: Math.round(wholeTickets * scale),
    endsAtMs,
  });
  const startDay = startsAt.toISOString().slice(0, 10);
  const shipping = createRandom(seed, 'shipping');
  const shipments = orders
    .filter(({ input }) => input.statusId === 11)
    .map(
      ({ id, input }): Action => ({
        kind: 'order status',
        atMs: input.placedAtMs + shipping.int(20, 70) * hourMs,
        orderId: id,
        statusId: 2,
      }),
    );
  const timeline: Action[] = [
    ...orders.map((order): Action => ({ kind: 'order', atMs: order.input.placedAtMs, order })),
    ...shipments,
    ...refunds.map((refund): Action => ({ kind: 'refund', ...refund })),
    ...planned.tickets.map((ticket): Action => ({ kind: 'ticket', atMs: ticket.atMs, ticket })),
    ...planned.updates,
    ...planned.merges.map((merge): Action => ({ kind: 'merge', ...merge })),
    ...planned.deletions.map((deletion): Action => ({ kind: 'delete', ...deletion })),
  ];
  return {
    startsAtMs,
    endsAtMs,
    days,
    orders,
    refunds,
    tickets: planned.tickets,
    fx: planFx(createRandom(seed, 'fx'), { from: addDays(startDay, -14), to: addDays(startDay, Math.ceil(days) + 14) }),
    timeline: timeline.toSorted((a, b) => a.atMs - b.atMs),
  };
};
