import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { InvalidInput } from '../src/core/errors.ts';
import { createAccess } from '../src/features/access/index.ts';
import { print, readText, whoTypes } from '../src/terminal.ts';
import { testDatabase } from './support/database.ts';
import { standingClock } from './support/standing-clock.ts';

test.each([
  ['cli (mia)', { name: 'mia', uid: 1000 }],
  ['cli (uid 12345)', { name: null, uid: 12_345 }],
  ['cli (Mia Berg)', { name: 'Mia Berg', uid: -1 }],
  ['cli', { name: '', uid: -1 }],
])('who types a command is told as %s', (told, user) => expect(whoTypes(user)).toBe(told));

test('it is the account of this process', () => expect(whoTypes()).toBe(`cli (${userInfo().username})`));

test('no token and no person can be named so', async () => {
  const access = createAccess({
    db: await testDatabase(),
    clock: standingClock('2026-06-01T00:00:00Z'),
    random: (bytes) => Buffer.alloc(bytes, 1),
  });
  for (const name of ['cli (mia)', 'cli (uid 1)'])
    await expect(access.createToken({ name, scopes: 'read' })).rejects.toThrow(InvalidInput);
});

test('bug: at a terminal answers were lines for scripts; in a pipe they stay so, and --json is one document', () => {
  const answer = { tokens: [{ name: 'ci', lastUsedAt: null }], dryRun: false };
  const printed = (options: { readonly json?: boolean; readonly isTTY?: boolean; readonly columns?: number }) => {
    const parts: unknown[] = [];
    const { json, ...stream } = options;
    print(answer, { json }, { out: { ...stream, write: (part: unknown) => parts.push(part) > 0 } });
    return parts.join('');
  };
  expect(printed({ isTTY: true, columns: 80 })).toBe('dry run  no\ntokens:\n  name\n  ----\n  ci\n');
  const lines = 'tokens:\n  0:\n    name: ci\n    lastUsedAt: -\ndryRun: false\n';
  expect(printed({})).toBe(lines);
  expect(printed({ isTTY: false, columns: 80 })).toBe(lines);
  expect(printed({ json: true, isTTY: true })).toBe('{"tokens":[{"name":"ci","lastUsedAt":null}],"dryRun":false}\n');
});

test.each([
  ['there is no such file; check the name', 'ENOENT', '/nowhere/nofile.csv'],
  ['it is a folder; name the file in it', 'EISDIR', '/'],
])('bug: a file that cannot be read came without what to do: %s', async (said, reason, path) => {
  const error = await readText(path).catch((no: unknown) => no);
  expect(error).toMatchObject({ message: expect.stringContaining(said), faults: [{ field: path, reason }] });
});
