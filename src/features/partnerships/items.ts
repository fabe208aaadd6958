import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Every } from './amounts.ts';

export type Side = 'other cost' | 'benefit';

export const costKinds = ['fee', 'software', 'travel', 'management', 'other'] as const;
export const benefitKinds = ['commission', 'margin', 'savings', 'other'] as const;

/** What somebody said a partnership costs or brings. */
export interface Item {
  readonly side: Side;
  readonly reference: string;
  readonly kind: string;
  readonly partner: string | null;
  readonly region: string | null;
  /** Of a part of revenue: the store it is of; null for any. */
  readonly connectionId: number | null;
  readonly amountMicros: bigint | null;
  readonly currency: string | null;
  readonly every: Every | null;
  /** Of management: millionths of hours, and what one costs. Shown to those alone who may see wages. */
  readonly hoursMicros: bigint | null;
  readonly hourlyMicros: bigint | null;
  /** Part of net revenue in ppm. */
  readonly ppm: number | null;
  /** Net revenue less what the order's lines cost. */
  readonly byLineCost: boolean;
  readonly startsOn: Day;
  readonly endsOn: Day | null;
}

export interface StoredItem extends Item {
  readonly id: number;
}

const columns = `id, side, reference, kind, partner, region, connection_id as "connectionId", amount_micros as "amountMicros", currency, every,
  hours_micros as "hoursMicros", hourly_micros as "hourlyMicros", ppm, by_line_cost as "byLineCost", starts_on::text as "startsOn", ends_on::text as "endsOn"`;

/** Those that hold on any of these days. */
export const itemsIn = (sql: Sql, { from, to }: { readonly from: Day; readonly to: Day }): Promise<StoredItem[]> =>
  sql.query<StoredItem>(
    `select ${columns} from partnership_item
      where amount_micros is not null and starts_on <= $2 and (ends_on is null or ends_on >= $1) order by id`,
    [from, to],
  );

/** Parts of revenue, whenever they hold: a refund has that of its order's day. */
export const revenueParts = (sql: Sql): Promise<StoredItem[]> =>
  sql.query<StoredItem>(`select ${columns} from partnership_item where amount_micros is null order by id`);

export const itemsNamed = (sql: Sql, side: Side, references: readonly string[]): Promise<StoredItem[]> =>
  sql.query<StoredItem>(`select ${columns} from partnership_item where side = $1 and reference = any($2::text[])`, [
    side,
    references,
  ]);

/** A page of them, by id. */
export const listItems = (
  sql: Sql,
  asked: {
    readonly side: Side;
    readonly partner: string | null;
    readonly after: number | null;
    readonly limit: number;
  },
): Promise<(StoredItem & { readonly store: string | null })[]> =>
  sql.query(
    `select ${columns.replace('id,', 'i.id,')}, (select name from connection c where c.id = i.connection_id) as store
       from partnership_item i
      where side = $1 and ($2::text is null or partner = $2) and ($3::int is null or i.id > $3) order by i.id limit $4`,
    [asked.side, asked.partner, asked.after, asked.limit],
  );

/** Adds them, or changes those of the same side and reference. */
export const saveItems = async (sql: Sql, items: readonly Item[], now: Date): Promise<void> => {
  if (items.length === 0) return;
  await sql.query(
    `insert into partnership_item (side, reference, kind, partner, region, connection_id, amount_micros, currency, every,
                                   hours_micros, hourly_micros, ppm, by_line_cost, starts_on, ends_on, recorded_at)
     select n.side, n.reference, n.kind, n.partner, n.region, n."connectionId", n."amountMicros", n.currency, n.every, n."hoursMicros",
            n."hourlyMicros", n.ppm, n."byLineCost", n."startsOn", n."endsOn", $2
       from json_to_recordset($1::json) as n(side text, reference text, kind text, partner text, region text, "connectionId" int,
            "amountMicros" bigint, currency text, every text, "hoursMicros" bigint, "hourlyMicros" bigint, ppm int, "byLineCost" boolean,
            "startsOn" date, "endsOn" date)
     on conflict (side, reference) do update
        set kind = excluded.kind, partner = excluded.partner, region = excluded.region, connection_id = excluded.connection_id,
            amount_micros = excluded.amount_micros, currency = excluded.currency, every = excluded.every,
            hours_micros = excluded.hours_micros, hourly_micros = excluded.hourly_micros, ppm = excluded.ppm,
            by_line_cost = excluded.by_line_cost, starts_on = excluded.starts_on, ends_on = excluded.ends_on,
            recorded_at = excluded.recorded_at`,
    [JSON.stringify(items, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)), now],
  );
};
