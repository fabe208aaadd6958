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
