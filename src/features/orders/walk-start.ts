import { dayMs } from '../../core/time.ts';
import { metafieldName, type PlacesWanted } from '../../stores/port.ts';
import type { StoredCursor } from '../directory/index.ts';

/** How far the first import reaches back: a number alone attributes to orders of the last 365 days (RULES.md section 3). */
const firstImportMs = 365 * dayMs;
/** What was taken away at the store is in no list of changes: all metafields are walked again this often. */
const wholeWalkMs = 7 * dayMs;

/** Where the walk over orders stands. Instants are ISO 8601. */
export interface OrdersCursor {
  /** The copy is complete for orders changed since, once the walk has ended. */
  readonly since: string;
  /** The same of the last walk that ended; absent of those that ended before this was noted. */
  readonly wholeSince?: string;
  /** The latest change that is stored. */
  readonly position: string;
  /** Metafields changed since are still to be walked. */
  readonly metafieldsFrom: string;
  /** When the last walk over all of them began. */
  readonly metafieldsWholeAt?: string;
  /** Of the last walk: orders that the store named as changed, and those of them that nobody had told of. */
  readonly walked?: number;
  readonly raised?: number;
  /** When a walk last reached the end, and when one last found an order that nobody had told of. */
  readonly endedAt?: string;
  readonly untoldAt?: string;
  /** What the rules wanted when the walk began; anything new is fetched from `since` on. */
  readonly held: {
    readonly metafields: readonly string[];
    readonly formFields: readonly string[];
    /** Names of all other places that are fetched when asked for, and what stands on each order in this version. */
    readonly further?: readonly string[];
  };
}

/** From when on every order is held, whatever a walk that is under way reaches back to; null before the first one ended. */
export const wholeSince = ({ state, seenUntil }: StoredCursor<OrdersCursor>): Date | null =>
  seenUntil && new Date(state.wholeSince ?? state.since);

/** Stands for what a walk holds of each order itself; raised with what is held, so that an older copy is walked again once. */
const orderItself = 'order, with its discounts, sources and status';

const furtherNames = (wanted: PlacesWanted): string[] => [
  orderItself,
  ...(wanted.customerGroup ? ['customer group'] : []),
  ...(wanted.productCategories ? ['product categories'] : []),
  ...(wanted.coupons ? ['coupons'] : []),
  ...(
    [
      ['customer attribute', wanted.customerAttributes],
      ['customer field', wanted.customerFields],
      ['product field', wanted.productFields],
      ['staff note', wanted.staffNotes],
      ['customer message', wanted.customerMessages],
    ] as const
  ).flatMap(([place, names]) => (names ?? []).map((name) => `${place} ${name}`)),
];

const lacks = (held: readonly string[], wanted: readonly string[]): boolean =>
  wanted.some((name) => !held.includes(name));

/** Where the next walk begins: where the last one ended, or further back where more is wanted than is held, or `again` what is. */
export const walkStart = (
  stored: OrdersCursor | undefined,
  wanted: PlacesWanted,
  { since: asked, again = false }: { readonly since?: Date | undefined; readonly again?: boolean | undefined },
  now: Date,
): OrdersCursor => {
  const held = {
    metafields: wanted.metafields.map(metafieldName),
    formFields: wanted.formFields,
    further: furtherNames(wanted),
  };
  const firstSince = (asked ?? new Date(now.getTime() - firstImportMs)).toISOString();
  if (!stored) return { since: firstSince, position: firstSince, metafieldsFrom: firstSince, held };
  const reachesBack = asked !== undefined && asked.toISOString() < stored.since;
  const since = reachesBack ? firstSince : stored.since;
  const onceMore = (held: string): string =>
    again && asked !== undefined && asked.toISOString() < held ? asked.toISOString() : held;
  const isToWalkAgain =
    lacks(stored.held.formFields, held.formFields) || lacks(stored.held.further ?? [], held.further);
  const wholeIsDue = Date.parse(stored.metafieldsWholeAt ?? '') + wholeWalkMs <= now.getTime();
  return {
    ...stored,
    ...(stored.endedAt !== undefined && { wholeSince: stored.wholeSince ?? stored.since }),
    since,
    position: reachesBack || isToWalkAgain ? since : onceMore(stored.position),
    metafieldsFrom:
      reachesBack || wholeIsDue || lacks(stored.held.metafields, held.metafields)
        ? since
        : onceMore(stored.metafieldsFrom),
    held,
  };
};
