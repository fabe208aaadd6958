import { dayMs, hourMs } from '../../core/time.ts';
import type { Random } from '../random.ts';
import type { PlannedTicket, Reference, Story, TicketUpdateAction } from './actions.ts';
import { countries, partners } from './marketplace.ts';
import { firstOrderId, type PlannedOrder } from './orders.ts';
import { type Opening, tellFollowUp, tellMerged, tellStory } from './stories.ts';

export const firstTicketId = 7001;

const references: Readonly<Record<Reference, number>> = {
  field: 24,
  text: 40,
  address: 19,
  several: 5,
  foreign: 2,
  missing: 1.5,
  'number only': 2.5,
  unknown: 6,
};

/** How a customer of this order opens a ticket about it. */
export const planOpening = (
  random: Random,
  plan: {
    readonly order: PlannedOrder;
    readonly atMs: number;
    readonly strangerNo: number;
    readonly others: readonly PlannedOrder[];
    readonly reference?: Reference;
  },
): Opening => {
  const { order, atMs } = plan;
  const reference = plan.reference ?? random.weighted(references);
  const { language, locale } = countries[order.customer.country];
  const stranger = reference === 'unknown' || reference === 'number only';
  const numbers: Readonly<Record<Reference, () => string | null>> = {
    field: () => String(order.id),
    text: () => String(order.id),
    'number only': () => String(order.id),
    foreign: () => String(plan.others.length > 0 ? random.pick(plan.others).id : order.id),
    missing: () => String(random.int(900_000, 999_999)),
    address: () => null,
    several: () => null,
    unknown: () => null,
  };
  return {
    atMs,
    email: stranger ? `visitor${String(plan.strangerNo).padStart(5, '0')}@example.com` : order.customer.email,
    locale: random.chance(0.15) ? null : locale,
    language,
    reference,
    number: numbers[reference](),
    orderId: reference === 'unknown' ? null : order.id,
    partner: reference === 'unknown' ? null : order.partner,
  };
};

/** The orders that tickets are about: each customer mostly once, dear partners' more often. */
const drawOrders = (random: Random, orders: readonly PlannedOrder[], count: number): PlannedOrder[] => {
  const keyed = orders
    .filter(({ input }) => input.statusId !== 0)
    .map((order) => ({ order, key: random.next() ** (1 / partners[order.partner ?? 'direct'].contactWeight) }))
    .toSorted((a, b) => b.key - a.key);
  const asked = new Set<number>();
  const drawn: PlannedOrder[] = [];
  for (const { order } of keyed) {
    if (drawn.length === count) break;
    if (asked.has(order.customer.no) && !random.chance(0.1)) continue;
    asked.add(order.customer.no);
    drawn.push(order);
  }
  return drawn;
};

/** Tickets created within the days; the shares of merged, followed-up and deleted ones are parts of the count. */
const planStories = (
  random: Random,
  orders: readonly PlannedOrder[],
  { count, endsAtMs }: { readonly count: number; readonly endsAtMs: number },
): Story[] => {
  const mergedCount = Math.round(count * 0.02);
  const followUpCount = Math.round(count * 0.02);
  const ordersOf = Map.groupBy(orders, ({ customer }) => customer.no);
  const main = drawOrders(random, orders, count - mergedCount - followUpCount).map((order, index) => {
    const placedAtMs = order.input.placedAtMs;
    const leftMs = endsAtMs - hourMs - placedAtMs;
    const usualMs = hourMs + Math.min(30 * dayMs, random.skewed(5 * dayMs, 0.8));
    const atMs = placedAtMs + Math.round(usualMs < leftMs ? usualMs : Math.max(60_000, random.next() * leftMs));
    const others = orders
      .slice(Math.max(0, order.id - firstOrderId - 200), order.id - firstOrderId)
      .filter(({ customer }) => customer.no !== order.customer.no);
    const several = (ordersOf.get(order.customer.no) ?? []).filter(({ input }) => input.placedAtMs < atMs).length > 1;
    const opening = planOpening(random, {
      order,
      atMs,
      strangerNo: index + 1,
      others,
      ...(several && random.chance(0.5) ? { reference: 'several' as const } : {}),
    });
    return tellStory(
      random,
      opening.reference === 'several' && !several ? { ...opening, reference: 'address' } : opening,
    );
  });
  const deleted = Math.max(1, Math.round(count * 0.004));
  const stories = main.map(
    (story, index): Story =>
      index < deleted
        ? {
            ...story,
            deletedAtMs: story.ticket.atMs + hourMs,
            updates: story.updates.filter(({ atMs }) => atMs < story.ticket.atMs + hourMs),
          }
        : story,
  );
  const whole = stories.slice(deleted);
  // A merge happens while its target is still far from closed.
  const mergeable = whole.filter(({ ticket }) => ticket.atMs + 3 * hourMs < endsAtMs);
  const merged = random
    .shuffled(mergeable)
    .slice(0, mergedCount)
    .map((story) => tellMerged(random, story));
  const closing = whole.filter(({ closedAtMs }) => closedAtMs + 3 * dayMs < endsAtMs);
  const followUps = random
    .shuffled(closing)
    .slice(0, followUpCount)
    .map((story) => tellFollowUp(random, story));
  return [...stories, ...merged, ...followUps].toSorted((a, b) => a.ticket.atMs - b.ticket.atMs);
};

