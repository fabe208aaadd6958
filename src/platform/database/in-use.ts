import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { AppError } from '../../core/errors.ts';
import type { Sql } from './database.ts';

/** Held, shared, by every process that works with the ledger, on a connection of its own: the server itself knows who is there. */
const useLock = 764_210_340;
const lockWaitMs = 10_000;
const againAfterMs = 500;
const lockNotAvailable = '55P03';

/** While it lasts, nobody finds the database unused. */
export interface Use {
  end(): Promise<void>;
}

const enter = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url, application_name: 'deskledger use', keepAlive: true });
  // Whoever holds the connection sees its end; without a listener its error would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`set lock_timeout = ${lockWaitMs}`);
    await client.query('select pg_advisory_lock_shared($1)', [useLock]);
    return client;
  } catch (error) {
    await client.end();
    if ((error as { code?: string }).code === lockNotAvailable)
      throw new AppError(
        'unavailable',
        'The ledger is being re-based by another process; start again when that is done.',
        {
          cause: error,
        },
      );
    throw error;
  }
};

/** Announces that this process works with the ledger; taken up again by itself when the connection breaks. */
export const announceUse = async (url: string, onError: (error: unknown) => void): Promise<Use> => {
  let client = await enter(url);
  const ended = new AbortController();
  let rejoining: Promise<void> = Promise.resolve();

  const watch = (): void => {
    client.once('end', () => {
      if (!ended.signal.aborted) rejoining = rejoin();
    });
  };
  const rejoin = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      try {
        client = await enter(url);
        return watch();
      } catch (error) {
        onError(error);
        await wait(againAfterMs, undefined, { signal: ended.signal }).catch(() => undefined);
      }
    }
  };
  watch();

  return {
    async end() {
      if (ended.signal.aborted) return;
      ended.abort();
      await rejoining;
      await client.end();
    },
  };
};

/** Takes the ledger for this transaction alone; false while another process works with it. */
export const takeAlone = async (tx: Sql): Promise<boolean> => {
  const [row] = await tx.query<{ alone: boolean }>('select pg_try_advisory_xact_lock($1) as alone', [useLock]);
  return row?.alone === true;
};
