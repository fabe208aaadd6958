import type { Sql } from '../../platform/database/database.ts';
import type { FormerKeys } from './bearing.ts';
import { bearsNumber, readNumber } from './named-number.ts';

/** A ticket that asks which orders may be behind it. */
export interface CandidateWant {
  readonly ticketId: bigint;
  /** Order numbers of its mapped field and its text, those of one store as numberOfStore writes them. */
  readonly numbers: readonly string[];
  /** Of the requester's address; null where the helpdesk has none. */
  readonly emailHash: Buffer | null;
  readonly createdAt: Date;
}

/** An order as attribution sees it. */
export interface OrderFact {
  readonly id: bigint;
  /** The store. */
  readonly connectionId: number;
  readonly number: string;
  readonly externalNumber: string | null;
  readonly placedAt: Date;
  readonly statusId: number;
  readonly country: string | null;
  readonly region: string | null;
  readonly locale: string | null;
  /** The requester's address is on the order (billing, shipping or the customer's account) or on the customer's other orders. */
  readonly belongsToRequester: boolean;
  /** Sum to 1,000,000; a null partner is unknown. */
  readonly shares: readonly { readonly partner: string | null; readonly ppm: number }[];
  readonly lines: readonly {
    readonly id: bigint;
    readonly sku: string | null;
    readonly productName: string | null;
    readonly partner: string | null;
  }[];
}

export interface TicketOrders {
  /** Orders whose number, or number at a marketplace, is one of the ticket's. */
  readonly byNumber: readonly OrderFact[];
  /** The requester's orders of the 90 days before the ticket, newest first, Incomplete ones left out. */
  readonly ofRequester: readonly OrderFact[];
  /**
   * Whether the requester's address is known: by an order that we hold, or by what a store answered when asked. False only
   * where each store that has a named order said that it is not, and for a requester without an address; null: not asked yet.
   */
  readonly requesterKnown: boolean | null;
}

/**
 * True where these numbers are those of others' orders alone, and no store has said yet that it knows the requester: whether
 * the number may decide (`number only`) hangs on that.
 */
export const namesOrderOfOthers = ({ byNumber, requesterKnown }: TicketOrders, numbers: readonly string[]): boolean => {
  const named = byNumber.filter((order) => numbers.some((number) => bearsNumber(order, number)));
  return requesterKnown !== true && named.length > 0 && !named.some(({ belongsToRequester }) => belongsToRequester);
};

const recentDays = 90;
/** An address with more orders than this (a till, a reseller) says the same by the latest of them. */
const mostRecent = 200;

interface Match {
  ticket_id: bigint;
  order_id: bigint;
  named: boolean;
  belongs: boolean;
}

/**
 * Which orders belong to which ticket, and how: each branch runs on an index of its own. They are written so that no plan
 * reads a whole table, which as joins they did where statistics were missing: 20 ms of a lot at 8,000 orders.
 */