export interface PlannedTickets {
  readonly tickets: readonly PlannedTicket[];
  readonly updates: readonly TicketUpdateAction[];
  readonly merges: readonly {
    readonly ticketId: number;
    readonly intoId: number;
    readonly atMs: number;
    readonly author: number;
  }[];
  readonly deletions: readonly { readonly ticketId: number; readonly atMs: number; readonly author: number }[];
}

/** A bulk edit: one agent sets the same total on five open tickets in the same second. */
const bulkEdit = (stories: readonly Story[], idOf: (story: Story) => number): TicketUpdateAction[] => {
  const middle = stories[Math.floor(stories.length / 2)];
  if (!middle) return [];
  const atMs = Math.floor(middle.ticket.atMs / dayMs) * dayMs + dayMs + 12 * hourMs;
  const open = stories.filter(
    ({ ticket, solvedAtMs, deletedAtMs, mergeInto }) =>
      ticket.atMs < atMs && solvedAtMs > atMs && deletedAtMs === null && !mergeInto,
  );
  return open
    .slice(0, 5)
    .map((story) => ({ kind: 'update', atMs, ticketId: idOf(story), author: middle.agent, setTotal: 1800 }));
};

/** A timer that ran through the afternoon: one update over the cap of four hours. */
const overCap = (stories: readonly Story[], idOf: (story: Story) => number): TicketUpdateAction[] => {
  const story = stories.find(({ deletedAtMs, mergeInto }) => deletedAtMs === null && !mergeInto);
  return story
    ? [
        {
          kind: 'update',
          atMs: story.solvedAtMs + hourMs,
          ticketId: idOf(story),
          author: story.agent,
          addSeconds: 19_800,
        },
      ]
    : [];
};

export const planTickets = (
  random: Random,
  orders: readonly PlannedOrder[],
  options: { readonly count: number; readonly endsAtMs: number },
): PlannedTickets => {
  const stories = planStories(random, orders, options);
  const ids = new Map(stories.map((story, index) => [story, firstTicketId + index]));
  const idOf = (story: Story): number => {
    const id = ids.get(story);
    if (id === undefined) throw new RangeError('a story refers to one that is not told');
    return id;
  };
  return {
    tickets: stories.map(
      (story): PlannedTicket => ({
        ...story.ticket,
        id: idOf(story),
        followUpOf: story.followUpOf && idOf(story.followUpOf),
      }),
    ),
    updates: [
      ...stories.flatMap((story) =>
        story.updates.map((update): TicketUpdateAction => ({ kind: 'update', ticketId: idOf(story), ...update })),
      ),
      ...bulkEdit(stories, idOf),
      ...overCap(stories, idOf),
    ],
    merges: stories.flatMap((story) =>
      story.mergeInto
        ? [
            {
              ticketId: idOf(story),
              intoId: idOf(story.mergeInto.story),
              atMs: story.mergeInto.atMs,
              author: story.agent,
            },
          ]
        : [],
    ),
    deletions: stories.flatMap((story) =>
      story.deletedAtMs === null ? [] : [{ ticketId: idOf(story), atMs: story.deletedAtMs, author: story.agent }],
    ),
  };
};
