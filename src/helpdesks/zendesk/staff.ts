import type { HelpdeskAgent } from '../port.ts';
import type { ZendeskUser } from './schema.ts';

type Role = 'agent' | 'end_user';

/** How many users one client remembers; the longest unseen go first. */
const mostRemembered = 20_000;

const roleOf = ({ role }: ZendeskUser): Role => (role === null || role === 'end-user' ? 'end_user' : 'agent');

/** Remembers who is an agent, so that a ticket's history costs no further call. Holds ids and roles, and the names of agents. */
export const createStaff = (lookUp: (userIds: readonly string[]) => Promise<readonly ZendeskUser[]>) => {
  /** Null: Zendesk does not know the user. */
  const known = new Map<string, { readonly role: Role; readonly name: string | null } | null>();
  const remember = (id: string, entry: { role: Role; name: string | null } | null): void => {
    known.delete(id);
    known.set(id, entry);
    if (known.size > mostRemembered) for (const oldest of known.keys()) return void known.delete(oldest);
  };
  const learn = (users: readonly ZendeskUser[]): void => {
    for (const user of users) {
      const role = roleOf(user);
      if (user.id) remember(user.id, { role, name: role === 'agent' ? user.name : null });
    }
  };
  return {
    learn,
    /** Makes sure that the roles are known, with one call where they are not. */
    async know(userIds: readonly string[]): Promise<void> {
      const unknown = [...new Set(userIds)].filter((id) => !known.has(id));
      if (unknown.length === 0) return;
      learn(await lookUp(unknown));
      for (const id of unknown) if (!known.has(id)) remember(id, null);
    },
    roleOf: (userId: string): Role | undefined => known.get(userId)?.role,
    agentsAmong: (userIds: Iterable<string>): HelpdeskAgent[] =>
      [...new Set(userIds)].flatMap((externalId) => {
        const entry = known.get(externalId);
        return entry?.role === 'agent' ? [{ externalId, name: entry.name }] : [];
      }),
  };
};

export type Staff = ReturnType<typeof createStaff>;
