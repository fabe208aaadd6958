import type { HelpdeskAdapter } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Connection, Directory } from '../directory/index.ts';

/** What lies in quarantine: a ticket that failed time and again, or a delivery that was signed and could not be read. */
export interface Quarantined {
  readonly what: 'ticket' | 'delivery';
  readonly id: string;
  readonly connection: string;
  readonly externalId: string | null;
  readonly since: string;
  readonly error: string | null;
}

export const listQuarantined = async (sql: Sql): Promise<Quarantined[]> => {
  const rows = await sql.query<{
    what: 'ticket' | 'delivery';
    id: bigint;
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
     order by since limit 1000`,
  );
  return rows.map((row) => ({
    what: row.what,
    id: row.id.toString(),
    connection: row.connection,
    externalId: row.external_id,
    since: row.since.toISOString(),
    error: row.error,
  }));
};

/** Which to replay; without any, all of them. */
export interface ReplayChoice {
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
     update ticket set quarantined_at = null, attempts = 0, claimed_until = null, last_error = null, wants_deep = true,
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

/** Reads stored deliveries again: after an update that understands them they name their ticket. Their signatures were checked when they came in. */
const replayDeliveries = async (
  deps: { readonly sql: Sql; readonly directory: Directory; readonly helpdesks: ReadonlyMap<string, HelpdeskAdapter> },
  choice: ReplayChoice,
  now: Date,
): Promise<{ readonly read: number; readonly left: number }> => {
  const { sql, directory, helpdesks } = deps;
  const rows = await sql.query<DeliveryRow>(
    `select id, connection_id, headers, body from delivery where state = 'quarantined' and ($1::int is null or connection_id = $1) order by id limit 10000`,
    [choice.connection?.id ?? null],
  );
  let read = 0;
  for (const row of rows) {
    const connection = await directory.connections.get(String(row.connection_id));
    const adapter = helpdesks.get(connection.kind);
    const verification =
      adapter && row.body
        ? adapter.readDelivery({
            settings: connection.settings,
            apiUserId: connection.apiUserId,
            headers: row.headers,
            body: row.body,
          })
        : null;
    if (verification?.outcome !== 'verified') continue;
    const { eventType, ticketExternalId, urgency } = verification.delivery;
    await sql.query(
      `with settled as (
         update delivery set state = 'replayed', error = null, event_type = $2, ticket_external_id = $3 where id = $1 returning connection_id
       )
       insert into ticket (connection_id, external_id, dirty_seq, due_at, deep_due_at, wants_deep, first_seen_at)
       select connection_id, $3::text, 1, $4::timestamptz, $4::timestamptz, true, $4::timestamptz from settled where $3::text is not null and $5
       on conflict (connection_id, external_id) do update set dirty_seq = ticket.dirty_seq + 1, due_at = excluded.due_at, wants_deep = true`,
      [row.id, eventType, ticketExternalId, now, urgency !== 'ignore'],
    );
    read += 1;
  }
  return { read, left: rows.length - read };
};

export interface ReplayResult {
  /** Tickets put back in line. */
  readonly tickets: number;
  /** Deliveries that can now be read, and those that still cannot. */
  readonly deliveries: number;
  readonly stillUnreadable: number;
}

/** Takes tickets and deliveries out of quarantine; a ticket that is named is pulled anew whether or not it was in there. */
export const replay = async (
  deps: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly directory: Directory;
    readonly helpdesks: ReadonlyMap<string, HelpdeskAdapter>;
  },
  choice: ReplayChoice,
): Promise<ReplayResult> => {
  const now = deps.clock.now();
  const tickets = await replayTickets(deps.sql, choice, now);
  if (choice.ticketExternalId !== undefined) return { tickets, deliveries: 0, stillUnreadable: 0 };
  const { read, left } = await replayDeliveries(deps, choice, now);
  return { tickets, deliveries: read, stillUnreadable: left };
};
