import type { Sql } from '../../platform/database/database.ts';
import type { ReportingBasis } from '../directory/index.ts';
import { isDifferent, isRestated, partnershipState, timesMarked } from '../reports/index.ts';
import type { ListedSeal } from './store.ts';

/** Seals whose answer is kept: a company's weeks and months of many years. */
const mostKept = 1000;

/** Which of these seals had something posted into them that holds, or are counted differently, since. `tx` is a repeatable-read transaction. */
export type TouchedOf = (tx: Sql, seals: readonly ListedSeal[]) => Promise<ReadonlySet<number>>;

/** Another text once the database was restored, under a server that goes on: its ids and marks may then be those of before. */
const ledgerOf = async (tx: Sql): Promise<string> => {
  const [row] = await tx.query<{ ledger: string }>(
    "select concat_ws(' ', pg_relation_filenode('seal'), pg_postmaster_start_time()) as ledger",
  );
  return row?.ledger ?? '';
};

/**
 * A seal is held against its days, which is a report and all cells of the seal, once for each state of these days and of what
 * costs and benefits hang on: what it came to then holds until one of them is another, whatever happens on other days.
 */
export const createTouchedOf = (basis: ReportingBasis): TouchedOf => {
  const kept = new Map<number, { readonly state: string; readonly differs: boolean }>();
  return async (tx, seals) => {
    const touched = new Set<number>();
    const marks = await timesMarked(tx, seals);
    const ledger = await ledgerOf(tx);
    for (const [index, seal] of seals.entries()) {
      const { id, from, to, keepsItems } = seal;
      const partnerships = keepsItems ? await partnershipState(tx, { from, to, currency: basis.currency }) : 'not kept';
      const state = partnerships === null ? null : [ledger, marks[index], partnerships].join(' ');
      const known = kept.get(id);
      const differs =
        known?.state === state
          ? known.differs
          : (seal.posted && (await isRestated(tx, seal))) || (await isDifferent(tx, id, basis));
      if (differs) touched.add(id);
      kept.delete(id);
      if (state === null) continue;
      kept.set(id, { state, differs });
      for (const oldest of kept.keys()) {
        if (kept.size <= mostKept) break;
        kept.delete(oldest);
      }
    }
    return touched;
  };
};
