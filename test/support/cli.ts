import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEndOfFile } from './cleanup.ts';

const cli = new URL('../../src/deskledger.ts', import.meta.url).pathname;

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Compiled code is kept between the many short runs, which halves what each costs. */
const compileCache = join(tmpdir(), 'deskledger-test-compile-cache');

/** The environment of a child: nothing of ours but the way to programs and a home. */
const childEnv = (env: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  NODE_COMPILE_CACHE: compileCache,
  FX_URL: 'off',
  ...env,
});

const collect = async (child: ChildProcess): Promise<Ran> => {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
};

/** Runs any program to its end. */
export const runProgram = (
  program: string,
  args: readonly string[],
  { env, cwd }: { env: NodeJS.ProcessEnv; cwd?: string },
): Promise<Ran> => collect(spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] }));

/** `deskledger ...args` in a process of its own, with this environment alone. */
export const runCli = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> =>
  runProgram(process.execPath, [cli, ...args], { env: childEnv(env) });

export interface Serving {
  /** Everything written so far. */
  output(): string;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `deskledger ...args` and waits until it has written `until`; stopped after the file at the latest. */
export const startCli = async (
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  until: string,
): Promise<Serving> => {
  const child = spawn(process.execPath, [cli, ...args], { env: childEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk;
      if (output.includes(until)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`deskledger ${args.join(' ')} ended with ${code}:\n${output}`)));
  });
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null) child.kill('SIGTERM');
    return (await ended)[0];
  };
  atEndOfFile(async () => {
    await stop();
  });
  return { output: () => output, stop };
};

/** A free port of the loopback. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
};
