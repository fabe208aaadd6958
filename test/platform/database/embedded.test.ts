import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type EmbeddedPostgres, joinEmbeddedPostgres } from '../../../src/platform/database/embedded.ts';

const dataFolder = async (mode = 0o755): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'deskledger-embedded-'));
  await chmod(folder, mode);
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

const pidOf = async (dataDir: string): Promise<number> =>
  Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);

const isStopped = (dataDir: string): Promise<boolean> =>
  stat(join(dataDir, 'postgres/postmaster.pid')).then(
    () => false,
    () => true,
  );

const query = async <Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> => {
  const client = new pg.Client({ connectionString: url });
  // A test may take the server away under it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
};

/** This process joins the server of `dataDir`, until the test ends at the latest. */
const joined = async (dataDir: string): Promise<EmbeddedPostgres> => {
  const server = await joinEmbeddedPostgres({ dataDir, volatile: true });
  onTestFinished(() => server.leave());
  return server;
};

interface Visitor {
  readonly url: string;
  leave(): Promise<void>;
  kill(): Promise<void>;
}

/** Another process that joins the server of `dataDir`. */
const visitor = async (dataDir: string): Promise<Visitor> => {
  const child: ChildProcess = spawn(process.execPath, ['test/platform/database/visitor.ts', dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const end = async (act: () => void) => {
    act();
    await exited;
  };
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [url] = (await Promise.race([once(lines, 'line'), exited.then(() => [''])])) as [string];
  return { url, leave: () => end(() => child.stdin?.end()), kill: () => end(() => child.kill('SIGKILL')) };
};

test('processes that start at once share one server, and the last to leave stops it', async () => {
  const dataDir = await dataFolder();
  const [first, second, third] = await Promise.all([visitor(dataDir), visitor(dataDir), visitor(dataDir)]);
  expect(first.url).toMatch(/^postgresql:\/\/postgres:[\w-]{32}@127\.0\.0\.1:\d+\/deskledger\?host=[\w%.-]+$/);
  expect([second.url, third.url]).toEqual([first.url, first.url]);
  await Promise.all([first.leave(), second.leave()]);
  expect(await query(third.url, 'select inet_server_addr() is null as socket')).toEqual([{ socket: true }]);
  await third.leave();
  expect(await isStopped(dataDir)).toBe(true);
}, 60_000);

test('the server outlives a killed process; the next joins it with its data and can stop it', async () => {
  const dataDir = await dataFolder();
  const killed = await visitor(dataDir);
  await query(killed.url, 'create table kept as select 7 as n');
  const pid = await pidOf(dataDir);
  await killed.kill();
  const next = await joined(dataDir);
  expect(await pidOf(dataDir)).toBe(pid);
  expect(await query(next.url, 'select n from kept')).toEqual([{ n: 7 }]);
  await next.leave();
  expect(await isStopped(dataDir)).toBe(true);
});

test('a server that is killed under a process comes back on the same address', async () => {
  const dataDir = await dataFolder();
  const server = await joined(dataDir);
  await query(server.url, 'create table kept as select 7 as n');
  process.kill(await pidOf(dataDir), 'SIGKILL');
  const rows = await vi.waitFor(() => query(server.url, 'select n from kept'), { timeout: 15_000, interval: 50 });
  expect(rows).toEqual([{ n: 7 }]);
});

test('nothing that a crash of process and server leaves stops the next start', async () => {
  const dataDir = await dataFolder();
  const killed = await visitor(dataDir);
  await query(killed.url, 'create table kept as select 7 as n');
  const pid = await pidOf(dataDir);
  await killed.kill();
  process.kill(pid, 'SIGKILL');
  // The number of the dead server now belongs to another process, the address file is damaged, a cluster is half made.
  const pidFile = join(dataDir, 'postgres/postmaster.pid');
  await writeFile(pidFile, (await readFile(pidFile, 'utf8')).replace(/^\d+/, String(process.pid)));
  await writeFile(join(dataDir, 'postgres.url'), 'not an addr');
  await mkdir(join(dataDir, 'postgres.new'));
  await writeFile(join(dataDir, 'postgres.new.password'), 'old');
  const next = await joined(dataDir);
  expect(await query(next.url, 'select n from kept')).toEqual([{ n: 7 }]);
});

test('a start that was killed half-way is made good', async () => {
  const dataDir = await dataFolder();
  await mkdir(join(dataDir, 'postgres.new/base'), { recursive: true });
  await writeFile(join(dataDir, 'postgres.new.password'), 'old');
  const server = await joined(dataDir);
  expect(await query(server.url, 'select current_database()::text as name')).toEqual([{ name: 'deskledger' }]);
});

test('a folder whose path is too long for a socket is reached over loopback', async () => {
  const dataDir = join(await dataFolder(), 'a'.repeat(90));
  const server = await joined(dataDir);
  expect(server.url).toMatch(/127\.0\.0\.1:\d+\/deskledger$/);
  expect(await query(server.url, 'select inet_server_addr() is not null as loopback')).toEqual([{ loopback: true }]);
});

test('each folder has a password of its own that only its owner can read', async () => {
  const folders = [await dataFolder(), await dataFolder()];
  const passwords = await Promise.all(
    folders.map(async (dataDir) => {
      const server = await joined(dataDir);
      const { password } = new URL(server.url);
      await expect(query(server.url.replace(password, 'wrong'), 'select 1')).rejects.toMatchObject({ code: '28P01' });
      await server.leave();
      for (const file of ['postgres.password', 'postgres.url', 'postgres.log'])
        expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600);
      return password;
    }),
  );
  expect(passwords[0]).not.toBe(passwords[1]);
});

test.runIf(process.getuid?.() === 0)(
  'as root: the server runs as another user, also where only root can walk',
  async () => {
    const dataDir = await dataFolder(0o700);
    const server = await joined(dataDir);
    const status = await readFile(`/proc/${await pidOf(dataDir)}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\s+(?!0\b)\d+/m);
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  },
);
