import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
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

/** The product as its own process, as `npm start` or `deskledger serve --no-worker` runs it. */
export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  /** From spawning the process to the first good answer of /readyz. */
  readonly readyMs: number;
  /** Lines of its log at `error` or above, or that are no JSON. */
  readonly complaints: readonly string[];
  /** Resident memory in MB (10^6 bytes); null where the system does not tell. */
  residentMb(): Promise<number | null>;
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
  { program = ['src/main.ts'] }: { program?: readonly string[] } = {},
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
    async residentMb() {
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8').catch(() => null);
      const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1];
      return kib === undefined ? null : (Number(kib) * 1024) / 1e6;
    },
    async stop() {
      if (server.exitCode === null) server.kill('SIGTERM');
      await exited;
    },
  };
};
