import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { InvalidInput } from './core/errors.ts';

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

/** The answer as one JSON document, or as `name: value` lines for a person. */
export const print = (answer: object, { json }: Output): void => {
  process.stdout.write(`${json ? JSON.stringify(answer) : linesOf(answer, '').join('\n')}\n`);
};

/** Something for a person beside the answer. */
export const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

export const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InvalidInput(`${file} cannot be read`, [
      { field: file, reason: (error as NodeJS.ErrnoException).code ?? 'not readable' },
    ]);
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

/** A yes or no from a person at a terminal; true where there is none to ask. */
export const confirm = async (question: string, { json }: Output): Promise<boolean> => {
  if (json || !process.stdin.isTTY) return true;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
};

/** A walk's progress on one terminal line that moves. */
export const progressOf =
  (name: string, { json }: Output) =>
  (walked: number): void => {
    if (!json && process.stderr.isTTY) process.stderr.write(`\r${name}: ${walked} changes read`);
  };
