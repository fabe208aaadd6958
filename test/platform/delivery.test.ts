import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesKey, headerOf, isTimely, keyWord } from '../../src/platform/delivery.ts';

const now = new Date('2026-03-01T12:00:00Z');

describe('isTimely', () => {
  it.each([
    ['the moment itself', '2026-03-01T12:00:00Z', true],
    ['just within, before', '2026-03-01T11:59:00.000Z', true],
    ['just within, after, with an offset', '2026-03-01T13:01:00+01:00', true],
    ['too early', '2026-03-01T11:58:59Z', false],
    ['too late', '2026-03-01T12:01:00.001Z', false],
    ['no offset', '2026-03-01T12:00:00', false],
    ['a day that is none', '2026-13-01T12:00:00Z', false],
    ['nothing', '', false],
  ])('%s', (_, text, timely) => {
    expect(isTimely(text, now, 60_000)).toBe(timely);
  });
});

it('a header is found whatever its capitals', () => {
  expect(headerOf({ 'x-one': '1' }, 'x-one')).toBe('1');
  expect(headerOf({ 'X-One': '1' }, 'x-one')).toBe('1');
  expect(headerOf({ 'x-two': '1' }, 'x-one')).toBeUndefined();
});

it('a key is made of all parts, in their order', () => {
  const digest = createHash('sha256').update('12').digest('hex');
  expect(bytesKey('1', Buffer.from('2'))).toBe(`bytes:${digest}`);
  expect(bytesKey('2', Buffer.from('1'))).not.toBe(`bytes:${digest}`);
});

it.each([
  ['abc:1', true],
  ['', false],
  ['two words', false],
  ['é', false],
  ['x'.repeat(129), false],
])('"%s" can be a key: %s', (text, can) => {
  expect(keyWord.test(text)).toBe(can);
});
