import { agentsAmong, type Connection, sharedCallCounts } from '../features/directory/index.ts';
import {
  type Adapters,
  createTroubles,
  isTold,
  markStale,
  type Troubles,
  type Watched,
} from '../features/ingest/index.ts';
import { createOrders, type Orders, ticketsTouchedBy } from '../features/orders/index.ts';
import { createHelpdeskClients } from '../helpdesks/clients.ts';
import type { HelpdeskClient } from '../helpdesks/port.ts';
import { helpdesks } from '../helpdesks/registry.ts';
import { wallClock } from '../platform/clock.ts';
import type { CallObserver } from '../platform/http/client.ts';
import { storeAdapters } from '../stores/registry.ts';
import type { Foundation } from './foundation.ts';

/** Whoever is at the other end of a connection: one client each, its quota, its clock and what troubles it. */
export interface Vendors {
  /** Every kind of connection that sends webhooks. */
  readonly adapters: Adapters;
  readonly troubles: Troubles;
  readonly orders: Orders;
  isStore(connection: Pick<Connection, 'kind'>): boolean;
  /** The one client of a helpdesk's connection, so that all callers share its quota. */
  helpdeskOf(connection: Connection): HelpdeskClient;
  /** What helpdesks and stores have in common: what we make there, and their counts. */
  vendorOf(connection: Connection): Watched;
  /** How far our clock is ahead of a helpdesk's, which is asked where no answer told yet; 0 where it is not known. */
  aheadMs(connection: Connection): Promise<number>;
}

export const createVendors = ({
  config,
  clock,
  log,
  metrics,
  db,
  vault,
  directory,
  reporting,
}: Foundation): Vendors => {
  /** By how much our clock is ahead of a vendor's, as its latest answer told, by connection. */
  const ahead = new Map<number, number>();
  const troubles = createTroubles({ sql: db, clock });
  /** Counts calls; a vendor's answers also tell its time, of which a demo's clock says nothing. */
  const observe = ({ id, name }: Pick<Connection, 'id' | 'name'>): CallObserver => {
    const count = metrics.vendorCall(name);
    return (call) => {
      count(call);
      if (clock !== wallClock || !call.serverAt) return;
      const skewMs = clock.now().getTime() - call.serverAt.getTime();
      ahead.set(id, Math.max(0, skewMs));
      void troubles
        .sawSkew(id, skewMs)
        .catch((error: unknown) =>
          log.warn({ step: 'clock', err: error }, 'the state of the clock could not be noted'),
        );
    };
  };
  const calling = {
    clock,
    allowPrivate: config.allowPrivateUpstreams,
    observe,
    // Over all processes, by the database's clock. A demo is one process, and its windows pass in no time.
    ...(clock === wallClock && { countsOf: (connectionId: number) => sharedCallCounts(db, connectionId) }),
  };
  const orders = createOrders({
    ...calling,
    db,
    vault,
    log,
    directory,
    stores: storeAdapters,
    reporting,
    isTold: (connectionId) => isTold(db, connectionId, clock.now()),
    onChanged: async (sql, orderIds, formerly) =>
      markStale(sql, await ticketsTouchedBy(sql, orderIds, formerly), { now: clock.now() }),
  });
  const helpdeskOf = createHelpdeskClients({
    ...calling,
    wall: wallClock,
    formerAgentsOf: (connectionId) => (userIds) => agentsAmong(db, connectionId, userIds),
  });
  const isStore: Vendors['isStore'] = ({ kind }) => storeAdapters.has(kind);

  return {
    adapters: { helpdesks, stores: storeAdapters },
    troubles,
    orders,
    isStore,
    helpdeskOf,
    vendorOf: (connection) => (isStore(connection) ? orders.clientOf(connection) : helpdeskOf(connection)),
    async aheadMs(connection) {
      if (clock !== wallClock) return 0;
      // Any answer tells; where there is none the walk says why.
      if (!ahead.has(connection.id))
        await helpdeskOf(connection)
          .verify()
          .catch((error: unknown) => log.debug({ step: 'reconcile', err: error }, 'the vendor tells no time'));
      return ahead.get(connection.id) ?? 0;
    },
  };
};
