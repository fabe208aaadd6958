import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { writersEnded } from '../../platform/database/under-way.ts';
import { ticketsToReprice, ticketsWorkedSince } from '../costing/index.ts';
import type { JobHandler, ReportingBasis } from '../directory/index.ts';
import type { Orders } from '../orders/index.ts';
import { decideMarked } from './decide-marked.ts';
import { type Lot, markStale } from './store.ts';

/** The kind of the job that settles work again after rates, exchange rates, caps or constants changed. */
export const settleKind = 'settle again';

/** Work of these days; `reprice`: with today's rates and exchange rates, else counted anew at its frozen price. */
const settleWanted = z.object({ from: z.string(), to: z.string().nullable(), reprice: z.boolean() });
export type SettleWanted = z.output<typeof settleWanted>;

const markAtOnce = 1000;

/**
 * Prices the orders of those days, marks the tickets whose cost would change, and sees them settled, beside whatever workers
 * run. A kill costs nothing: what is settled already needs no change, and the next worker marks the rest. Each ticket moves in
 * a transaction of its own, so that reports are right at every moment in between.
 */
export const createSettleJob = (deps: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly basis: ReportingBasis;
  readonly orders: Pick<Orders, 'repriceOrders'>;
  readonly decide: (lot: Lot) => Promise<void>;
}): JobHandler => {
  const { sql, clock, basis, orders } = deps;
  return async (job, { progress, stop, rest }) => {
    const { from, to, reprice } = settleWanted.parse(job.wanted);
    // What settles just now may have read the old prices, and is seen by nobody until it ends.
    await writersEnded(sql, async () => {
      await rest();
      stop.throwIfAborted();
      // Else the lease ends while we wait, and another worker waits beside us.
      await progress({ done: job.done, total: job.total });
    });
    stop.throwIfAborted();
    const repriced = reprice ? (await orders.repriceOrders({ from, to })).length : 0;
    const tickets = reprice
      ? await ticketsToReprice(sql, { from, to, reportingCurrency: basis.currency })
      : await ticketsWorkedSince(sql, from);
    for (let start = 0; start < tickets.length; start += markAtOnce) {
      await progress({ done: 0, total: tickets.length });
      stop.throwIfAborted();
      await markStale(sql, tickets.slice(start, start + markAtOnce), { now: clock.now(), reprice });
    }
    await decideMarked(deps, {
      until: clock.now(),
      rest,
      tell: async (left) => {
        await progress({ done: Math.max(0, tickets.length - left), total: tickets.length });
        stop.throwIfAborted();
      },
    });
    await progress({ done: tickets.length, total: tickets.length });
    return { orders: repriced, tickets: tickets.length };
  };
};
