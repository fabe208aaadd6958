import { InvalidInput } from '../../../core/errors.ts';
import { moneyJson, ratio, wholePpm } from '../../../core/money.ts';
import type { Sql } from '../../../platform/database/database.ts';
import type { TicketItem } from '../answers.ts';
import { type CostBasis, pooledSql, unpooledSql } from '../facts/pooled-cost.ts';

/** Which tickets a list shows. Without a period all of them; with one those created in it or worked on in it. */
export interface TicketFilter {
  readonly connection?: string | undefined;
  readonly externalId?: string | undefined;
  /** A partner or region code; "none" for what has none. */
  readonly partner?: string | undefined;
  readonly region?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Who looks: without the permission `rates`, cost comes at the role's pooled rate and per-agent figures are left out. */
export interface View {
  readonly currency: string;
  readonly costBasis: CostBasis;
}

interface ItemRow {
  id: bigint;
  connection: string;
  external_id: string;
  created_at: Date | null;
  status: string | null;
  channel: string | null;
  language: string | null;
  reason: string | null;
  method: string | null;
  confidence: string | null;
  shares: { partner: string | null; region: string | null; ppm: number }[];
  cell_ppm: bigint;
  microseconds: bigint | string;
  cost: string | bigint | null;
}

const parseAfter = (after: string | undefined): bigint | null => {
  if (after === undefined) return null;
  if (!/^\d{1,18}$/.test(after))
    throw new InvalidInput('The cursor is not one of ours', [
      { field: 'after', reason: 'take it from `next` of the page before' },
    ]);
  return BigInt(after);
};

/** Tickets, newest first, with the part of their cost that lies in the asked cell and period: the parts add up to the report. */
export const listTickets = async (
  sql: Sql,
  filter: TicketFilter,
  view: View,
): Promise<{ costBasis: CostBasis; items: TicketItem[]; next: string | null }> => {
  const cell = (column: string, value: string | undefined, position: number): string =>
    value === undefined
      ? `$${position}::text is null`
      : `${column} is not distinct from nullif($${position}::text, 'none')`;
  const postings = `posting s join chosen on chosen.id = s.ticket_id
        where ($5::date is null or s.worked_day between $5 and $6) and ${cell('s.partner', filter.partner, 1)} and ${cell('s.region', filter.region, 2)}`;
  const rows = await sql.query<ItemRow>(
    `with chosen as (
       select t.id from ticket t join connection c on c.id = t.connection_id
        where t.created_at is not null and ($3::text is null or c.id::text = $3 or c.name = $3) and ($4::text is null or t.external_id = $4)
          and ($8::bigint is null or t.id < $8)
          and ($5::date is null or t.created_day between $5 and $6 or exists (select 1 from posting p where p.ticket_id = t.id and p.worked_day between $5 and $6))
          and (($1::text is null and $2::text is null)
            or exists (select 1 from attribution a join attribution_share s on s.attribution_id = a.id
                        where a.ticket_id = t.id and a.current and ${cell('s.partner', filter.partner, 1)} and ${cell('s.region', filter.region, 2)})
            or exists (select 1 from posting s where s.ticket_id = t.id and ($5::date is null or s.worked_day between $5 and $6)
                        and ${cell('s.partner', filter.partner, 1)} and ${cell('s.region', filter.region, 2)}
                        group by s.ticket_id having sum(s.microseconds) <> 0 or sum(s.cost_micros) <> 0))
        order by t.id desc limit $7
     ), ${
       view.costBasis === 'true'
         ? `parts as (select s.ticket_id, sum(s.microseconds) as us, sum(s.cost_micros) as cost, 0 as unpooled from ${postings} group by 1)`
         : `${pooledSql(postings)}, parts as (
       select ticket_id, sum(microseconds) as us, sum(cost_micros) as cost, ${unpooledSql} as unpooled from pooled group by 1)`
     }
     select t.id, c.name as connection, t.external_id, t.created_at, t.status, t.channel, t.language, t.reason, a.method, a.confidence,
            coalesce((select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'ppm', s.ppm) order by s.share_no) from attribution_share s where s.attribution_id = a.id), '[]') as shares,
            coalesce((select sum(s.ppm) from attribution_share s where s.attribution_id = a.id and ${cell('s.partner', filter.partner, 1)} and ${cell('s.region', filter.region, 2)}), 0) as cell_ppm,
            coalesce(parts.us, 0) as microseconds, case when coalesce(parts.unpooled, 0) = 0 then coalesce(parts.cost, 0) end as cost
       from chosen join ticket t on t.id = chosen.id join connection c on c.id = t.connection_id
       left join attribution a on a.ticket_id = t.id and a.current
       left join parts on parts.ticket_id = t.id
      order by t.id desc`,
    [
      filter.partner ?? null,
      filter.region ?? null,
      filter.connection ?? null,
      filter.externalId ?? null,
      filter.from ?? null,
      filter.to ?? null,
      filter.limit + 1,
      parseAfter(filter.after),
    ],
  );
  const shown = rows.slice(0, filter.limit);
  return {
    costBasis: view.costBasis,
    items: shown.map((row) => ({
      id: row.id.toString(),
      connection: row.connection,
      externalId: row.external_id,
      createdAt: row.created_at?.toISOString() ?? null,
      status: row.status,
      channel: row.channel,
      language: row.language,
      reason: row.reason,
      method: row.method,
      confidence: row.confidence,
      shares: row.shares,
      handledSeconds: ratio(BigInt(row.microseconds), BigInt(wholePpm)) ?? 0,
      supportCost: row.cost === null ? null : moneyJson({ micros: BigInt(row.cost), currency: view.currency }),
      cellPpm: Number(row.cell_ppm),
    })),
    next: rows.length > filter.limit ? (shown.at(-1)?.id.toString() ?? null) : null,
  };
};
