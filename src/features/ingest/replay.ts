import { NotFound } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { isStorageTrouble } from '../../platform/database/trouble.ts';
import type { Connection, Directory } from '../directory/index.ts';
import { mostAttempts } from './coalescing.ts';
import { describe } from './isolate.ts';
import { replayStoreDelivery } from './store-changes.ts';
import { type Adapters, tellerOf } from './told.ts';

/** What lies in quarantine: a ticket or an order that failed time and again, or a delivery that was signed and could not be read. */
interface Quarantined {
  readonly what: 'ticket' | 'delivery' | 'order' | 'customer';
  readonly id: string;
  readonly connection: string;
  readonly externalId: string | null;
  readonly since: string;
  readonly error: string | null;
}

export const listQuarantined = async (sql: Sql): Promise<Quarantined[]> => {
  const rows = await sql.query<{
    what: Quarantined['what'];
    id: bigint | null;
    connection: string;
    external_id: string | null;
    since: Date;
    error: string | null;
  }>(
    `select 'ticket' as what, t.id, c.name as connection, t.external_id, t.quarantined_at as since, t.last_error as error
       from ticket t join connection c on c.id = t.connection_id where t.quarantined_at is not null
     union all
     select 'delivery', d.id, c.name, d.ticket_external_id, d.received_at, d.error
       from delivery d join connection c on c.id = d.connection_id where d.state = 'quarantined'
     union all
     select s.what, null, c.name, s.external_id, s.quarantined_at, s.last_error
       from store_change s join connection c on c.id = s.connection_id where s.quarantined_at is not null
     order by since limit 1000`,
  );
  return rows.map((row) => ({
    what: row.what,
    id: row.id?.toString() ?? row.external_id ?? '',
    connection: row.connection,
    externalId: row.external_id,
    since: row.since.toISOString(),
    error: row.error,
  }));
};

/** Which to replay; without any, all of them. */
interface ReplayChoice {
  readonly connection?: Connection | undefined;
  readonly ticketExternalId?: string | undefined;
}

const replayTickets = async (sql: Sql, choice: ReplayChoice, now: Date): Promise<number> => {
  const named = choice.ticketExternalId !== undefined;
  const rows = await sql.query<{ id: bigint }>(
    `with chosen as (
       select id from ticket where ($1::int is null or connection_id = $1) and ($2::text is null or external_id = $2) and ($3 or quarantined_at is not null)
        order by connection_id, external_id for update
     )
     update ticket set quarantined_at = null, attempts = 0, older_answers = 0, claimed_until = null, last_error = null, wants_deep = true,
       dirty_seq = dirty_seq + 1, due_at = $4, deep_due_at = coalesce(deep_due_at, $4)
     from chosen where ticket.id = chosen.id returning ticket.id`,
    [choice.connection?.id ?? null, choice.ticketExternalId ?? null, named, now],
  );
  return rows.length;
};

interface DeliveryRow {
  id: bigint;
  connection_id: number;
  headers: Record<string, string>;
  body: Buffer | null;
}

type Deps = {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly adapters: Adapters;
};

/** Bodies held in memory at a time: each may be a megabyte. */
const deliveriesAtOnce = 100;

/** Reads one stored delivery again; false where it is unreadable still. Its signature was checked when it came in. */
const replayDelivery = async (
  { sql, directory, adapters }: Deps,
  { id, connection_id, headers, body }: DeliveryRow,
  now: Date,
): Promise<boolean> => {
  const connection = await directory.connections.get(String(connection_id));
  const verification = body ? tellerOf(adapters, connection)?.read({ headers, body }) : null;
  if (verification?.outcome !== 'verified') return false;
  const { eventType, ticketExternalId, urgency, changed } = verification.delivery;
  if (adapters.stores.has(connection.kind)) {
    await replayStoreDelivery(sql, { id, eventType, changed, now });
    return true;
  }
  await sql.query(
    `with settled as (
       update delivery set state = 'replayed', error = null, event_type = $2, ticket_external_id = $3 where id = $1 returning connection_id
     )
     insert into ticket (connection_id, external_id, dirty_seq, due_at, deep_due_at, wants_deep, first_seen_at)
     select connection_id, $3::text, 1, $4::timestamptz, $4::timestamptz, true, $4::timestamptz from settled where $3::text is not null and $5
     on conflict (connection_id, external_id) do update set
       dirty_seq = ticket.dirty_seq + 1, due_at = excluded.due_at, wants_deep = true, deep_due_at = coalesce(ticket.deep_due_at, excluded.deep_due_at),
       -- As when it comes in: what happens now is no history.
       claimed_until = case when ticket.from_backfill then null else ticket.claimed_until end, from_backfill = false,
       quarantined_at = null, attempts = least(ticket.attempts, $6 - 1),
       older_answers = case when ticket.quarantined_at is null then ticket.older_answers else 0 end`,
    [id, eventType, ticketExternalId, now, urgency !== 'ignore', mostAttempts],
  );
  return true;
};

