import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import type { TellChanges } from './bearing.ts';
import type { DecisionBasis } from './decide.ts';
import { decideAgain } from './held-orders.ts';
import { ordersToReprice } from './reprice.ts';
import { ordersPerTransaction } from './store.ts';

/** Decides held orders again, in lots of a transaction each. */
export const createRedecide = (deps: {
  readonly db: Database;
  readonly basis: (tx: Sql) => Promise<DecisionBasis>;
  readonly tellChanges: TellChanges;
}) => {
  const { db, basis, tellChanges } = deps;

  /** Returns the ids of those in which anything changed. */
  const decideLot = async (ids: readonly bigint[]): Promise<readonly bigint[]> => {
    return db.transaction(async (tx) => {
      const differing = await decideAgain(tx, await basis(tx), ids);
      await tellChanges(tx, differing);
      return differing.changed;
    });
  };
  const decideLots = async (nextLot: (last: bigint) => Promise<readonly bigint[]>): Promise<bigint[]> => {
    const changed: bigint[] = [];
    for (let last = 0n; ; ) {
      const ids = await nextLot(last);
      const end = ids.at(-1);
      if (end === undefined) return changed;
      changed.push(...(await decideLot(ids)));
      last = end;
    }
  };
  const nextOrders = async (last: bigint): Promise<bigint[]> => {
    const rows = await db.query<{ id: bigint }>('select id from "order" where id > $1 order by id limit $2', [
      last,
      ordersPerTransaction,
    ]);
    return rows.map(({ id }) => id);
  };

  return {
    all: (): Promise<bigint[]> => decideLots(nextOrders),

    /** The next orders by id; null: there are none. */
    async some(after: bigint) {
      const ids = await nextOrders(after);
      const last = ids.at(-1);
      return last === undefined ? null : { last, looked: ids.length, changed: (await decideLot(ids)).length };
    },

    /** Those whose rate is another by today's table. */
    async repriced(
      currency: string,
      priced: { readonly from: Day; readonly to: Day | null } | null,
    ): Promise<bigint[]> {
      const ids = await ordersToReprice(db, currency, priced);
      return decideLots(async (last) => {
        const start = ids.findIndex((id) => id > last);
        return start < 0 ? [] : ids.slice(start, start + ordersPerTransaction);
      });
    },
  };
};
