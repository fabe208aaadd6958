import type { Sql } from '../../../platform/database/database.ts';
import type { CellKey } from '../facts/facts.ts';
import type { Change, ChangedItem } from './kept-items.ts';
import { later, type Published } from './restatement.ts';

/** What of the ledger itself is of no kept item: by tickets and causes. */
export const postingsBook = 'postings';

type Sealed = Omit<Published, 'currency'>;

/**
 * What was posted into sealed days since, of tickets that it moved anything of. One that came back to where it was, with its
 * clock and its cost, is none of it: by cell its postings add up to nothing.
 */
const restatedSql = `with told as (
       select s.ticket_id, s.cause, s.partner, s.region, s.measured, s.microseconds, s.cost_micros from ${later}
     ), restated as (
       select distinct ticket_id from (
         select ticket_id from told group by ticket_id, partner, region, measured having sum(microseconds) <> 0 or sum(cost_micros) <> 0) m
     )`;

const sums = `sum(microseconds)::text as microseconds, sum(cost_micros)::text as cost,
            coalesce(sum(cost_micros) filter (where measured), 0)::text as measured`;

type PostedRow = CellKey & {
  readonly reason: string;
  readonly microseconds: string;
  readonly cost: string;
  readonly measured: string;
};

const cellsOf = (rows: readonly PostedRow[]): Change['cells'] =>
  rows
    .map(({ partner, region, microseconds, cost, measured }) => ({
      key: { partner, region },
      deltas: { microseconds: BigInt(microseconds), costMicros: BigInt(cost), measuredCostMicros: BigInt(measured) },
    }))
    .filter(({ deltas }) => Object.values(deltas).some((delta) => delta !== 0n));

/** By cause. */
export const postingChanges = async (sql: Sql, { from, to, lastPostingId }: Sealed): Promise<Change[]> => {
  const rows = await sql.query<PostedRow & { readonly items: bigint }>(
    `${restatedSql}, counted as (
       select cause, count(distinct ticket_id) as items from (
         select ticket_id, cause from told join restated using (ticket_id) group by ticket_id, cause, partner, region
         having sum(microseconds) <> 0 or sum(cost_micros) <> 0 or sum(cost_micros) filter (where measured) <> 0) m
        group by 1
     )
     select cause as reason, partner, region, items, ${sums}
       from told join restated using (ticket_id) join counted using (cause) group by 1, 2, 3, 4 order by 1, 2, 3`,
    [from, to, lastPostingId],
  );
  return [...Map.groupBy(rows, ({ reason }) => reason)]
    .map(([reason, own]) => ({ reason, of: postingsBook, items: Number(own[0]?.items ?? 0n), cells: cellsOf(own) }))
    .filter(({ cells }) => cells.length > 0);
};

/** By ticket and cause, the newest ticket first; `after` is the id of the last one of the page before. */
export const postedItems = async (
  sql: Sql,
  { from, to, lastPostingId }: Sealed,
  { limit, after }: { readonly limit: number; readonly after: bigint | null },
): Promise<{ readonly items: readonly ChangedItem[]; readonly next: string | null }> => {
  const rows = await sql.query<PostedRow & { readonly item: bigint }>(
    `${restatedSql}, page as (
       select ticket_id from restated where $4::bigint is null or ticket_id < $4 order by ticket_id desc limit $5
     )
     select ticket_id as item, cause as reason, partner, region, ${sums}
       from told join page using (ticket_id) group by 1, 2, 3, 4 order by 1 desc, 2, 3, 4`,
    [from, to, lastPostingId, after, limit + 1],
  );
  const tickets = [...Map.groupBy(rows, ({ item }) => item)];
  const shown = tickets.slice(0, limit);
  return {
    items: shown.flatMap(([ticket, own]) =>
      [...Map.groupBy(own, ({ reason }) => reason)]
        .map(([reason, rowsOfIt]) => ({ id: String(ticket), reason, cells: cellsOf(rowsOfIt) }))
        .filter(({ cells }) => cells.length > 0),
    ),
    next: tickets.length > limit ? String(shown.at(-1)?.[0]) : null,
  };
};
