import type { Sql } from '../../platform/database/database.ts';

/** All orders that we hold. */
export const countOrders = async (sql: Sql): Promise<number> => {
  const [row] = await sql.query<{ n: bigint }>('select count(*) as n from "order"');
  return Number(row?.n ?? 0n);
};

/** Orders placed since that we hold; archived ones are in no count of a store. */
export const countHeld = async (sql: Sql, connectionId: number, since: Date): Promise<number> => {
  const [row] = await sql.query<{ held: bigint }>(
    'select count(*) as held from "order" where connection_id = $1 and placed_at >= $2 and not archived',
    [connectionId, since],
  );
  return Number(row?.held ?? 0n);
};
