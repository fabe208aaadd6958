import type { Sql } from '../../../platform/database/database.ts';
import { type RulesBehind, rulesBehind } from '../../orders/index.ts';

/** An order that evidence names by our id, as the shop's own people know it. */
export interface NamedOrder {
  readonly id: string;
  /** As the shop shows it. */
  readonly number: string;
  /** A marketplace's own number for the same order. */
  readonly externalNumber: string | null;
  /** Name of the store's connection. */
  readonly store: string;
  readonly placedAt: string;
  /** The mapping rules that gave its partner and country; null where it is to be decided again. */
  readonly rules: RulesBehind | null;
}

/** Keys of evidence whose values are ids of orders. */
const orderKeys: ReadonlySet<string> = new Set([
  'orderIds',
  'fieldOrdersWithoutBearer',
  'textOrdersWithoutBearer',
  'namedOrdersOfOthers',
  'recentOrdersDiffer',
]);

const isId = (value: unknown): value is string => typeof value === 'string' && /^\d{1,18}$/.test(value);

/** Ids of the orders that evidence names, also in the half that a person left to the rungs below. */
export const orderIdsIn = (evidence: unknown): string[] => {
  if (typeof evidence !== 'object' || evidence === null) return [];
  const ids = Object.entries(evidence).flatMap(([key, value]: [string, unknown]) => {
    if (key === 'below') return orderIdsIn(value);
    return orderKeys.has(key) && Array.isArray(value) ? value.filter(isId) : [];
  });
  return [...new Set(ids)];
};

/** The orders of these ids by id; one that is no longer held is absent. */
export const namedOrders = async (sql: Sql, ids: readonly string[]): Promise<Map<string, NamedOrder>> => {
  if (ids.length === 0) return new Map();
  const rows = await sql.query<{
    id: string;
    number: string;
    external_number: string | null;
    store: string;
    placed_at: Date;
  }>(
    `select o.id::text as id, o.number, o.external_number, c.name as store, o.placed_at
       from "order" o join connection c on c.id = o.connection_id where o.id = any($1::bigint[])`,
    [ids],
  );
  const behind = await rulesBehind(
    sql,
    rows.map(({ id }) => BigInt(id)),
  );
  return new Map(
    rows.map(({ id, number, external_number: externalNumber, store, placed_at: placedAt }) => [
      id,
      {
        id,
        number,
        externalNumber,
        store,
        placedAt: placedAt.toISOString(),
        rules: behind.get(BigInt(id)) ?? null,
      },
    ]),
  );
};
