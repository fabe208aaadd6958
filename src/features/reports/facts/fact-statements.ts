import type { CellFacts } from './facts.ts';
import { type CostBasis, pooledSql, unpooledSql } from './pooled-cost.ts';

/** What figures may be grouped by (RULES.md section 7). */
export const figureDimensions = [
  'partner',
  'region',
  'country',
  'channel',
  'language',
  'reason',
  'agent',
  'day',
  'week',
  'month',
] as const;
export type FigureDimension = (typeof figureDimensions)[number];

/** What a fact is counted on: orders know no channel, language, reason or agent; tickets created know no agent. */
export const ledgerSides = ['orders', 'tickets', 'work'] as const;
export type LedgerSide = (typeof ledgerSides)[number];
/** Other costs and benefits of partnerships know partner, region and time. */
export const sides = [...ledgerSides, 'partnerships'] as const;
export type Side = (typeof sides)[number];

/** One question to the ledger. $1 and $2 are the first and the last day, $3 what the statement says. */
export interface Statement {
  readonly side: LedgerSide;
  /** How the statement tells each dimension that it knows. */
  readonly by: Readonly<Partial<Record<FigureDimension, string>>>;
  readonly sql: (asked: {
    /** The dimensions that are asked for, as columns, each with a comma behind it. */
    readonly columns: string;
    /** "group by" their positions, or nothing. */
    readonly grouped: string;
    readonly dimensions: readonly FigureDimension[];
  }) => string;
  readonly third?: 'time zone' | 'high value';
}

type By = Statement['by'];

/** Weeks start on Monday; a step is named by its first day. */
export const stepsOf = (day: string): By => ({
  day: `${day}::text`,
  week: `date_trunc('week', ${day})::date::text`,
  month: `date_trunc('month', ${day})::date::text`,
});

export const ofShare: By = { partner: 's.partner', region: 's.region', country: 's.country' };
export const ofTicket: By = { channel: 't.channel', language: 't.language', reason: 't.reason' };
const ofOrder: By = { partner: 's.partner', region: 's.region', country: 's.country', ...stepsOf('s.day') };

const isTicketDimension = (dimension: FigureDimension): boolean => dimension in ofTicket;
/** The join that a dimension of tickets needs; the others do without. */
const ticketOf = (column: string, dimensions: readonly FigureDimension[]): string =>
  dimensions.some(isTicketDimension) ? `join ticket t on t.id = ${column}` : '';

/** Ticket counts: shares of tickets created in the period (RULES.md section 7). */
export const tickets: Statement = {
  side: 'tickets',
  by: { ...ofShare, ...ofTicket, ...stepsOf('t.created_day') },
  sql: ({ columns, grouped }) => `
  select ${columns} sum(s.ppm) as "ticketsPpm", coalesce(sum(s.ppm) filter (where s.partner is not null or s.region is not null), 0) as "attributedPpm"
    from ticket t join attribution a on a.ticket_id = t.id and a.current join attribution_share s on s.attribution_id = a.id
   where t.created_day between $1 and $2 ${grouped}`,
};

/** Tickets with costed work in the period: the net of their postings in it is above zero seconds. */
export const worked: Statement = {
  side: 'work',
  by: { ...ofShare, ...ofTicket },
  sql: ({ columns, grouped, dimensions }) => `
  select ${columns} sum(s.ppm) as "ticketsWorkedPpm"
    from (select ticket_id from posting where worked_day between $1 and $2 group by ticket_id having add_up(microseconds) > 0) w
    join attribution a on a.ticket_id = w.ticket_id and a.current join attribution_share s on s.attribution_id = a.id
    ${ticketOf('w.ticket_id', dimensions)} ${grouped}`,
};

/**
 * The same where a ticket may lie in several rows, by agent or by time: its share goes to them by their seconds, largest
 * remainder first (ties: more seconds, then the agent, then the day), so that the rows add up to the tickets.
 */
