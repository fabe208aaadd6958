import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { type Day, isDay } from '../../core/time.ts';
import type { HelpdeskAgent } from '../../helpdesks/port.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import { recordAudit } from './audit.ts';
import { changesAnything, compareRows, type ImportOptions, type ImportReport } from './import-report.ts';
import { listRoles, type RoleSpell, saveRoles } from './roles.ts';
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

/** A day before all work. */
const always: Day = '1970-01-01';

const columns = z.object({
  connection: z.string().min(1),
  external_id: z.string().min(1).max(100),
  role: z.string().max(60),
  role_from: z.string().optional(),
  team: z.string().max(60).optional(),
  team_from: z.string().optional(),
});

interface AgentRow extends RoleSpell {
  readonly connection: string;
  /** Where the file says in which team the agent is, and from when on. */
  readonly team?: { readonly name: string; readonly from: Day };
}

const agentOf = ({ connectionId, externalId }: RoleSpell): string => `${connectionId}:${externalId}`;
const keyOf = (row: RoleSpell): string => `${row.validFrom ?? ''} ${agentOf(row)}`;

const readRows = (text: string, connections: readonly { readonly id: number; readonly name: string }[]): AgentRow[] => {
  const faults: InputFault[] = [];
  const [seen, seenTeams] = [new Set<string>(), new Set<string>()];
  const given = readTable(text, columns).flatMap(({ row, value }): AgentRow[] => {
    const connection = connectionOfRow(connections, { row, named: value.connection, faults });
    if (!connection) return [];
    const refuse = (column: string, reason: string) => faults.push({ field: cellField(row, column), reason });
    const [roleFrom, teamFrom] = [value.role_from ?? '', value.team_from ?? ''];
    for (const [column, day] of [
      ['role_from', roleFrom],
      ['team_from', teamFrom],
    ] as const)
      if (day !== '' && !isDay(day)) refuse(column, 'is not a day; write it as YYYY-MM-DD');
    if (value.team && teamFrom === '') refuse('team_from', 'is empty; write the first day in the team');
    const agent: AgentRow = {
      connectionId: connection.id,
      connection: connection.name,
      externalId: value.external_id,
      role: value.role,
      validFrom: roleFrom === '' ? null : roleFrom,
      ...(teamFrom !== '' && { team: { name: value.team ?? '', from: teamFrom } }),
    };
    const who = `agent ${value.external_id} of ${connection.name}`;
    if (seen.has(keyOf(agent)))
      refuse(
        'external_id',
        `${who} stands twice in the file${roleFrom === '' ? '' : ` with the first day ${roleFrom}`}`,
      );
    seen.add(keyOf(agent));
    const team = `${teamFrom} ${agentOf(agent)}`;
    if (teamFrom !== '' && seenTeams.has(team)) refuse('team_from', `${who} has a team of this day in a row before`);
    seenTeams.add(team);
    return [agent];
  });
  refuseFaults('The file', faults);
  return given;
};

const rowsByKey = (rows: readonly AgentRow[]): Map<string, Record<string, string>> =>
  new Map(
    rows.map((row) => [
      keyOf(row),
      {
        connection: row.connection,
        external_id: row.externalId,
        role: row.role,
        ...(row.validFrom && { role_from: row.validFrom }),
        ...(row.team && { team: row.team.name, team_from: row.team.from }),
      },
    ]),
  );

const spellsOf = (given: readonly AgentRow[]): TeamSpell[] =>
  given.flatMap(({ connectionId, externalId, team }) =>
    team ? [{ connectionId, externalId, team: team.name, validFrom: team.from }] : [],
  );

/** What is stored of the days that the file names, so that a row that says nothing new is unchanged. */
const withStoredTeams = async (
  tx: Sql,
  stored: readonly AgentRow[],
  given: readonly AgentRow[],
): Promise<AgentRow[]> => {
  const spells = spellsOf(given);
  const held = await teamsOfAgents(tx, {
    connectionIds: spells.map(({ connectionId }) => connectionId),
    agentIds: spells.map(({ externalId }) => externalId),
  });
  const askedFrom = new Map(given.map((row) => [keyOf(row), row.team?.from]));
  return stored.map((row) => {
    const spell = held.get(agentOf(row))?.find(({ validFrom }) => validFrom === askedFrom.get(keyOf(row)));
    return spell ? { ...row, team: { name: spell.team, from: spell.validFrom } } : row;
  });
};

/** The first day on which the role of anybody is another; null: it is nobody's. */
const firstNewRole = (
  given: readonly AgentRow[],
  { stored, gone }: { readonly stored: readonly AgentRow[]; readonly gone: readonly AgentRow[] },
): Day | null => {
  const held = new Map(stored.map((row) => [keyOf(row), row.role]));
  const isNew = (row: AgentRow): boolean => (held.get(keyOf(row)) ?? (row.validFrom ? null : '')) !== row.role;
  return [...given.filter(isNew), ...gone].map(({ validFrom }) => validFrom ?? always).toSorted()[0] ?? null;
};

/**
 * Gives agents their roles and, where the file says so, their teams from a day on. A role with `role_from` holds from that day,
 * the former one before it, and those of other days stay; one without it is the agent's as of always: what has a first day
 * and does not stand beside it in the file goes. An empty role is none; agents not in the file keep theirs. Throws
 * InvalidInput with every fault. `from`: the first day on which a rate may differ.
 */
export const importAgents = async (
  tx: Sql,
  text: string,
  { dryRun, actor = 'cli', now }: ImportOptions & { readonly now: Date },
): Promise<ImportReport & { readonly from: Day | null }> => {
  const connections = await tx.query<{ id: number; name: string }>('select id, name from connection order by id');
  const given = readRows(text, connections);
  const named = new Set(given.map(keyOf));
  const ofAlways = new Set(given.filter(({ validFrom }) => validFrom === null).map(agentOf));
  const all = await listRoles(tx);
  const gone = all.filter((row) => ofAlways.has(agentOf(row)) && !named.has(keyOf(row)));
  const stored = [...all.filter((row) => named.has(keyOf(row))), ...gone];
  const report = compareRows({
    what: 'agents',
    dryRun,
    replaces: true,
    stored: rowsByKey(await withStoredTeams(tx, stored, given)),
    given: rowsByKey(given),
    warnings:
      gone.length === 0
        ? []
        : [
            `The file says what these agents are as of always: ${gone.length} of their roles with a first day ${gone.length === 1 ? 'goes' : 'go'}; to keep them write them into the file too, with role_from`,
          ],
  });
  if (!changesAnything(report)) return { ...report, from: null };
  await saveRoles(tx, { given, gone });
  const firsts = [firstNewRole(given, { stored, gone }), await saveTeams(tx, spellsOf(given))];
  await recordAudit(tx, {
    at: now,
    actor,
    action: 'import agents',
    detail: { added: report.added, changed: report.changed, removed: report.removed },
  });
  return { ...report, from: firsts.filter((day) => day !== null).toSorted()[0] ?? null };
};
