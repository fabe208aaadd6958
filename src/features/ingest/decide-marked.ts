import type { Sql } from '../../platform/database/database.ts';
import { claimStale } from './claim-tickets.ts';
import { mostDecidedAgain } from './lots.ts';
import type { Lot } from './store.ts';

/**
 * Lots that a job has decided at a time, over all connections: each holds a connection to the database and the locks of its
 * tickets, for which webhooks wait.
 */
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

/** Ends the claims on lots that are not decided after all, where they are still ours. */
const putBack = async (sql: Sql, lots: readonly Lot[]): Promise<void> => {
  for (const { ticketIds, claimedUntil } of lots)
    await sql.query(
      `with held as (select id from ticket where id = any($1) and claimed_until = $2 order by connection_id, external_id for update)
       update ticket set claimed_until = null from held where ticket.id = held.id`,
      [ticketIds, claimedUntil],
    );
};

/**
 * Has all tickets decided that wait since `until` or before it, beside whatever workers run, and tells before each few lots how
 * many are left; what `tell` throws ends it. Reports are right at every moment in between, as each ticket moves in one
 * transaction.
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
    // So many of each connection: the more there are, the more slices.
    const lots = await claimStale(sql, until, { most: lotsAtOnce * mostDecidedAgain });
    let begun = 0;
    try {
      while (begun < lots.length) {
        if (begun > 0) await tell(Math.max(0, left));
        const slice = lots.slice(begun, begun + lotsAtOnce);
        begun += slice.length;
        await Promise.all(slice.map(decide));
        left -= slice.reduce((sum, { ticketIds }) => sum + ticketIds.length, 0);
      }
    } finally {
      await putBack(sql, lots.slice(begun));
    }
    if (lots.length === 0) await rest();
    if (lots.length === 0 || left <= 0 || round % countEvery === 0) left = await countMarked(sql, until);
  }
};
