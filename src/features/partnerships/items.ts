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

/** A stored state of an item; the first one keeps its id for all that follow. */
export interface ItemRevision extends StoredItem {
  readonly revisionId: number;
  /** From 1. */
  readonly revision: number;
  readonly recordedAt: Date;
  /** When the next one took its place; null: it holds. */
  readonly supersededAt: Date | null;
  /** Null: of before this was kept. */
  readonly recordedBy: string | null;
}

/** f is the first revision of i. */
const columns = `f.id, i.side, i.reference, i.kind, i.partner, i.region, i.connection_id as "connectionId", i.amount_micros as "amountMicros", i.currency, i.every,
  i.hours_micros as "hoursMicros", i.hourly_micros as "hourlyMicros", i.ppm, i.by_line_cost as "byLineCost", i.starts_on::text as "startsOn", i.ends_on::text as "endsOn"`;
const revisionColumns = `${columns}, i.id as "revisionId", i.revision, i.recorded_at as "recordedAt", i.superseded_at as "supersededAt", i.recorded_by as "recordedBy"`;
const first = 'join partnership_item f on f.side = i.side and f.reference = i.reference and f.revision = 1';

/** Those that hold; where a revision is named, those that held when it was the last of all. */
const holds = (asOf: string): string => `
  case when ${asOf}::int is null then i.superseded_at is null
       else i.id <= ${asOf} and not exists (select from partnership_item n where n.side = i.side and n.reference = i.reference
                                               and n.revision > i.revision and n.id <= ${asOf}) end`;

/** Those that hold on any of these days. */
export const itemsIn = (
  sql: Sql,
  {
    from,
    to,
    asOfItem = null,
  }: { readonly from: Day; readonly to: Day; readonly asOfItem?: number | null | undefined },
): Promise<StoredItem[]> =>
  sql.query<StoredItem>(
    `select ${columns} from partnership_item i ${first}
      where i.amount_micros is not null and i.starts_on <= $2 and (i.ends_on is null or i.ends_on >= $1) and ${holds('$3')} order by f.id`,
    [from, to, asOfItem],
  );

/** Parts of revenue, whenever they hold: a refund has that of its order's day. */
export const revenueParts = (sql: Sql, asOfItem: number | null = null): Promise<StoredItem[]> =>
  sql.query<StoredItem>(
    `select ${columns} from partnership_item i ${first} where i.amount_micros is null and ${holds('$1')} order by f.id`,
    [asOfItem],
  );

export const itemsNamed = (sql: Sql, side: Side, references: readonly string[]): Promise<StoredItem[]> =>
  sql.query<StoredItem>(
    `select ${columns} from partnership_item i ${first}
      where i.side = $1 and i.reference = any($2::text[]) and i.superseded_at is null`,
    [side, references],
  );

/** All of a side that hold, in the order in which they were first told. */
export const heldItems = (sql: Sql, side: Side): Promise<StoredItem[]> =>
  sql.query<StoredItem>(
    `select ${columns} from partnership_item i ${first} where i.side = $1 and i.superseded_at is null order by f.id`,
    [side],
  );

const before =
  'left join partnership_item b on b.side = i.side and b.reference = i.reference and b.revision = i.revision - 1';
const isAbout = `(i.starts_on <= $2 and (i.ends_on is null or i.ends_on >= $1 or i.amount_micros is null)
               or b.starts_on <= $2 and (b.ends_on is null or b.ends_on >= $1 or b.amount_micros is null))`;

/** Revisions after that one which, or the ones before them, are about these days; a part of revenue may be about any later refund. */
export const itemsSince = (
  sql: Sql,
  { from, to, after }: { readonly from: Day; readonly to: Day; readonly after: number },
): Promise<ItemRevision[]> =>
  sql.query<ItemRevision>(
    `select ${revisionColumns} from partnership_item i ${first} ${before} where i.id > $3 and ${isAbout} order by i.id`,
    [from, to, after],
  );

/** The last of those revisions since ever; 0 where none is about these days. */
export const lastItemAbout = async (
  sql: Sql,
  { from, to }: { readonly from: Day; readonly to: Day },
): Promise<number> =>
  (
    await sql.query<{ id: number }>(
      `select coalesce(max(i.id), 0)::int as id from partnership_item i ${before} where ${isAbout}`,
      [from, to],
    )
  )[0]?.id ?? 0;

