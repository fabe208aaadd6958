import { agentRateKey, type Rate, type RateScope } from './rates.ts';

export interface NamedConnection {
  readonly id: number;
  readonly name: string;
}

/** A rate's key as it is stored, and as people write it: with the connection's name. */
export interface RateKeys {
  readonly key: Rate['key'];
  readonly shownKey: string;
}

type Given = { readonly scope: RateScope; readonly key: string };

/** A connection's name may hold ":", an agent's id none. */
const agentKey = /^(?<connection>.+):(?<agent>[^:]+)$/;

const keyFault = ({ scope, key }: Given): string | null => {
  if (scope === 'default') return key === '' || key === 'default' ? null : 'must be empty for the default rate';
  if (key === '')
    return scope === 'agent' ? 'is empty; write connection:external_id' : `is empty; write the ${scope}'s name`;
  return scope !== 'agent' || agentKey.test(key)
    ? null
    : "must be connection:external_id, with the connection's name or id";
};

/** Reads the key of a rate as a file names it: the keys, or what is wrong with it. */
export const rateKeyReader = (
  connections: readonly NamedConnection[],
): ((given: Given) => RateKeys | { readonly fault: string }) => {
  const byName = new Map(connections.map((connection) => [connection.name, connection]));
  const byId = new Map(connections.map((connection) => [String(connection.id), connection]));
  const known = connections.map(({ id, name }) => `${name} (${id})`).join(', ') || 'none yet';
  return (given) => {
    const fault = keyFault(given);
    if (fault !== null) return { fault };
    if (given.scope === 'default') return { key: '', shownKey: '' };
    if (given.scope !== 'agent') return { key: given.key, shownKey: given.key };
    const { connection = '', agent = '' } = agentKey.exec(given.key)?.groups ?? {};
    const named = byId.get(connection) ?? byName.get(connection);
    return named
      ? { key: agentRateKey(named.id, agent), shownKey: `${named.name}:${agent}` }
      : { fault: `"${given.key}" is of no connection; known are ${known}` };
  };
};
