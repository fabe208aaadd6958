import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../platform/clock.ts';
import type { CallCounts } from '../platform/http/call-count.ts';
import type { CallObserver } from '../platform/http/client.ts';
import type { FormerAgents, HelpdeskClient } from './port.ts';
import { helpdesks } from './registry.ts';

/** What a client is made of. */
interface Account {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly settings: Record<string, unknown>;
  readonly apiUserId: string | null;
}

/** The one client of each account, so that all callers share its quota; made anew when settings or our user's id changed. */
export const createHelpdeskClients = (deps: {
  readonly clock: Clock;
  readonly wall: Clock;
  readonly allowPrivate: boolean;
  readonly observe: (connection: Account) => CallObserver;
  readonly countsOf?: (connectionId: number) => CallCounts;
  readonly formerAgentsOf?: (connectionId: number) => FormerAgents;
}): ((account: Account) => HelpdeskClient) => {
  const held = new Map<number, { readonly account: Account; readonly client: HelpdeskClient }>();
  return (account) => {
    const known = held.get(account.id);
    if (
      known &&
      known.account.apiUserId === account.apiUserId &&
      isDeepStrictEqual(known.account.settings, account.settings)
    )
      return known.client;
    const adapter = helpdesks.get(account.kind);
    if (!adapter) throw new TypeError(`connection ${account.id} is a ${account.kind}, which is no helpdesk`);
    const client = adapter.connect(adapter.settings.parse(account.settings), {
      clock: deps.clock,
      wall: deps.wall,
      allowPrivate: deps.allowPrivate,
      apiUserId: account.apiUserId,
      observe: deps.observe(account),
      ...(deps.countsOf && { counts: deps.countsOf(account.id) }),
      ...(deps.formerAgentsOf && { formerAgents: deps.formerAgentsOf(account.id) }),
    });
    held.set(account.id, { account, client });
    return client;
  };
};
