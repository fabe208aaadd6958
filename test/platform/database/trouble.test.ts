import { expect, test } from 'vitest';
import { AppError, InvalidInput } from '../../../src/core/errors.ts';
import { isStorageTrouble, named } from '../../../src/platform/database/trouble.ts';

const coded = (code: string) => Object.assign(new Error('of the server'), { code });

test.each(['08006', '40001', '40P01', '53100', '53300', '57P01', '57014', '58030', 'ECONNREFUSED', 'ECONNRESET'])(
  '%s is trouble of the storage',
  (code) => expect(isStorageTrouble(coded(code))).toBe(true),
);

test.each(['22021', '23505', '42P01', '0A000', 'P0001', 'ERR_ASSERTION'])('%s is a fault of the statement', (code) =>
  expect(isStorageTrouble(coded(code))).toBe(false),
);

test('a connection that broke has no code in pg, and is given one; faults of ours keep their own', () => {
  expect(isStorageTrouble(named(new Error('Connection terminated unexpectedly')))).toBe(true);
  expect(isStorageTrouble(new AppError('unavailable', 'away'))).toBe(true);
  for (const error of [new TypeError('no function'), new InvalidInput('bad'), coded('22021'), 'text'])
    expect(isStorageTrouble(named(error))).toBe(false);
});
