import { moneyJson, ratio, wholePpm } from '../../../core/money.ts';
import type { Sql } from '../../../platform/database/database.ts';
import type { TicketItem } from '../answers.ts';
import { type CostBasis, pooledSql, unpooledSql } from '../facts/pooled-cost.ts';
import { chosenTickets, inCell, type TicketFilter } from './chosen.ts';

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

/** A page of tickets, each with the part of its cost that lies in the asked cell and period: the parts add up to the report. */
export const listTickets = async (
  sql: Sql,
  filter: TicketFilter,
  view: View,
): Promise<{ costBasis: CostBasis; items: TicketItem[]; next: string | null }> => {
  const chosen = await chosenTickets(sql, filter);
  const ids = chosen.slice(0, filter.limit);
  const ofCell = `${inCell('s.partner', filter.partner, '$1')} and ${inCell('s.region', filter.region, '$2')}`;
  const postings = `posting s join chosen on chosen.id = s.ticket_id
        where ($3::date is null or s.worked_day between $3 and $4) and ${ofCell}`;
  const rows = await sql.query<ItemRow>(
    `with chosen as (select id, place from unnest($5::bigint[]) with ordinality as c(id, place)), ${
      view.costBasis === 'true'
        ? `parts as (select s.ticket_id, sum(s.microseconds) as us, sum(s.cost_micros) as cost, 0 as unpooled from ${postings} group by 1)`
        : `${pooledSql(postings)}, parts as (
       select ticket_id, sum(microseconds) as us, sum(cost_micros) as cost, ${unpooledSql} as unpooled from pooled group by 1)`
    }
     select t.id, c.name as connection, t.external_id, t.created_at, t.status, t.channel, t.language, t.reason, a.method, a.confidence,
            coalesce((select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'ppm', s.ppm) order by s.share_no) from attribution_share s where s.attribution_id = a.id), '[]') as shares,
            coalesce((select sum(s.ppm) from attribution_share s where s.attribution_id = a.id and ${ofCell}), 0) as cell_ppm,
            coalesce(parts.us, 0) as microseconds, case when coalesce(parts.unpooled, 0) = 0 then coalesce(parts.cost, 0) end as cost
       from chosen join ticket t on t.id = chosen.id join connection c on c.id = t.connection_id
       left join attribution a on a.ticket_id = t.id and a.current
       left join parts on parts.ticket_id = t.id
      order by chosen.place`,
    [filter.partner ?? null, filter.region ?? null, filter.from ?? null, filter.to ?? null, ids],
  );
  return {
    costBasis: view.costBasis,
    items: rows.map((row) => ({
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
    next: chosen.length > filter.limit ? (ids.at(-1)?.toString() ?? null) : null,
  };
};
