import type { Sql } from '../../platform/database/database.ts';

/**
 * Which deliveries show that the vendor tells us of its tickets or orders, in SQL over `delivery`: not our own test of the
 * address, nor the vendor's, which concern none and would hide that nothing else comes. What could not be read did come.
 */
export const ofChanges =
  "(coalesce(ticket_external_id, order_external_id, customer_external_id) is not null or state = 'quarantined')";

/** The id of a connection's newest delivery; null where none ever came. */
export const newestDelivery = async (sql: Sql, connectionId: number): Promise<bigint | null> => {
  const [row] = await sql.query<{ id: bigint }>(
    'select id from delivery where connection_id = $1 order by received_at desc, id desc limit 1',
    [connectionId],
  );
  return row?.id ?? null;
};

/** The newest ticket that can be tagged, by the helpdesk's id; null where none is known. */
export const newestOpenTicket = async (sql: Sql, connectionId: number): Promise<string | null> => {
  const [row] = await sql.query<{ external_id: string }>(
    `select external_id from ticket
      where connection_id = $1 and status in ('new', 'open', 'pending', 'hold') order by created_at desc, id desc limit 1`,
    [connectionId],
  );
  return row?.external_id ?? null;
};
