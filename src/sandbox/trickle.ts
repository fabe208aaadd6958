import { type SandboxClock, waitUntil } from './clock.ts';
import { createRandom } from './random.ts';
import type { Action, PlannedTicket } from './scenario/actions.ts';
import { partners } from './scenario/marketplace.ts';
import { addressOf, type PlannedOrder, partnerWeights, planOrder } from './scenario/orders.ts';
import { liveTempo, tellStory } from './scenario/stories.ts';
import { planOpening } from './scenario/tickets.ts';
import type { Scenario } from './scenario.ts';

export interface TrickleOptions {
  readonly scenario: Scenario;
  /** What the plan still holds after its last day. */
  readonly left: readonly Action[];
  readonly act: (action: Action) => void;
  readonly clock: SandboxClock;
  readonly seed: string | number;
  readonly signal: AbortSignal;
  readonly onAction: (action: Action) => void;
}

/** Where the trickle's customers are numbered from: nobody of the plan. */
const firstVisitor = 90_000;
/** Orders that new tickets may be about. */
const mostRecent = 400;

/** A clock that still runs fast overshoots what it waits for; arrivals that are later than this are let go, else they came in floods. */
const mostLateMs = 30_000;

/** Puts actions where they belong in a list that is ordered by time; later ones of the same instant follow. */
const insert = (pending: Action[], actions: readonly Action[]): void => {
  for (const action of actions) pending.splice(pending.findLastIndex(({ atMs }) => atMs <= action.atMs) + 1, 0, action);
};

/** After the plan's days: a new order or ticket every 4 to 8 s of the clock, answered and solved within a minute or two, until the signal aborts. */
export const trickle = async ({
  scenario,
  left,
  act: play,
  clock,
  seed,
  signal,
  onAction,
}: TrickleOptions): Promise<void> => {
  const random = createRandom(seed, 'trickle');
  const pending = [...left];
  const recent: PlannedOrder[] = scenario.orders.slice(-mostRecent);
  let lastOrderId = scenario.orders.at(-1)?.id ?? 0;
  let lastTicketId = scenario.tickets.at(-1)?.id ?? 0;
  let visitors = firstVisitor;
  let arrivalMs = Math.max(scenario.endsAtMs, clock.now().getTime()) + random.int(1_000, 3_000);

  const act = (action: Action): void => {
    onAction(action);
    play(action);
  };

  const newOrder = (atMs: number): void => {
    const partner = random.weighted(partnerWeights);
    visitors += 1;
    lastOrderId += 1;
    const customer = {
      no: visitors,
      email: addressOf(visitors),
      country: random.weighted(partners[partner].countries),
      registered: false,
    };
    const order = planOrder(random, { id: lastOrderId, atMs, partner, customer });
    recent.push(order);
    if (recent.length > mostRecent) recent.shift();
    act({ kind: 'order', atMs, order });
  };

  const newTicket = (atMs: number): void => {
    const [order] = recent.splice(random.int(0, recent.length - 1), 1);
    if (!order) {
      newOrder(atMs);
      return;
    }
    visitors += 1;
    lastTicketId += 1;
    const { ticket, updates } = tellStory(
      random,
      planOpening(random, { order, atMs, strangerNo: visitors, others: recent }),
      liveTempo,
    );
    const planned: PlannedTicket = { ...ticket, id: lastTicketId, followUpOf: null };
    act({ kind: 'ticket', atMs, ticket: planned });
    insert(
      pending,
      updates.map((update): Action => ({ kind: 'update', ticketId: planned.id, ...update })),
    );
  };

  while (!signal.aborted) {
    const next = pending[0];
    const due = next && next.atMs <= arrivalMs ? next : undefined;
    await waitUntil(clock, due?.atMs ?? arrivalMs, signal);
    if (signal.aborted) return;
    if (due) {
      pending.shift();
      act(due);
      continue;
    }
    const atMs = arrivalMs;
    const nowMs = clock.now().getTime();
    arrivalMs = Math.max(nowMs, arrivalMs) + random.int(4_000, 8_000);
    if (nowMs - atMs > mostLateMs) continue;
    if (random.chance(0.55)) newOrder(atMs);
    else newTicket(atMs);
  }
};
