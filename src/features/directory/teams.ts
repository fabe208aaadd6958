import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { type Day, isDay } from '../../core/time.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import { recordAudit } from './audit.ts';
import { changesAnything, compareRows, type ImportOptions, type ImportReport } from './import-report.ts';

/** The team of an agent from a day on; '' takes the agent out of every team. */
export interface TeamSpell {
  readonly connectionId: number;
  readonly externalId: string;
  readonly team: string;
  readonly validFrom: Day;
}

/** The team that holds on a day: the latest that began by then; null for none. */
export const teamOn = (spells: readonly TeamSpell[], day: Day): string | null =>
  spells
    .filter(({ validFrom }) => validFrom <= day)
    .reduce<TeamSpell | null>((best, spell) => (best && best.validFrom > spell.validFrom ? best : spell), null)?.team ||
  null;

/** Teams of agents of several connections, by `connection:agent`. */
export const teamsOfAgents = async (
  sql: Sql,
  { connectionIds, agentIds }: { readonly connectionIds: readonly number[]; readonly agentIds: readonly string[] },
): Promise<Map<string, TeamSpell[]>> => {
  const rows = await sql.query<TeamSpell>(
    `select connection_id as "connectionId", external_id as "externalId", team, valid_from::text as "validFrom" from agent_team
      where connection_id = any($1::int[]) and external_id = any($2::text[]) order by valid_from`,
    [connectionIds, agentIds],
  );
  return Map.groupBy(rows, ({ connectionId, externalId }) => `${connectionId}:${externalId}`);
};

const allSpells = `select connection_id as "connectionId", external_id as "externalId", team, valid_from::text as "validFrom" from agent_team`;

/** Every spell with its connection's name, by agent and day. */
export const listTeams = (sql: Sql): Promise<(TeamSpell & { readonly connection: string })[]> =>
  sql.query(
    `select t.*, c.name as connection from (${allSpells}) t join connection c on c.id = t."connectionId"
      order by c.name, t."externalId", t."validFrom"`,
  );

const columns = z.object({
  connection: z.string().min(1),
  external_id: z.string().min(1).max(100),
  team: z.string().max(60),
  valid_from: z.string().refine(isDay, 'is not a day; write it as YYYY-MM-DD'),
});

interface NamedConnection {
  readonly id: number;
  readonly name: string;
}

/** The connection that a cell of a row names by its name or id; null, and the fault told, where there is none such. */
export const connectionOfRow = (
  connections: readonly NamedConnection[],
  { row, named, faults }: { readonly row: number; readonly named: string; readonly faults: InputFault[] },
): NamedConnection | null => {
  const found = connections.find(({ id, name }) => named === name || named === String(id));
  if (found) return found;
  const known = connections.map(({ id, name }) => `${name} (${id})`).join(', ') || 'none yet';
  faults.push({ field: cellField(row, 'connection'), reason: `"${named}" is no connection; known are ${known}` });
  return null;
};

const readTeams = (text: string, connections: readonly NamedConnection[]): TeamSpell[] => {
  const faults: InputFault[] = [];
  const seen = new Map<string, number>();
  const spells = readTable(text, columns).flatMap(({ row, value }): TeamSpell[] => {
    const connection = connectionOfRow(connections, { row, named: value.connection, faults });
    if (!connection) return [];
    const key = `${connection.id} ${value.valid_from} ${value.external_id}`;
    const earlier = seen.get(key);
    if (earlier)
      faults.push({ field: cellField(row, 'valid_from'), reason: `repeats agent and day of row ${earlier}` });
    seen.set(key, row);
    return [
      { connectionId: connection.id, externalId: value.external_id, team: value.team, validFrom: value.valid_from },
    ];
  });
  refuseFaults('The file', faults);
  return spells;
};

/** Stores spells in teams; those of other days stay. Returns the first day on which anything is new, null for none. */
export const saveTeams = async (tx: Sql, spells: readonly TeamSpell[]): Promise<Day | null> => {
  if (spells.length === 0) return null;
  const [changed] = await tx.query<{ first: Day | null }>(
    `with saved as (
       insert into agent_team as t (connection_id, external_id, team, valid_from)
       select * from unnest($1::int[], $2::text[], $3::text[], $4::date[]) order by 1, 2, 4
       on conflict (connection_id, external_id, valid_from) do update set team = excluded.team where t.team <> excluded.team
       returning valid_from)
     select min(valid_from)::text as first from saved`,
    [
      spells.map(({ connectionId }) => connectionId),
      spells.map(({ externalId }) => externalId),
      spells.map(({ team }) => team),
      spells.map(({ validFrom }) => validFrom),
    ],
  );
  return changed?.first ?? null;
};

/**
 * `connection,external_id,team,valid_from`: an agent's team from a day on; an empty team takes the agent out of it. What the
 * file does not name stays. Throws InvalidInput with every fault. `from`: the first day on which a rate may differ.
 */
export const importTeams = async (
  tx: Sql,
  text: string,
  options: ImportOptions & { readonly now: Date },
): Promise<ImportReport & { readonly from: Day | null }> => {
  const connections = await tx.query<NamedConnection>('select id, name from connection order by id');
  const names = new Map(connections.map(({ id, name }) => [id, name]));
  const spells = readTeams(text, connections);
  const held = await tx.query<TeamSpell>(allSpells);
  const rowsByKey = (all: readonly TeamSpell[]) =>
    new Map(
      all.map(({ connectionId, externalId, team, validFrom }) => [
        `${connectionId} ${validFrom} ${externalId}`,
        { connection: names.get(connectionId) ?? '', external_id: externalId, team, valid_from: validFrom },
      ]),
    );
  const report = compareRows({
    what: 'teams',
    dryRun: options.dryRun,
    replaces: false,
    stored: rowsByKey(held),
    given: rowsByKey(spells),
  });
  if (!changesAnything(report)) return { ...report, from: null };
  const from = await saveTeams(tx, spells);
  await recordAudit(tx, {
    at: options.now,
    actor: options.actor ?? 'cli',
    action: 'import teams',
    detail: { added: report.added, changed: report.changed },
  });
  return { ...report, from };
};