/** Reads stored deliveries again: after an update that understands them they name their ticket. One that fails holds up no other. */
const replayDeliveries = async (
  deps: Deps,
  choice: ReplayChoice,
  now: Date,
): Promise<{ readonly read: number; readonly left: number }> => {
  const { sql } = deps;
  let read = 0;
  let left = 0;
  let last = 0n;
  for (;;) {
    const rows = await sql.query<DeliveryRow>(
      `select id, connection_id, headers, body from delivery
        where state = 'quarantined' and ($1::int is null or connection_id = $1) and id > $2 order by id limit $3`,
      [choice.connection?.id ?? null, last, deliveriesAtOnce],
    );
    for (const row of rows) {
      last = row.id;
      try {
        if (await replayDelivery(deps, row, now)) read += 1;
        else left += 1;
      } catch (error) {
        if (isStorageTrouble(error)) throw error;
        left += 1;
        await sql.query('update delivery set error = $2 where id = $1', [row.id, describe(error)]);
      }
    }
    if (rows.length < deliveriesAtOnce) return { read, left };
  }
};

/** Orders and customers set aside are read again. */
const replayStoreChanges = async (sql: Sql, choice: ReplayChoice, now: Date): Promise<number> => {
  const rows = await sql.query<{ external_id: string }>(
    `update store_change set quarantined_at = null, attempts = 0, claimed_until = null, last_error = null, due_at = $2
      where quarantined_at is not null and ($1::int is null or connection_id = $1) returning external_id`,
    [choice.connection?.id ?? null, now],
  );
  return rows.length;
};

/** Tags that were given up are written again, with all their tries; a call for them may have left its mark, so that stays known. */
const replayTags = async (sql: Sql, choice: ReplayChoice, now: Date): Promise<number> => {
  const rows = await sql.query<{ tag: string }>(
    `update wanted_tag w set attempts = 0, state = case when c.mode = 'act' then 'pending' else 'observed' end,
            due_at = case when c.mode = 'act' then $3::timestamptz end
       from ticket t join connection c on c.id = t.connection_id
      where t.id = w.ticket_id and w.state = 'failed'
        and ($1::int is null or t.connection_id = $1) and ($2::text is null or t.external_id = $2)
     returning w.tag`,
    [choice.connection?.id ?? null, choice.ticketExternalId ?? null, now],
  );
  return rows.length;
};

interface ReplayResult {
  /** Tickets put back in line, and orders or customers of stores. */
  readonly tickets: number;
  readonly orders: number;
  /** Tags that had been given up and are due again, or observed in that mode. */
  readonly tags: number;
  /** Deliveries that can now be read, and those that still cannot. */
  readonly deliveries: number;
  readonly stillUnreadable: number;
}

/**
 * Takes tickets and deliveries out of quarantine, and has tags written that were given up; a ticket that is named is pulled
 * anew whether or not it was in there. NotFound where the ledger holds no ticket of that name.
 */
export const replay = async (deps: Deps, choice: ReplayChoice): Promise<ReplayResult> => {
  const now = deps.clock.now();
  const tickets = await replayTickets(deps.sql, choice, now);
  if (choice.ticketExternalId !== undefined && tickets === 0)
    throw new NotFound(
      `There is no ticket "${choice.ticketExternalId.slice(0, 100)}"${choice.connection ? ` of connection "${choice.connection.name}"` : ''}. ` +
        'Give the number it has at the helpdesk; one that the ledger has not seen comes with "deskledger reconcile", an older one with "deskledger backfill --since YYYY-MM-DD".',
    );
  const tags = await replayTags(deps.sql, choice, now);
  if (choice.ticketExternalId !== undefined) return { tickets, orders: 0, tags, deliveries: 0, stillUnreadable: 0 };
  const orders = await replayStoreChanges(deps.sql, choice, now);
  const { read, left } = await replayDeliveries(deps, choice, now);
  return { tickets, orders, tags, deliveries: read, stillUnreadable: left };
};
