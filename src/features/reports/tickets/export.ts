import { ratio, wholePpm } from '../../../core/money.ts';
import type { Sql } from '../../../platform/database/database.ts';
import type { TicketFilter } from './chosen.ts';
import { priceJson, shownRateKey } from './detail.ts';
import type { ExportItem } from './export-answers.ts';
import { listTickets, type View } from './list.ts';
import { namedOrders, orderIdsIn } from './named-orders.ts';
import { loadWages, type Wage } from './wages.ts';
import type { PricedRow, WorkEntryRow } from './work-rows.ts';

interface EntryRow extends WorkEntryRow {
  id: bigint;
  ticket_id: bigint;
  source_key: string;
  actor: string;
  worked_day: string;
}

interface PartRow extends PricedRow {
  work_entry_id: bigint;
  partner: string | null;
  region: string | null;
  country: string | null;
  microseconds: string;
  cost_micros: string;
  native_micros: string;
}

interface AboutRow {
  id: bigint;
  solved_at: Date | null;
  version: number | null;
  evidence: unknown;
  shares: ExportItem['shares'];
}

const partOf = (
  row: PartRow,
  { connection, trueCost, byAgent, wage }: { connection: string; trueCost: boolean; byAgent: boolean; wage: Wage },
): ExportItem['work'][number]['parts'][number] => {
  // An agent's own rate has the agent's name.
  const key = byAgent || row.rate_scope !== 'agent' ? shownRateKey(row, connection) : null;
  return {
    partner: row.partner,
    region: row.region,
    country: row.country,
    seconds: ratio(BigInt(row.microseconds), BigInt(wholePpm)) ?? 0,
    ...(trueCost && priceJson(row, { key, wage })),
  };
};

/** The id of the rule that decided, as the evidence has it, also in the half that a person left to it. */
const ruleIn = (evidence: unknown): string | null => {
  if (typeof evidence !== 'object' || evidence === null) return null;
  const { ruleId, below } = evidence as { ruleId?: unknown; below?: unknown };
  return typeof ruleId === 'number' || typeof ruleId === 'string' ? String(ruleId) : ruleIn(below);
};

/**
 * Tickets as `listTickets` pages them, each with every input of its cost in the period and cell: entries, seconds, rates, FX
 * and shares, with what was taken back left out. No name, address or text of a customer is there to be told.
 */
export const exportTickets = async (
  sql: Sql,
  filter: TicketFilter & { readonly from: string; readonly to: string },
  view: View & {
    /** Whether work tells its agent: `maySeeAgents`. */
    readonly byAgent: boolean;
  },
): Promise<{ items: ExportItem[]; next: string | null }> => {
  const page = await listTickets(sql, filter, view);
  const ids = page.items.map(({ id }) => id);
  const about = await sql.query<AboutRow>(
    `select t.id, t.solved_at, a.version, a.evidence,
            coalesce((select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'country', s.country, 'ppm', s.ppm) order by s.share_no)
                        from attribution_share s where s.attribution_id = a.id), '[]') as shares
       from ticket t left join attribution a on a.ticket_id = t.id and a.current where t.id = any($1::int8[])`,
    [ids],
  );
  const entries = await sql.query<EntryRow>(
    `select e.id, e.ticket_id, e.source_key, e.agent_id, e.clock, e.kind, e.actor, e.channel, e.worked_at, e.worked_day::text as worked_day, e.raw_seconds::float8, e.costed_seconds,
            e.capped_seconds::float8, e.untaken_seconds::float8, e.state, e.decision, e.unpriced
       from work_entry e where e.ticket_id = any($1::int8[]) and e.worked_day between $2 and $3 order by e.ticket_id, e.worked_at, e.id`,
    [ids, filter.from, filter.to],
  );
  const parts = await sql.query<PartRow>(
    `select p.work_entry_id, p.partner, p.region, p.country, p.currency, p.native_currency, p.hourly_micros, p.rate_scope, p.rate_key, p.rate_valid_from,
            p.fx_numerator, p.fx_denominator, p.fx_date, sum(p.microseconds) as microseconds, sum(p.cost_micros) as cost_micros, sum(p.native_micros) as native_micros
       from posting p
      where p.ticket_id = any($1::int8[]) and p.worked_day between $2 and $3
        and ($4::text is null or p.partner is not distinct from nullif($4, 'none')) and ($5::text is null or p.region is not distinct from nullif($5, 'none'))
      group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 having sum(p.microseconds) <> 0 or sum(p.cost_micros) <> 0
      order by p.work_entry_id, p.partner nulls last, p.region nulls last, p.rate_valid_from`,
    [ids, filter.from, filter.to, filter.partner ?? null, filter.region ?? null],
  );
  const orders = await namedOrders(sql, [...new Set(about.flatMap(({ evidence }) => orderIdsIn(evidence)))]);
  const aboutById = new Map(about.map((row) => [row.id.toString(), row]));
  const entriesByTicket = Map.groupBy(entries, ({ ticket_id }) => ticket_id.toString());
  const partsByEntry = Map.groupBy(parts, ({ work_entry_id }) => work_entry_id);
  const trueCost = view.costBasis === 'true';
  const wageOf = trueCost ? await loadWages(sql) : () => undefined;
  return {
    items: page.items.map((item) => {
      const known = aboutById.get(item.id);
      return {
        id: item.id,
        connection: item.connection,
        externalId: item.externalId,
        createdAt: item.createdAt,
        solvedAt: known?.solved_at?.toISOString() ?? null,
        status: item.status,
        channel: item.channel,
        language: item.language,
        reason: item.reason,
        method: item.method,
        confidence: item.confidence,
        version: known?.version ?? null,
        rule: ruleIn(known?.evidence),
        orders: orderIdsIn(known?.evidence).flatMap((id) => orders.get(id)?.number ?? []),
        shares: known?.shares ?? [],
        cellPpm: item.cellPpm,
        handledSeconds: item.handledSeconds,
        supportCost: item.supportCost,
        work: (entriesByTicket.get(item.id) ?? []).map((entry) => ({
          sourceKey: entry.source_key,
          ...(view.byAgent && { agent: entry.agent_id }),
          clock: entry.clock,
          measured: entry.kind === 'measured',
          actor: entry.actor,
          channel: entry.channel,
          workedAt: entry.worked_at.toISOString(),
          rawSeconds: entry.raw_seconds,
          costedSeconds: entry.costed_seconds,
          cappedSeconds: entry.capped_seconds,
          untakenSeconds: entry.untaken_seconds,
          state: entry.state,
          decision: entry.decision,
          unpriced: entry.unpriced,
          parts: (partsByEntry.get(entry.id) ?? []).map((part) =>
            partOf(part, {
              connection: item.connection,
              trueCost,
              byAgent: view.byAgent,
              wage: wageOf(part, entry.worked_day),
            }),
          ),
        })),
      };
    }),
    next: page.next,
  };
};
