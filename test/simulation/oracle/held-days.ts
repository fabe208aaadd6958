import type { HeldDays } from './partnerships.ts';
import { dayAfter } from './periods.ts';

/** A walk over a store, as the store saw it: when it was asked, and from when on it was to tell what changed. */
export interface StoreWalk {
  readonly of: 'orders' | 'refunds';
  readonly askedMs: number;
  readonly fromMs: number;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const minuteMs = 60_000;
/** A number alone attributes to orders of so many days before a ticket (RULES.md section 3): as far back goes what is imported first. */
const importedDays = 365;

/**
 * The days of which a product that asked a store for this can hold every order, each with its refunds: those that begin after
 * the beginning of the first import, up to the one that was still going on within the hour after the store was last asked.
 */
export const heldDays = (walks: readonly StoreWalk[], dayOf: (atMs: number) => string): HeldDays => {
  const walksOf = (what: StoreWalk['of']) => walks.filter(({ of }) => of === what);
  const [orders, refunds] = [walksOf('orders'), walksOf('refunds')];
  const [first] = orders;
  const [lastOrders, lastRefunds] = [orders.at(-1), refunds.at(-1)];
  if (!first || !lastOrders || !lastRefunds) return { since: null, until: null };
  const importedFromMs = first.askedMs - importedDays * dayMs;
  for (const list of [orders, refunds])
    if (!list.some(({ fromMs }) => fromMs <= importedFromMs))
      throw new Error(`nobody asked the store for what it had since ${new Date(importedFromMs).toISOString()}`);
  let beginsMs = Math.ceil(importedFromMs / minuteMs) * minuteMs;
  while (dayOf(beginsMs - 1) === dayOf(beginsMs)) beginsMs += minuteMs;
  const lastMs = Math.min(lastOrders.askedMs, lastRefunds.askedMs);
  let until = dayOf(lastMs);
  while (dayOf(lastMs + hourMs) > until) until = dayAfter(until, 1);
  return { since: dayOf(beginsMs), until };
};
