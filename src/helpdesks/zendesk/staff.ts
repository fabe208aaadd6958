import { BoundedMap } from '../../platform/bounded-map.ts';
import type { HelpdeskAgent } from '../port.ts';
import type { ZendeskUser } from './schema.ts';

export type Role = 'agent' | 'ai_agent' | 'end_user';

/** How many users one client remembers; the longest unseen go first. */
const mostRemembered = 20_000;

/** How Zendesk writes the role of an AI agent that has a user is not documented; these are read as one. */
const isAiRole = (role: string): boolean => /^(ai[-_ ]?agent|bot)$/i.test(role);

const roleOf = ({ role }: ZendeskUser): Role =>
  role === null || role === 'end-user' ? 'end_user' : isAiRole(role) ? 'ai_agent' : 'agent';

/**
 * Remembers who is an agent, so that a ticket's history costs no further call. Holds ids and roles, and the names of agents.
 * `aiAgentIds` are users that the settings name as AI agents, whatever their role.
 */
export const createStaff = (
  lookUp: (userIds: readonly string[]) => Promise<readonly ZendeskUser[]>,
  aiAgentIds: readonly string[] = [],
) => {
  const named = new Set(aiAgentIds);
  /** Null: Zendesk does not know the user. */
  const known = new BoundedMap<string, { readonly role: Role; readonly name: string | null } | null>(mostRemembered);
  const learn = (users: readonly ZendeskUser[]): void => {
    for (const user of users) {
      const role = user.id && named.has(user.id) ? 'ai_agent' : roleOf(user);
      if (user.id) known.set(user.id, { role, name: role === 'end_user' ? null : user.name });
    }
  };
  return {
    learn,
    /** Makes sure that the roles are known, with one call where they are not. */
    async know(userIds: readonly string[]): Promise<void> {
      const unknown = [...new Set(userIds)].filter((id) => !known.has(id));
      if (unknown.length === 0) return;
      learn(await lookUp(unknown));
      for (const id of unknown) if (!known.has(id)) known.set(id, null);
    },
    roleOf: (userId: string): Role | undefined => (named.has(userId) ? 'ai_agent' : known.get(userId)?.role),
    agentsAmong: (userIds: Iterable<string>): HelpdeskAgent[] =>
      [...new Set(userIds)].flatMap((externalId) => {
        const entry = known.get(externalId);
        return entry && entry.role !== 'end_user' ? [{ externalId, name: entry.name }] : [];
      }),
  };
};

export type Staff = ReturnType<typeof createStaff>;
