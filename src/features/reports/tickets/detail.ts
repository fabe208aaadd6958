import { moneyJson, ratio, wholePpm } from '../../../core/money.ts';
import type { Sql } from '../../../platform/database/database.ts';
import { roleOnDaySql } from '../facts/pooled-cost.ts';
import { listTickets, type View } from './list.ts';
import { type NamedOrder, namedOrders, orderIdsIn } from './named-orders.ts';
import { loadWages, type Wage } from './wages.ts';
import type { PricedRow, WorkEntryRow } from './work-rows.ts';

interface TicketRow {
  id: bigint;
  connection: string;
  external_id: string;
  created_at: Date | null;
  solved_at: Date | null;
  status: string | null;
  channel: string | null;
  language: string | null;
  language_reason: string | null;
  reason: string | null;
  method: string | null;
  confidence: string | null;
  evidence: unknown;
  version: number | null;
  shares: { partner: string | null; region: string | null; country: string | null; ppm: number }[];
}

interface PostingRow extends PricedRow {
  id: bigint;
  work_entry_id: bigint;
  revision: number;
  share_no: number;
  reverses_id: bigint | null;
  partner: string | null;
  region: string | null;
  microseconds: bigint;
  cost_micros: bigint;
  native_micros: bigint;
  worked_at: Date;
  worked_day: string;
  posted_at: Date;
  cause: string;
}

interface EntryRow extends WorkEntryRow {
  id: bigint;
  source_key: string;
  agent_name: string | null;
  role: string | null;
  actor: string;
  decided_by: string | null;
  decided_at: Date | null;
  cap_decision: string | null;
  cap_decided_by: string | null;
  cap_decided_at: Date | null;
}

/** The key of an agent's own rate holds the connection's id, in old postings its name of then; people know its name of today. */
export const shownRateKey = (
  { rate_scope, rate_key }: Pick<PricedRow, 'rate_scope' | 'rate_key'>,
  connection: string,
): string => (rate_scope === 'agent' ? `${connection}${rate_key.slice(rate_key.lastIndexOf(':'))}` : rate_key);

type PriceRow = PricedRow & { readonly cost_micros: bigint | string; readonly native_micros: bigint | string };

/** What an amount was made of: the rate, under the key that may be shown, its wage where it is of one, and the exchange rate. */
export const priceJson = <Key extends string | null>(row: PriceRow, { key, wage }: { key: Key; wage: Wage }) => ({
  cost: moneyJson({ micros: BigInt(row.cost_micros), currency: row.currency }),
  native: moneyJson({ micros: BigInt(row.native_micros), currency: row.native_currency }),
  rate: {
    hourly: moneyJson({ micros: row.hourly_micros, currency: row.native_currency }),
    scope: row.rate_scope,
    key,
    validFrom: row.rate_valid_from,
    ...(wage && { wage }),
  },
  fx: { numerator: row.fx_numerator, denominator: row.fx_denominator, date: row.fx_date },
});

/** One posting with everything its amount was made of; rate and amounts only with the permission `rates`: then `wageOf` is there. */
const postingJson = (
  row: PostingRow,
  { connection, wageOf }: { connection: string; wageOf: Awaited<ReturnType<typeof loadWages>> | null },
) => ({
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
  ...(wageOf && priceJson(row, { key: shownRateKey(row, connection), wage: wageOf(row, row.worked_day) })),
});

/**
 * "Why this number": a ticket with its attribution, work, postings, rates and versions; null when there is no such ticket. It
 * names who worked whatever the setting agentFigures says: one ticket's proof adds no person's work up.
 */
export const ticketDetail = async (sql: Sql, id: bigint, view: View) => {
  const [ticket] = await sql.query<TicketRow>(
    `select t.id, c.name as connection, t.external_id, t.created_at, t.solved_at, t.status, t.channel, t.language, t.language_reason, t.reason, a.method, a.confidence, a.evidence, a.version,
            coalesce((select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'country', s.country, 'ppm', s.ppm) order by s.share_no) from attribution_share s where s.attribution_id = a.id), '[]') as shares
       from ticket t join connection c on c.id = t.connection_id left join attribution a on a.ticket_id = t.id and a.current where t.id = $1`,
    [id],
  );
  if (!ticket) return null;
  const entries = await sql.query<EntryRow>(
    `select e.id, e.source_key, e.agent_id, ag.name as agent_name, nullif(${roleOnDaySql('e.worked_day')}, '') as role, e.clock, e.kind, e.actor, e.channel, e.raw_seconds::float8, e.costed_seconds,
            e.capped_seconds::float8, e.untaken_seconds::float8, e.state, e.decision, e.decided_by, e.decided_at,
            e.cap_decision, e.cap_decided_by, e.cap_decided_at, e.worked_at, e.unpriced
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
    shares: { partner: string | null; region: string | null; ppm: number }[] | null;
  }>(
    `select a.version, a.method, a.confidence, a.evidence, a.decided_at,
            (select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'ppm', s.ppm) order by s.share_no) from attribution_share s where s.attribution_id = a.id) as shares
       from attribution a where a.ticket_id = $1 order by a.version`,
    [id],
  );
  const orders = await namedOrders(sql, [
    ...new Set([ticket, ...versions].flatMap(({ evidence }) => orderIdsIn(evidence))),
  ]);
  const ordersOf = (evidence: unknown): NamedOrder[] =>
    orderIdsIn(evidence).flatMap((orderId) => orders.get(orderId) ?? []);
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
  const trueCost = view.costBasis === 'true';
  const wageOf = trueCost ? await loadWages(sql) : null;
  const supportCost = trueCost
    ? moneyJson({ micros: postings.reduce((sum, posting) => sum + posting.cost_micros, 0n), currency: view.currency })
    : ((await listTickets(sql, { limit: 1, id }, view)).items[0]?.supportCost ?? null);
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
      orders: ordersOf(ticket.evidence),
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
      decidedBy: entry.decided_by,
      decidedAt: entry.decided_at?.toISOString() ?? null,
      capDecision: entry.cap_decision,
      capDecidedBy: entry.cap_decided_by,
      capDecidedAt: entry.cap_decided_at?.toISOString() ?? null,
      unpriced: entry.unpriced,
      workedAt: entry.worked_at.toISOString(),
      postings: (byEntry.get(entry.id) ?? []).map((posting) =>
        postingJson(posting, { connection: ticket.connection, wageOf }),
      ),
    })),
    handledSeconds: ratio(
      postings.reduce((sum, posting) => sum + posting.microseconds, 0n),
      BigInt(wholePpm),
    ),
    supportCost,
    costBasis: view.costBasis,
    costIs: trueCost ? 'true cost' : "at the role's pooled rate",
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
      orders: ordersOf(version.evidence),
      shares: version.shares,
      decidedAt: version.decided_at.toISOString(),
    })),
  };
};
