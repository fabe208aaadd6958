import { createHash } from 'node:crypto';
import { dayMs } from '../../core/time.ts';
import { secretsEqual, type Vault } from '../../platform/crypto.ts';

/** A page that lay open longer is shown anew. */
const nonceValidMs = 7 * dayMs;

const pattern = /^([0-9a-z]{1,11})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

const macOf = (vault: Vault, token: string, issued: string, random: string): string =>
  vault.derive('survey-nonce', `${token}.${issued}.${random}`);

/** What the page carries so that only it can vote: bound to the link and the moment, and stored nowhere until it is used. */
export const issueNonce = (vault: Vault, token: string, now: Date, random: Buffer): string => {
  const issued = now.getTime().toString(36);
  const salt = random.toString('base64url');
  return `${issued}.${salt}.${macOf(vault, token, issued, salt)}`;
};

/** Whether a nonce was issued by us for this link, not longer ago than it is valid. */
export const nonceHolds = (vault: Vault, token: string, nonce: string, now: Date): boolean => {
  const [, issued, random, mac] = pattern.exec(nonce) ?? [];
  if (issued === undefined || random === undefined || mac === undefined) return false;
  if (!secretsEqual(mac, macOf(vault, token, issued, random))) return false;
  return now.getTime() - Number.parseInt(issued, 36) <= nonceValidMs;
};

/** By this a used nonce is known again. */
export const nonceHash = (nonce: string): Buffer => createHash('sha256').update(nonce).digest();
