import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import type { PlacesWanted, PulledOrders, StoreClient } from '../../stores/port.ts';
import type { FormerKeys } from './bearing.ts';
import type { DecisionBasis } from './decide.ts';
import { saveRefunds } from './refunds.ts';
import { type SaveDeps, saveOrders } from './save.ts';

/** What a store told of, by external ids. */
export interface ToldOf {
  readonly orders: readonly string[];
  readonly customers: readonly string[];
}

export interface Refreshed {
  /** Orders that were read. */
  readonly orders: number;
  /** Ids of those in which anything changed for us. */
  readonly changed: readonly bigint[];
  /** The store has them no more. What we hold of them stays. */
  readonly missing: readonly string[];
  readonly unreadable: PulledOrders['unreadable'];
}

/** A till or a reseller has thousands: by the latest of them tickets are decided. */
const mostOfCustomers = 200;

const ordersOfCustomers = async (
  sql: Sql,
  connectionId: number,
  customerIds: readonly string[],
): Promise<readonly string[]> => {
  if (customerIds.length === 0) return [];
  const rows = await sql.query<{ external_id: string }>(
    'select external_id from "order" where connection_id = $1 and customer_id = any($2) order by placed_at desc limit $3',
    [connectionId, customerIds, mostOfCustomers],
  );
  return rows.map(({ external_id }) => external_id);
};

/** Addresses with an account are known from now on, so that nobody has to ask for them. */
const noteAccounts = async (
  deps: SaveDeps & { readonly db: Sql; readonly clock: Clock },
  connectionId: number,
  addresses: Iterable<string>,
): Promise<void> => {
  const hashes = [...new Set([...addresses].map((address) => deps.vault.hashAddress(address).toString('hex')))].sort();
  if (hashes.length === 0) return;
  await deps.db.query(
    `insert into store_address (connection_id, email_hash, known, asked_at)
     select $1::int, decode(hash, 'hex'), true, $3::timestamptz from unnest($2::text[]) as a(hash)
     on conflict (connection_id, email_hash) do update set known = true, asked_at = excluded.asked_at`,
    [connectionId, hashes, deps.clock.now()],
  );
};

/**
 * Reads orders again, with metafields and refunds, as the store has them now, and those of customers in whom something
 * changed: an address or a group stands on each of them. One transaction; whatever was told twice is read once.
 */
export const refreshOrders = async (
  deps: SaveDeps & {
    readonly db: Database;
    readonly clock: Clock;
    readonly basis: () => Promise<DecisionBasis>;
    readonly placesWanted: () => Promise<PlacesWanted>;
    readonly onChanged: (sql: Sql, orderIds: readonly bigint[], formerly: readonly FormerKeys[]) => Promise<void>;
  },
  { connectionId, client }: { readonly connectionId: number; readonly client: StoreClient },
  told: ToldOf,
): Promise<Refreshed> => {
  const { db, clock } = deps;
  if (told.customers.length > 0)
    await noteAccounts(deps, connectionId, (await client.addressesOf(told.customers)).values());
  const ids = [...new Set([...told.orders, ...(await ordersOfCustomers(db, connectionId, told.customers))])];
  if (ids.length === 0) return { orders: 0, changed: [], missing: [], unreadable: [] };
  const { orders, missing, unreadable } = await client.pullOrders(ids, await deps.placesWanted());
  const refunds = await client.refundsOf(orders.map(({ externalId }) => externalId));
  const basis = await deps.basis();
  const changed = new Set<bigint>();
  await db.transaction(async (tx) => {
    const options = { ...deps, basis, now: clock.now(), metafields: 'brought along' } as const;
    const saved = await saveOrders(tx, connectionId, orders, options);
    for (const id of saved.changed) changed.add(id);
    for (const id of await saveRefunds(tx, connectionId, refunds, deps)) changed.add(id);
    if (saved.bearing.length > 0) await deps.onChanged(tx, saved.bearing, saved.formerly);
  });
  return { orders: orders.length, changed: [...changed], missing, unreadable };
};
