import type { Sql } from '../../platform/database/database.ts';

/** What switching a connection to `act` would write. */
export interface ActPreview {
  /** Tickets that would get or lose a tag, and how many tags that is. */
  readonly tickets: number;
  readonly tags: number;
}

/** Tags that were worked out in mode `observe` and neither written nor taken away; those of history and of closed tickets are not among them. */
const observedSql = `from wanted_tag w join ticket t on t.id = w.ticket_id
  where t.connection_id = $1 and w.state = 'observed' and not t.from_backfill and t.status not in ('closed', 'deleted')`;

export const previewAct = async (sql: Sql, connectionId: number): Promise<ActPreview> => {
  const [row] = await sql.query<{ tickets: bigint; tags: bigint }>(
    `select count(distinct w.ticket_id) as tickets, count(*) as tags ${observedSql}`,
    [connectionId],
  );
  return { tickets: Number(row?.tickets ?? 0n), tags: Number(row?.tags ?? 0n) };
};

/** After the switch to `act`: what was only observed becomes due; after the switch back, what is due is only observed. */
export const releaseTags = async (
  sql: Sql,
  connectionId: number,
  { mode, now }: { readonly mode: 'observe' | 'act'; readonly now: Date },
): Promise<void> => {
  if (mode === 'act')
    await sql.query(
      `update wanted_tag set state = 'pending', due_at = $2 where (ticket_id, tag) in (select w.ticket_id, w.tag ${observedSql})`,
      [connectionId, now],
    );
  else
    await sql.query(
      `update wanted_tag set state = 'observed', due_at = null where state = 'pending' and ticket_id in (select id from ticket where connection_id = $1)`,
      [connectionId],
    );
};
