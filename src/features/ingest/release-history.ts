import type { Sql } from '../../platform/database/database.ts';
import { recordAudit } from '../directory/index.ts';

/**
 * Has the tags of history written that were only observed, on tickets created since then, closed ones too: a person asked for
 * it, which is kept. Returns how many tickets that is; none but in mode `act`.
 */
export const releaseHistory = async (
  sql: Sql,
  connectionId: number,
  { since, now, actor }: { readonly since: Date; readonly now: Date; readonly actor: string },
): Promise<number> => {
  const rows = await sql.query<{ ticket_id: bigint }>(
    `update wanted_tag w set state = 'pending', due_at = $3 from ticket t, connection c
      where w.connection_id = $1 and t.id = w.ticket_id and c.id = w.connection_id and c.mode = 'act' and w.state = 'observed'
        and t.created_at >= $2 and t.status <> 'deleted' and (t.from_backfill or t.status = 'closed')
      returning w.ticket_id`,
    [connectionId, since, now],
  );
  const tickets = new Set(rows.map(({ ticket_id }) => ticket_id)).size;
  if (tickets > 0)
    await recordAudit(sql, {
      at: now,
      actor,
      action: 'tag history',
      detail: { connection: connectionId, since: since.toISOString(), tickets, tags: rows.length },
    });
  return tickets;
};