export const workedInParts: Statement = {
  side: 'work',
  by: { ...ofShare, ...ofTicket, agent: 's.agent', ...stepsOf('s.day') },
  sql: ({ columns, grouped, dimensions }) => `
  select ${columns} sum(s.part + case when s.place <= s.ppm - s.parts then 1 else 0 end) as "ticketsWorkedPpm"
    from (
      select x.*, sum(x.part) over (partition by x.attribution_id, x.share_no) as parts,
             row_number() over (partition by x.attribution_id, x.share_no order by x.rest desc, x.us desc, x.agent, x.day) as place
        from (
          select s.*, n.ticket_id, n.agent, n.day, n.us, div(s.ppm * n.us, n.all_us) as part, mod(s.ppm * n.us, n.all_us) as rest
            from (
              select ticket_id, agent, day, us, sum(us) over (partition by ticket_id) as all_us from (
                select p.ticket_id, ${dimensions.includes('agent') ? agentOf('e') : 'null::text'} as agent, p.worked_day as day, sum(p.microseconds) as us
                  from posting p ${dimensions.includes('agent') ? 'join work_entry e on e.id = p.work_entry_id' : ''}
                 where p.worked_day between $1 and $2 group by 1, 2, 3 having add_up(p.microseconds) > 0) net
            ) n
            join attribution a on a.ticket_id = n.ticket_id and a.current join attribution_share s on s.attribution_id = a.id
        ) x
    ) s ${ticketOf('s.ticket_id', dimensions)} ${grouped}`,
};

/** An agent is named by connection and the helpdesk's id. */
export function agentOf(entry: string): string {
  return `${entry}.connection_id || ':' || coalesce(${entry}.agent_id, '')`;
}

/** Money and seconds from the daily totals, folded and not yet folded, which are equal to the ledger. */
const costFromTotals: Statement = {
  side: 'work',
  by: { partner: 's.partner', region: 's.region', ...stepsOf('s.day') },
  sql: ({ columns, grouped }) => `
  select ${columns} sum(microseconds) as microseconds, sum(cost_micros) as "costMicros", coalesce(sum(cost_micros) filter (where measured), 0) as "measuredCostMicros"
    from (select day, nullif(partner, '') as partner, nullif(region, '') as region, measured, microseconds, cost_micros from rollup_daily where day between $1 and $2
          union all
          select day, partner, region, measured, microseconds, cost_micros from rollup_delta where day between $1 and $2) s
   ${grouped}`,
};

/** By what the totals do not know: from the postings. */
const costFromLedger: Statement = {
  side: 'work',
  by: { ...ofShare, ...ofTicket, agent: agentOf('e'), ...stepsOf('s.worked_day') },
  sql: ({ columns, grouped, dimensions }) => `
  select ${columns} sum(s.microseconds) as microseconds, sum(s.cost_micros) as "costMicros", coalesce(sum(s.cost_micros) filter (where s.measured), 0) as "measuredCostMicros"
    from posting s ${ticketOf('s.ticket_id', dimensions)} ${dimensions.includes('agent') ? 'join work_entry e on e.id = s.work_entry_id' : ''}
   where s.worked_day between $1 and $2 ${grouped}`,
};

/** For those who may not see wages: from the postings, for totals do not tell who worked. Never by agent. */
const pooledCost: Statement = {
  side: 'work',
  by: { ...ofShare, ...ofTicket, ...stepsOf('s.worked_day') },
  sql: ({ columns, grouped, dimensions }) => `
  with ${pooledSql('posting s where s.worked_day between $1 and $2')}
  select ${columns} sum(s.microseconds) as microseconds, sum(s.cost_micros) as "costMicros", sum(s.cost_micros) filter (where s.measured) as "measuredCostMicros",
         ${unpooledSql} as "unpooledMicroseconds"
    from pooled s ${ticketOf('s.ticket_id', dimensions)} ${grouped}`,
};

