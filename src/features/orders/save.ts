import { microsOf } from '../../core/money.ts';
import { dayIn } from '../../core/time.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { StoreOrder } from '../../stores/port.ts';
import { type OrderChanges, watchBearing } from './bearing.ts';
import { type DecisionBasis, decideOrders, type OrderFacts } from './decide.ts';
import { isCounted } from './revenue.ts';
import { type HeldOrder, loadHeld, type OrderRow, writeOrders } from './store.ts';

/** Metafields of an order by name. */
export type Metafields = Readonly<Record<string, string>>;

export interface SaveDeps {
  readonly vault: Pick<Vault, 'seal' | 'hashAddress'>;
  readonly timeZone: string;
}

type Undecided = OrderFacts &
  Omit<OrderRow, 'country' | 'region' | 'unmapped' | 'reportingMicros' | 'shares' | 'lines'>;

const factsOf = (order: StoreOrder, held: HeldOrder | undefined, metafields: Metafields, deps: SaveDeps): Undecided => {
  const placedDay = dayIn(deps.timeZone, order.placedAt);
  const sameMoney = held?.currency === order.currency && held.placedDay === placedDay;
  return {
    externalId: order.externalId,
    number: order.number,
    externalNumber: order.externalNumber,
    placedAt: order.placedAt,
    placedDay,
    modifiedAt: order.modifiedAt,
    statusId: order.statusId,
    counted: isCounted(order.statusId),
    archived: order.archived,
    locale: order.locale,
    customerId: order.customerId,
    emailHash: order.email === null ? null : deps.vault.hashAddress(order.email),
    emailSealed: order.email === null ? null : deps.vault.seal(order.email),
    currency: order.currency,
    revenueMicros: microsOf(order.revenue),
    fx: (sameMoney && held?.fx) || null,
    places: { ...order.places, metafields, addressCountry: order.country },
    lines: order.lines.map((line) => ({
      externalId: line.externalId,
      sku: line.sku,
      productName: line.productName,
      brand: line.brand,
      revenueMicros: microsOf(line.revenue),
    })),
  };
};

/** The latest state of each order: a page may hold one twice. */
const latest = (orders: readonly StoreOrder[]): StoreOrder[] => {
  const byId = new Map<string, StoreOrder>();
  for (const order of orders) {
    const other = byId.get(order.externalId);
    if (!other || other.modifiedAt <= order.modifiedAt) byId.set(order.externalId, order);
  }
  return [...byId.values()];
};

/**
 * Decides and writes orders. `metafieldsOf` says what an order's metafields are, given those held; orders that came whole
 * bring their own.
 */
export const saveOrders = async (
  sql: Sql,
  connectionId: number,
  orders: readonly StoreOrder[],
  deps: SaveDeps & {
    readonly basis: DecisionBasis;
    readonly now: Date;
    readonly metafieldsOf?: (order: StoreOrder, held: Metafields) => Metafields;
  },
): Promise<OrderChanges> => {
  const unique = latest(orders);
  const externalIds = unique.map(({ externalId }) => externalId);
  const held = await loadHeld(sql, connectionId, externalIds);
  const metafieldsOf = deps.metafieldsOf ?? ((order: StoreOrder) => order.places.metafields);
  const facts = unique.map((order) => {
    const known = held.get(order.externalId);
    return factsOf(order, known, metafieldsOf(order, known?.places.metafields ?? {}), deps);
  });
  const decided = await decideOrders(sql, deps.basis, facts);
  return watchBearing(sql, { connectionId, externalIds }, () => writeOrders(sql, connectionId, decided, deps.now));
};
