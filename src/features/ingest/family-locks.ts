import type { Sql } from '../../platform/database/database.ts';
import { Overtaken } from './lots.ts';
import { type LockedTicket, loadTickets } from './tickets.ts';

const familySql = `
  with lot as (select external_id, parent_external_id, merged_into_external_id from ticket where id = any($2)),
  named as (
    select unnest($3::text[]) as external_id
    union select parent_external_id from lot where parent_external_id is not null
    union select merged_into_external_id from lot where merged_into_external_id is not null
  )
  select id from ticket where id = any($2)
  union select id from ticket where connection_id = $1 and external_id in (select external_id from named)
  union select t.id from ticket t join lot on t.connection_id = $1 and t.parent_external_id = lot.external_id
  union select t.id from ticket t join lot on t.connection_id = $1 and t.merged_into_external_id = lot.external_id`;

const loadFamily = async (
  sql: Sql,
  connectionId: number,
  ticketIds: readonly bigint[],
  relatives: readonly string[],
): Promise<bigint[]> =>
  (await sql.query<{ id: bigint }>(familySql, [connectionId, ticketIds, relatives])).map(({ id }) => id);

/** A family that others join or hold again and again is left for a transaction of its own. */
const mostTries = 3;

/**
 * Locks a lot and every ticket that shares its attribution: parents and merge targets, sources and follow-ups. All of one
 * family wait for one another, so that a target's change is never missed by its source.
 *
 * Who joins a family locks the ticket it joins: once the lot is locked nobody does, and what is found then is whole. Relatives
 * are locked beside it only where that needs no waiting. Else all is let go and waited for in the order of all writers, for
 * whoever waits while it holds a later one closes a ring. Throws Overtaken where others were in the way each time. `beside` are
 * tickets of no such family that are to be locked with them.
 */
export const lockTickets = async (
  tx: Sql,
  connectionId: number,
  ticketIds: readonly bigint[],
  relatives: readonly string[],
  beside: Iterable<bigint> = [],
): Promise<LockedTicket[]> => {
  let ids = [...new Set([...ticketIds, ...beside])];
  // Never released: what is written later belongs to it, as rows locked in one and written in another cost more.
  await tx.query('savepoint before_family');
  for (let tries = 1; ; tries += 1) {
    const rows = await loadTickets(tx, ids, 'for update');
    const family = await loadFamily(tx, connectionId, ticketIds, relatives);
    const locked = new Set(ids);
    const missing = family.filter((id) => !locked.has(id));
    if (missing.length === 0) return rows;
    const others = await loadTickets(tx, missing, 'for update skip locked');
    if (others.length === missing.length) return [...rows, ...others];
    if (tries === mostTries) throw new Overtaken();
    await tx.query('rollback to savepoint before_family');
    ids = [...new Set([...family, ...beside])];
  }
};

/** The same family, for a look that writes nothing. */
export const familyOf = async (sql: Sql, connectionId: number, ticketIds: readonly bigint[]): Promise<LockedTicket[]> =>
  loadTickets(sql, await loadFamily(sql, connectionId, ticketIds, []));

/** Of the locked family, those that take their attribution from these tickets: merge sources and follow-ups. */
export const dependantsOf = (locked: readonly LockedTicket[], ticketIds: readonly bigint[]): bigint[] => {
  const changed = new Set(ticketIds);
  const sources = new Set(locked.flatMap(({ id, externalId }) => (changed.has(id) ? [externalId] : [])));
  return locked.flatMap(({ id, parentExternalId, mergedIntoExternalId }) =>
    !changed.has(id) && (sources.has(parentExternalId ?? '') || sources.has(mergedIntoExternalId ?? '')) ? [id] : [],
  );
};
