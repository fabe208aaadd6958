import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { equalText, signedByOneOf } from '../../src/platform/signature.ts';

const message = ['2026-03-01T10:00:00Z', Buffer.from('{"a":1}')];
const sign = (secret: string, encoding: 'base64' | 'hex' = 'base64') =>
  createHmac('sha256', secret).update('2026-03-01T10:00:00Z{"a":1}').digest(encoding);
const check = (presented: string, secrets: readonly string[] = ['s3cret']) =>
  signedByOneOf({ algorithm: 'sha256', encoding: 'base64', secrets, message, presented });

describe('signedByOneOf', () => {
  it('accepts the signature of any of several secrets', () => {
    expect(check(sign('s3cret'))).toBe(true);
    expect(check(sign('new'), ['old', 'new'])).toBe(true);
    expect(check(sign('old'), ['old', 'new'])).toBe(true);
  });

  it.each([
    ['a signature under another secret', sign('other')],
    ['a signature in another encoding', sign('s3cret', 'hex')],
    ['a signature cut short', sign('s3cret').slice(0, -1)],
    ['a signature with something behind it', `${sign('s3cret')}=`],
    ['a signature with white space, which a lenient base64 decoder skips', ` ${sign('s3cret')}`],
    ['the secret itself', 's3cret'],
    ['nothing', ''],
    ['text whose length in bytes differs from its length in characters', '€'.repeat(44)],
    ['two signatures in one header', `${sign('other')}, ${sign('s3cret')}`],
  ])('refuses %s', (_attack, presented) => {
    expect(check(presented)).toBe(false);
  });

  it('refuses everything where there is no secret', () => {
    expect(check(sign(''), [])).toBe(false);
  });

  it('refuses to work with an empty secret, wherever it stands', () => {
    expect(() => check(sign(''), [''])).toThrow(/secret is empty/);
    expect(() => check(sign('s3cret'), ['s3cret', ''])).toThrow(/secret is empty/);
  });
});

describe('equalText', () => {
  it('survives unequal lengths', () => {
    expect(equalText('a', 'ab')).toBe(false);
    expect(equalText('', 'ab')).toBe(false);
    expect(equalText('ab', 'ab')).toBe(true);
  });
});
