import { createHash } from 'node:crypto';
import { Conflict, InvalidInput, NotFound } from '../../core/errors.ts';
import { dayMs, minuteMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { recordAudit } from '../directory/index.ts';
import { allScopes, parseScopes, type Scope } from './scopes.ts';
import * as store from './store.ts';

export type { Identity } from './store.ts';

/** A one-time sign-in link is good for this long, the session it opens for that long. */
const linkMs = 60 * minuteMs;
const sessionMs = 30 * dayMs;

/** Who changes what others may do, for the audit; "cli" unless given. */
interface Act {
  readonly actor?: string;
}

/** Tokens, people and their sessions. Every change of what somebody may do is audited with it. */
export interface Access {
  /** A new API token; the text is returned once and stored only as a hash. */
  createToken(
    input: { readonly name: string; readonly scopes: string } & Act,
  ): Promise<{ readonly token: string; readonly scopes: readonly Scope[] }>;
  revokeToken(name: string, act?: Act): Promise<void>;
  tokens(): Promise<readonly store.TokenRow[]>;
  /** Who a bearer token belongs to; null for none. */
  byToken(token: string): Promise<store.Identity | null>;
  /**
   * A one-time link token for a person, who is made when absent, with every scope unless some are given. Of a person who is
   * there, only given scopes replace the held ones; throws InvalidInput where they hold none (revoked) and none are given.
   */
  createSignIn(
    input: { readonly name: string; readonly scopes?: string } & Act,
  ): Promise<{ readonly token: string; readonly expiresAt: Date }>;
  /** Ends a person's sessions and links and takes their scopes; throws NotFound. */
  revokeUser(name: string, act?: Act): Promise<void>;
  users(): Promise<readonly { readonly name: string; readonly scopes: readonly Scope[] }[]>;
  /** Trades a one-time link for a session; null when it was used, is too old or never was. */
  openSession(linkToken: string): Promise<{ readonly token: string; readonly expiresAt: Date } | null>;
  /** Whether anybody ever used a sign-in link, however long ago the session ended. */
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
  const audit = (tx: Sql, { actor = 'cli' }: Act, action: string, detail: Readonly<Record<string, unknown>>) =>
    recordAudit(tx, { at: clock.now(), actor, action, detail });

  /** The person's id, made or with other scopes where that is asked for. */
  const admit = async (
    tx: Sql,
    { name, scopes, ...act }: { readonly name: string; readonly scopes: readonly Scope[] | null } & Act,
  ): Promise<number> => {
    const first = scopes ?? allScopes;
    const made = await store.insertUser(tx, { name, scopes: first, now: clock.now() });
    if (made !== null) {
      await audit(tx, act, 'create user', { user: made, scopes: first });
      return made;
    }
    const held = await store.lockUser(tx, name);
    if (!held) throw new Conflict(`"${name}" was removed at this moment; ask again.`);
    const wanted = scopes ?? held.scopes;
    if (wanted.length === 0)
      throw new InvalidInput(`"${name}" was revoked; say what they may do now with --scopes`, [
        { field: 'scopes', reason: 'missing for a person without any' },
      ]);
    if (wanted.join() !== held.scopes.join()) {
      await store.setScopes(tx, held.id, wanted);
      await audit(tx, act, 'change scopes', { user: held.id, from: held.scopes, to: wanted });
    }
    return held.id;
  };

  return {
    async createToken({ name, scopes, ...act }) {
      const parsed = parseScopes(scopes);
      const token = fresh('dl');
      await db.transaction(async (tx) => {
        const made = await store.insertToken(tx, {
          name: checkName(name),
          hash: hashOf(token),
          scopes: parsed,
          now: clock.now(),
        });
        if (!made)
          throw new Conflict(
            `A token named "${name}" exists; choose another name or revoke it with \`deskledger token revoke --name "${name}"\`.`,
          );
        await audit(tx, act, 'create token', { name, scopes: parsed });
      });
      return { token, scopes: parsed };
    },
    async revokeToken(name, act = {}) {
      await db.transaction(async (tx) => {
        if (!(await store.revokeToken(tx, name, clock.now())))
          throw new NotFound(`No token in use is named "${name}"; \`deskledger token list\` shows them.`);
        await audit(tx, act, 'revoke token', { name });
      });
    },
    tokens: () => store.listTokens(db),
    byToken: (token) => store.findToken(db, hashOf(token), clock.now()),
    async createSignIn({ name, scopes, ...act }) {
      const asked = { name: checkName(name), scopes: scopes === undefined ? null : parseScopes(scopes), ...act };
      const now = clock.now();
      const token = fresh('in');
      const expiresAt = new Date(now.getTime() + linkMs);
      await db.transaction(async (tx) => {
        const userId = await admit(tx, asked);
        await store.dropExpired(tx, now);
        await store.insertSession(tx, { userId, hash: hashOf(token), kind: 'link', expiresAt, now });
      });
      return { token, expiresAt };
    },
    async revokeUser(name, act = {}) {
      await db.transaction(async (tx) => {
        const held = await store.lockUser(tx, name);
        if (!held) throw new NotFound(`Nobody is named "${name}"; \`deskledger user list\` shows who there is.`);
        await store.dropSessions(tx, held.id);
        await store.setScopes(tx, held.id, []);
        await audit(tx, act, 'revoke user', { user: held.id, scopes: held.scopes });
      });
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
    everSignedIn: () => store.anySignIn(db),
    bySession: (token) => store.findSession(db, hashOf(token), clock.now()),
    closeSession: (token) => store.deleteSession(db, hashOf(token)),
  };
};
