import type { Sql } from '../../platform/database/database.ts';
import type { OrderPlaces } from '../../stores/port.ts';
import type { OrderShare, Unmapped } from './mapping.ts';
import { type LineRow, replaceAddresses, replaceLines, replaceShares } from './order-parts.ts';
import { settleRefunds } from './refunds.ts';
import type { OrderFx } from './revenue.ts';

/** What mapping rules may read of an order, as stored; with the address's own country, which a rule may override. */
export interface StoredPlaces extends OrderPlaces {
  readonly addressCountry: string | null;
}

/** What the rules, the region groups and the FX table say of an order. */
export interface OrderDecision {
  readonly country: string | null;
  readonly region: string | null;
  readonly unmapped: Unmapped | null;
  readonly fx: OrderFx | null;
  readonly reportingMicros: bigint | null;
  readonly shares: readonly OrderShare[];
}

export interface OrderRow extends OrderDecision {
  readonly externalId: string;
  readonly number: string;
  readonly externalNumber: string | null;
  readonly placedAt: Date;
  readonly placedDay: string;
  readonly modifiedAt: Date;
  readonly statusId: number;
  readonly counted: boolean;
  readonly archived: boolean;
  readonly locale: string | null;
  readonly customerId: string | null;
  /** Of the addresses on the order, each once. */
  readonly emailHashes: readonly Buffer[];
  readonly currency: string;
  readonly revenueMicros: bigint;
  /** Before discounts. */
  readonly grossMicros: bigint;
  /** Codes redeemed. */
  readonly coupons: number;
  readonly places: StoredPlaces;
  readonly lines: readonly LineRow[];
}

/** Orders that are written in one transaction: the tickets of all of them wait for its end. */
export const ordersPerTransaction = 500;

/** An order that is held, and which state of it. */
export interface HeldOrder {
  readonly id: bigint;
  readonly modifiedAt: Date;
}

export const loadHeld = async (
  sql: Sql,
  connectionId: number,
  externalIds: readonly string[],
): Promise<Map<string, HeldOrder>> => {
  const rows = await sql.query<{ id: bigint; external_id: string; modified_at: Date }>(
    'select id, external_id, modified_at from "order" where connection_id = $1 and external_id = any($2)',
    [connectionId, externalIds],
  );
  return new Map(rows.map((row) => [row.external_id, { id: row.id, modifiedAt: row.modified_at }]));
};

const upsertOrders = async (
  sql: Sql,
  connectionId: number,
  orders: readonly OrderRow[],
  now: Date,
): Promise<bigint[]> => {
  const rows = await sql.query<{ id: bigint }>(
    `insert into "order" as o (connection_id, first_seen_at, external_id, number, external_number, placed_at, placed_day, modified_at, status_id, counted,
            archived, country, region, locale, customer_id, currency, revenue_micros, reporting_micros, fx_numerator,
            fx_denominator, fx_date, places, unmapped, gross_micros, discount_micros, coupons)
     select $1::int, $2::timestamptz, * from unnest($3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::date[], $8::timestamptz[], $9::int[], $10::bool[],
            $11::bool[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::int8[], $18::int8[], $19::numeric[],
            $20::numeric[], $21::date[], $22::jsonb[], $23::jsonb[], $24::int8[], $25::int8[], $26::int[])
     on conflict (connection_id, external_id) do update set
            number = excluded.number, external_number = excluded.external_number, placed_at = excluded.placed_at, placed_day = excluded.placed_day,
            modified_at = excluded.modified_at, status_id = excluded.status_id, counted = excluded.counted, archived = excluded.archived,
            country = excluded.country, region = excluded.region, locale = excluded.locale, customer_id = excluded.customer_id,
            currency = excluded.currency, revenue_micros = excluded.revenue_micros, reporting_micros = excluded.reporting_micros, fx_numerator = excluded.fx_numerator,
            fx_denominator = excluded.fx_denominator, fx_date = excluded.fx_date, places = excluded.places, unmapped = excluded.unmapped,
            gross_micros = excluded.gross_micros, discount_micros = excluded.discount_micros, coupons = excluded.coupons
      where o.modified_at <= excluded.modified_at
        and (o.number, o.external_number, o.placed_at, o.modified_at, o.status_id, o.archived, o.country, o.region, o.locale, o.customer_id,
             o.currency, o.revenue_micros, o.reporting_micros, o.fx_numerator, o.fx_denominator, o.fx_date, o.places, o.unmapped, o.gross_micros, o.discount_micros, o.coupons)
            is distinct from
            (excluded.number, excluded.external_number, excluded.placed_at, excluded.modified_at, excluded.status_id, excluded.archived, excluded.country,
             excluded.region, excluded.locale, excluded.customer_id, excluded.currency, excluded.revenue_micros, excluded.reporting_micros,
             excluded.fx_numerator, excluded.fx_denominator, excluded.fx_date, excluded.places, excluded.unmapped, excluded.gross_micros, excluded.discount_micros, excluded.coupons)
     returning o.id`,
    [
      connectionId,
      now,
      orders.map((order) => order.externalId),
      orders.map((order) => order.number),
      orders.map((order) => order.externalNumber),
      orders.map((order) => order.placedAt),
      orders.map((order) => order.placedDay),
      orders.map((order) => order.modifiedAt),
      orders.map((order) => order.statusId),
      orders.map((order) => order.counted),
      orders.map((order) => order.archived),
      orders.map((order) => order.country),
      orders.map((order) => order.region),
      orders.map((order) => order.locale),
      orders.map((order) => order.customerId),
      orders.map((order) => order.currency),
      orders.map((order) => order.revenueMicros),
      orders.map((order) => order.reportingMicros),
      orders.map((order) => order.fx?.numerator ?? null),
      orders.map((order) => order.fx?.denominator ?? null),
      orders.map((order) => order.fx?.date ?? null),
      orders.map((order) => JSON.stringify(order.places)),
      orders.map((order) => (order.unmapped ? JSON.stringify(order.unmapped) : null)),
      orders.map((order) => order.grossMicros),
      orders.map((order) => order.grossMicros - order.revenueMicros),
      orders.map((order) => order.coupons),
    ],
  );
  return rows.map(({ id }) => id);
};

