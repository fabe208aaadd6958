import { dayMs } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Connection } from '../directory/index.ts';

/** What switching a connection to `act` would write. */
export interface ActPreview {
  /** Tickets that would get or lose a tag, and how many tags that is. */
  readonly tickets: number;
  readonly tags: number;
  /** People who would be asked in a week like the last four: those whose tickets were solved. Nobody is asked of the past. */
  readonly surveysPerWeek: number;
  /** Tags of ours that tickets carry already, by whoever wrote them, the most frequent first; at most 20. */
  readonly carried: readonly { readonly tag: string; readonly tickets: number }[];
}

export const nothingToWrite: ActPreview = { tickets: 0, tags: 0, surveysPerWeek: 0, carried: [] };

/** What "a week like the last" is taken from. */
const weeksLookedAt = 4;

/** Tags that were worked out in mode `observe` and neither written nor taken away; those of history and of closed tickets are not among them. */
const observedSql = `from wanted_tag w join ticket t on t.id = w.ticket_id
  where t.connection_id = $1 and w.state = 'observed' and not t.from_backfill and t.status not in ('closed', 'deleted')`;

export const previewAct = async (
  sql: Sql,
  { id: connectionId, settings }: Pick<Connection, 'id' | 'settings'>,
  now: Date,
): Promise<ActPreview> => {
  const [row] = await sql.query<{ tickets: bigint; tags: bigint }>(
    `select count(distinct w.ticket_id) as tickets, count(*) as tags ${observedSql}`,
    [connectionId],
  );
  const [asked] = await sql.query<{ people: bigint }>(
    `select count(distinct requester_hash) as people from ticket
      where connection_id = $1 and status in ('solved', 'closed') and solved_at > $2 and solved_at <= $3`,
    [connectionId, new Date(now.getTime() - weeksLookedAt * 7 * dayMs), now],
  );
  const prefix = typeof settings.tagPrefix === 'string' ? settings.tagPrefix : '';
  const carried = await sql.query<{ tag: string; tickets: bigint }>(
    `select tag, count(*) as tickets from ticket t, unnest(t.tags) as tag
      where t.connection_id = $1 and t.status <> 'deleted' and (starts_with(tag, $2) or starts_with(tag, $3))
      group by 1 order by 2 desc, 1 limit 20`,
    [connectionId, `${prefix}partner_`, `${prefix}region_`],
  );
  return {
    tickets: Number(row?.tickets ?? 0n),
    tags: Number(row?.tags ?? 0n),
    surveysPerWeek: Math.round(Number(asked?.people ?? 0n) / weeksLookedAt),
    carried: carried.map(({ tag, tickets }) => ({ tag, tickets: Number(tickets) })),
  };
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