const findMatches = async (sql: Sql, wants: readonly CandidateWant[]): Promise<Match[]> => {
  const numbers = wants.flatMap(({ ticketId, numbers: own }) => own.map((kept) => ({ ticketId, ...readNumber(kept) })));
  if (numbers.length === 0 && wants.every(({ emailHash }) => emailHash === null)) return [];
  return sql.query<Match>(
    `with want as (
       select * from unnest($1::int8[], $2::bytea[], $3::timestamptz[]) as w(ticket_id, email_hash, created_at)),
     customer as (
       select distinct w.ticket_id, o.connection_id, o.customer_id from want w join order_address a on a.email_hash = w.email_hash
         join "order" o on o.id = a.order_id where o.customer_id is not null),
     named as (
       select distinct n.ticket_id, o.* from unnest($4::int8[], $5::text[], $8::int[]) as n(ticket_id, number, connection_id) cross join lateral (
         select id, connection_id, customer_id from "order" where lower(number) = lower(n.number) and connection_id = coalesce(n.connection_id, connection_id)
         union
         select id, connection_id, customer_id from "order" where lower(external_number) = lower(n.number) and connection_id = coalesce(n.connection_id, connection_id)) o),
     recent as (
       select w.ticket_id, r.id from want w cross join lateral (
         select o.id, o.placed_at from order_address a join "order" o on o.id = a.order_id
          where a.email_hash = w.email_hash and o.placed_at <= w.created_at and o.placed_at >= w.created_at - $6 * interval '24 hours' and o.status_id <> 0
         union
         select o.id, o.placed_at from customer c join "order" o on o.customer_id = c.customer_id and o.connection_id = c.connection_id
          where c.ticket_id = w.ticket_id and o.placed_at <= w.created_at and o.placed_at >= w.created_at - $6 * interval '24 hours' and o.status_id <> 0
          order by placed_at desc limit $7) r)
     select ticket_id, id as order_id, false as named, true as belongs from recent
     union all
     select n.ticket_id, n.id, true,
            coalesce((select true from order_address a where a.order_id = n.id and a.email_hash = w.email_hash), false)
            or exists (select from customer c where c.ticket_id = n.ticket_id and c.connection_id = n.connection_id and c.customer_id = n.customer_id)
       from named n join want w on w.ticket_id = n.ticket_id`,
    [
      wants.map(({ ticketId }) => ticketId),
      wants.map(({ emailHash }) => emailHash),
      wants.map(({ createdAt }) => createdAt),
      numbers.map(({ ticketId }) => ticketId),
      numbers.map(({ number }) => number),
      recentDays,
      mostRecent,
      numbers.map(({ connectionId }) => connectionId),
    ],
  );
};

type StoredFact = Omit<OrderFact, 'belongsToRequester'> & { readonly connectionId: number };

const loadFacts = async (sql: Sql, orderIds: readonly bigint[]): Promise<Map<bigint, StoredFact>> => {
  if (orderIds.length === 0) return new Map();
  const rows = await sql.query<{
    id: bigint;
    connection_id: number;
    number: string;
    external_number: string | null;
    placed_at: Date;
    status_id: number;
    country: string | null;
    region: string | null;
    locale: string | null;
    shares: { partner: string | null; ppm: number }[];
    lines: { id: string; sku: string | null; productName: string | null; partner: string | null }[];
  }>(
    `select o.id, o.connection_id, o.number, o.external_number, o.placed_at, o.status_id, o.country, o.region, o.locale,
            (select coalesce(jsonb_agg(jsonb_build_object('partner', s.partner, 'ppm', s.ppm) order by s.share_no), '[]')
               from order_share s where s.order_id = o.id) as shares,
            (select coalesce(jsonb_agg(jsonb_build_object('id', l.id::text, 'sku', l.sku, 'productName', l.product_name, 'partner', l.partner) order by l.id), '[]')
               from order_line l where l.order_id = o.id) as lines
       from "order" o where o.id = any($1::int8[])`,
    [orderIds],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        connectionId: row.connection_id,
        number: row.number,
        externalNumber: row.external_number,
        placedAt: row.placed_at,
        statusId: row.status_id,
        country: row.country,
        region: row.region,
        locale: row.locale,
        shares: row.shares,
        lines: row.lines.map((line) => ({ ...line, id: BigInt(line.id) })),
      },
    ]),
  );
};

/** By address: known by an order that we hold, and what stores answered by connection. */
const knownAddresses = async (sql: Sql, wants: readonly CandidateWant[]) => {
  const hashes = wants.flatMap(({ emailHash }) => (emailHash ? [emailHash] : []));
  const ask = `select w.email_hash, exists (select from order_address a where a.email_hash = w.email_hash) as ordered,
            array(select s.connection_id from store_address s where s.email_hash = w.email_hash and s.known) as known_to,
            array(select s.connection_id from store_address s where s.email_hash = w.email_hash and not s.known) as unknown_to
       from (select distinct email_hash from unnest($1::bytea[]) as u(email_hash)) w`;
  const rows =
    hashes.length === 0
      ? []
      : await sql.query<{ email_hash: Buffer; ordered: boolean; known_to: number[]; unknown_to: number[] }>(ask, [
          hashes,
        ]);
  const byAddress = new Map(rows.map((row) => [row.email_hash.toString('hex'), row]));
  return (emailHash: Buffer | null, storesNamed: ReadonlySet<number>): boolean | null => {
    if (emailHash === null) return false;
    const row = byAddress.get(emailHash.toString('hex'));
    if (row?.ordered || (row?.known_to.length ?? 0) > 0) return true;
    const unknownTo = row?.unknown_to ?? [];
    return unknownTo.length > 0 && [...storesNamed].every((id) => unknownTo.includes(id)) ? false : null;
  };
};

