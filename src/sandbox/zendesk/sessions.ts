import { randomBytes, timingSafeEqual } from 'node:crypto';

interface Session {
  readonly agentId: number;
  /** The cookie's value, and what a page must send besides to change anything. */
  readonly key: string;
  readonly csrf: string;
}

/** Agents who are signed in to the account with a browser. */
export interface Sessions {
  /** Signs an agent in; again and again into the same session. */
  open(agentId: number): Session & { readonly cookie: string };
  /** The session of a request's cookies; null: nobody is signed in. */
  of(cookies: string | undefined): Session | null;
  /** Whether a page of ours sends the request, and not one of somebody else's with our cookie. */
  proves(session: Session, token: string | string[] | undefined): boolean;
}

const newKey = (): string => randomBytes(18).toString('base64url');

/** `name`: of the cookie. A browser keeps cookies by host, and the accounts of one machine differ by their port alone. */
export const createSessions = (name: () => string): Sessions => {
  const byAgent = new Map<number, Session>();
  return {
    open(agentId) {
      const session = byAgent.get(agentId) ?? { agentId, key: newKey(), csrf: newKey() };
      byAgent.set(agentId, session);
      return { ...session, cookie: `${name()}=${session.key}; Path=/; HttpOnly; SameSite=Strict` };
    },
    of(cookies) {
      const keys = (cookies ?? '').split(';').map((pair) => pair.trim().split('='));
      const key = keys.find(([cookie]) => cookie === name())?.[1];
      return [...byAgent.values()].find((session) => session.key === key) ?? null;
    },
    proves({ csrf }, token) {
      const [given, held] = [Buffer.from(String(token ?? '')), Buffer.from(csrf)];
      return given.length === held.length && timingSafeEqual(given, held);
    },
  };
};
