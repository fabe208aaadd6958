import { moneyJson } from '../../../core/money.ts';
import type { Sql } from '../../../platform/database/database.ts';
import { type CostBasis, pooledSql } from '../facts/pooled-cost.ts';
import type { MoneyJson } from '../metrics.ts';

/** Days as they were published: what has a higher id than the last posting of then came later. */
export interface Published {
  readonly from: string;
  readonly to: string;
  readonly lastPostingId: bigint;
  /** Amounts posted since are told in it alone: after a rebase the postings are of two. */
  readonly currency: string;
}

/** What was posted into published days for one reason. */
interface RestatementReason {
  /** posting.cause: work | correction | reattribution | rate | role | estimate replaced | hold | decision | rebase. */
  readonly reason: string;
  readonly tickets: number;
  /** What it adds to the cost of those days; null where no pool tells, and in another reporting currency than it was published in. */
  readonly amount: MoneyJson | null;
  /** What it moved from one partner and region to others without adding anything: the smaller of what came and what went. */
  readonly moved: MoneyJson | null;
}

export interface Restatement {
  readonly open: boolean;
  readonly tickets: number;
  readonly amount: MoneyJson | null;
  readonly reasons: readonly RestatementReason[];
}

/** One ticket and reason of a restatement. */
interface RestatementItem {
  readonly ticket: { readonly id: string; readonly connection: string; readonly externalId: string };
  readonly reason: string;
  readonly postedAt: string;
  readonly amount: MoneyJson | null;
  readonly cells: readonly {
    readonly partner: string | null;
    readonly region: string | null;
    readonly amount: MoneyJson | null;
  }[];
}

interface Look {
  readonly currency: string;
  readonly costBasis: CostBasis;
}

/** Postings of $1 to $2 after id $3, found day by day: an index that has the id behind the day reads nothing else. */
export const later = `generate_series($1::date, $2::date, interval '1 day') as d(day) join posting s on s.worked_day = d.day::date and s.id > $3`;

/**
 * By ticket, reason and cell; `cost` is null where no pool tells it. A ticket that came back to where it was, whatever
 * happened in between, restates nothing: its true cost decides, also for those who see it at pooled rates.
 */
const cellsSql = (costBasis: CostBasis): string => `
  with ${
    costBasis === 'true'
      ? `told as (select s.ticket_id, s.cause, s.partner, s.region, s.microseconds, s.cost_micros, s.cost_micros as true_micros from ${later})`
      : `${pooledSql(later)}, told as (select ticket_id, cause, partner, region, microseconds, cost_micros, true_micros from pooled)`
  }, restated as (
    select distinct ticket_id from (
      select ticket_id from told group by ticket_id, partner, region having sum(microseconds) <> 0 or sum(true_micros) <> 0) moved
  ), cells as (
    select ticket_id, cause, partner, region,
           case when coalesce(sum(microseconds) filter (where cost_micros is null), 0) = 0 then coalesce(sum(cost_micros), 0) end as cost
      from told join restated using (ticket_id) group by 1, 2, 3, 4 having sum(microseconds) <> 0 or sum(true_micros) <> 0
  )`;

const moneyIn =
  (published: Published, { currency }: Look) =>
  (micros: bigint | string | null): MoneyJson | null =>
    micros === null || published.currency !== currency ? null : moneyJson({ micros: BigInt(micros), currency });

/** Whether that is anything: what was posted and taken back again is nothing. */
export const isRestated = async (sql: Sql, published: Omit<Published, 'currency'>): Promise<boolean> => {
  const [row] = await sql.query<{ any: boolean }>(`${cellsSql('true')} select exists (select from cells) as any`, [
    published.from,
    published.to,
    published.lastPostingId,
  ]);
  return row?.any ?? false;
};

/** What was posted into published days since: amount, tickets and reasons. Open until a further revision closes it. */
export const restatementOf = async (sql: Sql, published: Published, look: Look): Promise<Restatement> => {
  const rows = await sql.query<{
    reason: string | null;
    tickets: bigint;
    amount: string | null;
    came: string | null;
    went: string | null;
  }>(
    `${cellsSql(look.costBasis)}
     select cause as reason, count(distinct ticket_id) as tickets, case when bool_and(cost is not null) then sum(cost) end as amount,
            case when bool_and(cost is not null) then coalesce(sum(cost) filter (where cost > 0), 0) end as came,
            case when bool_and(cost is not null) then coalesce(-sum(cost) filter (where cost < 0), 0) end as went
       from cells group by grouping sets ((), (cause)) order by count(distinct ticket_id) desc, cause`,
    [published.from, published.to, published.lastPostingId],
  );
  const money = moneyIn(published, look);
  const total = rows.find(({ reason }) => reason === null);
  return {
    open: total !== undefined && total.tickets > 0n,
    tickets: Number(total?.tickets ?? 0n),
    amount: money(total?.tickets ? total.amount : 0n),
    reasons: rows.flatMap(({ reason, tickets, amount, came, went }) =>
      reason === null
        ? []
        : [
            {
              reason,
              tickets: Number(tickets),
              amount: money(amount),
              moved: money(came === null || went === null || BigInt(came) < BigInt(went) ? came : went),
            },
          ],
    ),
  };
};

/** The same ticket by ticket, the newest ticket first; `after` is the id of the last one of the page before. */
export const restatementItems = async (
  sql: Sql,
  published: Published,
  { limit, after, ...look }: Look & { readonly limit: number; readonly after?: string | undefined },
): Promise<{ items: RestatementItem[]; next: string | null }> => {
  const rows = await sql.query<{
    ticket_id: bigint;
    connection: string;
    external_id: string;
    reason: string;
    posted_at: Date;
    amount: string | null;
    cells: { partner: string | null; region: string | null; cost: string | null }[];
  }>(
    `${cellsSql(look.costBasis)}, page as (
       select distinct ticket_id from cells where $4::bigint is null or ticket_id < $4 order by ticket_id desc limit $5
     )
     select page.ticket_id, c.name as connection, t.external_id, cells.cause as reason, case when bool_and(cost is not null) then sum(cost) end as amount,
            (select max(p.posted_at) from posting p where p.ticket_id = page.ticket_id and p.id > $3 and p.worked_day between $1 and $2 and p.cause = cells.cause) as posted_at,
            jsonb_agg(jsonb_build_object('partner', partner, 'region', region, 'cost', cost::text) order by partner, region) as cells
       from page join cells on cells.ticket_id = page.ticket_id join ticket t on t.id = page.ticket_id join connection c on c.id = t.connection_id
      group by page.ticket_id, c.name, t.external_id, cells.cause order by page.ticket_id desc, cells.cause`,
    [published.from, published.to, published.lastPostingId, after === undefined ? null : BigInt(after), limit + 1],
  );
  const money = moneyIn(published, look);
  const tickets = [...new Set(rows.map(({ ticket_id }) => ticket_id))];
  const shown = new Set(tickets.slice(0, limit));
  return {
    items: rows
      .filter(({ ticket_id }) => shown.has(ticket_id))
      .map((row) => ({
        ticket: { id: row.ticket_id.toString(), connection: row.connection, externalId: row.external_id },
        reason: row.reason,
        postedAt: row.posted_at.toISOString(),
        amount: money(row.amount),
        cells: row.cells.map(({ partner, region, cost }) => ({ partner, region, amount: money(cost) })),
      })),
    next: tickets.length > limit ? String([...shown].at(-1)) : null,
  };
};
