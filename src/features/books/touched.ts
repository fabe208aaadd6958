import type { Sql } from '../../platform/database/database.ts';
import type { ReportingBasis } from '../directory/index.ts';
import { itemsSince, lastItem } from '../partnerships/index.ts';
import { isDifferent, timesMarked } from '../reports/index.ts';
import type { ListedSeal } from './store.ts';

/** Seals whose answer is kept: a company's weeks and months of many years. */
const mostKept = 1000;

/** Which of these seals had something posted into them, or are counted differently, since. `tx` is a repeatable-read transaction. */
export type TouchedOf = (tx: Sql, seals: readonly ListedSeal[]) => Promise<ReadonlySet<number>>;

/**
 * A seal is held against its days, which is a report and all cells of the seal, once for each state of these days: what it
 * came to then holds until one of them is marked again, whatever happens on others.
 */
export const createTouchedOf = (basis: ReportingBasis): TouchedOf => {
  const kept = new Map<number, { readonly marks: bigint; readonly differs: boolean }>();
  return async (tx, seals) => {
    const touched = new Set(seals.filter(({ posted }) => posted).map(({ id }) => id));
    const others = seals.filter(({ posted }) => !posted);
    const marks = await timesMarked(tx, others);
    const newestItem = await lastItem(tx);
    for (const [index, { id, from, to, lastItemId }] of others.entries()) {
      const mark = marks[index] ?? 0n;
      // Costs and benefits count for what orders and exchange rates of today make of them: no mark tells of these.
      const isTold =
        lastItemId !== null &&
        lastItemId < newestItem &&
        (await itemsSince(tx, { from, to, after: lastItemId })).length > 0;
      const known = isTold ? undefined : kept.get(id);
      const differs = known?.marks === mark ? known.differs : await isDifferent(tx, id, basis);
      if (differs) touched.add(id);
      if (isTold) continue;
      kept.delete(id);
      kept.set(id, { marks: mark, differs });
      for (const oldest of kept.keys()) {
        if (kept.size <= mostKept) break;
        kept.delete(oldest);
      }
    }
    return touched;
  };
};
