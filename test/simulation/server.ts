import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { atEndOfFile } from '../support/cleanup.ts';

/** Compiled code is kept between the starts, which halves what each costs. */
const compileCache = join(tmpdir(), 'deskledger-test-compile-cache');

const program = new URL('../../src/deskledger.ts', import.meta.url).pathname;

/** A folder that PostgreSQL's own user can reach, gone after the file. */
export const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'deskledger-simulation-'));
  await chmod(folder, 0o755);
  atEndOfFile(() => rm(folder, { recursive: true }));
  return folder;
};

export interface Server {
  /** Ends the process between two instructions and starts another on the same folder; `whileDead` runs between the two. */
  kill(whileDead?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** `npm start` in a process of its own, ready when this resolves; ended after the file. */
export const startServer = async (env: Readonly<Record<string, string>>): Promise<Server> => {
  let child: ChildProcess;
  let errors = '';
  const boot = async (): Promise<void> => {
    child = spawn(process.execPath, [program, 'serve'], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE: compileCache, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (chunk) => {
      errors += chunk;
    });
    for (let tries = 0; tries < 600; tries += 1) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${errors}`);
      const answer = await fetch(`http://127.0.0.1:${env.PORT}/readyz`).catch(() => null);
      if (answer?.ok) return;
      await pause(50);
    }
    throw new Error(`the server did not become ready: ${errors}`);
  };
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  await boot();
  atEndOfFile(() => end('SIGTERM'));
  return {
    async kill(whileDead) {
      await end('SIGKILL');
      await whileDead?.();
      await boot();
    },
    stop: () => end('SIGTERM'),
  };
};

export interface Acknowledged {
  /** Keys of the deliveries that were answered 202 or 200, and how often each was sent. */
  readonly keys: Map<string, number>;
  /** Answers by status. */
  readonly statuses: Map<number, number>;
  readonly url: string;
}

/**
 * Stands before the server as the helpdesk's retries do, only more patiently: a request is sent again until it is answered
 * with success. Notes what was acknowledged.
 */
export const patientProxy = async (target: () => string): Promise<Acknowledged> => {
  const keys = new Map<string, number>();
  const statuses = new Map<number, number>();
  const forward = async (path: string, headers: IncomingHttpHeaders, body: Buffer): Promise<number> => {
    const sent = Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name) ? [[name, value]] : [],
      ),
    );
    for (let tries = 1; tries <= 1000; tries += 1) {
      const answer = await fetch(`${target()}${path}`, {
        method: 'POST',
        headers: sent,
        body: new Uint8Array(body),
      }).catch(() => null);
      if (answer) {
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.ok) {
          keys.set((JSON.parse(body.toString()) as { id: string }).id, tries);
          return answer.status;
        }
        if (answer.status !== 503) return answer.status;
      }
      await pause(50);
    }
    return 503;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      response.writeHead(await forward(request.url ?? '', request.headers, Buffer.concat(chunks))).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEndOfFile(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return { keys, statuses, url: `http://127.0.0.1:${address.port}` };
};
