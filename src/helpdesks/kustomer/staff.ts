import { BoundedMap } from '../../platform/bounded-map.ts';
import type { HelpdeskAgent } from '../port.ts';
import type { User } from './schema.ts';

/** How many users one client remembers; the longest unseen go first. */
const mostRemembered = 20_000;

interface Known {
  /** A machine is the user behind an API key. */
  readonly role: 'agent' | 'machine';
  readonly name: string | null;
}

/** Remembers who is a person and who a machine, so that a conversation's history costs no further call. Holds ids, roles and names of staff. */
export const createStaff = (lookUp: {
  /** All users as far as the account lists them. */
  readonly all: () => Promise<readonly User[]>;
  /** Null: Kustomer does not know the user. */
  readonly one: (userId: string) => Promise<User | null>;
}) => {
  const known = new BoundedMap<string, Known | null>(mostRemembered);
  let listed: Promise<void> | undefined;
  /** Users being asked for: several conversations that name one of them ask once. */
  const asked = new Map<string, Promise<void>>();
  const learn = ({ id, attributes }: User): void => {
    const role = attributes.userType?.toLowerCase() === 'machine' ? 'machine' : 'agent';
    known.set(id, { role, name: attributes.displayName ?? attributes.name });
  };
  const list = async (): Promise<void> => {
    for (const user of await lookUp.all()) learn(user);
  };
  const ask = async (id: string): Promise<void> => {
    const user = await lookUp.one(id);
    if (user) learn(user);
    else known.set(id, null);
  };
  return {
    /** Makes sure that the roles are known: by one list at first, then one by one. */
    async know(userIds: Iterable<string>): Promise<void> {
      const wanted = [...new Set(userIds)];
      if (wanted.every((id) => known.has(id))) return;
      listed ??= list();
      try {
        await listed;
      } catch (error) {
        listed = undefined;
        throw error;
      }
      await Promise.all(
        wanted
          .filter((id) => !known.has(id))
          .map((id) => {
            const asking = asked.get(id) ?? ask(id).finally(() => asked.delete(id));
            asked.set(id, asking);
            return asking;
          }),
      );
    },
    roleOf: (userId: string): Known['role'] | undefined => known.get(userId)?.role,
    agentsAmong: (userIds: Iterable<string>): HelpdeskAgent[] =>
      [...new Set(userIds)].flatMap((externalId) => {
        const entry = known.get(externalId);
        return entry?.role === 'agent' ? [{ externalId, name: entry.name }] : [];
      }),
  };
};
