import type { Sql } from '../../platform/database/database.ts';

/**
 * Moves work to the days of another time zone, in the caller's transaction. Returns the tickets that have work: settled with
 * `reprice`, each has what it posted before reversed and posted anew where day or currency differ.
 */
export const rebaseWork = async (tx: Sql, timeZone: string): Promise<bigint[]> => {
  await tx.query(
    'update work_entry set worked_day = (worked_at at time zone $1)::date where worked_day <> (worked_at at time zone $1)::date',
    [timeZone],
  );
  const rows = await tx.query<{ ticketId: bigint }>(
    'select distinct ticket_id as "ticketId" from work_entry order by ticket_id',
  );
  return rows.map(({ ticketId }) => ticketId);
};
