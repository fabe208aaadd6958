import type { Sql } from '../../platform/database/database.ts';
import { type Confidence, type Decision, type Evidence, type Method, type Share, sameDecision } from './decision.ts';

export interface StoredDecision {
  readonly version: number;
  readonly decision: Decision;
}

export interface DatedDecision extends StoredDecision {
  readonly decidedAt: Date;
}

interface DecisionRow {
  ticket_id: bigint;
  version: number;
  method: Method;
  confidence: Confidence;
  evidence: Evidence;
  decided_at: Date;
  shares: Share[];
}

const selectDecisions = `
  select a.ticket_id, a.version, a.method, a.confidence, a.evidence, a.decided_at,
         jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'country', s.country, 'ppm', s.ppm) order by s.share_no) as shares
    from attribution a join attribution_share s on s.attribution_id = a.id`;

/** SQL of the shares that hold for a ticket now, as jsonb; null where it was never decided. `ticketId` is an SQL expression. */
export const currentSharesSql = (ticketId: string): string =>
  `(select jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'country', s.country, 'ppm', s.ppm) order by s.share_no)
      from attribution a join attribution_share s on s.attribution_id = a.id where a.ticket_id = ${ticketId} and a.current)`;

const toDated = ({ version, method, confidence, evidence, decided_at, shares }: DecisionRow): DatedDecision => ({
  version,
  decidedAt: decided_at,
  decision: { method, confidence, evidence, shares },
});

/** The decision that holds for each of the tickets; one that was never decided is absent. */
export const loadCurrent = async (sql: Sql, ticketIds: readonly bigint[]): Promise<Map<bigint, StoredDecision>> => {
  if (ticketIds.length === 0) return new Map();
  const rows = await sql.query<DecisionRow>(
    `${selectDecisions} where a.ticket_id = any($1::bigint[]) and a.current group by a.id`,
    [ticketIds],
  );
  return new Map(rows.map((row) => [row.ticket_id, { version: row.version, decision: toDated(row).decision }]));
};

/** Every version of one ticket, the oldest first. */
export const history = async (sql: Sql, ticketId: bigint): Promise<DatedDecision[]> => {
  const rows = await sql.query<DecisionRow>(
    `${selectDecisions} where a.ticket_id = $1 group by a.id order by a.version`,
    [ticketId],
  );
  return rows.map(toDated);
};

export interface NewDecision {
  readonly ticketId: bigint;
  readonly decision: Decision;
  readonly decidedAt: Date;
}

/**
 * Appends a version where the decision differs from the one that holds, and returns what holds now for every ticket named.
 * The caller holds the tickets' rows locked and names each ticket once; who read under these locks what holds passes it.
 */
export const append = async (
  sql: Sql,
  decisions: readonly NewDecision[],
  known?: ReadonlyMap<bigint, StoredDecision>,
): Promise<Map<bigint, StoredDecision>> => {
  const ids = decisions.map(({ ticketId }) => ticketId);
  const current = known ?? (await loadCurrent(sql, ids));
  const held = new Map(
    ids.flatMap((id) => {
      const stored = current.get(id);
      return stored ? [[id, stored] as const] : [];
    }),
  );
  const fresh = decisions.flatMap(({ ticketId, decision, decidedAt }) => {
    const stored = held.get(ticketId);
    if (stored && sameDecision(stored.decision, decision)) return [];
    return [{ ticketId, decision, decidedAt, version: (stored?.version ?? 0) + 1 }];
  });
  if (fresh.length === 0) return held;
  const replaced = fresh.flatMap(({ ticketId }) => (held.has(ticketId) ? [ticketId] : []));
  if (replaced.length > 0)
    await sql.query('update attribution set current = false where ticket_id = any($1::bigint[]) and current', [
      replaced,
    ]);
  const rows = fresh.map(({ ticketId, decision, decidedAt, version }) => ({
    ticket_id: String(ticketId),
    version,
    method: decision.method,
    confidence: decision.confidence,
    evidence: decision.evidence,
    decided_at: decidedAt.toISOString(),
    shares: decision.shares,
  }));
  await sql.query(
    `with given as (
       select * from jsonb_to_recordset($1::jsonb)
         as t(ticket_id bigint, version int, method text, confidence text, evidence jsonb, decided_at timestamptz, shares jsonb)
     ), appended as (
       insert into attribution (ticket_id, version, method, confidence, evidence, decided_at, current)
       select ticket_id, version, method, confidence, evidence, decided_at, true from given
       returning id, ticket_id
     )
     insert into attribution_share (attribution_id, share_no, partner, region, country, ppm)
     select a.id, s.no - 1, s.share ->> 'partner', s.share ->> 'region', s.share ->> 'country', (s.share ->> 'ppm')::int
       from appended a
       join given g on g.ticket_id = a.ticket_id
      cross join lateral jsonb_array_elements(g.shares) with ordinality as s(share, no)`,
    [JSON.stringify(rows)],
  );
  for (const { ticketId, decision, version } of fresh) held.set(ticketId, { version, decision });
  return held;
};

/** A mark for `countMovedSince`: the latest version that is stored; 0 where there is none. */
export const latestVersion = async (sql: Sql): Promise<bigint> => {
  const [row] = await sql.query<{ id: bigint }>('select coalesce(max(id), 0) as id from attribution');
  return row?.id ?? 0n;
};

/** Tickets whose partner or region is another than at the mark, or shared otherwise; those that had none yet are not among them. */
export const countMovedSince = async (sql: Sql, mark: bigint): Promise<number> => {
  const [row] = await sql.query<{ moved: bigint }>(
    `with later as (
       select ticket_id, max(id) as id from attribution where id > $1 group by ticket_id
     ), earlier as (
       select a.ticket_id, max(a.id) as id from attribution a join later using (ticket_id) where a.id <= $1 group by a.ticket_id
     ), borne as (
       select version.of, version.ticket_id, jsonb_agg(jsonb_build_object('partner', s.partner, 'region', s.region, 'ppm', s.ppm) order by s.share_no) as shares
         from (select 'now' as of, * from later union all select 'then', * from earlier) version
         join attribution_share s on s.attribution_id = version.id group by 1, 2
     )
     select count(*) as moved from borne was join borne is_now using (ticket_id)
      where was.of = 'then' and is_now.of = 'now' and was.shares <> is_now.shares`,
    [mark],
  );
  return Number(row?.moved ?? 0n);
};
