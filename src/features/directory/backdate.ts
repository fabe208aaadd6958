import type { Sql } from '../../platform/database/database.ts';

/**
 * Counts connections as made at that moment: of vendors that began then, as a demo's do, the walks begin with them and all of
 * their days are held, however long it took to connect.
 */
export const backdateConnections = async (sql: Sql, at: Date): Promise<void> => {
  await sql.query('update connection set created_at = least(created_at, $1)', [at]);
};
