import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';

/** The role of an agent from a day on, or as of always; '' is none. */
export interface RoleSpell {
  readonly connectionId: number;
  readonly externalId: string;
  readonly role: string;
  readonly validFrom: Day | null;
}

/** The role that holds on a day: the latest that began by then; null for none. */
export const roleOn = (spells: readonly RoleSpell[], day: Day): string | null =>
  spells
    .filter(({ validFrom }) => validFrom === null || validFrom <= day)
    .reduce<RoleSpell | null>(
      (best, spell) => (best && (best.validFrom ?? '') > (spell.validFrom ?? '') ? best : spell),
      null,
    )?.role || null;

/** Every agent has one as of always. */
const allSpells = `
  select connection_id, external_id, coalesce(role, '') as role, null::date as valid_from from agent
  union all select connection_id, external_id, role, valid_from from agent_role`;
const columns = `s.connection_id as "connectionId", s.external_id as "externalId", s.role, s.valid_from::text as "validFrom"`;

/** Roles of agents of several connections, by `connection:agent`. */
export const rolesOfAgents = async (
  sql: Sql,
  { connectionIds, agentIds }: { readonly connectionIds: readonly number[]; readonly agentIds: readonly string[] },
): Promise<Map<string, RoleSpell[]>> => {
  const rows = await sql.query<RoleSpell>(
    `select ${columns} from (${allSpells}) s where s.connection_id = any($1::int[]) and s.external_id = any($2::text[])`,
    [connectionIds, agentIds],
  );
  return Map.groupBy(rows, ({ connectionId, externalId }) => `${connectionId}:${externalId}`);
};

/** Every agent that is known, with or without a role, by the connection's name; each first as of always, then by day. */
export const listRoles = (sql: Sql): Promise<(RoleSpell & { readonly connection: string })[]> =>
  sql.query(
    `select ${columns}, c.name as connection from (${allSpells}) s join connection c on c.id = s.connection_id
      order by c.name, s.external_id, s.valid_from nulls first`,
  );

const unnested =
  'unnest($1::int[], $2::text[], $3::text[], $4::date[]) as g(connection_id, external_id, role, valid_from)';
const cellsOf = (spells: readonly RoleSpell[]) => [
  spells.map(({ connectionId }) => connectionId),
  spells.map(({ externalId }) => externalId),
  spells.map(({ role }) => role),
  spells.map(({ validFrom }) => validFrom),
];

/** Stores roles, and takes `gone` away. Of agents whom nobody knew only a dated role, none holds before it. */
export const saveRoles = async (
  tx: Sql,
  { given, gone }: { readonly given: readonly RoleSpell[]; readonly gone: readonly RoleSpell[] },
): Promise<void> => {
  await tx.query(
    `insert into agent (connection_id, external_id, role)
     select g.connection_id, g.external_id, nullif(g.role, '') from ${unnested} where g.valid_from is null order by 1, 2
     on conflict (connection_id, external_id) do update set role = excluded.role`,
    cellsOf(given),
  );
  await tx.query(
    `insert into agent (connection_id, external_id) select distinct g.connection_id, g.external_id from ${unnested} order by 1, 2
     on conflict (connection_id, external_id) do nothing`,
    cellsOf(given),
  );
  await tx.query(
    `delete from agent_role r using ${unnested}
      where (r.connection_id, r.external_id, r.valid_from) = (g.connection_id, g.external_id, g.valid_from)`,
    cellsOf(gone),
  );
  await tx.query(
    `insert into agent_role as r (connection_id, external_id, role, valid_from)
     select g.* from ${unnested} where g.valid_from is not null order by 1, 2, 4
     on conflict (connection_id, external_id, valid_from) do update set role = excluded.role where r.role <> excluded.role`,
    cellsOf(given),
  );
};
