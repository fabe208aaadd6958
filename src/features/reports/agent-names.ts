import type { Sql } from '../../platform/database/database.ts';

/** Names of agents by "connection:helpdesk's id", as figures by agent are keyed; null where the helpdesk told none. */
export const agentNames = async (
  sql: Sql,
  agents: readonly (string | null)[],
): Promise<Record<string, string | null>> => {
  const rows = await sql.query<{ agent: string; name: string | null }>(
    `select g.agent, a.name from unnest($1::text[]) as g(agent)
       join agent a on a.connection_id = split_part(g.agent, ':', 1)::int and a.external_id = substr(g.agent, strpos(g.agent, ':') + 1)`,
    [[...new Set(agents.filter((agent) => agent !== null))]],
  );
  return Object.fromEntries(rows.map(({ agent, name }) => [agent, name]));
};
