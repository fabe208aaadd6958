import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const startWithinMs = 60_000;
const pollMs = 10;

export const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
};

/** A folder that the embedded server's account can reach, also where we are root. */
export const temporaryFolder = async (): Promise<{ path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'deskledger-bench-'));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};

/** One of this path that stays, made where there is none. */
export const keptFolder = async (path: string): Promise<{ path: string; remove(): Promise<void> }> => {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
  return { path, remove: async () => undefined };
};

export interface Installation {
  readonly dataDir: string;
  readonly port: number;
  readonly redisUrl?: string | undefined;
}

/** The environment of an installation of the bench: nothing of the caller's own settings reaches it. */
export const environmentOf = ({ dataDir, port, redisUrl }: Installation): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: dataDir,
  DATA_DIR: dataDir,
  PORT: String(port),
  FX_URL: 'off',
  ALLOW_PRIVATE_UPSTREAMS: 'true',
  ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
});

const command = (args: readonly string[]): string[] => ['src/deskledger.ts', ...args, '--json'];

/** A command of the product as a process of its own; its answer comes on stdout. */
export const startCommand = (installation: Installation, ...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, command(args), {
    cwd: root,
    env: environmentOf(installation),
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Likewise, run to its end. Rejects where it fails. */
export const runCommand = async (installation: Installation, ...args: readonly string[]): Promise<void> => {
  await promisify(execFile)(process.execPath, command(args), { cwd: root, env: environmentOf(installation) });
};

/** The product as its own process, as `npm start` or `deskledger serve --no-worker` runs it. */
export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  /** From spawning the process to the first good answer of /readyz. */
  readonly readyMs: number;
  /** Lines of its log at `error` or above, or that are no JSON. */
  readonly complaints: readonly string[];
  stop(): Promise<void>;
}

const isReady = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
};

const complaintIn = (line: string): boolean => {
  if (!line.startsWith('{')) return false;
  const { level } = JSON.parse(line) as { level?: string };
  return level === 'error' || level === 'fatal';
};

export const startServer = async (
  installation: Installation,
  { program = ['src/deskledger.ts', 'serve'] }: { program?: readonly string[] } = {},
): Promise<ServerProcess> => {
  const url = `http://127.0.0.1:${installation.port}`;
  const complaints: string[] = [];
  const startMs = performance.now();
  const server = spawn(process.execPath, program, {
    cwd: root,
    env: environmentOf(installation),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(server, 'exit');
  createInterface({ input: server.stdout }).on('line', (line) => {
    if (complaintIn(line)) complaints.push(line);
  });
  createInterface({ input: server.stderr }).on('line', (line) => complaints.push(line));
  while (!(await isReady(url))) {
    if (server.exitCode !== null || performance.now() - startMs > startWithinMs) {
      server.kill('SIGKILL');
      throw new Error(`the server did not become ready: ${complaints.join('\n')}`);
    }
    await wait(pollMs);
  }
  return {
    pid: server.pid ?? 0,
    url,
    readyMs: performance.now() - startMs,
    complaints,
    async stop() {
      if (server.exitCode === null) server.kill('SIGTERM');
      await exited;
    },
  };
};
