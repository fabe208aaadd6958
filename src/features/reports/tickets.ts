import { InvalidInput } from '../../core/errors.ts';
import { moneyJson, ratio, wholePpm } from '../../core/money.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { MoneyJson } from './metrics.ts';

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
  readonly trueCost: boolean;
}

export interface TicketItem {
  readonly id: string;
  readonly connection: string;
  readonly externalId: string;
  readonly createdAt: string | null;
  readonly status: string | null;
  readonly channel: string | null;
  readonly language: string | null;
  readonly reason: string | null;
  readonly method: string | null;
  readonly confidence: string | null;
  readonly shares: readonly { readonly partner: string | null; readonly region: string | null; readonly ppm: number }[];
  /** The part that falls into the asked cell and period: what the figure in the report is made of. */
  readonly handledSeconds: number;
  readonly supportCost: MoneyJson | null;
  readonly cellPpm: number;
}

/** Below this many agents a pool would give a wage away (RULES.md section 10). */
const leastAgentsInPool = 3;

/**
 * Cost per second of each role and month, over everyone in the role; over all roles where the role has too few agents;
 * nothing where even they are too few. Joined as `pool` on role and month.
 */
const poolSql = `
  ledger as (
    select w.month, coalesce(ag.role, '') as role, e.agent_id, sum(m.cost) as cost, sum(m.us) as us
      from wanted_months w cross join lateral (
        select p.work_entry_id, sum(p.cost_micros) as cost, sum(p.microseconds) as us from posting p
         where p.worked_day >= w.month and p.worked_day < w.month + interval '1 month' group by 1) m
      join work_entry e on e.id = m.work_entry_id
      left join agent ag on ag.connection_id = e.connection_id and ag.external_id = e.agent_id
     group by 1, 2, 3
  ), by_role as (
    select month, role, count(distinct agent_id) filter (where us > 0) as agents, sum(cost) as cost, sum(us) as us from ledger group by 1, 2
  ), by_month as (
    select month, count(distinct agent_id) filter (where us > 0) as agents, sum(cost) as cost, sum(us) as us from ledger group by 1
  ), pool as (
    select r.month, r.role,
           case when r.agents >= ${leastAgentsInPool} and r.us > 0 then r.cost / r.us
                when m.agents >= ${leastAgentsInPool} and m.us > 0 then m.cost / m.us end as micros_per_us
      from by_role r join by_month m using (month)
  )`;

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
): Promise<{ items: TicketItem[]; next: string | null }> => {
  const cell = (column: string, value: string | undefined, position: number): string =>
    value === undefined
      ? `$${position}::text is null`
      : `${column} is not distinct from nullif($${position}::text, 'none')`;
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
     ), parts as (
       select s.ticket_id, date_trunc('month', s.worked_day)::date as month, e.connection_id, e.agent_id, sum(s.microseconds) as us, sum(s.cost_micros) as cost
         from posting s join chosen on chosen.id = s.ticket_id join work_entry e on e.id = s.work_entry_id
        where ($5::date is null or s.worked_day between $5 and $6) and ${cell('s.partner', filter.partner, 1)} and ${cell('s.region', filter.region, 2)}
        group by 1, 2, 3, 4
     )${
       view.trueCost
         ? ''
         : `, wanted_months as (select distinct month from parts), ${poolSql},
     pooled as (
       select parts.ticket_id, round(sum(parts.us * pool.micros_per_us))::bigint as cost, bool_and(pool.micros_per_us is not null or parts.us = 0) as known
         from parts left join agent ag on ag.connection_id = parts.connection_id and ag.external_id = parts.agent_id
         left join pool on pool.month = parts.month and pool.role = coalesce(ag.role, '') group by 1)`
     }
     select t.id, c.name as connection, t.external_id, t.created_at, t.status, t.channel, t.language, t.reason, a.method, a.confidence,
            coalesce((select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'ppm', s.ppm) order by s.share_no) from attribution_share s where s.attribution_id = a.id), '[]') as shares,
            coalesce((select sum(s.ppm) from attribution_share s where s.attribution_id = a.id and ${cell('s.partner', filter.partner, 1)} and ${cell('s.region', filter.region, 2)}), 0) as cell_ppm,
            coalesce((select sum(us) from parts where parts.ticket_id = t.id), 0) as microseconds,
            ${
              view.trueCost
                ? 'coalesce((select sum(cost) from parts where parts.ticket_id = t.id), 0)'
                : '(select case when known then cost end from (select coalesce(bool_and(known), true) as known, coalesce(sum(cost), 0) as cost from pooled where pooled.ticket_id = t.id) p)'
            } as cost
       from chosen join ticket t on t.id = chosen.id join connection c on c.id = t.connection_id
       left join attribution a on a.ticket_id = t.id and a.current
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