export const orders: Statement = {
  side: 'orders',
  by: ofOrder,
  sql: ({ columns, grouped }) => `
  select ${columns} sum(s.ppm) as "ordersPpm", coalesce(sum(s.reporting_micros), 0) as "revenueMicros",
         coalesce(sum(s.ppm) filter (where s.reporting_micros is null), 0) as "unpricedOrdersPpm"
    from (select o.id, o.fx_numerator || '/' || o.fx_denominator as fx, os.partner, o.region, o.country, o.placed_day as day, os.ppm, os.reporting_micros
            from "order" o join order_share os on os.order_id = o.id where o.counted and o.placed_day between $1 and $2) s
   ${grouped}`,
};

/**
 * An order, a work entry or an answer on a list is one, whatever its shares: it counts for the largest of them (ties: by
 * code), so that the rows add up.
 */
const largest = 'order by x.ppm desc, x.partner nulls last, x.region nulls last limit 1';

export const unpricedOrders: Statement = {
  side: 'orders',
  by: ofOrder,
  sql: ({ columns, grouped }) => `
  select ${columns} count(*) as "unpricedOrders"
    from (select o.id, x.partner, o.region, o.country, o.placed_day as day from "order" o
           cross join lateral (select x.partner from order_share x where x.order_id = o.id order by x.ppm desc, x.partner nulls last limit 1) x
           where o.counted and o.reporting_micros is null and o.placed_day between $1 and $2) s
   ${grouped}`,
};

export const returns: Statement = {
  side: 'orders',
  by: { partner: 's.partner', region: 's.region', country: 's.country' },
  sql: ({ columns, grouped }) => `
  select ${columns} sum(s.ppm) as "returnsPpm"
    from (select o.id, os.partner, o.region, o.country, os.ppm from "order" o join order_share os on os.order_id = o.id
           where o.counted and exists (select 1 from refund r where r.order_id = o.id and r.made_day between $1 and $2)) s
   ${grouped}`,
};

/** By time an order is one return, on the day of its first refund in the period, so that the steps add up. */
const returnsByTime: Statement = {
  side: 'orders',
  by: ofOrder,
  sql: ({ columns, grouped }) => `
  select ${columns} sum(s.ppm) as "returnsPpm"
    from (select os.partner, o.region, o.country, os.ppm, b.day
            from (select r.order_id, min(r.made_day) as day from refund r where r.made_day between $1 and $2 group by 1) b
            join "order" o on o.id = b.order_id join order_share os on os.order_id = o.id where o.counted) s
   ${grouped}`,
};

export const refunds: Statement = {
  side: 'orders',
  by: ofOrder,
  sql: ({ columns, grouped }) => `
  select ${columns} coalesce(sum(s.reporting_micros), 0) as "refundMicros",
         coalesce(sum(s.ppm) filter (where s.reporting_micros is null), 0) as "unpricedRefundsPpm"
    from (select r.id, o.fx_numerator || '/' || o.fx_denominator as fx, rs.partner, o.region, o.country, r.made_day as day, rs.ppm, rs.reporting_micros
            from refund r join "order" o on o.id = r.order_id join refund_share rs on rs.refund_id = r.id
           where o.counted and r.made_day between $1 and $2) s
   ${grouped}`,
};

export const entries: Statement = {
  side: 'work',
  by: { ...ofShare, ...ofTicket, agent: agentOf('e'), ...stepsOf('e.worked_day') },
  sql: ({ columns, grouped, dimensions }) => `
  select ${columns} count(*) filter (where e.unpriced is not null and e.costed_seconds > 0) as "unpricedEntries",
         count(*) filter (where e.capped_seconds > 0) as "cappedEntries"
    from work_entry e join attribution a on a.ticket_id = e.ticket_id and a.current
   cross join lateral (select x.partner, x.region, x.country from attribution_share x where x.attribution_id = a.id ${largest}) s
    ${ticketOf('e.ticket_id', dimensions)}
   where e.worked_day between $1 and $2 and (e.unpriced is not null or e.capped_seconds > 0) ${grouped}`,
};

/** Of the shares frozen when the question was sent. */
const frozenShare = `cross join lateral (
    select x.partner, x.region, x.country from jsonb_to_recordset(i.shares) as x(partner text, region text, country text, ppm bigint) ${largest}) s`;
