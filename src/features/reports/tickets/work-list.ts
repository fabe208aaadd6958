import { moneyJson } from '../../../core/money.ts';
import type { Sql } from '../../../platform/database/database.ts';
import type { View } from './list.ts';
import type { WorkPage } from './work-answers.ts';
import type { WorkEntryRow } from './work-rows.ts';

interface WorkFilter {
  readonly state: WorkPage['state'];
  readonly connection?: string | undefined;
  /** First and last day of the work, both inclusive. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Whether a person has decided on it; unpriced work is decided by nobody. */
  readonly decided?: boolean | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

interface WorkRow extends Omit<WorkEntryRow, 'decision'> {
  id: bigint;
  ticket_id: bigint;
  connection: string;
  external_id: string;
  shares: { partner: string | null; region: string | null; ppm: number }[];
  connection_id: number;
  agent_name: string | null;
  decided: string | null;
  decided_by: string | null;
  decided_at: Date | null;
  group_id: bigint | null;
  group_tickets: bigint | null;
  cost: string;
}

const wasHeld = "(e.state = 'held' or e.decision is not null and e.raw_seconds >= 0)";

/** Which entries a list holds, those too that a person has decided on, and what the decision's columns begin with. */
const lists: Readonly<Record<WorkPage['state'], { readonly rows: string; readonly decided: '' | 'cap_' | null }>> = {
  held: { rows: wasHeld, decided: '' },
  capped: { rows: '(e.capped_seconds > 0 or e.cap_decision is not null)', decided: 'cap_' },
  correction: { rows: 'e.raw_seconds < 0', decided: '' },
  unpriced: { rows: 'e.unpriced is not null and e.costed_seconds > 0', decided: null },
};

/** Work of one list, what came last first, a page at a time. It names its agents, on whom a person decides. */
export const listWork = async (
  sql: Sql,
  filter: WorkFilter,
  view: Pick<View, 'currency'> & {
    /** Whether costs stand beside the agents: `maySeeAgents`. */
    readonly byAgent: boolean;
  },
): Promise<WorkPage> => {
  const { rows: wanted, decided } = lists[filter.state];
  const [decision, by, at] =
    decided === null
      ? ['null::text', 'null::text', 'null::timestamptz']
      : [`e.${decided}decision`, `e.${decided}decided_by`, `e.${decided}decided_at`];
  const rows = await sql.query<WorkRow>(
    `select e.id, e.ticket_id, c.name as connection, t.external_id, e.agent_id, e.connection_id, e.clock,
            (select n.name from agent n where n.connection_id = e.connection_id and n.external_id = e.agent_id) as agent_name,
            coalesce((select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'ppm', s.ppm) order by s.share_no)
                        from attribution a join attribution_share s on s.attribution_id = a.id where a.ticket_id = e.ticket_id and a.current), '[]') as shares,
            e.channel, e.kind, e.worked_at, e.raw_seconds::float8,
            e.costed_seconds, e.capped_seconds::float8, e.untaken_seconds::float8, e.state, ${decision} as decided, ${by} as decided_by, ${at} as decided_at, e.unpriced, g.id as group_id, g.tickets as group_tickets,
            (select coalesce(sum(p.cost_micros), 0) from posting p where p.work_entry_id = e.id)::text as cost
       from work_entry e join ticket t on t.id = e.ticket_id join connection c on c.id = e.connection_id
       left join lateral (
         select min(o.id) as id, count(distinct o.ticket_id) as tickets from work_entry o
          where ${wasHeld} and o.connection_id = e.connection_id and o.agent_id = e.agent_id and o.value = e.value
            and o.worked_at >= date_trunc('second', e.worked_at) and o.worked_at < date_trunc('second', e.worked_at) + interval '1 second'
            and o.kind = 'measured' and o.actor = 'agent') g on true
      where ${wanted} and ($1::text is null or c.id::text = $1 or c.name = $1) and ($2::date is null or e.worked_day between $2 and $3)
        and ($4::boolean is null or (${decision} is not null) = $4) and ($5::bigint is null or e.id < $5)
      order by e.id desc limit $6`,
    [
      filter.connection ?? null,
      filter.from ?? null,
      filter.to ?? null,
      filter.decided ?? null,
      filter.after === undefined ? null : BigInt(filter.after),
      filter.limit + 1,
    ],
  );
  const shown = rows.slice(0, filter.limit);
  return {
    state: filter.state,
    items: shown.map((row) => ({
      id: row.id.toString(),
      ticket: { id: row.ticket_id.toString(), connection: row.connection, externalId: row.external_id },
      shares: row.shares,
      agent: row.agent_id,
      agentKey: row.agent_id === null ? null : `${row.connection_id}:${row.agent_id}`,
      agentName: row.agent_name,
      clock: row.clock,
      channel: row.channel,
      measured: row.kind === 'measured',
      workedAt: row.worked_at.toISOString(),
      rawSeconds: row.raw_seconds,
      costedSeconds: row.costed_seconds,
      cappedSeconds: row.capped_seconds,
      untakenSeconds: row.untaken_seconds,
      state: row.state,
      decision: row.decided,
      decidedBy: row.decided_by,
      decidedAt: row.decided_at?.toISOString() ?? null,
      unpriced: row.unpriced,
      group: row.group_id === null ? null : { id: row.group_id.toString(), tickets: Number(row.group_tickets) },
      ...(view.byAgent && { cost: moneyJson({ micros: BigInt(row.cost), currency: view.currency }) }),
    })),
    next: rows.length > filter.limit ? (shown.at(-1)?.id.toString() ?? null) : null,
  };
};