/** The orders that may be behind each ticket, from our own copy, in at most three queries for all of them. */
export const candidates = async (sql: Sql, wants: readonly CandidateWant[]): Promise<Map<bigint, TicketOrders>> => {
  if (wants.length === 0) return new Map();
  const matches = await findMatches(sql, wants);
  const facts = await loadFacts(sql, [...new Set(matches.map(({ order_id }) => order_id))]);
  const isKnown = await knownAddresses(sql, wants);
  const byTicket = Map.groupBy(matches, ({ ticket_id }) => ticket_id);
  const newestFirst = (a: OrderFact, b: OrderFact) =>
    b.placedAt.getTime() - a.placedAt.getTime() || (a.id < b.id ? 1 : -1);
  return new Map(
    wants.map(({ ticketId, emailHash }) => {
      const found = (byTicket.get(ticketId) ?? []).flatMap(({ order_id, named, belongs }) => {
        const stored = facts.get(order_id);
        if (!stored) return [];
        return [{ named, fact: { ...stored, belongsToRequester: belongs } }];
      });
      const storesNamed = new Set(found.filter(({ named }) => named).map(({ fact }) => fact.connectionId));
      const pick = (wanted: boolean) =>
        found
          .filter(({ named }) => named === wanted)
          .map(({ fact }) => fact)
          .toSorted(newestFirst);
      return [
        ticketId,
        {
          byNumber: pick(true),
          ofRequester: pick(false),
          requesterKnown: isKnown(emailHash, storesNamed),
        },
      ];
    }),
  );
};

/**
 * Tickets that these orders may belong to: by a number they name, or by the requester's address (or the customer's others)
 * where the order is recent for the ticket, or the ticket names a number and it matters whose address it is. Likewise those
 * that an order belonged to by what it bore `formerly`. Reads alone.
 */
export const ticketsTouchedBy = async (
  sql: Sql,
  orderIds: readonly bigint[],
  formerly: readonly FormerKeys[] = [],
): Promise<bigint[]> => {
  if (orderIds.length === 0) return [];
  const rows = await sql.query<{ id: bigint }>(
    `with was as materialized (
       select * from jsonb_to_recordset($3::jsonb) as w("connectionId" int, "customerId" text, numbers text[], "placedAt" timestamptz, addresses text[])),
     touched as materialized (
       select id, connection_id, customer_id, array[number, external_number] as numbers, placed_at from "order" where id = any($1::int8[])
       union all select null, "connectionId", "customerId", numbers, "placedAt" from was),
     address as (
       select decode(hash, 'hex') as email_hash, "placedAt" as placed_at from was, unnest(addresses) as hash
       union
       select a.email_hash, t.placed_at from touched t join order_address a on a.order_id = t.id
       union
       select a.email_hash, t.placed_at from touched t join "order" o on o.customer_id = t.customer_id and o.connection_id = t.connection_id
         join order_address a on a.order_id = o.id),
     number as materialized (
       select array_agg(distinct kept) as all_numbers from touched, unnest(numbers) as n, unnest(array[lower(n), lower(n) || ' ' || connection_id]) as kept
        where n is not null)
     select t.id from ticket t join address a on a.email_hash = t.requester_hash
      where t.created_at is null or t.named_numbers <> '{}' or a.placed_at between t.created_at - $2 * interval '24 hours' and t.created_at
     union
     select t.id from ticket t where t.named_numbers <> '{}' and t.named_numbers && (select all_numbers from number)
     union
     select t.id from ticket t where t.order_numbers <> '{}' and t.order_numbers && (select all_numbers from number)::text[]`,
    [orderIds, recentDays, JSON.stringify(formerly)],
  );
  return rows.map(({ id }) => id);
};
