import { NotFound } from '../../../core/errors.ts';
import type { Sql } from '../../../platform/database/database.ts';
import type { Cell, CellFacts } from '../facts/facts.ts';
import type { Kept, PartnershipCell, Partnerships, Sealed } from './changes.ts';
import type { SealedCell } from './sealed.ts';

/** Facts that the first seals were made without; those that kept their items have all. */
const newerFacts: readonly (keyof CellFacts)[] = ['unpricedOrdersPpm', 'unpricedRefundsPpm'];

/** The first seals that kept costs and benefits kept their cells alone. */
const partnershipsOf = (kept: Partnerships | readonly PartnershipCell[]): Partnerships =>
  'cells' in kept ? kept : { cells: kept, parts: null };

/** What a seal holds. Throws NotFound. */
export const loadKept = async (
  sql: Sql,
  id: number,
): Promise<{
  readonly sealed: Sealed;
  readonly totals: readonly SealedCell[];
  /** Cells of today without the facts that the seal was made without: what it does not tell it cannot differ by. */
  readonly told: (today: readonly Cell[]) => readonly Cell[];
}> => {
  const [row] = await sql.query<
    Omit<Sealed, 'kept'> & {
      totals: SealedCell[];
      partnerships: Partnerships | readonly PartnershipCell[] | null;
      lastItemId: number | null;
    }
  >(
    `select id, starts_on::text as "from", ends_on::text as "to", last_posting_id as "lastPostingId", currency, time_zone as "timeZone", formulas,
            totals, partnerships, last_item_id as "lastItemId" from seal where id = $1`,
    [id],
  );
  if (!row) throw new NotFound(`There is no seal ${id}; \`GET /api/v1/seals\` lists them`);
  const { totals, partnerships, lastItemId, ...sealed } = row;
  const kept: Kept | null =
    partnerships && lastItemId !== null ? { partnerships: partnershipsOf(partnerships), lastItemId } : null;
  const lacking = kept ? [] : newerFacts.filter((fact) => !totals.some(({ facts }) => fact in facts));
  const without = Object.fromEntries(lacking.map((fact) => [fact, 0n]));
  return {
    sealed: { ...sealed, kept },
    totals,
    told: (today) =>
      lacking.length === 0 ? today : today.map(({ key, facts }) => ({ key, facts: { ...facts, ...without } })),
  };
};
