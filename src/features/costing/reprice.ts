import { parseDecimal } from '../../core/money.ts';
import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { type Price, samePrice, type Unpriced } from './price.ts';
import { findPrices } from './rates.ts';

/** Entries that share everything a price depends on, and the price they have. */
interface PricedGroup {
  readonly connectionId: number;
  readonly agentId: string | null;
  readonly byAiAgent: boolean;
  readonly day: Day;
  readonly unpriced: string | null;
  /** Null where nothing is posted. */
  readonly hourlyMicros: bigint | null;
  readonly nativeCurrency: string | null;
  readonly fxNumerator: string | null;
  readonly fxDenominator: string | null;
}

/**
 * Costed entries, and those of AI agents that a rate would cost, with their live price; the first share tells, for all shares
 * of a revision have one price.
 */
const costedEntries = `work_entry e
       left join posting p on p.work_entry_id = e.id and p.share_no = 1 and p.reverses_id is null
        and not exists (select 1 from posting r where r.reverses_id = p.id)
      where (e.state = 'costed' and e.costed_seconds > 0 or e.actor = 'ai_agent' and e.kind = 'estimate' and e.raw_seconds > 0)
        and e.worked_day >= $1::date and ($2::date is null or e.worked_day <= $2::date)`;

const grouping = `e.connection_id, e.agent_id, e.actor = 'ai_agent', e.worked_day, e.unpriced, p.hourly_micros, p.native_currency,
                  p.fx_numerator, p.fx_denominator`;

const wouldDiffer = (group: PricedGroup, today: Price | Unpriced): boolean => {
  // An AI agent's work without a rate is no gap.
  const gap = group.byAiAgent && today === 'no rate' ? null : today;
  if (group.hourlyMicros === null) return group.unpriced !== gap;
  if (typeof today === 'string') return true;
  return !samePrice(today, {
    hourlyMicros: group.hourlyMicros,
    nativeCurrency: group.nativeCurrency ?? '',
    fx: {
      numerator: parseDecimal(group.fxNumerator ?? '').numerator,
      denominator: parseDecimal(group.fxDenominator ?? '').numerator,
    },
  });
};

/**
 * The tickets with work on these days whose price today's rates and FX would change, with those that had none and now have
 * one, and those whose price is gone. The caller has them decided again with `reprice`. Two queries and the price tables, whatever their number.
 */
export const ticketsToReprice = async (
  sql: Sql,
  scope: { readonly from: Day; readonly to: Day | null; readonly reportingCurrency: string },
): Promise<bigint[]> => {
  const groups = await sql.query<PricedGroup>(
    `select e.connection_id as "connectionId", e.agent_id as "agentId",
            e.actor = 'ai_agent' as "byAiAgent", e.worked_day::text as day, e.unpriced, p.hourly_micros as "hourlyMicros",
            p.native_currency as "nativeCurrency", p.fx_numerator::text as "fxNumerator",
            p.fx_denominator::text as "fxDenominator"
       from ${costedEntries} group by ${grouping}`,
    [scope.from, scope.to],
  );
  const priceOf = await findPrices(sql, groups, scope.reportingCurrency);
  const differing = groups.filter((group) => wouldDiffer(group, priceOf(group)));
  if (differing.length === 0) return [];
  const rows = await sql.query<{ ticketId: bigint }>(
    `select distinct e.ticket_id as "ticketId"
       from unnest($3::int[], $4::text[], $5::date[], $6::bigint[], $7::text[], $8::numeric[], $9::numeric[], $10::boolean[])
            as d(connection_id, agent_id, day, hourly_micros, native_currency, fx_numerator, fx_denominator, by_ai_agent),
            ${costedEntries}
        and e.connection_id = d.connection_id and e.agent_id is not distinct from d.agent_id and e.worked_day = d.day
        and (e.actor = 'ai_agent') = d.by_ai_agent
        and (p.hourly_micros, p.native_currency, p.fx_numerator, p.fx_denominator)
            is not distinct from (d.hourly_micros, d.native_currency, d.fx_numerator, d.fx_denominator)
      order by 1`,
    [
      scope.from,
      scope.to,
      differing.map(({ connectionId }) => connectionId),
      differing.map(({ agentId }) => agentId),
      differing.map(({ day }) => day),
      differing.map(({ hourlyMicros }) => hourlyMicros),
      differing.map(({ nativeCurrency }) => nativeCurrency),
      differing.map(({ fxNumerator }) => fxNumerator),
      differing.map(({ fxDenominator }) => fxDenominator),
      differing.map(({ byAiAgent }) => byAiAgent),
    ],
  );
  return rows.map(({ ticketId }) => ticketId);
};
