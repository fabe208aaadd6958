import { Conflict, NotFound } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { type Connection, recordAudit } from '../directory/index.ts';

/** Numbers of deliveries that the audit log names; of more it holds the count. */
const mostNamed = 100;

/**
 * Gives up deliveries that were signed and could not be read, of one connection or of all: they leave the quarantine, lose
 * their bodies as settled ones do, and the audit log says who did it. Returns how many went.
 */
export const dismissUnreadable = (
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  { connection, actor }: { readonly connection?: Connection | undefined; readonly actor: string },
): Promise<number> =>
  db.transaction(async (tx) => {
    const rows = await tx.query<{ id: bigint }>(
      `update delivery set state = 'dismissed' where state = 'quarantined' and ($1::int is null or connection_id = $1) returning id`,
      [connection?.id ?? null],
    );
    if (rows.length > 0)
      await recordAudit(tx, {
        at: clock.now(),
        actor,
        action: 'dismiss deliveries',
        detail: {
          connection: connection?.id ?? null,
          count: rows.length,
          deliveries: rows.slice(0, mostNamed).map(({ id }) => String(id)),
        },
      });
    return rows.length;
  });

/**
 * Gives up one ticket that is in quarantine: it leaves it, nothing of it is awaited any more, and the backfill that found it
 * can complete. What was read of it stays, and its next change is read. The audit log says who did it. NotFound where no ticket
 * of that name is in quarantine, Conflict where several connections have one: accounts number their tickets alike. Returns how
 * many there were.
 */
export const dismissTicket = (
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  {
    connection,
    externalId,
    actor,
  }: { readonly connection?: Connection | undefined; readonly externalId: string; readonly actor: string },
): Promise<number> =>
  db.transaction(async (tx) => {
    const now = clock.now();
    const rows = await tx.query<{ connection_id: number; last_error: string | null }>(
      `with chosen as (
         select id, last_error from ticket where external_id = $2 and ($1::int is null or connection_id = $1) and quarantined_at is not null
          order by connection_id for update)
       update ticket t set quarantined_at = null, attempts = 0, older_answers = 0, claimed_until = null, last_error = null, settled_seq = t.dirty_seq,
              burst_started_at = null, due_at = null, deep_due_at = null, wants_deep = false, stale_since = null
         from chosen where t.id = chosen.id returning t.connection_id, chosen.last_error`,
      [connection?.id ?? null, externalId],
    );
    if (rows.length === 0)
      throw new NotFound(
        `There is no ticket "${externalId.slice(0, 100)}" in quarantine; GET /api/v1/quarantine lists those that are.`,
      );
    if (rows.length > 1)
      throw new Conflict(
        `${rows.length} connections have a ticket "${externalId.slice(0, 100)}" in quarantine (ids ${rows.map((row) => row.connection_id).join(', ')}): say of which with --connection`,
      );
    await tx.query(
      'update backfill_ticket set given_up_at = $3 where external_id = $2 and connection_id = any($1::int[])',
      [rows.map((row) => row.connection_id), externalId, now],
    );
    for (const row of rows)
      await recordAudit(tx, {
        at: now,
        actor,
        action: 'dismiss ticket',
        detail: { connection: row.connection_id, ticket: externalId, error: row.last_error },
      });
    return rows.length;
  });
