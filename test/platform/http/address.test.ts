import { describe, expect, it } from 'vitest';
import { InvalidInput, Refused } from '../../../src/core/errors.ts';
import { baseUrlOf, isPrivateAddress, publicLookup } from '../../../src/platform/http/address.ts';

const vendor = 'https://nord.vendor.example';

describe('isPrivateAddress', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::10.0.0.1',
    '2002:a00:1::',
    '2001:db8::1',
  ])('%s is private', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.169.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('%s is public', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});

describe('baseUrlOf', () => {
  it("is the vendor's where none is given, and keeps a path without its last slash", () => {
    expect(baseUrlOf({ vendor, allowPrivate: false })).toBe(vendor);
    expect(baseUrlOf({ given: `${vendor}/stores/abc/`, vendor, allowPrivate: false })).toBe(`${vendor}/stores/abc`);
  });

  it.each([
    'http://nord.vendor.example',
    'https://sud.vendor.example',
    'https://127.0.0.1',
    'https://2130706433',
    'https://0x7f.1',
    'https://[::1]:8443',
    'https://[::ffff:127.0.0.1]',
    'https://localhost',
    'https://api.localhost',
    'https://169.254.169.254/latest',
  ])('refuses %s', (given) => {
    expect(() => baseUrlOf({ given, vendor, allowPrivate: false })).toThrow(Refused);
  });

  it.each(['http://127.0.0.1:8080', 'https://sud.vendor.example', 'http://[::1]:99'])(
    'takes %s where private is allowed',
    (given) => {
      expect(baseUrlOf({ given, vendor, allowPrivate: true })).toBe(given);
    },
  );

  it.each([
    '',
    'nord',
    'ftp://nord.vendor.example',
    'https://user:pw@nord.vendor.example',
    'https://nord.vendor.example/?a=1',
    'https://n.example/#x',
  ])('calls "%s" no address, without repeating it', (given) => {
    expect(() => baseUrlOf({ given, vendor, allowPrivate: true })).toThrow(InvalidInput);
  });
});

describe('publicLookup', () => {
  it('refuses a name of this machine, in both ways of asking', async () => {
    for (const all of [true, false]) {
      const error = await new Promise((resolve) => publicLookup('localhost', { all }, resolve));
      expect(error).toBeInstanceOf(Refused);
    }
  });

  it('passes on that a name does not exist', async () => {
    const error = await new Promise((resolve) => publicLookup('no-such-name.invalid', {}, resolve));
    expect(error).toMatchObject({ syscall: 'getaddrinfo' });
  });
});
