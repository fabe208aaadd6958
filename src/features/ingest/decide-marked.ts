import type { Sql } from '../../platform/database/database.ts';
import { claimStale } from './claim-tickets.ts';
import { mostDecidedAgain } from './lots.ts';
import type { Lot } from './store.ts';

/** Lots that a job has decided at a time. */
const lotsAtOnce = 4;
/** Counting what is left costs more than a lot does, so it is done once in so many rounds. */
const countEvery = 10;

/** Tickets that wait for a decision since a moment or before it. */
export const countMarked = async (sql: Sql, until: Date): Promise<number> => {
  const [row] = await sql.query<{ n: bigint }>(
    'select count(*) as n from ticket where stale_since <= $1 and snapshot_at is not null and quarantined_at is null',
    [until],
  );
  return Number(row?.n ?? 0n);
};

/**
 * Has all tickets decided that wait since `until` or before it, beside whatever workers run, and tells before each round how
 * many are left. Reports are right at every moment in between, as each ticket moves in one transaction.
 */
export const decideMarked = async (
  { sql, decide }: { readonly sql: Sql; readonly decide: (lot: Lot) => Promise<void> },
  {
    until,
    tell,
    rest,
  }: { readonly until: Date; readonly tell: (left: number) => Promise<void>; readonly rest: () => Promise<void> },
): Promise<void> => {
  let left = await countMarked(sql, until);
  for (let round = 1; left > 0; round += 1) {
    await tell(left);
    const lots = await claimStale(sql, until, { most: lotsAtOnce * mostDecidedAgain });
    await Promise.all(lots.map(decide));
    if (lots.length === 0) await rest();
    const claimed = lots.reduce((sum, { ticketIds }) => sum + ticketIds.length, 0);
    left =
      lots.length === 0 || round % countEvery === 0 || claimed >= left ? await countMarked(sql, until) : left - claimed;
  }
};
