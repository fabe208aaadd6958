import type { RemoteObject } from '../../helpdesks/port.ts';
import type { Sql } from '../../platform/database/database.ts';

/** What we made at a connection's vendor and did not take away yet, oldest first. */
export const remoteObjectsOf = async (sql: Sql, connectionId: number): Promise<RemoteObject[]> => {
  const rows = await sql.query<{ what: RemoteObject['what']; external_id: string; name: string }>(
    'select what, external_id, name from remote_object where connection_id = $1 order by made_at, what, external_id',
    [connectionId],
  );
  return rows.map(({ what, external_id, name }) => ({ what, externalId: external_id, name }));
};

export const recordRemoteObjects = async (
  sql: Sql,
  { connectionId, objects, now }: { connectionId: number; objects: readonly RemoteObject[]; now: Date },
): Promise<void> => {
  if (objects.length === 0) return;
  await sql.query(
    `insert into remote_object (connection_id, what, external_id, name, made_at)
     select $1, what, external_id, name, $5 from unnest($2::text[], $3::text[], $4::text[]) as t(what, external_id, name)
     on conflict do nothing`,
    [
      connectionId,
      objects.map(({ what }) => what),
      objects.map(({ externalId }) => externalId),
      objects.map(({ name }) => name),
      now,
    ],
  );
};

export const forgetRemoteObjects = async (
  sql: Sql,
  connectionId: number,
  objects: readonly RemoteObject[],
): Promise<void> => {
  await sql.query(
    `delete from remote_object r using unnest($2::text[], $3::text[]) as gone(what, external_id)
      where r.connection_id = $1 and r.what = gone.what and r.external_id = gone.external_id`,
    [connectionId, objects.map(({ what }) => what), objects.map(({ externalId }) => externalId)],
  );
};
