import type { Sql } from '../../../platform/database/database.ts';
import type { Confidence, Method } from '../../attribution/index.ts';
import { roleOnDaySql } from '../facts/pooled-cost.ts';
import type { PooledLine } from './pooled-ticket.ts';

/** An order as the store knows it: its page there is found by connection and external id. */
interface OrderKey {
  readonly connectionId: number;
  readonly externalId: string;
  readonly number: string;
}

export interface GlancedOrder extends OrderKey {
  /** Days are those of reports. */
  readonly placedOn: string;
  readonly statusId: number;
  readonly currency: string;
  /** Micros as digits: after discounts, tax out. */
  readonly revenue: string;
  readonly refunds: readonly { readonly net: string; readonly madeOn: string }[];
}

/** What is stored of a ticket that stands beside it while an agent works on it. */
export interface TicketGlance {
  readonly id: bigint;
  readonly reason: string | null;
  /** Something of it is known and not yet read or decided. */
  readonly pending: boolean;
  /** Work on it waits for its hour to be read. */
  readonly waits: boolean;
  /** Null: never decided. */
  readonly decision: {
    readonly method: Method;
    readonly confidence: Confidence;
    readonly evidence: Readonly<Record<string, unknown>>;
    readonly shares: readonly {
      readonly partner: string | null;
      readonly region: string | null;
      readonly ppm: number;
    }[];
  } | null;
  /** The order that decided it, where it was one alone. */
  readonly decidedBy: OrderKey | null;
  /** Order numbers of the mapped field, and whether they are orders here. */
  readonly fieldNumbers: readonly { readonly number: string; readonly known: boolean }[];
  readonly lines: readonly PooledLine[];
  /** Some of its work has no rate yet. */
  readonly unpriced: boolean;
  /** The requester's, the latest first. */
  readonly orders: readonly GlancedOrder[];
}

interface GlanceRow extends Omit<TicketGlance, 'decision' | 'decidedBy' | 'fieldNumbers' | 'lines' | 'orders'> {
  readonly method: Method | null;
  readonly confidence: Confidence;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly shares: NonNullable<TicketGlance['decision']>['shares'] | null;
  readonly decided_by: OrderKey | null;
  readonly field_numbers: TicketGlance['fieldNumbers'] | null;
  readonly lines: readonly PooledLine[] | null;
  readonly orders: readonly GlancedOrder[] | null;
}

const mostOrders = 5;

/**
 * A ticket of one connection in one statement, each part by an index; null where there is none. Nothing in it is an agent's:
 * neither who worked, nor what a posting truly cost (an AI agent's apart).
 */
export const ticketGlance = async (
  sql: Sql,
  { connectionId, externalId, now }: { readonly connectionId: number; readonly externalId: string; readonly now: Date },
): Promise<TicketGlance | null> => {
  const [row] = await sql.query<GlanceRow>(
    `select t.id, t.reason,
            t.quarantined_at is null and (t.due_at is not null and not t.from_backfill or t.deep_due_at <= $3
              or t.stale_since is not null and t.snapshot_at is not null) is true as pending,
            (t.quarantined_at is null and t.deep_due_at > $3) is true as waits,
            a.method, a.confidence, a.evidence,
            (select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'ppm', s.ppm) order by s.share_no)
               from attribution_share s where s.attribution_id = a.id) as shares,
            (select jsonb_build_object('connectionId', o.connection_id, 'externalId', o.external_id, 'number', o.number)
               from "order" o where o.id = d.order_id) as decided_by,
            (select jsonb_agg(jsonb_build_object('number', n, 'known', exists (select from "order" where lower(number) = n or lower(external_number) = n)) order by at)
               from unnest(t.order_numbers) with ordinality as f (n, at)) as field_numbers,
            (select jsonb_agg(jsonb_build_object('month', date_trunc('month', p.worked_day)::date, 'role', ${roleOnDaySql('p.worked_day')}, 'measured', p.measured,
                      'us', p.microseconds::text, 'told', case when e.actor = 'ai_agent' then p.cost_micros::text end))
               from posting p join work_entry e on e.id = p.work_entry_id
               left join agent ag on ag.connection_id = e.connection_id and ag.external_id = e.agent_id
              where p.ticket_id = t.id) as lines,
            exists (select from work_entry e where e.ticket_id = t.id and e.unpriced is not null) as unpriced,
            (select jsonb_agg(jsonb_build_object('connectionId', o.connection_id, 'externalId', o.external_id, 'number', o.number, 'placedOn', o.placed_day,
                      'statusId', o.status_id, 'currency', o.currency, 'revenue', o.revenue_micros::text,
                      'refunds', (select coalesce(jsonb_agg(jsonb_build_object('net', r.net_micros::text, 'madeOn', r.made_day) order by r.made_at desc, r.id desc), '[]')
                                    from refund r where r.order_id = o.id and r.paid_micros > 0)) order by o.placed_at desc, o.id desc)
               from (select o.* from order_address oa join "order" o on o.id = oa.order_id
                      where oa.email_hash = t.requester_hash and o.status_id <> 0
                      order by o.placed_at desc, o.id desc limit ${mostOrders}) o) as orders
       from ticket t
       left join attribution a on a.ticket_id = t.id and a.current
       left join lateral (select case when jsonb_array_length(ids) = 1 then (ids ->> 0)::bigint end as order_id
                            from (select coalesce(a.evidence -> 'orderIds', a.evidence -> 'below' -> 'orderIds') as ids) x) d on true
      where t.connection_id = $1 and t.external_id = $2`,
    [connectionId, externalId, now],
    { preparedAs: 'ticket at a glance' },
  );
  if (!row) return null;
  const {
    method,
    confidence,
    evidence,
    shares,
    decided_by: decidedBy,
    field_numbers: fieldNumbers,
    lines,
    orders,
    ...ticket
  } = row;
  return {
    ...ticket,
    decision: method === null ? null : { method, confidence, evidence, shares: shares ?? [] },
    decidedBy,
    fieldNumbers: fieldNumbers ?? [],
    lines: lines ?? [],
    orders: orders ?? [],
  };
};
