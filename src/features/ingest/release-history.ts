import type { Sql } from '../../platform/database/database.ts';

/**
 * Has the tags of history written that were only observed, on tickets created since then, closed ones too: a person asked for
 * it. Returns how many tickets that is. Written only in mode `act`.
 */
export const releaseHistory = async (
  sql: Sql,
  connectionId: number,
  { since, now }: { readonly since: Date; readonly now: Date },
): Promise<number> => {
  const rows = await sql.query<{ ticket_id: bigint }>(
    `update wanted_tag w set state = 'pending', due_at = $3 from ticket t, connection c
      where w.connection_id = $1 and t.id = w.ticket_id and c.id = w.connection_id and c.mode = 'act' and w.state = 'observed'
        and t.created_at >= $2 and t.status <> 'deleted' and (t.from_backfill or t.status = 'closed')
      returning w.ticket_id`,
    [connectionId, since, now],
  );
  return new Set(rows.map(({ ticket_id }) => ticket_id)).size;
};
