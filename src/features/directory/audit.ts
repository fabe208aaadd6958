import type { Sql } from '../../platform/database/database.ts';

/** One change made by hand: who, what, and ids, codes and counts; never a secret. */
export interface AuditEntry {
  readonly at: Date;
  readonly actor: string;
  /** Verb and thing, e.g. "import partners", "set mode". */
  readonly action: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Writes in the caller's transaction: what is rolled back was not done. */
export const recordAudit = async (sql: Sql, { at, actor, action, detail }: AuditEntry): Promise<void> => {
  await sql.query('insert into audit_log (at, actor, action, detail) values ($1, $2, $3, $4::jsonb)', [
    at,
    actor,
    action,
    JSON.stringify(detail),
  ]);
};
