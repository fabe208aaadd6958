import type { Sql } from '../../platform/database/database.ts';

const rowsAtOnce = 5000;

/** Notes which deliveries have nothing open any more: their ticket is settled, their order was read again, or they name none. One pass, in pages by id. */
const markSettled = async (sql: Sql, now: Date, stop?: AbortSignal): Promise<void> => {
  let last: bigint | null = 0n;
  while (last !== null && !stop?.aborted) {
    const [page]: { last: bigint | null }[] = await sql.query(
      `with page as (
         select id, connection_id, ticket_external_id, order_external_id, customer_external_id from delivery
          where id > $1 and body is not null and settled_at is null and state <> 'quarantined' order by id limit $3
       ), settled as (
         update delivery set settled_at = $2 where id in (
           select p.id from page p left join ticket t on t.connection_id = p.connection_id and t.external_id = p.ticket_external_id
            where (t.id is null or t.settled_seq = t.dirty_seq)
              and not exists (select from store_change s where s.connection_id = p.connection_id
                                 and (s.what = 'order' and s.external_id = p.order_external_id or s.what = 'customer' and s.external_id = p.customer_external_id)))
       )
       select max(id) as last from page`,
      [last, now, rowsAtOnce],
    );
    last = page?.last ?? null;
  }
};

/**
 * Drops the bodies of deliveries that were settled longer than `keepMs` ago; their keys stay (RULES.md section 10), and so do
 * bodies in quarantine. Ends at the next page when `stop` tells so. Returns how many went.
 */
export const dropOldBodies = async (
  sql: Sql,
  { now, keepMs, stop }: { readonly now: Date; readonly keepMs: number; readonly stop?: AbortSignal },
): Promise<number> => {
  await markSettled(sql, now, stop);
  let dropped = 0;
  while (!stop?.aborted) {
    const rows = await sql.query<{ id: bigint }>(
      `update delivery set body = null where id in (
         select id from delivery where body is not null and settled_at < $1 order by settled_at limit $2) returning id`,
      [new Date(now.getTime() - keepMs), rowsAtOnce],
    );
    dropped += rows.length;
    if (rows.length < rowsAtOnce) break;
  }
  return dropped;
};
