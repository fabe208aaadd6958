import { AppError, Refused } from '../../core/errors.ts';
import type { Sealed, Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';

const settingKey = 'secretKeyCheck';
const checkText = 'deskledger';

const opens = (vault: Vault, sealed: Uint8Array, what: Sealed): boolean => {
  try {
    vault.open(sealed, what);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
};

const keptCheck = async (sql: Sql): Promise<Buffer | null> => {
  const [row] = await sql.query<{ value: string }>('select value from setting where key = $1', [settingKey]);
  return row ? Buffer.from(row.value, 'base64') : null;
};

/** Of a ledger from before there was a check value: what was sealed first. */
const firstSealed = async (sql: Sql): Promise<{ sealed: Buffer; what: Sealed } | null> => {
  const [row] = await sql.query<{ sealed: Buffer; what: Sealed }>(
    `(select secrets as sealed, 'connection secrets' as what from connection order by id limit 1)
     union all
     (select requester_sealed, 'address' from ticket where requester_sealed is not null order by id limit 1)
     limit 1`,
  );
  return row ?? null;
};

/**
 * Keeps a value sealed under SECRET_KEY at the first start; throws Refused where a later start has another key: nothing stored
 * could be read with it, and whatever it sealed anew would be lost to the right one.
 */
export const keepSecretKey = async (sql: Sql, vault: Vault, now: Date): Promise<void> => {
  const kept = await keptCheck(sql);
  const known = kept ? { sealed: kept, what: 'key check' as const } : await firstSealed(sql);
  if (known === null || opens(vault, known.sealed, known.what)) {
    if (kept) return;
    await sql.query(
      'insert into setting (key, value, updated_at) values ($1, $2::jsonb, $3) on conflict (key) do nothing',
      [settingKey, JSON.stringify(vault.seal(checkText, 'key check').toString('base64')), now],
    );
    // Of several first starts one wins.
    const winner = await keptCheck(sql);
    if (winner && opens(vault, winner, 'key check')) return;
  }
  throw new Refused(
    'SECRET_KEY is not the key this ledger was made with: stored values cannot be decrypted with this key. ' +
      'Restore that key, kept with the backups (without DATABASE_URL it is DATA_DIR/secret.key), and start again.',
  );
};
