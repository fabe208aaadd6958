import type { Sql } from '../../platform/database/database.ts';

/** Moves tickets to the days of another time zone. */
export const rebaseTickets = async (tx: Sql, timeZone: string): Promise<void> => {
  await tx.query(
    'update ticket set created_day = (created_at at time zone $1)::date where created_day <> (created_at at time zone $1)::date',
    [timeZone],
  );
};

/** What settling needs to know of tickets beside their work and shares. */
interface TicketOrigin {
  readonly ticketId: bigint;
  readonly connectionId: number;
  readonly channel: string | null;
}

export const ticketOrigins = (sql: Sql, ticketIds: readonly bigint[]): Promise<TicketOrigin[]> =>
  sql.query<TicketOrigin>(
    `select t.id as "ticketId", t.connection_id as "connectionId", t.channel
       from ticket t where t.id = any($1) order by t.connection_id, t.external_id`,
    [ticketIds],
  );
