export type { CostBasis } from '../../access/index.ts';

/** Below this many agents with work in the month a pool would give a wage away (RULES.md section 10). */
const leastAgentsInPool = 3;

/** Above this part of a pool's seconds by one agent, the pool is that agent's wage with little beside it. */
const mostOfOneAgent = '0.75';

/** A pool's hourly rate has so many digits: what one more entry adds to the exact average cannot be read from it. */
const rateDigits = 2;

/** A role's, or the joined small roles', average hourly rate in micros where enough agents make it up, else null. */
const isPool = (pool: string): string =>
  `${pool}.agents >= ${leastAgentsInPool} and ${pool}.most <= ${mostOfOneAgent} * ${pool}.us and ${pool}.us > 0`;

const hourly = (pool: string): string => {
  const exact = `(${pool}.cost * 3600000000 / ${pool}.us)`;
  return `case when ${pool}.cost <= 0 then 0 else round(${exact}, ${rateDigits - 1} - floor(log(${exact}))::int) end`;
};

/**
 * Pools of the calendar months in `wanted_months`, as `pool` by month and role. A role that makes no pool by itself is joined
 * with the others like it, never with one whose own pool is shown: subtracting that would leave the rest. Null where they too
 * are too few.
 *
 * Protected: a pool is of a whole calendar month, whatever period is asked, so a longer period, a day or a ticket of one agent
 * adds nothing but seconds at the same rate; and a look before and one after an entry see the same rounded rate or the next.
 * Not protected: who follows a small role whose people stay the same over many months can estimate their wages, within some
 * per cent; a person with two accounts counts as two agents; two who tell one another their own wages learn the third's
 * about; where a role's wages are all alike, the pool is the wage.
 */
export const poolsSql = `
  by_agent as (
    select w.month, e.connection_id, e.agent_id, sum(p.cost_micros) as cost, sum(p.microseconds) as us
      from wanted_months w join posting p on p.worked_day >= w.month and p.worked_day < (w.month + interval '1 month')::date
      join work_entry e on e.id = p.work_entry_id and e.actor <> 'ai_agent'
     group by 1, 2, 3
  ), ledger as (
    select l.*, coalesce(ag.role, '') as role from by_agent l left join agent ag on ag.connection_id = l.connection_id and ag.external_id = l.agent_id
  ), by_role as (
    select month, role, count(agent_id) filter (where us > 0) as agents, max(us) as most, sum(cost) as cost, sum(us) as us from ledger group by 1, 2
  ), small_roles as (
    select r.month, sum(r.agents) as agents, max(r.most) as most, sum(r.cost) as cost, sum(r.us) as us from by_role r where not (${isPool('r')}) group by 1
  ), pool as (
    select r.month, r.role, case when ${isPool('r')} then ${hourly('r')} when ${isPool('s')} then ${hourly('s')} end as hourly_micros
      from by_role r left join small_roles s using (month)
  )`;

/**
 * Cost at pooled rates of the postings that `postings` (what follows "from", with the alias s) names, as common table
 * expressions that end in `pooled`: one line per posting, rounded to micros by itself. What takes a posting back thus takes
 * back the same, and every sum, be it a report's, a step's or a ticket's, is of the same parts. `cost_micros` is null where
 * there is no pool. An AI agent has no wage: what it costs is told as it is, and is in no pool.
 */
export const pooledSql = (postings: string): string => `
  lines as (
    select s.ticket_id, s.work_entry_id, s.worked_day, s.partner, s.region, s.country, s.measured, s.microseconds, s.cost_micros, s.cause from ${postings}
  ), wanted_months as (
    select distinct date_trunc('month', worked_day)::date as month from lines
  ), ${poolsSql}, pooled as (
    select l.ticket_id, l.worked_day, l.partner, l.region, l.country, l.measured, l.microseconds, l.cause, l.cost_micros as true_micros,
           case when e.actor = 'ai_agent' then l.cost_micros else round(l.microseconds * pool.hourly_micros / 3600000000)::bigint end as cost_micros
      from lines l join work_entry e on e.id = l.work_entry_id
      left join agent ag on ag.connection_id = e.connection_id and ag.external_id = e.agent_id
      left join pool on pool.month = date_trunc('month', l.worked_day)::date and pool.role = coalesce(ag.role, '')
  )`;

/** Of lines of `pooled`: seconds in ppm whose cost no pool tells; taken back, they are nothing that is missing. */
export const unpooledSql = 'coalesce(sum(microseconds) filter (where cost_micros is null), 0)';
