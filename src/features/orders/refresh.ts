import type { Sql } from '../../platform/database/database.ts';
import type { PulledOrders, StoreClient } from '../../stores/port.ts';
import { noteAddresses } from './known-addresses.ts';
import { saveRefunds } from './refunds.ts';
import { saveOrders } from './save.ts';
import type { SyncDeps } from './sync.ts';

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
const noteAccounts = (
  { db, vault, clock }: SyncDeps,
  connectionId: number,
  addresses: Iterable<string>,
): Promise<void> => {
  const hashes = new Set([...addresses].map((address) => vault.hashAddress(address).toString('hex')));
  const answers = [...hashes].map((hash) => ({ hash, known: true }));
  return noteAddresses(db, connectionId, { answers, now: clock.now() });
};

/**
 * Reads orders again, with metafields and refunds, as the store has them now, and those of customers in whom something
 * changed: an address or a group stands on each of them. One transaction; whatever was told twice is read once.
 */
export const refreshOrders = async (
  deps: SyncDeps,
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
  const changed = new Set<bigint>();
  await db.transaction(async (tx) => {
    const options = { ...deps, basis: await deps.basis(tx), now: clock.now(), metafields: 'brought along' } as const;
    const saved = await saveOrders(tx, connectionId, orders, options);
    for (const id of saved.changed) changed.add(id);
    for (const id of await saveRefunds(tx, connectionId, refunds, deps)) changed.add(id);
    await deps.tellChanges(tx, saved);
  });
  return { orders: orders.length, changed: [...changed], missing, unreadable };
};
