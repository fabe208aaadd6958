import type { SidebarChoices, SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { problemOf, ServiceFault } from './problem.ts';
import type { ZafClient } from './zaf.ts';

/** What the app reads of Deskledger. Both throw ServiceFault. */
export interface Service {
  ticket(externalId: string): Promise<SidebarTicket>;
  choices(): Promise<SidebarChoices>;
}

/** The proxy's own limit is longer than an agent's patience. */
const timeoutMs = 10_000;
const tokenSeconds = 60;

/**
 * Reads through Zendesk's proxy, which signs the token with the secure setting: the secret never reaches the browser. The
 * claims prove nobody (the browser chooses them); a fresh `jti` lets the service refuse a token that is shown twice.
 */
export const createService = (
  client: Pick<ZafClient, 'request'>,
  address: string | null,
  newId: () => string,
): Service => {
  const read = async (path: string): Promise<unknown> => {
    if (address === null) throw new ServiceFault('noAddress');
    let answer: unknown;
    try {
      answer = await client.request({
        url: `${address}/sidebar/v1/${path}`,
        type: 'GET',
        secure: true,
        cors: false,
        timeout: timeoutMs,
        autoRetry: false,
        headers: { Authorization: 'Bearer {{jwt.token}}' },
        jwt: {
          algorithm: 'HS256',
          secret_key: '{{setting.shared_secret}}',
          expiry: tokenSeconds,
          claims: { jti: newId() },
        },
      });
    } catch (error) {
      throw new ServiceFault(problemOf(error));
    }
    return typeof answer === 'string' ? parse(answer) : answer;
  };

  return {
    async ticket(externalId) {
      const answer = await read(`tickets/${encodeURIComponent(externalId)}`);
      if (!isTicket(answer)) throw new ServiceFault('notOurs');
      return answer;
    },
    async choices() {
      const answer = await read('choices');
      if (!isChoices(answer)) throw new ServiceFault('notOurs');
      return answer;
    },
  };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceFault('notOurs');
  }
};

const has = (value: unknown, ...names: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && names.every((name) => name in value);

/** Enough of the shape to tell our answer from another server's page; the rest is the contract's. */
const isTicket = (value: unknown): value is SidebarTicket =>
  has(value, 'asOf', 'ticket', 'attribution', 'partners', 'fields', 'customer');
const isChoices = (value: unknown): value is SidebarChoices => has(value, 'partners', 'regions', 'reasons', 'fields');
