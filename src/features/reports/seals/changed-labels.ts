import type { Sql } from '../../../platform/database/database.ts';
import type { Book } from './kept-items.ts';
import { postingsBook } from './posted.ts';

/** What people know an item by; null where it is no longer here. */
interface Labelled {
  /** The store or helpdesk. */
  readonly connection: string;
  /** The number of the order, or the helpdesk's of the ticket. */
  readonly number: string;
  /** Ours of that ticket, for `/api/v1/tickets/{id}`; null for orders. */
  readonly ticket: string | null;
}

const ofOrders = `
  select o.id, c.name as connection, o.number, null::bigint as ticket from "order" o join connection c on c.id = o.connection_id where o.id = any($1::bigint[])`;
const ofRefunds = `
  select r.id, c.name as connection, o.number, null::bigint as ticket from refund r join "order" o on o.id = r.order_id join connection c on c.id = o.connection_id
   where r.id = any($1::bigint[])`;
const ofTickets = `
  select t.id, c.name as connection, t.external_id as number, t.id as ticket from ticket t join connection c on c.id = t.connection_id where t.id = any($1::bigint[])`;
const ofEntries = `
  select e.id, c.name as connection, t.external_id as number, t.id as ticket from work_entry e join ticket t on t.id = e.ticket_id join connection c on c.id = t.connection_id
   where e.id = any($1::bigint[])`;
const ofInvitations = `
  select i.id, c.name as connection, t.external_id as number, t.id as ticket from invitation i join ticket t on t.id = i.ticket_id join connection c on c.id = t.connection_id
   where i.id = any($1::bigint[])`;

const labels: Readonly<Record<string, string>> = {
  orders: ofOrders,
  returns: ofOrders,
  refunds: ofRefunds,
  [postingsBook]: ofTickets,
  tickets: ofTickets,
  'tickets worked': ofTickets,
  'unpriced entries': ofEntries,
  'capped entries': ofEntries,
  answers: ofInvitations,
  invitations: ofInvitations,
};

/** What items of a book are known by, by id; those that are no longer here are left out. */
export const changedLabels = async (
  sql: Sql,
  { name }: Pick<Book, 'name'>,
  ids: readonly string[],
): Promise<Map<string, Labelled>> => {
  const text = labels[name];
  if (text === undefined) throw new RangeError(`items of ${name} have no name`);
  const rows = await sql.query<{ id: bigint; connection: string; number: string; ticket: bigint | null }>(text, [ids]);
  return new Map(
    rows.map(({ id, connection, number, ticket }) => [
      String(id),
      { connection, number, ticket: ticket === null ? null : String(ticket) },
    ]),
  );
};
