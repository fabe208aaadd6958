import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { AppError } from '../core/errors.ts';

/** What a sealed value is: it opens as nothing else, so that values cannot change places in the database. */
export type Sealed = 'address' | 'connection secrets' | 'key check';

/** Keeps secrets and addresses unreadable at rest, and finds people without storing who they are. All keys come from SECRET_KEY. */
export interface Vault {
  /** AES-256-GCM: version byte, 12 bytes of nonce, 16 bytes of tag, ciphertext. The same text seals differently each time. */
  seal(text: string, what: Sealed): Buffer;
  /** The sealed text; throws AppError `unavailable` when SECRET_KEY is another, a byte was altered or it is something else. */
  open(sealed: Uint8Array, what: Sealed): string;
  /** 32 bytes by which the same person is found again: keyed HMAC-SHA256 of the trimmed, lower-cased address. */
  hashAddress(address: string): Buffer;
  /** 32 bytes as base64url, the same for the same purpose and subject, not guessable without SECRET_KEY. */
  derive(purpose: string, subject: string): string;
}

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes + tagBytes;

/** SECRET_KEY never encrypts by itself: each use has a key of its own, so that one cannot be turned against another. */
const subKey = (secretKey: string, use: string): KeyObject =>
  // A key object is made once: from bytes, node:crypto makes one for each use, which costs four times what the HMAC does.
  createSecretKey(Buffer.from(hkdfSync('sha256', secretKey, '', `deskledger/1/${use}`, 32)));

const unreadable = (cause?: unknown) =>
  new AppError(
    'unavailable',
    'A stored value cannot be decrypted: SECRET_KEY is not the one it was encrypted with, or the value was altered. ' +
      'Start with the original SECRET_KEY, or enter the secrets of the connection again.',
    { cause },
  );

/** A vault for one SECRET_KEY (at least 32 characters; config.ts checks it). */
export const createVault = (secretKey: string): Vault => {
  const sealKey = subKey(secretKey, 'seal');
  const addressKey = subKey(secretKey, 'address');
  const deriveKey = subKey(secretKey, 'derive');
  const associated = (what: Sealed): Buffer => Buffer.concat([Buffer.from([version]), Buffer.from(what)]);
  return {
    seal(text, what) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(associated(what));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.from([version]), nonce, cipher.getAuthTag(), body]);
    },
    open(sealed, what) {
      const bytes = Buffer.from(sealed);
      if (bytes.length < headBytes || bytes[0] !== version) throw unreadable();
      try {
        const decipher = createDecipheriv('aes-256-gcm', sealKey, bytes.subarray(1, 1 + nonceBytes), {
          authTagLength: tagBytes,
        });
        decipher.setAAD(associated(what)).setAuthTag(bytes.subarray(1 + nonceBytes, headBytes));
        return Buffer.concat([decipher.update(bytes.subarray(headBytes)), decipher.final()]).toString('utf8');
      } catch (error) {
        throw unreadable(error);
      }
    },
    hashAddress: (address) => createHmac('sha256', addressKey).update(address.trim().toLowerCase()).digest(),
    derive: (purpose, subject) =>
      createHmac('sha256', deriveKey)
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        .update(`${Buffer.byteLength(purpose)}:${purpose}:${subject}`)
        .digest('base64url'),
  };
};

/** Whether two secrets are equal, in a time that tells nothing of where they differ; unequal lengths are simply unequal. */
export const secretsEqual = (a: string | Uint8Array, b: string | Uint8Array): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