interface PostingRow {
  id: bigint;
  work_entry_id: bigint;
  revision: number;
  share_no: number;
  reverses_id: bigint | null;
  partner: string | null;
  region: string | null;
  microseconds: bigint;
  cost_micros: bigint;
  currency: string;
  native_micros: bigint;
  native_currency: string;
  hourly_micros: bigint;
  rate_scope: string;
  rate_key: string;
  rate_valid_from: string;
  fx_numerator: string;
  fx_denominator: string;
  fx_date: string | null;
  worked_at: Date;
  posted_at: Date;
  cause: string;
}

interface EntryRow {
  id: bigint;
  source_key: string;
  agent_id: string | null;
  agent_name: string | null;
  role: string | null;
  clock: string;
  kind: string;
  actor: string;
  channel: string | null;
  raw_seconds: number;
  costed_seconds: number;
  capped_seconds: number;
  untaken_seconds: number;
  state: string;
  decision: string | null;
  worked_at: Date;
  unpriced: string | null;
}

/** One posting with everything its amount was made of; rate and amounts only with the permission `rates`. */
const postingJson = (row: PostingRow, trueCost: boolean) => ({
  id: row.id.toString(),
  revision: row.revision,
  share: row.share_no,
  reverses: row.reverses_id?.toString() ?? null,
  partner: row.partner,
  region: row.region,
  seconds: ratio(row.microseconds, BigInt(wholePpm)) ?? 0,
  workedAt: row.worked_at.toISOString(),
  postedAt: row.posted_at.toISOString(),
  cause: row.cause,
  ...(trueCost && {
    cost: moneyJson({ micros: row.cost_micros, currency: row.currency }),
    native: moneyJson({ micros: row.native_micros, currency: row.native_currency }),
    rate: {
      hourly: moneyJson({ micros: row.hourly_micros, currency: row.native_currency }),
      scope: row.rate_scope,
      key: row.rate_key,
      validFrom: row.rate_valid_from,
    },
    fx: { numerator: row.fx_numerator, denominator: row.fx_denominator, date: row.fx_date },
  }),
});

