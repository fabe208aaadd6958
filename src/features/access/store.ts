import type { Sql } from '../../platform/database/database.ts';
import type { Scope } from './scopes.ts';

/** Who asks, and what they may see. */
export interface Identity {
  readonly kind: 'token' | 'session';
  readonly name: string;
  readonly scopes: readonly Scope[];
}

export const insertToken = async (
  sql: Sql,
  token: { name: string; hash: Buffer; scopes: readonly Scope[]; now: Date },
): Promise<boolean> => {
  const rows = await sql.query(
    'insert into api_token (name, token_hash, scopes, created_at) values ($1, $2, $3, $4) on conflict (name) do nothing returning id',
    [token.name, token.hash, token.scopes, token.now],
  );
  return rows.length > 0;
};

export const revokeToken = async (sql: Sql, name: string, now: Date): Promise<boolean> => {
  const rows = await sql.query(
    'update api_token set revoked_at = $2 where name = $1 and revoked_at is null returning id',
    [name, now],
  );
  return rows.length > 0;
};

export interface TokenRow {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

export const listTokens = async (sql: Sql): Promise<TokenRow[]> => {
  const rows = await sql.query<{ name: string; scopes: Scope[]; created_at: Date; last_used_at: Date | null }>(
    'select name, scopes, created_at, last_used_at from api_token where revoked_at is null order by name',
  );
  return rows.map((row) => ({
    name: row.name,
    scopes: row.scopes,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }));
};

/** The hour is all that is kept of a token's use, so that reading costs no write per request. */
export const findToken = async (sql: Sql, hash: Buffer, now: Date): Promise<Identity | null> => {
  const [row] = await sql.query<{ id: number; name: string; scopes: Scope[]; last_used_at: Date | null }>(
    'select id, name, scopes, last_used_at from api_token where token_hash = $1 and revoked_at is null',
    [hash],
    { preparedAs: 'token' },
  );
  if (!row) return null;
  if (!row.last_used_at || now.getTime() - row.last_used_at.getTime() > 3_600_000)
    await sql.query('update api_token set last_used_at = $2 where id = $1', [row.id, now]);
  return { kind: 'token', name: row.name, scopes: row.scopes };
};

export interface User {
  readonly id: number;
  readonly scopes: readonly Scope[];
}

/** Makes the person; null where one of that name is there already. */
export const insertUser = async (
  sql: Sql,
  user: { name: string; scopes: readonly Scope[]; now: Date },
): Promise<number | null> => {
  const [row] = await sql.query<{ id: number }>(
    'insert into user_account (name, scopes, created_at) values ($1, $2, $3) on conflict (name) do nothing returning id',
    [user.name, user.scopes, user.now],
  );
  return row?.id ?? null;
};

/** The person as they are until this transaction ends. */
export const lockUser = async (sql: Sql, name: string): Promise<User | null> => {
  const [row] = await sql.query<{ id: number; scopes: Scope[] }>(
    'select id, scopes from user_account where name = $1 for update',
    [name],
  );
  return row ?? null;
};

export const setScopes = async (sql: Sql, userId: number, scopes: readonly Scope[]): Promise<void> => {
  await sql.query('update user_account set scopes = $2 where id = $1', [userId, scopes]);
};

/** Ends a person's sessions and unused links; a spent link stays, for it opens nothing and tells that somebody signed in. */
export const dropSessions = async (sql: Sql, userId: number): Promise<void> => {
  await sql.query('delete from session where user_id = $1 and used_at is null', [userId]);
};

export const listUsers = async (sql: Sql): Promise<{ name: string; scopes: Scope[] }[]> =>
  sql.query<{ name: string; scopes: Scope[] }>('select name, scopes from user_account order by name');

export const insertSession = async (
  sql: Sql,
  session: { userId: number; hash: Buffer; kind: 'link' | 'session'; expiresAt: Date; now: Date },
): Promise<void> => {
  await sql.query(
    'insert into session (user_id, token_hash, kind, expires_at, created_at) values ($1, $2, $3, $4, $5)',
    [session.userId, session.hash, session.kind, session.expiresAt, session.now],
  );
};

/** Spends a one-time link: the second visitor, or the same one later, gets null. */
export const spendLink = async (sql: Sql, hash: Buffer, now: Date): Promise<number | null> => {
  const [row] = await sql.query<{ user_id: number }>(
    "update session set used_at = $2 where token_hash = $1 and kind = 'link' and used_at is null and expires_at > $2 returning user_id",
    [hash, now],
  );
  return row?.user_id ?? null;
};

export const findSession = async (sql: Sql, hash: Buffer, now: Date): Promise<Identity | null> => {
  const [row] = await sql.query<{ name: string; scopes: Scope[] }>(
    `select u.name, u.scopes from session s join user_account u on u.id = s.user_id
      where s.token_hash = $1 and s.kind = 'session' and s.expires_at > $2`,
    [hash, now],
  );
  return row ? { kind: 'session', name: row.name, scopes: row.scopes } : null;
};

export const deleteSession = async (sql: Sql, hash: Buffer): Promise<void> => {
  await sql.query('delete from session where token_hash = $1', [hash]);
};

/** The last spent link stays: by it the server knows that somebody has signed in. */
export const dropExpired = async (sql: Sql, now: Date): Promise<void> => {
  await sql.query(
    `delete from session where expires_at < $1
        and id is distinct from (select max(id) from session where used_at is not null)`,
    [now],
  );
};

/** Whoever was revoked counts as well: nobody else is let in by the link of a first start. */
export const anySignIn = async (sql: Sql): Promise<boolean> => {
  const [row] = await sql.query<{ found: boolean }>(
    `select exists (select 1 from session where used_at is not null or kind = 'session')
         or exists (select 1 from user_account where scopes = '{}') as found`,
  );
  return row?.found ?? false;
};
