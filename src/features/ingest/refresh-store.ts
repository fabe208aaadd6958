import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { RunStep } from '../../platform/log.ts';
import type { Directory } from '../directory/index.ts';
import type { Orders } from '../orders/index.ts';
import { describe, isOutage } from './isolate.ts';
import {
  countStoreFailures,
  postponeStoreChanges,
  type StoreChange,
  type StoreLot,
  settleStoreChanges,
} from './store-changes.ts';
import type { Troubles } from './trouble.ts';

/** A store that does not answer is asked again after this long at least. */
const againMs = 30 * secondMs;

interface StoreRefresher {
  /** Reads one lot again from its store; orders in which something changed have their tickets decided again. Throws where not even a failure can be stored. */
  refresh(lot: StoreLot): Promise<void>;
}

const idsOf = (changes: readonly StoreChange[], what: StoreChange['what']): string[] =>
  changes.filter((change) => change.what === what).map(({ externalId }) => externalId);

export const createStoreRefresher = (deps: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly runStep: RunStep;
  readonly directory: Directory;
  readonly orders: Pick<Orders, 'refresh'>;
  readonly troubles: Troubles;
}): StoreRefresher => {
  const { sql, clock, runStep, directory, orders, troubles } = deps;

  return {
    refresh: (lot) =>
      runStep('refresh orders', async (line) => {
        const { connectionId, changes } = lot;
        Object.assign(line, { connection: connectionId, told: changes.length });
        const until = await troubles.heldUntil(connectionId, 'feed');
        if (until) {
          line.outcome = 'postponed';
          return postponeStoreChanges(sql, lot, { until, error: 'the connection is in trouble; its status tells' });
        }
        try {
          const connection = await directory.connections.get(String(connectionId));
          const done = await orders.refresh(connection, {
            orders: idsOf(changes, 'order'),
            customers: idsOf(changes, 'customer'),
          });
          await troubles.well(connectionId, 'feed');
          Object.assign(line, { orders: done.orders, changed: done.changed.length, gone: done.missing.length });
          const faults = new Map(done.unreadable.map(({ externalId, fault }) => [externalId, fault]));
          const isFaulty = (change: StoreChange) => change.what === 'order' && faults.has(change.externalId);
          const failed = { connectionId, changes: changes.filter(isFaulty) };
          line.quarantined = await countStoreFailures(sql, failed, {
            now: clock.now(),
            errorOf: ({ externalId }) => `the order cannot be read: ${faults.get(externalId)}`,
          });
          await settleStoreChanges(sql, { connectionId, changes: changes.filter((change) => !isFaulty(change)) });
        } catch (error) {
          line.reason = describe(error);
          const isSure = await troubles.met(connectionId, 'feed', error);
          if (isSure || isOutage(error)) {
            line.outcome = 'postponed';
            const later = new Date(clock.now().getTime() + againMs);
            return postponeStoreChanges(sql, lot, { until: later, error: describe(error) });
          }
          line.outcome = 'failed';
          line.quarantined = await countStoreFailures(sql, lot, { now: clock.now(), errorOf: () => describe(error) });
        }
      }),
  };
};
