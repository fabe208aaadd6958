import {
  claimDue,
  claimStale,
  createActor,
  createGatherer,
  createProcessor,
  createStoreRefresher,
  isolate,
  type Lot,
  type StoreLot,
} from '../features/ingest/index.ts';
import { wallClock } from '../platform/clock.ts';
import type { Foundation } from './foundation.ts';
import type { Vendors } from './vendors.ts';

/** The way of a ticket: gathered, decided, acted on. */
export interface Pipeline {
  gather(lot: Lot): Promise<void>;
  /** Decides tickets again from what we hold. */
  decide(lot: Lot): Promise<void>;
  act(lot: Lot): Promise<void>;
  /** Reads again what a store told of. */
  refreshStore(lot: StoreLot): Promise<void>;
  /** Gathers or decides a few due tickets, of one connection or of any, beside whatever workers run; false: none were due. */
  gatherSome(only: number | null): Promise<boolean>;
}

/** Tickets that a backfill's or a seal's process takes at a time, beside the workers. */
const ticketsAtOnce = 100;

export const createPipeline = (
  { clock, runStep, db, vault, directory, reporting, metrics }: Foundation,
  { troubles, orders, helpdeskOf }: Vendors,
): Pipeline => {
  const processor = createProcessor({
    db,
    clock,
    runStep,
    vault,
    directory,
    orders,
    basis: reporting,
    tagsClosed: (connection) => helpdeskOf(connection).changeTagsOfMany !== undefined,
    onSuppressed: metrics.suppressed,
  });
  const asking = { sql: db, clock, wall: wallClock, runStep, directory, clientOf: helpdeskOf, troubles };
  const { gather } = createGatherer({
    ...asking,
    orders,
    process: processor.process,
    hashAddress: vault.hashAddress,
  });
  const { act } = createActor(asking);
  const { refresh } = createStoreRefresher({ sql: db, clock, runStep, directory, orders, troubles });
  const decide = (lot: Lot): Promise<void> =>
    isolate({ sql: db, clock, runStep }, 'decide again', lot, async ({ connectionId, ticketIds }) =>
      processor.decideAgain(await directory.connections.get(String(connectionId)), ticketIds),
    );

  return {
    gather,
    decide,
    act,
    refreshStore: refresh,
    async gatherSome(only) {
      const some = { only, most: ticketsAtOnce };
      const due = await claimDue(db, clock.now(), some);
      for (const lot of due) await gather(lot);
      const stale = due.length > 0 ? [] : await claimStale(db, clock.now(), some);
      for (const lot of stale) await decide(lot);
      return due.length + stale.length > 0;
    },
  };
};
