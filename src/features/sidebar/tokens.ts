import { createHash, randomBytes } from 'node:crypto';
import { type CryptoKey, errors, type JWTPayload, jwtVerify } from 'jose';
import { minuteMs, secondMs } from '../../core/time.ts';
import type { Connection } from '../directory/index.ts';

// Tokens of Zendesk's proxy: it signs whatever claims the browser of an agent gives it (facts of the vendor:
// https://github.com/zendesk/zendesk_app_framework_sdk/issues/206), so that they prove an installation and no person.

/** Far longer than a token of ours with its few claims. */
const longestToken = 4096;
/** A token that could be used for longer is a key; the app asks for one minute. */
const longestLifeMs = 5 * minuteMs;
/** By how much the clocks of Zendesk and of this machine may differ. */
const toleranceMs = 30 * secondMs;
const longestId = 200;

/** A shared secret, ready to verify with, and whose it is. */
export interface SidebarKey {
  readonly connection: Connection;
  readonly key: CryptoKey;
}

/** Why a token is not taken: for the log alone. */
export type Refusal =
  | 'no token'
  | 'no key verifies it'
  | 'keys of several connections verify it'
  | 'expired or without an end'
  | 'valid for too long'
  | 'used before';

export interface VerifiedToken {
  readonly connection: Connection;
  /** 32 bytes, the same for the same token however it is spelt. */
  readonly hash: Buffer;
  /** From then on it is refused as expired. */
  readonly deadAt: Date;
}

export const importKey = (secret: string | Uint8Array): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', Buffer.from(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);

/** Tried where there is no key at all, so that the time of an answer does not tell that. */
const decoy = importKey(randomBytes(32));

const tokenIn = (authorization: string | undefined): string | null => {
  if (authorization === undefined || authorization.length > longestToken) return null;
  return /^bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1] ?? null;
};

/** Claims where the key signed them; else why not. HS256 alone, whatever the token says of itself. */
const claimsBy = async (key: CryptoKey, token: string, now: Date): Promise<JWTPayload | Refusal> => {
  try {
    const options = {
      algorithms: ['HS256'],
      requiredClaims: ['exp'],
      currentDate: now,
      clockTolerance: toleranceMs / secondMs,
    };
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    // Claims are looked at behind the signature alone.
    if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed)
      return 'expired or without an end';
    if (error instanceof errors.JOSEError) return 'no key verifies it';
    throw error;
  }
};

/**
 * What makes a token that token: its own id, else what was signed. Never its whole text, for the signature's last letter has bits
 * that nobody reads.
 */
const hashOf = (connectionId: number, token: string, { jti }: JWTPayload): Buffer => {
  const hasId = typeof jti === 'string' && jti !== '' && jti.length <= longestId;
  const what = hasId ? ['id', jti] : ['signed', token.slice(0, token.lastIndexOf('.'))];
  return createHash('sha256')
    .update(JSON.stringify([connectionId, ...what]))
    .digest();
};

/**
 * The connection whose secret signed the token of an Authorization header, by that alone: of the claims, `exp` and `nbf` bound its
 * life and `jti` tells it from others, and none says who asks or for whom. Every key is tried, whichever fits: the time taken
 * tells nothing.
 */
export const verifyToken = async (
  authorization: string | undefined,
  keys: readonly SidebarKey[],
  now: Date,
): Promise<VerifiedToken | Refusal> => {
  const token = tokenIn(authorization);
  if (token === null) return 'no token';
  const tried = await Promise.all(
    keys.map(async ({ connection, key }) => ({ connection, claims: await claimsBy(key, token, now) })),
  );
  if (keys.length === 0) await claimsBy(await decoy, token, now);
  const signed = tried.filter(({ claims }) => claims !== 'no key verifies it');
  const [first] = signed;
  if (!first) return 'no key verifies it';
  if (new Set(signed.map(({ connection }) => connection.id)).size > 1) return 'keys of several connections verify it';
  const { connection, claims } = first;
  if (typeof claims === 'string') return claims;
  const deadMs = Number(claims.exp) * secondMs + toleranceMs;
  if (!(deadMs <= now.getTime() + longestLifeMs + 2 * toleranceMs)) return 'valid for too long';
  return { connection, hash: hashOf(connection.id, token, claims), deadAt: new Date(deadMs) };
};
