import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { AppError, InvalidInput } from './core/errors.ts';
import { readableLines } from './readable.ts';

/** What every command takes. */
export interface Output {
  readonly json?: boolean | undefined;
}

/** Whether a value is shown in lines of its own; dates are shown as text. */
const isNested = (value: unknown): value is object =>
  value !== null && typeof value === 'object' && !(value instanceof Date);

const textOf = (value: unknown): string => {
  if (value instanceof Date) return value.toISOString();
  return value === null || isNested(value) ? '-' : String(value);
};

const linesOf = (value: object, indent: string): string[] =>
  Object.entries(value).flatMap(([name, inner]) =>
    isNested(inner) && Object.keys(inner).length > 0
      ? [`${indent}${name}:`, ...linesOf(inner, `${indent}  `)]
      : [`${indent}${name}: ${textOf(inner)}`],
  );

/** What a terminal shows on one line where it does not tell. */
const usualWidth = 80;

/**
 * The answer as one JSON document; at a terminal readable, by a `view` of its own where it has one; else, as scripts got it
 * from the first day, as `name: value` lines.
 */
export const print = (
  answer: object,
  { json }: Output,
  {
    view = (width) => readableLines(answer, width),
    out = process.stdout,
  }: {
    readonly view?: (width: number) => readonly string[];
    readonly out?: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };
  } = {},
): void => {
  const lines = () => (out.isTTY ? view(out.columns ?? usualWidth) : linesOf(answer, ''));
  out.write(`${json ? JSON.stringify(answer) : lines().join('\n')}\n`);
};

interface SystemUser {
  /** Null of an account without a name, as containers may have. */
  readonly name: string | null;
  /** Below zero where the system has no numbers for people. */
  readonly uid: number;
}

/** The account that this process runs as. */
const systemUser = (): SystemUser => {
  try {
    const { username, uid } = userInfo();
    return { name: username, uid };
  } catch (error) {
    // The system says so of a number that its list of accounts lacks.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR')) throw error;
    return { name: null, uid: process.getuid?.() ?? -1 };
  }
};

/** Who types a command, for the audit log: nobody signs in here, so it is the system's account. No token or user of ours has such a name. */
export const whoTypes = ({ name, uid }: SystemUser = systemUser()): string => {
  if (name !== null && name !== '') return `cli (${name})`;
  return uid < 0 ? 'cli' : `cli (uid ${uid})`;
};

/** Something for a person beside the answer. */
export const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** What to do about a file that cannot be read, by the system's code. */
const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the name, and that it is taken from the folder in which the command runs',
  EACCES: 'this user may not read it; give it the right to',
  EISDIR: 'it is a folder; name the file in it',
};

export const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code = 'not readable' } = error as NodeJS.ErrnoException;
    const next = unreadable[code] ?? 'see that it is a file that this user may read';
    throw new InvalidInput(`${file} cannot be read: ${next}`, [{ field: file, reason: code }]);
  }
};

export const readJson = async (file: string): Promise<unknown> => {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says quotes the file, which may hold secrets.
    throw new InvalidInput(`${file} is not valid JSON; README.md shows the settings of each kind`, [
      { field: file, reason: 'not valid JSON' },
    ]);
  }
};

/** Whether there is a person who can be asked. */
export const isAtTerminal = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Asks one question; a secret answer is not echoed. Throws Refused where the person leaves instead of answering. */
export type Ask = (question: string, options?: { readonly secret?: boolean }) => Promise<string>;

export const askAtTerminal: Ask = async (question, { secret = false } = {}) => {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // A terminal echoes by itself unless readline takes over, which then writes to nobody.
  const terminal = createInterface({ input: process.stdin, output: secret ? silent : process.stderr, terminal: true });
  const left = new Promise<never>((_, reject) => {
    terminal.once('close', () =>
      reject(new AppError('refused', 'Nothing was asked any further, and nothing was made.')),
    );
  });
  try {
    if (secret) process.stderr.write(question);
    return (await Promise.race([terminal.question(secret ? '' : question), left])).trim();
  } finally {
    left.catch(() => undefined);
    terminal.close();
    if (secret) process.stderr.write('\n');
  }
};

/** A yes from --yes or a person; where neither can be had, throws InvalidInput that names --yes. */
export const consentTo = async (
  question: string,
  { yes = false, ask = askAtTerminal }: { readonly yes?: boolean | undefined; readonly ask?: Ask | undefined },
): Promise<boolean> => {
  if (yes) return true;
  if (ask === askAtTerminal && !isAtTerminal())
    throw new InvalidInput('There is no terminal to ask at: add --yes to say that this is meant.', [
      { field: '--yes', reason: 'missing' },
    ]);
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
};

/** Where nobody watches, a line this often. */
const lineEveryMs = 10_000;

/** How far something is: one line that moves on a terminal, else a line every 10 s; nothing beside a JSON document. */
export const progressLine = (
  name: string,
  { json }: Output,
  {
    out = process.stderr as Pick<NodeJS.WriteStream, 'isTTY' | 'write'>,
    nowMs = performance.now.bind(performance),
  } = {},
): { show(text: string): void; end(): void } => {
  let lastMs = Number.NEGATIVE_INFINITY;
  let moved = false;
  return {
    show(text) {
      if (json) return;
      if (out.isTTY) {
        out.write(`\r\x1b[2K${name}: ${text}`);
        moved = true;
      } else if (nowMs() - lastMs >= lineEveryMs) {
        out.write(`${name}: ${text}\n`);
        lastMs = nowMs();
      }
    },
    end() {
      if (moved) out.write('\n');
    },
  };
};
