import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { createVault, secretsEqual } from '../../src/platform/crypto.ts';

const vault = createVault('an invented key of thirty-two characters or more');
const other = createVault('another invented key of thirty-two characters');

describe('seal and open', () => {
  it('gives back any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => vault.open(vault.seal(text, 'address'), 'address') === text.toWellFormed(),
      ),
    );
  });

  it('never seals the same text to the same bytes, nor shows the text', () => {
    const sealed = vault.seal('api-token-of-nord', 'connection secrets');
    expect(sealed.equals(vault.seal('api-token-of-nord', 'connection secrets'))).toBe(false);
    expect(sealed.includes('nord')).toBe(false);
  });

  it('refuses every altered byte and every cut', () => {
    const sealed = vault.seal('zwölf', 'address');
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => vault.open(altered, 'address'), `byte ${at}`).toThrow(AppError);
      expect(() => vault.open(sealed.subarray(0, at), 'address'), `cut at ${at}`).toThrow(AppError);
    }
  });

  it('bug: a sealed value opened as anything else, so that values could change places', () => {
    const sealed = vault.seal('kim@example.org', 'address');
    expect(() => vault.open(sealed, 'connection secrets')).toThrow(AppError);
    expect(vault.open(sealed, 'address')).toBe('kim@example.org');
  });

  it('says what to do when the key is another', () => {
    expect(() => other.open(vault.seal('x', 'address'), 'address')).toThrow(/original SECRET_KEY/);
  });
});

describe('hashAddress', () => {
  it('is the same for one person however the address is written', () => {
    expect(vault.hashAddress(' Kim@Example.ORG ').equals(vault.hashAddress('kim@example.org'))).toBe(true);
    expect(vault.hashAddress('kim@example.org')).toHaveLength(32);
  });

  it('differs between people and between keys', () => {
    expect(vault.hashAddress('kim@example.org').equals(vault.hashAddress('tim@example.org'))).toBe(false);
    expect(vault.hashAddress('kim@example.org').equals(other.hashAddress('kim@example.org'))).toBe(false);
  });
});

describe('derive', () => {
  it('is stable, 32 bytes long and bound to key, purpose and subject', () => {
    const token = vault.derive('survey', '42');
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(vault.derive('survey', '42')).toBe(token);
    const others = [
      vault.derive('survey', '43'),
      vault.derive('surve', 'y42'),
      vault.derive('survey:4', '2'),
      other.derive('survey', '42'),
    ];
    expect(new Set([token, ...others]).size).toBe(5);
  });
});

describe('secretsEqual', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'abcd', false],
    ['', 'a', false],
    ['abc', Buffer.from('abc'), true],
  ])('%s and %s: %s', (a, b, equal) => {
    expect(secretsEqual(a, b)).toBe(equal);
  });
});