/**
 * Writes orders with addresses, lines and shares, whole or not at all per order: a state older than the one held is left out.
 * External ids are unique within the call. Returns the ids of the orders in which anything changed.
 */
export const writeOrders = async (
  sql: Sql,
  connectionId: number,
  orders: readonly OrderRow[],
  now: Date,
): Promise<bigint[]> => {
  if (orders.length === 0) return [];
  // Every writer takes the rows in the same order, so that two of them cannot wait for each other.
  const sorted = orders.toSorted((a, b) => (a.externalId < b.externalId ? -1 : 1));
  const changed = await upsertOrders(sql, connectionId, sorted, now);
  const held = await loadHeld(
    sql,
    connectionId,
    sorted.map(({ externalId }) => externalId),
  );
  const current = sorted.flatMap((order) => {
    const row = held.get(order.externalId);
    return row && row.modifiedAt.getTime() === order.modifiedAt.getTime() ? [{ ...order, id: row.id }] : [];
  });
  const ids = new Set([
    ...changed,
    ...(await replaceAddresses(sql, current)),
    ...(await replaceLines(sql, current)),
    ...(await replaceShares(sql, current)),
  ]);
  await settleRefunds(sql, [...ids]);
  return [...ids];
};

/** Writes what rules, regions and FX say of orders that are held already. Returns the ids of those in which anything changed. */
export const writeDecisions = async (
  sql: Sql,
  orders: readonly (OrderDecision & {
    readonly id: bigint;
    readonly places: StoredPlaces;
    readonly lines: readonly LineRow[];
  })[],
): Promise<bigint[]> => {
  if (orders.length === 0) return [];
  const rows = await sql.query<{ id: bigint }>(
    `update "order" o set country = n.country, region = n.region, unmapped = n.unmapped, reporting_micros = n.reporting_micros,
            fx_numerator = n.fx_numerator, fx_denominator = n.fx_denominator, fx_date = n.fx_date, places = n.places
       from unnest($1::int8[], $2::text[], $3::text[], $4::jsonb[], $5::int8[], $6::numeric[], $7::numeric[], $8::date[], $9::jsonb[])
            as n(id, country, region, unmapped, reporting_micros, fx_numerator, fx_denominator, fx_date, places)
      where o.id = n.id and (o.country, o.region, o.unmapped, o.reporting_micros, o.fx_numerator, o.fx_denominator, o.fx_date, o.places)
            is distinct from (n.country, n.region, n.unmapped, n.reporting_micros, n.fx_numerator, n.fx_denominator, n.fx_date, n.places)
     returning o.id`,
    [
      orders.map(({ id }) => id),
      orders.map(({ country }) => country),
      orders.map(({ region }) => region),
      orders.map(({ unmapped }) => (unmapped ? JSON.stringify(unmapped) : null)),
      orders.map(({ reportingMicros }) => reportingMicros),
      orders.map(({ fx }) => fx?.numerator ?? null),
      orders.map(({ fx }) => fx?.denominator ?? null),
      orders.map(({ fx }) => fx?.date ?? null),
      orders.map(({ places }) => JSON.stringify(places)),
    ],
  );
  const ids = new Set([
    ...rows.map(({ id }) => id),
    ...(await replaceLines(sql, orders)),
    ...(await replaceShares(sql, orders)),
  ]);
  await settleRefunds(sql, [...ids]);
  return [...ids];
};
