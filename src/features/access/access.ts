import { createHash } from 'node:crypto';
import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import { dayMs, minuteMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { allScopes, parseScopes, type Scope } from './scopes.ts';
import * as store from './store.ts';

export type { Identity } from './store.ts';

/** A one-time sign-in link is good for this long, the session it opens for that long. */
const linkMs = 60 * minuteMs;
const sessionMs = 30 * dayMs;

export interface Access {
  /** A new API token; the text is returned once and stored only as a hash. */
  createToken(input: {
    readonly name: string;
    readonly scopes: string;
  }): Promise<{ readonly token: string; readonly scopes: readonly Scope[] }>;
  revokeToken(name: string): Promise<void>;
  tokens(): Promise<readonly store.TokenRow[]>;
  /** Who a bearer token belongs to; null for none. */
  byToken(token: string): Promise<store.Identity | null>;
  /** A one-time link token for a person, who is made when absent. */
  createSignIn(input: {
    readonly name: string;
    readonly scopes?: string;
  }): Promise<{ readonly token: string; readonly expiresAt: Date }>;
  users(): Promise<readonly { readonly name: string; readonly scopes: readonly Scope[] }[]>;
  /** Trades a one-time link for a session; null when it was used, is too old or never was. */
  openSession(linkToken: string): Promise<{ readonly token: string; readonly expiresAt: Date } | null>;
  /** Whether anybody ever used a sign-in link. */
  everSignedIn(): Promise<boolean>;
  bySession(token: string): Promise<store.Identity | null>;
  closeSession(token: string): Promise<void>;
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const namePattern = /^[\p{L}\p{N} ._@-]{1,80}$/u;

const checkName = (name: string): string => {
  if (!namePattern.test(name))
    throw new InvalidInput('A name has 1 to 80 letters, digits, spaces or . _ @ -', [
      { field: 'name', reason: 'empty, too long or with other characters' },
    ]);
  return name;
};

/** `random` gives fresh unguessable bytes. */
export const createAccess = (deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
}): Access => {
  const { db, clock, random } = deps;
  const fresh = (prefix: string): string => `${prefix}_${random(32).toString('base64url')}`;
  return {
    async createToken({ name, scopes }) {
      const parsed = parseScopes(scopes);
      const token = fresh('dl');
      const made = await store.insertToken(db, {
        name: checkName(name),
        hash: hashOf(token),
        scopes: parsed,
        now: clock.now(),
      });
      if (!made)
        throw new Conflict(
          `A token named "${name}" exists; choose another name or revoke it with \`deskledger token revoke --name "${name}"\`.`,
        );
      return { token, scopes: parsed };
    },
    async revokeToken(name) {
      if (!(await store.revokeToken(db, name, clock.now())))
        throw new NotFound(`No token in use is named "${name}"; \`deskledger token list\` shows them.`);
    },
    tokens: () => store.listTokens(db),
    byToken: (token) => store.findToken(db, hashOf(token), clock.now()),
    async createSignIn({ name, scopes }) {
      const now = clock.now();
      const userId = await store.saveUser(db, {
        name: checkName(name),
        scopes: scopes === undefined ? allScopes : parseScopes(scopes),
        now,
      });
      const token = fresh('in');
      const expiresAt = new Date(now.getTime() + linkMs);
      await store.dropExpired(db, now);
      await store.insertSession(db, { userId, hash: hashOf(token), kind: 'link', expiresAt, now });
      return { token, expiresAt };
    },
    users: () => store.listUsers(db),
    async openSession(linkToken) {
      const now = clock.now();
      const userId = await store.spendLink(db, hashOf(linkToken), now);
      if (userId === null) return null;
      const token = fresh('se');
      const expiresAt = new Date(now.getTime() + sessionMs);
      await store.insertSession(db, { userId, hash: hashOf(token), kind: 'session', expiresAt, now });
      return { token, expiresAt };
    },
    everSignedIn: () => store.anySession(db),
    bySession: (token) => store.findSession(db, hashOf(token), clock.now()),
    closeSession: (token) => store.deleteSession(db, hashOf(token)),
  };
};
