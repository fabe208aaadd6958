import { createHmac, timingSafeEqual } from 'node:crypto';
import { InvalidInput } from '../core/errors.ts';

/** Compares without telling by its duration how much was right; unequal lengths are unequal, never an error. */
export const equalText = (presented: string, expected: string): boolean => {
  const a = Buffer.from(presented);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
};

/**
 * True when `presented` is the HMAC of the message parts, joined without a separator, under one of the secrets. Each
 * secret is the key as it is written, in UTF-8. Every secret is tried, so that a rotation takes no longer than a refusal.
 * Throws InvalidInput on an empty secret: an HMAC under the empty key can be made by anybody.
 */
export const signedByOneOf = (input: {
  readonly algorithm: 'sha256' | 'sha1';
  readonly encoding: 'base64' | 'hex';
  readonly secrets: readonly string[];
  readonly message: readonly (string | Buffer)[];
  readonly presented: string;
}): boolean => {
  let signed = false;
  for (const secret of input.secrets) {
    if (secret === '')
      throw new InvalidInput('A webhook secret is empty; set the secret that the helpdesk shows for its webhook.');
    const hmac = createHmac(input.algorithm, secret);
    for (const part of input.message) hmac.update(part);
    if (equalText(input.presented, hmac.digest(input.encoding))) signed = true;
  }
  return signed;
};
