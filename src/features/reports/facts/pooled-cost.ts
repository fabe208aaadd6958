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

/** The dated role (rs) of who worked (e) on a posting's day. */
const holds = (posting: string): string =>
  `rs.connection_id = e.connection_id and rs.external_id = e.agent_id and rs.valid_from <= ${posting}.worked_day and (rs.until > ${posting}.worked_day) is not false`;

/** The role of who worked (e, as agent ag) on a day; '' is none. */
export const roleOnDaySql = (day: string): string =>
  `coalesce((select r.role from agent_role r where r.connection_id = e.connection_id and r.external_id = e.agent_id and r.valid_from <= ${day}
              order by r.valid_from desc limit 1), ag.role, '')`;

/**
 * Pools of the calendar months in `wanted_months`, as `pool` by month and role. A role that makes no pool by itself is joined
 * with the others like it, never with one whose own pool is shown: subtracting that would leave the rest. Null where they too
 * are too few. Work is of the role of its day: who had two roles in a month is in both pools, with the seconds of each, and
 * one agent where small roles are joined.
 *
 * Protected: a pool is of a whole calendar month, whatever period is asked, so a longer period, a day or a ticket of one agent
 * adds nothing but seconds at the same rate; and a look before and one after an entry see the same rounded rate or the next.
 * Not protected: who follows a small role whose people stay the same over many months can estimate their wages, within some
 * per cent; a person with two accounts counts as two agents; two who tell one another their own wages learn the third's
 * about; where a role's wages are all alike, the pool is the wage.
 */
export const poolsSql = `
  role_spell as (
    select connection_id, external_id, role, valid_from, lead(valid_from) over (partition by connection_id, external_id order by valid_from) as until from agent_role
  ), by_agent as (
    select w.month, e.connection_id, e.agent_id, rs.role, sum(p.cost_micros) as cost, sum(p.microseconds) as us
      from wanted_months w join posting p on p.worked_day >= w.month and p.worked_day < (w.month + interval '1 month')::date
      join work_entry e on e.id = p.work_entry_id and e.actor <> 'ai_agent'
      left join role_spell rs on ${holds('p')}
     group by 1, 2, 3, 4
  ), ledger as (
    select l.month, coalesce(l.role, ag.role, '') as role, l.connection_id, l.agent_id, sum(l.cost) as cost, sum(l.us) as us
      from by_agent l left join agent ag on ag.connection_id = l.connection_id and ag.external_id = l.agent_id group by 1, 2, 3, 4
  ), by_role as (
    select month, role, count(agent_id) filter (where us > 0) as agents, max(us) as most, sum(cost) as cost, sum(us) as us from ledger group by 1, 2
  ), of_small_roles as (
    select l.month, l.connection_id, l.agent_id, sum(l.cost) as cost, sum(l.us) as us
      from ledger l join by_role r on r.month = l.month and r.role = l.role where not (${isPool('r')}) group by 1, 2, 3
  ), small_roles as (
    select month, count(agent_id) filter (where us > 0) as agents, max(us) as most, sum(cost) as cost, sum(us) as us from of_small_roles group by 1
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
      left join role_spell rs on ${holds('l')}
      left join pool on pool.month = date_trunc('month', l.worked_day)::date and pool.role = coalesce(rs.role, ag.role, '')
  )`;

/** Of lines of `pooled`: seconds in ppm whose cost no pool tells; taken back, they are nothing that is missing. */
export const unpooledSql = 'coalesce(sum(microseconds) filter (where cost_micros is null), 0)';
