import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { type Day, isDay } from '../../core/time.ts';
import type { HelpdeskAgent } from '../../helpdesks/port.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import { recordAudit } from './audit.ts';
import { changesAnything, compareRows, type ImportOptions, type ImportReport } from './import-report.ts';
import { connectionOfRow, saveTeams, type TeamSpell, teamsOfAgents } from './teams.ts';

/** Keeps the names that a helpdesk gives its agents; roles are left alone. One statement, in the order of the ids. */
export const saveAgents = async (sql: Sql, connectionId: number, agents: readonly HelpdeskAgent[]): Promise<void> => {
  const byId = new Map(agents.map((agent) => [agent.externalId, agent.name]));
  if (byId.size === 0) return;
  const ids = [...byId.keys()].sort();
  await sql.query(
    `insert into agent (connection_id, external_id, name)
     select $1, external_id, name from unnest($2::text[], $3::text[]) as t(external_id, name)
     on conflict (connection_id, external_id) do update set name = excluded.name
      where excluded.name is not null and agent.name is distinct from excluded.name`,
    [connectionId, ids, ids.map((id) => byId.get(id) ?? null)],
  );
};

/** Those of these users of a connection whom we know as agents, whatever the helpdesk says they are today. */
export const agentsAmong = async (
  sql: Sql,
  connectionId: number,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> => {
  if (userIds.length === 0) return new Set();
  const rows = await sql.query<{ external_id: string }>(
    'select external_id from agent where connection_id = $1 and external_id = any($2::text[])',
    [connectionId, userIds],
  );
  return new Set(rows.map(({ external_id }) => external_id));
};

/** The role of each agent of a connection, by the helpdesk's id; null: none was given. */
export const rolesOf = async (sql: Sql, connectionId: number): Promise<Map<string, string | null>> => {
  const rows = await sql.query<{ external_id: string; role: string | null }>(
    'select external_id, role from agent where connection_id = $1',
    [connectionId],
  );
  return new Map(rows.map(({ external_id, role }) => [external_id, role]));
};

/** Roles of agents of several connections, by `connection:agent`; those without one are absent. */
export const rolesOfAgents = async (
  sql: Sql,
  { connectionIds, agentIds }: { readonly connectionIds: readonly number[]; readonly agentIds: readonly string[] },
): Promise<Map<string, string>> => {
  const rows = await sql.query<{ connectionId: number; externalId: string; role: string }>(
    `select connection_id as "connectionId", external_id as "externalId", role from agent
      where role is not null and connection_id = any($1::int[]) and external_id = any($2::text[])`,
    [connectionIds, agentIds],
  );
  return new Map(rows.map(({ connectionId, externalId, role }) => [`${connectionId}:${externalId}`, role]));
};

/** A day before all work. */
const always: Day = '1970-01-01';

const columns = z.object({
  connection: z.string().min(1),
  external_id: z.string().min(1).max(100),
  role: z.string().max(60),
  team: z.string().max(60).optional(),
  team_from: z.string().optional(),
});

interface GivenRole {
  readonly connectionId: number;
  readonly connection: string;
  readonly externalId: string;
  readonly role: string | null;
  /** Where the file says in which team the agent is, and from when on. */
  readonly team?: { readonly name: string; readonly from: Day };
}

const allRoles = `select a.connection_id as "connectionId", c.name as connection, a.external_id as "externalId", a.role
         from agent a join connection c on c.id = a.connection_id`;

/** Every agent that is known, with or without a role. */
export const listRoles = (sql: Sql): Promise<GivenRole[]> =>
  sql.query<GivenRole>(`${allRoles} order by c.name, a.external_id`);

const readRoles = (
  text: string,
  connections: readonly { readonly id: number; readonly name: string }[],
): GivenRole[] => {
  const faults: InputFault[] = [];
  const seen = new Set<string>();
  const given = readTable(text, columns).flatMap(({ row, value }) => {
    const connection = connectionOfRow(connections, { row, named: value.connection, faults });
    if (!connection) return [];
    const key = `${connection.id}:${value.external_id}`;
    if (seen.has(key))
      faults.push({
        field: cellField(row, 'external_id'),
        reason: `agent ${value.external_id} of ${connection.name} stands twice in the file`,
      });
    seen.add(key);
    const teamFrom = value.team_from ?? '';
    if (teamFrom !== '' && !isDay(teamFrom))
      faults.push({ field: cellField(row, 'team_from'), reason: 'is not a day; write it as YYYY-MM-DD' });
    if (value.team && teamFrom === '')
      faults.push({ field: cellField(row, 'team_from'), reason: 'is empty; write the first day in the team' });
    return [
      {
        connectionId: connection.id,
        connection: connection.name,
        externalId: value.external_id,
        role: value.role === '' ? null : value.role,
        ...(teamFrom !== '' && { team: { name: value.team ?? '', from: teamFrom } }),
      },
    ];
  });
  refuseFaults('The file', faults);
  return given;
};

const rowsByKey = (roles: readonly GivenRole[]): Map<string, Record<string, string>> =>
  new Map(
    roles.map(({ connectionId, connection, externalId, role, team }) => [
      `${connectionId}:${externalId}`,
      {
        connection,
        external_id: externalId,
        role: role ?? '',
        ...(team && { team: team.name, team_from: team.from }),
      },
    ]),
  );

const spellsOf = (given: readonly GivenRole[]): TeamSpell[] =>
  given.flatMap(({ connectionId, externalId, team }) =>
    team ? [{ connectionId, externalId, team: team.name, validFrom: team.from }] : [],
  );

/** What is stored of the days that the file names, so that a row that says nothing new is unchanged. */
const withStoredTeams = async (
  tx: Sql,
  stored: readonly GivenRole[],
  given: readonly GivenRole[],
): Promise<GivenRole[]> => {
  const spells = spellsOf(given);
  const held = await teamsOfAgents(tx, {
    connectionIds: spells.map(({ connectionId }) => connectionId),
    agentIds: spells.map(({ externalId }) => externalId),
  });
  const askedFrom = new Map(
    spells.map(({ connectionId, externalId, validFrom }) => [`${connectionId}:${externalId}`, validFrom]),
  );
  return stored.map((role) => {
    const key = `${role.connectionId}:${role.externalId}`;
    const spell = held.get(key)?.find(({ validFrom }) => validFrom === askedFrom.get(key));
    return spell ? { ...role, team: { name: spell.team, from: spell.validFrom } } : role;
  });
};

/**
 * Gives agents their roles and, where the file says so, their teams from a day on; an empty role takes the role away, agents
 * not in the file keep theirs. Throws InvalidInput with every fault. `from`: the first day on which a rate may differ.
 */
export const importAgents = async (
  tx: Sql,
  text: string,
  { dryRun, actor = 'cli', now }: ImportOptions & { readonly now: Date },
): Promise<ImportReport & { readonly from: Day | null }> => {
  const connections = await tx.query<{ id: number; name: string }>('select id, name from connection order by id');
  const given = readRoles(text, connections);
  const stored = await tx.query<GivenRole>(allRoles);
  const report = compareRows({
    what: 'agents',
    dryRun,
    replaces: false,
    stored: rowsByKey(await withStoredTeams(tx, stored, given)),
    given: rowsByKey(given),
  });
  if (!changesAnything(report)) return { ...report, from: null };
  const roles = new Map(stored.map(({ connectionId, externalId, role }) => [`${connectionId}:${externalId}`, role]));
  const hasNewRole = given.some(
    ({ connectionId, externalId, role }) => role !== (roles.get(`${connectionId}:${externalId}`) ?? null),
  );
  await tx.query(
    `insert into agent (connection_id, external_id, role)
     select * from unnest($1::int[], $2::text[], $3::text[]) as t(connection_id, external_id, role) order by 1, 2
     on conflict (connection_id, external_id) do update set role = excluded.role`,
    [
      given.map(({ connectionId }) => connectionId),
      given.map(({ externalId }) => externalId),
      given.map(({ role }) => role),
    ],
  );
  const firstOfTeams = await saveTeams(tx, spellsOf(given));
  await recordAudit(tx, {
    at: now,
    actor,
    action: 'import agents',
    detail: { added: report.added, changed: report.changed },
  });
  return { ...report, from: hasNewRole ? always : firstOfTeams };
};