/** "Why this number": a ticket with its attribution, work, postings, rates and versions; null when there is no such ticket. */
export const ticketDetail = async (sql: Sql, id: bigint, view: View) => {
  const [ticket] = await sql.query<
    ItemRow & { solved_at: Date | null; evidence: unknown; version: number | null; language_reason: string | null }
  >(
    `select t.id, c.name as connection, t.external_id, t.created_at, t.solved_at, t.status, t.channel, t.language, t.language_reason, t.reason, a.method, a.confidence, a.evidence, a.version,
            coalesce((select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'country', s.country, 'ppm', s.ppm) order by s.share_no) from attribution_share s where s.attribution_id = a.id), '[]') as shares
       from ticket t join connection c on c.id = t.connection_id left join attribution a on a.ticket_id = t.id and a.current where t.id = $1`,
    [id],
  );
  if (!ticket) return null;
  const entries = await sql.query<EntryRow>(
    `select e.id, e.source_key, e.agent_id, ag.name as agent_name, ag.role, e.clock, e.kind, e.actor, e.channel, e.raw_seconds::float8, e.costed_seconds,
            e.capped_seconds::float8, e.untaken_seconds::float8, e.state, e.decision, e.worked_at, e.unpriced
       from work_entry e left join agent ag on ag.connection_id = e.connection_id and ag.external_id = e.agent_id
      where e.ticket_id = $1 order by e.worked_at, e.id`,
    [id],
  );
  const postings = await sql.query<PostingRow>('select * from posting where ticket_id = $1 order by id', [id]);
  const byEntry = Map.groupBy(postings, (posting) => posting.work_entry_id);
  const versions = await sql.query<{
    version: number;
    method: string;
    confidence: string;
    evidence: unknown;
    decided_at: Date;
    shares: unknown;
  }>(
    `select a.version, a.method, a.confidence, a.evidence, a.decided_at,
            (select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'ppm', s.ppm) order by s.share_no) from attribution_share s where s.attribution_id = a.id) as shares
       from attribution a where a.ticket_id = $1 order by a.version`,
    [id],
  );
  const tags = await sql.query<{ tag: string; wanted: boolean; state: string; last_error: string | null }>(
    'select tag, wanted, state, last_error from wanted_tag where ticket_id = $1 order by tag',
    [id],
  );
  const [survey] = await sql.query<{
    state: string;
    sent_at: Date | null;
    language: string;
    language_reason: string;
    score: number | null;
    given_at: Date | null;
  }>(
    `select i.state, i.sent_at, i.language, i.language_reason, r.score, r.given_at from invitation i left join response r on r.invitation_id = i.id where i.ticket_id = $1`,
    [id],
  );
  const supportCost = view.trueCost
    ? moneyJson({ micros: postings.reduce((sum, posting) => sum + posting.cost_micros, 0n), currency: view.currency })
    : ((
        await listTickets(
          sql,
          { limit: 1, after: (id + 1n).toString(), externalId: ticket.external_id, connection: ticket.connection },
          view,
        )
      ).items[0]?.supportCost ?? null);
  return {
    id: ticket.id.toString(),
    connection: ticket.connection,
    externalId: ticket.external_id,
    createdAt: ticket.created_at?.toISOString() ?? null,
    solvedAt: ticket.solved_at?.toISOString() ?? null,
    status: ticket.status,
    channel: ticket.channel,
    language: ticket.language,
    languageReason: ticket.language_reason,
    reason: ticket.reason,
    attribution: {
      method: ticket.method,
      confidence: ticket.confidence,
      evidence: ticket.evidence,
      version: ticket.version,
      shares: ticket.shares,
    },
    work: entries.map((entry) => ({
      id: entry.id.toString(),
      sourceKey: entry.source_key,
      agent: entry.agent_id,
      agentName: entry.agent_name,
      role: entry.role,
      clock: entry.clock,
      measured: entry.kind === 'measured',
      actor: entry.actor,
      channel: entry.channel,
      rawSeconds: entry.raw_seconds,
      costedSeconds: entry.costed_seconds,
      cappedSeconds: entry.capped_seconds,
      untakenSeconds: entry.untaken_seconds,
      state: entry.state,
      decision: entry.decision,
      unpriced: entry.unpriced,
      workedAt: entry.worked_at.toISOString(),
      postings: (byEntry.get(entry.id) ?? []).map((posting) => postingJson(posting, view.trueCost)),
    })),
    handledSeconds: ratio(
      postings.reduce((sum, posting) => sum + posting.microseconds, 0n),
      BigInt(wholePpm),
    ),
    supportCost,
    costIs: view.trueCost ? 'true cost' : "at the role's pooled rate",
    tags: tags.map((tag) => ({ tag: tag.tag, wanted: tag.wanted, state: tag.state, error: tag.last_error })),
    survey: survey
      ? {
          state: survey.state,
          sentAt: survey.sent_at?.toISOString() ?? null,
          language: survey.language,
          languageReason: survey.language_reason,
          score: survey.score,
          givenAt: survey.given_at?.toISOString() ?? null,
        }
      : null,
    history: versions.map((version) => ({
      version: version.version,
      method: version.method,
      confidence: version.confidence,
      evidence: version.evidence,
      shares: version.shares,
      decidedAt: version.decided_at.toISOString(),
    })),
  };
};
