import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import { InvalidInput } from '../src/core/errors.ts';
import { createAccess } from '../src/features/access/index.ts';
import { whoTypes } from '../src/terminal.ts';
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