const agentAsked = `(select tt.connection_id from ticket tt where tt.id = i.ticket_id) || ':' || coalesce(i.agent_id, '')`;

export const responses: Statement = {
  side: 'work',
  by: { ...ofShare, ...ofTicket, agent: agentAsked, ...stepsOf('r.given_day') },
  sql: ({ columns, grouped, dimensions }) => `
  select ${columns} ${[1, 2, 3, 4, 5].map((score) => `count(*) filter (where r.score = ${score}) as scores${score}`).join(', ')}
    from response r join invitation i on i.id = r.invitation_id ${frozenShare} ${ticketOf('i.ticket_id', dimensions)}
   where r.given_day between $1 and $2 ${grouped}`,
};

export const invitations: Statement = {
  side: 'work',
  by: { ...ofShare, ...ofTicket, agent: agentAsked, ...stepsOf('(i.sent_at at time zone $3)::date') },
  sql: ({ columns, grouped, dimensions }) => `
  select ${columns} count(*) as delivered, count(r.invitation_id) as answered
    from invitation i left join response r on r.invitation_id = i.id ${frozenShare} ${ticketOf('i.ticket_id', dimensions)}
   where i.state = 'delivered' and i.sent_at >= $1::date::timestamp at time zone $3 and i.sent_at < ($2::date + 1)::timestamp at time zone $3
   ${grouped}`,
  third: 'time zone',
};

/**
 * What a day adds to a period whatever its other days are, and what of it each counts: all of RULES.md section 7 but tickets
 * worked on and returns, which a period counts once. Cost and seconds come from the source that is asked for.
 */
export const dailyStatements = (
  cost: 'totals' | 'ledger',
): readonly { readonly statement: Statement; readonly facts: readonly (keyof CellFacts)[] }[] => [
  { statement: tickets, facts: ['ticketsPpm', 'attributedPpm'] },
  {
    statement: cost === 'totals' ? costFromTotals : costFromLedger,
    facts: ['microseconds', 'costMicros', 'measuredCostMicros'],
  },
  { statement: orders, facts: ['ordersPpm', 'revenueMicros', 'unpricedOrdersPpm'] },
  { statement: unpricedOrders, facts: ['unpricedOrders'] },
  { statement: refunds, facts: ['refundMicros', 'unpricedRefundsPpm'] },
  { statement: entries, facts: ['unpricedEntries', 'cappedEntries'] },
  { statement: responses, facts: ['scores1', 'scores2', 'scores3', 'scores4', 'scores5'] },
  { statement: invitations, facts: ['delivered', 'answered'] },
];

/** The same of cost as it is told to those who may not see wages. */
export const dailyPooledStatements: ReturnType<typeof dailyStatements> = [
  { statement: pooledCost, facts: ['costMicros', 'measuredCostMicros', 'unpooledMicroseconds'] },
];

export const isTime = (dimension: FigureDimension): boolean => ['day', 'week', 'month'].includes(dimension);

const workedBy = (dimensions: readonly FigureDimension[]): Statement =>
  dimensions.some((dimension) => isTime(dimension) || dimension === 'agent') ? workedInParts : worked;

/** Cost and its seconds alone; at pooled rates there is none by agent. */
export const costBy = (dimensions: readonly FigureDimension[], costBasis: CostBasis): Statement => {
  if (costBasis === 'pooled') return pooledCost;
  return dimensions.every((dimension) => dimension in costFromTotals.by) ? costFromTotals : costFromLedger;
};

/** Tickets worked on, their cost, and orders. */
export const costStatements = (dimensions: readonly FigureDimension[], costBasis: CostBasis): Statement[] => [
  workedBy(dimensions),
  costBy(dimensions, costBasis),
  orders,
];

/** What RULES.md section 7 counts by these dimensions. */
export const baseStatements = (dimensions: readonly FigureDimension[], costBasis: CostBasis): Statement[] => [
  tickets,
  ...costStatements(dimensions, costBasis),
  unpricedOrders,
  dimensions.some(isTime) ? returnsByTime : returns,
  refunds,
  entries,
  responses,
  invitations,
];
