import { isStorageTrouble } from '../../platform/database/trouble.ts';
import type { StepLine } from '../../platform/log.ts';
import type { Failure } from './isolate.ts';

/** Pulled tickets in one transaction: small, so that the edge never waits long for a ticket's lock. */
const lotInTransaction = 50;

/**
 * Of tickets that are decided again from what is stored. Many wait at once, and what a transaction costs by itself is shared:
 * to read 735 rules, 200 partners and 30 regions takes PostgreSQL 26 us a ticket in lots of 50 and 7 us in lots of 200.
 * The edge waits longer for one of these, so few are decided at a time (decide-marked.ts).
 */
export const mostDecidedAgain = 200;

/** A lot that met another writer in a ring of locks is tried again this often before it is put back. */
const deadlockTries = 3;
/** Each other lot that works on the same bulk edit may name it further tickets to lock. */
const overtakenTries = 10;

/** Others were in the way: tried again as a deadlock is, whose class of SQLSTATE it has. */
export class Overtaken extends Error {
  readonly code = '40001';
  constructor() {
    super('other writers held tickets that were to be locked with the lot');
    this.name = new.target.name;
  }
}

const isDeadlock = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code;
  return code === '40P01' || code === '40001';
};

/** What the work gives once no other writer stands in its way; the line tells how many tries that took. */
export const pastDeadlocks = async <Result>(line: StepLine, work: () => Promise<Result>): Promise<Result> => {
  for (let tries = 1; ; tries += 1) {
    line.tries = tries;
    try {
      return await work();
    } catch (error) {
      if (!isDeadlock(error) || tries >= (error instanceof Overtaken ? overtakenTries : deadlockTries)) throw error;
    }
  }
};

/**
 * Runs items lot by lot and returns those that fail by themselves: a lot that fails is halved until the ticket at fault is
 * alone. Throws where the storage failed, which is no ticket's fault.
 */
export const createLots = <Context, Item extends { readonly ticketId: bigint }>({
  runLot,
}: {
  readonly runLot: (context: Context, items: readonly Item[]) => Promise<void>;
}) => {
  const run = async (context: Context, items: readonly Item[]): Promise<Failure[]> => {
    const [first] = items;
    if (!first) return [];
    try {
      await runLot(context, items);
      return [];
    } catch (error) {
      if (isStorageTrouble(error)) throw error;
      if (items.length === 1) return [{ ticketId: first.ticketId, error }];
      const middle = Math.ceil(items.length / 2);
      return [...(await run(context, items.slice(0, middle))), ...(await run(context, items.slice(middle)))];
    }
  };

  return async (context: Context, items: readonly Item[], most = lotInTransaction): Promise<Failure[]> => {
    const failures: Failure[] = [];
    for (let start = 0; start < items.length; start += most)
      failures.push(...(await run(context, items.slice(start, start + most))));
    return failures;
  };
};