/** The stores that items are of, also those that were disconnected since. */
export const storesOfItems = (sql: Sql): Promise<{ readonly id: number; readonly name: string }[]> =>
  sql.query(
    'select c.id, c.name from connection c where exists (select from partnership_item i where i.connection_id = c.id) order by c.id',
  );

/** By reference the regions that hold, also those that are no more. */
export const regionsOfItems = async (sql: Sql, side: Side): Promise<ReadonlyMap<string, string>> => {
  const rows = await sql.query<{ reference: string; region: string }>(
    'select reference, region from partnership_item where side = $1 and region is not null and superseded_at is null',
    [side],
  );
  return new Map(rows.map(({ reference, region }) => [reference, region]));
};

/** A page of those that hold, in the order in which they were first told; or of all revisions, in the order in which they were told. */
export const listItems = (
  sql: Sql,
  asked: {
    readonly side: Side;
    readonly partner: string | null;
    readonly reference: string | null;
    readonly revisions: 'latest' | 'all';
    readonly after: number | null;
    readonly limit: number;
  },
): Promise<(ItemRevision & { readonly store: string | null })[]> =>
  sql.query(
    `select ${revisionColumns}, (select name from connection c where c.id = i.connection_id) as store
       from partnership_item i ${first}
      where i.side = $1 and ($2::text is null or i.partner = $2) and ($5::text is null or i.reference = $5)
        and case when $6 then $3::int is null or i.id > $3 else i.superseded_at is null and ($3::int is null or f.id > $3) end
      order by case when $6 then i.id else f.id end limit $4`,
    [asked.side, asked.partner, asked.after, asked.limit, asked.reference, asked.revisions === 'all'],
  );

/**
 * Waits for those who record items and keeps others from it until the transaction ends or is rolled back to before: what it
 * sees from then on has every revision up to its last one.
 */
export const lockItems = async (tx: Sql): Promise<void> => {
  await tx.query('lock table partnership_item in share mode');
};

/** One who records items at a time, until the transaction ends: ids come in the order of commits. */
export const serializeItems = async (tx: Sql): Promise<void> => {
  await tx.query("select pg_advisory_xact_lock(hashtext('partnership_item'))");
};

/** The last revision of all; 0 where there is none. */
export const lastItem = async (sql: Sql): Promise<number> =>
  (await sql.query<{ id: number }>('select coalesce(max(id), 0)::int as id from partnership_item'))[0]?.id ?? 0;

/** Records a revision of each: what held before stays, as superseded. After `serializeItems`. */
export const recordItems = async (
  tx: Sql,
  items: readonly Item[],
  { now, actor }: { readonly now: Date; readonly actor: string },
): Promise<void> => {
  if (items.length === 0) return;
  const given = JSON.stringify(items, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  await tx.query(
    `update partnership_item i set superseded_at = greatest($2, i.recorded_at)
       from json_to_recordset($1::json) as n(side text, reference text)
      where i.side = n.side and i.reference = n.reference and i.superseded_at is null`,
    [given, now],
  );
  await tx.query(
    `insert into partnership_item (side, reference, revision, kind, partner, region, connection_id, amount_micros, currency, every,
                                   hours_micros, hourly_micros, ppm, by_line_cost, starts_on, ends_on, recorded_at, recorded_by)
     select n.side, n.reference, 1 + (select count(*) from partnership_item b where b.side = n.side and b.reference = n.reference), n.kind, n.partner,
            n.region, n."connectionId", n."amountMicros", n.currency, n.every, n."hoursMicros", n."hourlyMicros", n.ppm, n."byLineCost",
            n."startsOn", n."endsOn", $2, $3
       from json_to_recordset($1::json) as n(side text, reference text, kind text, partner text, region text, "connectionId" int,
            "amountMicros" bigint, currency text, every text, "hoursMicros" bigint, "hourlyMicros" bigint, ppm int, "byLineCost" boolean,
            "startsOn" date, "endsOn" date)`,
    [given, now, actor],
  );
};
