import type { Sql } from '../../platform/database/database.ts';
import type { NewPosting, StoredPosting } from './price.ts';

/** Rows as one JSON parameter: bigints as text, which PostgreSQL casts back exactly. */
export const rowsJson = (rows: readonly object[]): string =>
  JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));

/** A posting to be written, and the first share that its entry's last revision had. */
export interface PostingToWrite {
  readonly workEntryId: bigint;
  readonly ticketId: bigint;
  readonly posting: NewPosting;
  readonly before: StoredPosting | undefined;
}

/** Whether a new posting has the price and the basis of one before it, so that these need not be sent. */
const isAtPriceOf = (before: StoredPosting, posting: NewPosting): boolean =>
  before.price === posting.price &&
  before.currency === posting.currency &&
  before.measured === posting.measured &&
  before.workedDay === posting.workedDay &&
  before.workedAt.getTime() === posting.workedAt.getTime();

/** What a posting has of its entry, its basis and its price. */
const entryColumns = [
  'work_entry_id',
  'ticket_id',
  'measured',
  'currency',
  'native_currency',
  'hourly_micros',
  'rate_scope',
  'rate_key',
  'rate_valid_from',
  'fx_numerator',
  'fx_denominator',
  'fx_date',
  'worked_at',
  'worked_day',
];
const ofEntry = entryColumns.map((column) => `p.${column}`).join(', ');

/**
 * One posting by its primary key, each alone because of `offset 0`: joined plainly, a plan that is made of a ledger of some 200
 * postings, and kept, reads all of it for each lot.
 */
const postingOf = (id: string): string => `cross join lateral (select * from posting where id = ${id} offset 0) p`;

const columns = `${entryColumns.join(', ')}, revision, share_no, reverses_id, attribution_version, partner, region, country,
         microseconds, cost_micros, native_micros, cause`;

const insertSql = `
  with posted as (
    insert into posting (${columns}, posted_at)
    select ${columns}, $1::timestamptz from (
      select b.at, ${ofEntry}, p.revision + 1 as revision, p.share_no, p.id as reverses_id, p.attribution_version, p.partner, p.region, p.country,
             -p.microseconds as microseconds, -p.cost_micros as cost_micros, -p.native_micros as native_micros, b.cause
        from unnest($2::int[], $3::bigint[], $4::text[]) as b(at, id, cause) ${postingOf('b.id')}
      union all
      select n.at, ${ofEntry}, n.revision, n.share_no, null, n.version, n.partner, n.region, n.country, n.microseconds, n.cost, n.native, n.cause
        from unnest($5::int[], $6::bigint[], $7::int[], $8::int[], $9::int[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[],
                    $15::bigint[], $16::text[])
             as n(at, before, revision, share_no, version, partner, region, country, microseconds, cost, native, cause)
        ${postingOf('n.before')}
      union all
      select n.at, n."workEntryId", n."ticketId", n.measured, n.currency, n."nativeCurrency", n."hourlyMicros", n."rateScope", n."rateKey",
             n."rateValidFrom", n."fxNumerator", n."fxDenominator", n."fxDate", n."workedAt", n."workedDay", n.revision, n."shareNo", null,
             n."attributionVersion", n.partner, n.region, n.country, n.microseconds, n."costMicros", n."nativeMicros", n.cause
        from json_to_recordset($17::json) as n(at int, "workEntryId" bigint, revision int, "shareNo" int, "ticketId" bigint,
             "attributionVersion" int, partner text, region text, country text, measured boolean,
             microseconds bigint, "costMicros" bigint, currency text, "nativeMicros" bigint, "nativeCurrency" text,
             "hourlyMicros" bigint, "rateScope" text, "rateKey" text, "rateValidFrom" date, "fxNumerator" numeric,
             "fxDenominator" numeric, "fxDate" date, "workedAt" timestamptz, "workedDay" date, cause text)
    ) given order by at
    returning worked_day, partner, region, measured, microseconds, cost_micros)
  insert into rollup_delta (day, partner, region, measured, microseconds, cost_micros)
  select worked_day, partner, region, measured, sum(microseconds), sum(cost_micros) from posted
   group by worked_day, partner, region, measured
  having sum(microseconds) <> 0 or sum(cost_micros) <> 0`;

/**
 * Postings and what they add to the days they are of, in one statement, so that neither can exist without the other. A
 * reversal, and what is posted anew at a frozen price, is made from the posting before it: only what differs is sent.
 */
export const insertPostings = async (sql: Sql, rows: readonly PostingToWrite[], now: Date): Promise<void> => {
  if (rows.length === 0) return;
  const back: { at: number; id: bigint; cause: string }[] = [];
  const again: (NewPosting & { readonly at: number; readonly beforeId: bigint })[] = [];
  const fresh: object[] = [];
  for (const [at, { workEntryId, ticketId, posting, before }] of rows.entries()) {
    if (posting.reversesId !== null) back.push({ at, id: posting.reversesId, cause: posting.cause });
    else if (before && isAtPriceOf(before, posting)) again.push({ ...posting, at, beforeId: before.id });
    else {
      const {
        price: { fx, ...rate },
        ...rest
      } = posting;
      const conversion = { fxNumerator: fx.numerator, fxDenominator: fx.denominator, fxDate: fx.date };
      fresh.push({ at, workEntryId, ticketId, ...rest, ...rate, ...conversion });
    }
  }
  await sql.query(insertSql, [
    now,
    back.map(({ at }) => at),
    back.map(({ id }) => id),
    back.map(({ cause }) => cause),
    again.map(({ at }) => at),
    again.map(({ beforeId }) => beforeId),
    again.map(({ revision }) => revision),
    again.map(({ shareNo }) => shareNo),
    again.map(({ attributionVersion }) => attributionVersion),
    again.map(({ partner }) => partner),
    again.map(({ region }) => region),
    again.map(({ country }) => country),
    again.map(({ microseconds }) => microseconds),
    again.map(({ costMicros }) => costMicros),
    again.map(({ nativeMicros }) => nativeMicros),
    again.map(({ cause }) => cause),
    rowsJson(fresh),
  ]);
};
