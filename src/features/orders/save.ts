import { microsOf } from '../../core/money.ts';
import { dayIn } from '../../core/time.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { StoreOrder } from '../../stores/port.ts';
import { type OrderChanges, watchBearing } from './bearing.ts';
import { type DecisionBasis, decideOrders, type OrderFacts } from './decide.ts';
import { loadMetafields, type Metafields, replaceMetafields } from './metafields.ts';
import { isCounted } from './revenue.ts';
import { type OrderRow, writeOrders } from './store.ts';

export interface SaveDeps {
  readonly vault: Pick<Vault, 'hashAddress'>;
  readonly timeZone: string;
}

type Undecided = OrderFacts &
  Omit<OrderRow, 'country' | 'region' | 'unmapped' | 'fx' | 'reportingMicros' | 'shares' | 'lines'>;

/** Different spellings of an address have one hash. */
const hashesOf = ({ emails }: StoreOrder, vault: SaveDeps['vault']): Buffer[] => [
  ...new Map(emails.map((email) => vault.hashAddress(email)).map((hash) => [hash.toString('hex'), hash])).values(),
];

const factsOf = (
  order: StoreOrder,
  { connectionId, metafields }: { readonly connectionId: number; readonly metafields: Metafields },
  deps: SaveDeps,
): Undecided => ({
  connectionId,
  externalId: order.externalId,
  number: order.number,
  externalNumber: order.externalNumber,
  placedAt: order.placedAt,
  placedDay: dayIn(deps.timeZone, order.placedAt),
  modifiedAt: order.modifiedAt,
  statusId: order.statusId,
  counted: isCounted(order.statusId),
  archived: order.archived,
  locale: order.locale,
  customerId: order.customerId,
  emailHashes: hashesOf(order, deps.vault),
  currency: order.currency,
  revenueMicros: microsOf(order.revenue),
  grossMicros: microsOf(order.gross),
  coupons: order.coupons,
  places: { ...order.places, metafields, addressCountry: order.country },
  lines: order.lines.map((line) => ({
    externalId: line.externalId,
    sku: line.sku,
    productName: line.productName,
    brand: line.brand,
    revenueMicros: microsOf(line.revenue),
    grossMicros: microsOf(line.gross),
    costMicros: line.cost == null ? null : microsOf(line.cost),
  })),
});

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
 * Decides and writes orders. Those of a list come without their metafields, which are taken as stored; those that were
 * looked up come whole, and what they bring replaces what is stored.
 */
export const saveOrders = async (
  sql: Sql,
  connectionId: number,
  orders: readonly StoreOrder[],
  deps: SaveDeps & {
    readonly basis: DecisionBasis;
    readonly now: Date;
    readonly metafields: 'as stored' | 'brought along';
  },
): Promise<OrderChanges> => {
  const unique = latest(orders);
  const externalIds = unique.map(({ externalId }) => externalId);
  if (deps.metafields === 'brought along') {
    const byOrder = new Map(unique.map(({ externalId, places }) => [externalId, places.metafields]));
    await replaceMetafields(sql, connectionId, { byOrder, now: deps.now });
  }
  const metafields = await loadMetafields(sql, connectionId, externalIds);
  const facts = unique.map((order) =>
    factsOf(order, { connectionId, metafields: metafields.get(order.externalId) ?? {} }, deps),
  );
  const decided = await decideOrders(sql, deps.basis, facts);
  return watchBearing(sql, { connectionId, externalIds }, () => writeOrders(sql, connectionId, decided, deps.now));
};
