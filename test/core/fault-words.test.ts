import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { faultsOf } from '../../src/core/errors.ts';

const schema = z.strictObject({
  name: z.string().min(1),
  email: z.email().optional(),
  url: z.url().optional(),
  code: z.string().regex(/^\d+$/).optional(),
  share: z.number().gt(0).max(1).optional(),
  minutes: z.int().min(5).optional(),
  mode: z.enum(['observe', 'act']).optional(),
  list: z.array(z.string()).max(2).optional(),
  map: z.record(z.string(), z.enum(['a'])).optional(),
  id: z.union([z.string().regex(/^\d+$/, 'write the id as digits'), z.int()]).optional(),
  from: z
    .discriminatedUnion('place', [
      z.strictObject({ place: z.literal('channel') }),
      z.strictObject({ place: z.literal('brand'), key: z.string() }),
    ])
    .optional(),
});

const faults = (value: unknown) => faultsOf(schema.safeParse(value).error?.issues ?? [], 'whole');

describe('a fault in words', () => {
  test.each<[string, unknown, string, string]>([
    ['a missing value', {}, 'name', 'is missing; text is needed'],
    ['another kind', { name: 7 }, 'name', 'must be text, not a number'],
    ['nothing', { name: null }, 'name', 'must be text, not null'],
    ['an empty text', { name: '' }, 'name', 'is empty; a value is needed'],
    ['no address', { name: 'n', email: 'x' }, 'email', 'is not an e-mail address; write it as name@example.com'],
    ['no URL', { name: 'n', url: 'x' }, 'url', 'is not a web address; write it whole, from https:// on'],
    ['another form', { name: 'n', code: 'x' }, 'code', 'is not written as expected'],
    ['too little', { name: 'n', share: 0 }, 'share', 'must be above 0'],
    ['too much', { name: 'n', share: 2 }, 'share', 'must be at most 1'],
    ['a fraction', { name: 'n', minutes: 7.5 }, 'minutes', 'must be a whole number, not a fraction'],
    ['too few', { name: 'n', minutes: 4 }, 'minutes', 'must be at least 5'],
    ['no choice', { name: 'n', mode: 'on' }, 'mode', 'must be one of observe, act'],
    ['too many', { name: 'n', list: ['', '', ''] }, 'list', 'may have at most 2 entries'],
    ['a place within', { name: 'n', list: ['', 1] }, 'list.1', 'must be text, not a number'],
    ['a value of a map', { name: 'n', map: { x: 'b' } }, 'map.x', 'must be "a"'],
    ['the member that is meant', { name: 'n', id: 'x' }, 'id', 'write the id as digits'],
    [
      'no member',
      { name: 'n', id: true },
      'id',
      'must be text, not true or false, or must be a number, not true or false',
    ],
    ['an unknown kind', { name: 'n', from: { place: 'x' } }, 'from.place', 'must be one of channel, brand'],
    ['a lacking part', { name: 'n', from: { place: 'brand' } }, 'from.key', 'is missing; text is needed'],
    [
      'an unknown name',
      { name: 'n', from: { place: 'channel', kee: 1 } },
      'from.kee',
      'is not known here; allowed are place',
    ],
    ['the whole', [], 'whole', 'must be an object, not a list'],
  ])('%s', (_, value, field, reason) => expect(faults(value)).toEqual([{ field, reason }]));

  test('quotes no value, for it may be a secret', () => {
    const told = JSON.stringify(
      faults({ name: ['hunter2'], email: 'hunter2', mode: 'hunter2', id: 'hunter2', code: 'hunter2' }),
    );
    expect(told).not.toContain('hunter2');
    expect(faults({ name: 1, email: 'x' })).toHaveLength(2);
  });

  test('no text of zod is left', () => {
    for (const reason of faults({ extra: 1, name: 1, url: 1, list: 1, map: 1, from: 1 }).map((fault) => fault.reason))
      expect(reason).not.toMatch(/invalid|expected|received|unrecognized/i);
  });
});

/** What a process of its own says of a missing text after it ran these lines. */
const toldAfter = async (lines: string): Promise<string> => {
  const script = `
    ${lines}
    const { z } = await import('zod');
    process.stdout.write(z.string().safeParse(undefined).error.issues[0].message);`;
  const root = new URL('../../', import.meta.url);
  const options = { cwd: root, env: { PATH: process.env.PATH } };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], options);
  return stdout;
};

describe('bug: whether faults spoke our words hung on which module came first', () => {
  test('core says nothing unasked', async () => {
    expect(await toldAfter("await import('./src/core/errors.ts');")).toMatch(/^Invalid input/);
  });

  test.each([
    ['loaded before zod', "(await import('./src/config.ts')).loadConfig({});"],
    ['loaded after it', "await import('zod'); (await import('./src/config.ts')).loadConfig({});"],
  ])('a process that read its configuration speaks ours, %s', async (_, lines) => {
    expect(await toldAfter(lines)).toBe('is missing; text is needed');
  });
});
