import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { makeDataFolder } from '../data-folder.ts';
import { withFolderLock } from './folder-lock.ts';
import { findServer, type RunningServer, startServer, stopServer } from './postgres-server.ts';

/** A private PostgreSQL server that this process shares with all others of its data folder. */
export interface EmbeddedPostgres {
  readonly url: string;
  /** Leaves the server; the last to leave stops it. */
  leave(): Promise<void>;
}

interface Options {
  readonly dataDir: string;
  /** For tests alone: faster, and a crash of the machine would lose data. */
  readonly volatile?: boolean;
  /** Told when the server died under us and could not be brought back at once. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const databaseName = 'deskledger';
/** Each process that uses the server holds this lock, shared, on a connection of its own: the server itself knows who is there. */
const presenceLock = 764_210_339;
const lockWaitMs = 120_000;
const rejoinPauseMs = 500;

const addressOf = (server: RunningServer, database: string): string =>
  `postgresql://postgres:${server.password}@127.0.0.1:${server.port}/${database}`;

/** By its socket where it has one: `host` goes before the address. */
const urlOf = (server: RunningServer, database: string): string =>
  `${addressOf(server, database)}${server.socketFolder === null ? '' : `?host=${encodeURIComponent(server.socketFolder)}`}`;

/** The address file is for people (psql), and keeps the port, so that pools find the server again after a restart. */
const addressFile = (dataDir: string): string => join(dataDir, 'postgres.url');

const lastPort = async (dataDir: string): Promise<number | undefined> => {
  try {
    return Number(new URL((await readFile(addressFile(dataDir), 'utf8')).trim()).port) || undefined;
  } catch {
    // Absent at the first start, or damaged: then any free port does.
    return undefined;
  }
};

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url, application_name: 'deskledger presence', keepAlive: true });
  // The end of the connection is watched by whoever holds it; without a listener its error would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

const noSuchDatabase = '3D000';

/** Connects to our database, and makes it first in a new cluster. */
const connectToOurs = async (server: RunningServer): Promise<pg.Client> => {
  try {
    return await connect(urlOf(server, databaseName));
  } catch (error) {
    if ((error as { code?: string }).code !== noSuchDatabase) throw error;
  }
  const client = await connect(urlOf(server, 'postgres'));
  try {
    await client.query(`create database ${databaseName}`);
  } finally {
    await client.end();
  }
  return connect(urlOf(server, databaseName));
};

interface Presence {
  readonly server: RunningServer;
  readonly client: pg.Client;
}

/** Finds or starts the folder's server and announces this process there, in one go: nobody can stop it in between. */
const enter = (options: Options): Promise<Presence> =>
  withFolderLock(options.dataDir, lockWaitMs, async () => {
    let server = await findServer(options.dataDir);
    if (!server) {
      server = await startServer(options.dataDir, {
        port: await lastPort(options.dataDir),
        volatile: options.volatile,
      });
      await writeFile(addressFile(options.dataDir), `${addressOf(server, databaseName)}\n`, { mode: 0o600 });
    }
    const client = await connectToOurs(server);
    await client.query('select pg_advisory_lock_shared($1)', [presenceLock]);
    return { server, client };
  });

const depart = (dataDir: string, { server, client }: Presence): Promise<void> =>
  withFolderLock(dataDir, lockWaitMs, async () => {
    let isLast = false;
    try {
      await client.query('select pg_advisory_unlock_shared($1)', [presenceLock]);
      const { rows } = await client.query<{ alone: boolean }>('select pg_try_advisory_lock($1) as alone', [
        presenceLock,
      ]);
      isLast = rows[0]?.alone === true;
    } finally {
      await client.end();
    }
    if (isLast) await stopServer(server);
  });

/**
 * The server of this data folder: made and started by the first process, joined by the others. Whatever was killed before
 * (we, the server, the machine) does not matter: who holds what is known to the kernel and the server alone. When the server dies under us
 * it is started again on the same port.
 */
export const joinEmbeddedPostgres = async (options: Options): Promise<EmbeddedPostgres> => {
  const dataDir = resolve(options.dataDir);
  await makeDataFolder(dataDir, { writable: true });
  const absolute = { ...options, dataDir };
  let leaving = false;
  let rejoining: Promise<void> = Promise.resolve();
  let presence = await enter(absolute);

  const watch = ({ client }: Presence) => {
    client.once('end', () => {
      if (!leaving) rejoining = rejoin();
    });
  };
  const rejoin = async (): Promise<void> => {
    while (!leaving) {
      try {
        presence = await enter(absolute);
        return watch(presence);
      } catch (error) {
        options.onError?.(error);
        await wait(rejoinPauseMs);
      }
    }
  };
  watch(presence);

  return {
    url: urlOf(presence.server, databaseName),
    async leave() {
      if (leaving) return;
      leaving = true;
      await rejoining;
      await depart(dataDir, presence);
    },
  };
};
